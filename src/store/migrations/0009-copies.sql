-- Of a card that was not posted when this database was copied: it may have been posted since by the one it is a copy of.
ALTER TABLE cards ADD COLUMN copied INTEGER;
