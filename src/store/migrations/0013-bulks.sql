-- What somebody took of a storm is written down when they take it: while it goes on, problems may move to another storm.
CREATE TABLE bulk_problems (
  bulk    INTEGER NOT NULL REFERENCES bulks (row),
  problem INTEGER NOT NULL,              -- row
  PRIMARY KEY (bulk, problem)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO bulk_problems (bulk, problem)
  SELECT b.row, p.row FROM bulks b JOIN cards k ON k.storm = b.storm AND k.row > b.after AND k.row <= b.upto
    JOIN problems p ON p.row = k.problem JOIN checks c ON c.row = p.check_row
  WHERE p.closed IS NULL AND p.acknowledged_by IS NULL AND (b.command ->> '$.host' IS NULL
    OR (c.monitor = b.command ->> '$.monitor' AND c.host = b.command ->> '$.host'));
UPDATE bulks SET after = 0;
ALTER TABLE bulks DROP COLUMN upto;
