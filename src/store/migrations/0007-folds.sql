-- Row of the card of the host, in this channel, that shows a problem of a service while the host is down. A problem that
-- ended there keeps it, also when the host's card is old and gone.
ALTER TABLE cards ADD COLUMN folded INTEGER;
CREATE INDEX cards_folded ON cards (folded) WHERE folded IS NOT NULL;
