-- Times are epoch milliseconds UTC. `row` is the key inside the database; ids seen outside are UUIDv7.

CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a check. Repeats of a problem write this row and a history row, nothing else.
CREATE TABLE checks (
  row                  INTEGER PRIMARY KEY,
  monitor              TEXT    NOT NULL,
  key                  TEXT    NOT NULL,
  host                 TEXT    NOT NULL,
  service              TEXT,
  host_display_name    TEXT,
  service_display_name TEXT,
  address              TEXT,
  url                  TEXT,
  labels               TEXT,
  fields               TEXT,
  in_downtime          INTEGER NOT NULL,
  is_flapping          INTEGER NOT NULL,
  last_state_time      INTEGER,
  last_type            TEXT,
  last_state           TEXT,
  last_output          TEXT,
  last_author          TEXT,
  last_comment         TEXT,
  last_time            INTEGER,
  count                INTEGER NOT NULL,
  last_seen            INTEGER NOT NULL,
  output               TEXT    NOT NULL,
  long_output          TEXT,
  rang                 INTEGER,
  problem              INTEGER,          -- row of the open problem
  history              INTEGER,          -- row of the newest history line; each line names the one before it
  UNIQUE (monitor, key)
) STRICT;
CREATE INDEX checks_host ON checks (host COLLATE NOCASE);
CREATE INDEX checks_host_display_name ON checks (host_display_name COLLATE NOCASE) WHERE host_display_name IS NOT NULL;

CREATE TABLE problems (
  row                INTEGER PRIMARY KEY,
  id                 TEXT    NOT NULL UNIQUE,
  check_row          INTEGER NOT NULL REFERENCES checks (row),
  state              TEXT,
  severity           INTEGER NOT NULL,
  is_event           INTEGER NOT NULL,
  episode            TEXT,
  opened             INTEGER NOT NULL,
  changed            INTEGER NOT NULL,
  closed             INTEGER,
  closed_because     TEXT,
  acknowledgement    TEXT,               -- JSON
  acknowledged_by    TEXT,               -- id, or name where there is none
  acknowledged_until INTEGER,
  first_taken_by     TEXT,
  first_taken        INTEGER,
  -- The check's tally, taken over when the problem closes.
  count              INTEGER,
  last_seen          INTEGER,
  output             TEXT,
  long_output        TEXT,
  -- Priority of the card effects that wait for this problem; null when a card may be without one.
  pending            INTEGER
) STRICT;
CREATE INDEX problems_open ON problems (severity DESC, opened, row) WHERE closed IS NULL;
CREATE INDEX problems_untaken ON problems (severity DESC, opened, row) WHERE closed IS NULL AND acknowledged_by IS NULL;
CREATE INDEX problems_expiry ON problems (acknowledged_until) WHERE closed IS NULL AND acknowledged_until IS NOT NULL;

-- Append-only. No foreign keys and no index but the row: both would cost every notification a random page.
CREATE TABLE history (
  row        INTEGER PRIMARY KEY,
  recorded   INTEGER NOT NULL,
  time       INTEGER NOT NULL,
  kind       TEXT    NOT NULL,
  check_row  INTEGER,
  problem    INTEGER,
  prev       INTEGER,                    -- the line before this one of the same check
  monitor    TEXT,                       -- only where there is no check
  type       TEXT,
  state      TEXT,
  actor_id   TEXT,
  actor_name TEXT,
  through    TEXT,
  comment    TEXT,
  outcome    TEXT    NOT NULL,
  detail     TEXT
) STRICT;

CREATE TABLE cards (
  row     INTEGER PRIMARY KEY,
  id      TEXT    NOT NULL UNIQUE,
  problem INTEGER NOT NULL REFERENCES problems (row),
  channel TEXT    NOT NULL,
  ts      TEXT,
  posted  INTEGER,
  mention TEXT    NOT NULL,              -- JSON
  quiet   INTEGER NOT NULL,
  UNIQUE (problem, channel)
) STRICT;

CREATE TABLE effects (
  row             INTEGER PRIMARY KEY AUTOINCREMENT,
  lane            TEXT    NOT NULL,
  kind            TEXT    NOT NULL,      -- card thread reply
  method          TEXT    NOT NULL,      -- post update thread reply
  card            INTEGER REFERENCES cards (row),
  priority        INTEGER NOT NULL,
  rank            INTEGER NOT NULL,      -- smaller is sooner: the severity, negated
  -- waiting leased parked; blocked: a line of a thread behind another, or whose card is not posted yet
  state           TEXT    NOT NULL,
  due             INTEGER NOT NULL,
  created         INTEGER NOT NULL,
  attempts        INTEGER NOT NULL DEFAULT 0,
  owner           TEXT,
  lease_until     INTEGER,
  attempted       INTEGER,
  ambiguous_since INTEGER,
  error           TEXT,
  data            TEXT                   -- JSON
) STRICT;
CREATE INDEX effects_next ON effects (lane, method, priority, rank, row) WHERE state = 'waiting';
CREATE INDEX effects_due ON effects (lane, due) WHERE state = 'waiting';
CREATE INDEX effects_card ON effects (card, kind, row);
CREATE UNIQUE INDEX effects_one_card ON effects (card) WHERE kind = 'card' AND state <> 'leased';
CREATE INDEX effects_leased ON effects (owner) WHERE state = 'leased';

-- A person's actions, to do each once.
CREATE TABLE interactions (
  id TEXT    PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX interactions_at ON interactions (at);

-- Notifications that carry the sender's own id, by day, so that a whole day can be dropped.
CREATE TABLE seen (
  day    INTEGER NOT NULL,
  digest BLOB    NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (day, digest)
) STRICT, WITHOUT ROWID;

-- Intake keys. The key itself is shown once and kept nowhere.
CREATE TABLE keys (
  id       TEXT    PRIMARY KEY,
  name     TEXT    NOT NULL,
  digest   BLOB    NOT NULL,
  monitors TEXT    NOT NULL,             -- JSON
  may_read INTEGER NOT NULL,
  channel  TEXT,
  created  INTEGER NOT NULL,
  revoked  INTEGER
) STRICT, WITHOUT ROWID;
