-- A card whose channel takes nothing is shown by another card of the same problem; that one says so, and why.
ALTER TABLE cards ADD COLUMN instead INTEGER REFERENCES cards (row);
ALTER TABLE cards ADD COLUMN refused TEXT;      -- Slack's word
CREATE INDEX cards_instead ON cards (instead) WHERE instead IS NOT NULL;

-- What is parked is asked for by people, and by delivery when a channel takes messages again.
CREATE INDEX effects_parked ON effects (lane, due) WHERE state = 'parked';
