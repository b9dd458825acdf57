-- Old lines that outlive their neighbours because their problem stays. A chain that ends at a removed line goes on here.
CREATE TABLE history_kept (
  check_row INTEGER NOT NULL,
  row       INTEGER NOT NULL,
  problem   INTEGER NOT NULL,
  PRIMARY KEY (check_row, row)
) STRICT, WITHOUT ROWID;

-- Filled with zeros to overwrite what is free, and emptied again.
CREATE TABLE filler (
  row   INTEGER PRIMARY KEY,
  zeros BLOB NOT NULL
) STRICT;

-- Which problems are old, and what still belongs to what is to be removed.
CREATE INDEX problems_closed ON problems (closed) WHERE closed IS NOT NULL;
CREATE INDEX problems_check ON problems (check_row);
CREATE INDEX effects_problem ON effects (problem) WHERE problem IS NOT NULL;
CREATE INDEX effects_check ON effects (check_row) WHERE check_row IS NOT NULL;
