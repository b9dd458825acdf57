-- Orders to monitors: one that waits for each thing that is to be brought in line there, named by `subject`.
ALTER TABLE effects ADD COLUMN subject TEXT;
ALTER TABLE effects ADD COLUMN check_row INTEGER REFERENCES checks (row);
ALTER TABLE effects ADD COLUMN problem INTEGER REFERENCES problems (row);
CREATE UNIQUE INDEX effects_one_order ON effects (subject) WHERE kind = 'order' AND state <> 'leased';

-- When an acknowledgement of the problem last ended.
ALTER TABLE problems ADD COLUMN released INTEGER;

-- The newest downtime that was set from here, as JSON.
ALTER TABLE checks ADD COLUMN downtime TEXT;

-- What a reconciliation goes through, without a look at what is closed.
CREATE INDEX problems_open_by_row ON problems (row) WHERE closed IS NULL;
