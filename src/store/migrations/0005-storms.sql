-- A flood of new problems in one channel. One card of its own shows them until each has closed.
CREATE TABLE storms (
  row     INTEGER PRIMARY KEY,
  id      TEXT    NOT NULL UNIQUE,
  channel TEXT    NOT NULL,
  mention TEXT    NOT NULL,              -- JSON
  quiet   INTEGER NOT NULL,
  ts      TEXT,
  drawn   INTEGER NOT NULL DEFAULT 0,    -- when its card was last brought up to date
  began   INTEGER NOT NULL,
  last    INTEGER NOT NULL,              -- when it last took a problem
  taken   INTEGER NOT NULL DEFAULT 0,    -- problems it ever took
  rang     INTEGER NOT NULL,             -- when it last rang people
  rang_row INTEGER NOT NULL DEFAULT 0,   -- row of the newest problem by then
  calm    INTEGER,                       -- since when nothing new comes
  ended   INTEGER                        -- when the last of its problems had closed
) STRICT;
CREATE UNIQUE INDEX storms_open ON storms (channel) WHERE ended IS NULL;

-- The storm that shows a problem in this channel, in place of a card of its own.
ALTER TABLE cards ADD COLUMN storm INTEGER REFERENCES storms (row);
CREATE INDEX cards_storm ON cards (storm) WHERE storm IS NOT NULL;
CREATE INDEX cards_unposted ON cards (channel) WHERE ts IS NULL AND storm IS NULL;

ALTER TABLE effects ADD COLUMN storm INTEGER REFERENCES storms (row);
CREATE UNIQUE INDEX effects_one_storm ON effects (storm, kind) WHERE storm IS NOT NULL AND state <> 'leased';

-- Acknowledging all of a storm, or of one host in it: goes on after a crash until it is through.
CREATE TABLE bulks (
  row     INTEGER PRIMARY KEY,
  id      TEXT    NOT NULL UNIQUE,
  storm   INTEGER NOT NULL REFERENCES storms (row),
  upto    INTEGER NOT NULL,              -- row of the newest problem that it is about
  after   INTEGER NOT NULL,              -- row of the last problem that was decided about
  command TEXT    NOT NULL,              -- JSON: who asked, what for
  created INTEGER NOT NULL
) STRICT;
