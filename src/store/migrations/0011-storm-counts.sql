-- What the cards of storms show, counted when a problem changes, so that drawing one costs the same however large it is.
-- All of it follows from cards, problems and checks. What moves cards or renames hosts is followed by triggers; one on
-- problems would cost also those that are in no storm, so whoever changes a problem says so by `storm_changed`.

-- Each open problem that a storm shows, as it is counted below; text is '' where there is none.
CREATE TABLE storm_problems (
  storm    INTEGER NOT NULL,
  taken    INTEGER NOT NULL,             -- 1: somebody has it
  rank     INTEGER NOT NULL,             -- the severity, negated
  opened   INTEGER NOT NULL,
  problem  INTEGER NOT NULL,
  host     INTEGER NOT NULL,             -- row of storm_hosts
  state    TEXT    NOT NULL,
  person   TEXT    NOT NULL,             -- id of who has it, or name where there is none
  by       TEXT    NOT NULL,             -- name of who has it
  standing TEXT    NOT NULL,             -- how far the monitor was told
  PRIMARY KEY (storm, taken, rank, opened, problem)
) STRICT, WITHOUT ROWID;
CREATE INDEX storm_problems_problem ON storm_problems (problem);

CREATE TABLE storm_counts (
  storm    INTEGER NOT NULL,
  taken    INTEGER NOT NULL,
  rank     INTEGER NOT NULL,
  state    TEXT    NOT NULL,
  person   TEXT    NOT NULL,
  by       TEXT    NOT NULL,
  standing TEXT    NOT NULL,
  open     INTEGER NOT NULL,
  PRIMARY KEY (storm, taken, rank, state, person, by, standing)
) STRICT, WITHOUT ROWID;

-- Hosts stay when nothing of them is open any more: they ring people once in a storm.
CREATE TABLE storm_hosts (
  row       INTEGER PRIMARY KEY,
  storm     INTEGER NOT NULL,
  monitor   TEXT    NOT NULL,
  host      TEXT    NOT NULL,
  check_row INTEGER NOT NULL,            -- the check of it that was counted last
  -- When it first had a problem that is bad enough to ring: the row of that problem if it was a new one. Each is larger than
  -- all before it, and than what the storm has rung for.
  rings     INTEGER,
  open      INTEGER NOT NULL DEFAULT 0,
  untaken   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (storm, monitor, host)
) STRICT;
CREATE INDEX storm_hosts_top ON storm_hosts (storm, untaken DESC, open DESC) WHERE open > 0;
CREATE INDEX storm_hosts_rings ON storm_hosts (storm, rings) WHERE rings IS NOT NULL;

-- Problems that it shows, or showed until they were over: those of all it took that have not left it.
ALTER TABLE storms ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER storm_problems_added AFTER INSERT ON storm_problems BEGIN
  INSERT INTO storm_counts (storm, taken, rank, state, person, by, standing, open)
  VALUES (NEW.storm, NEW.taken, NEW.rank, NEW.state, NEW.person, NEW.by, NEW.standing, 1)
  ON CONFLICT (storm, taken, rank, state, person, by, standing) DO UPDATE SET open = open + 1;
  UPDATE storm_hosts SET open = open + 1, untaken = untaken + 1 - NEW.taken WHERE row = NEW.host;
END;

CREATE TRIGGER storm_problems_removed AFTER DELETE ON storm_problems BEGIN
  UPDATE storm_counts SET open = open - 1 WHERE storm = OLD.storm AND taken = OLD.taken AND rank = OLD.rank
    AND state = OLD.state AND person = OLD.person AND by = OLD.by AND standing = OLD.standing;
  DELETE FROM storm_counts WHERE storm = OLD.storm AND taken = OLD.taken AND rank = OLD.rank
    AND state = OLD.state AND person = OLD.person AND by = OLD.by AND standing = OLD.standing AND open = 0;
  UPDATE storm_hosts SET open = open - 1, untaken = untaken - 1 + OLD.taken WHERE row = OLD.host;
END;

-- A row "inserted" here counts a problem anew, wherever a storm shows it.
CREATE VIEW storm_recount AS SELECT row AS problem FROM problems;
CREATE TRIGGER storm_recount_problem INSTEAD OF INSERT ON storm_recount BEGIN
  DELETE FROM storm_problems WHERE problem = NEW.problem;
  -- 30 is the severity of CRITICAL, from which a state rings.
  INSERT INTO storm_hosts (storm, monitor, host, check_row, rings)
  SELECT k.storm, c.monitor, c.host, c.row, iif(p.severity >= 30, max(p.row, s.rang_row + 1,
    coalesce((SELECT max(h.rings) FROM storm_hosts h WHERE h.storm = k.storm AND h.rings IS NOT NULL), 0) + 1), NULL)
  FROM problems p JOIN checks c ON c.row = p.check_row JOIN cards k ON k.problem = p.row JOIN storms s ON s.row = k.storm
  WHERE p.row = NEW.problem AND p.closed IS NULL AND k.storm IS NOT NULL
  ON CONFLICT (storm, monitor, host) DO UPDATE SET check_row = excluded.check_row,
    rings = coalesce(rings, excluded.rings);
  INSERT INTO storm_problems (storm, taken, rank, opened, problem, host, state, person, by, standing)
  -- Once, though a storm that goes on elsewhere may have two cards of it.
  SELECT DISTINCT k.storm, p.acknowledged_by IS NOT NULL, -p.severity, p.opened, p.row, h.row, coalesce(p.state, ''),
    coalesce(p.acknowledged_by, ''), coalesce(p.acknowledgement ->> '$.by.name', ''),
    coalesce(p.acknowledgement ->> '$.ending.handOver', p.acknowledgement ->> '$.handOver', '')
  FROM problems p JOIN checks c ON c.row = p.check_row JOIN cards k ON k.problem = p.row
    JOIN storm_hosts h ON h.storm = k.storm AND h.monitor = c.monitor AND h.host = c.host
  WHERE p.row = NEW.problem AND p.closed IS NULL AND k.storm IS NOT NULL;
END;

-- A problem of a storm that is not as it was counted.
CREATE VIEW storm_changed AS
SELECT o.problem FROM storm_problems o JOIN problems p ON p.row = o.problem
WHERE p.closed IS NOT NULL OR (o.taken, o.rank, o.opened, o.state, o.person, o.by, o.standing) IS NOT (
  p.acknowledged_by IS NOT NULL, -p.severity, p.opened, coalesce(p.state, ''), coalesce(p.acknowledged_by, ''),
  coalesce(p.acknowledgement ->> '$.by.name', ''),
  coalesce(p.acknowledgement ->> '$.ending.handOver', p.acknowledgement ->> '$.handOver', ''));

-- Where one storm hands all it has to another, the counts are handed over too, and not one by one.
CREATE TRIGGER storm_card_changed AFTER UPDATE OF storm ON cards WHEN (OLD.storm IS NULL) <> (NEW.storm IS NULL) BEGIN
  INSERT INTO storm_recount (problem) VALUES (NEW.problem);
  UPDATE storms SET held = held - 1 WHERE row = OLD.storm;
  UPDATE storms SET held = held + 1 WHERE row = NEW.storm;
END;

CREATE TRIGGER storm_host_changed AFTER UPDATE OF host ON checks
WHEN OLD.host <> NEW.host AND NEW.problem IS NOT NULL BEGIN
  INSERT INTO storm_recount (problem) VALUES (NEW.problem);
END;

UPDATE storms SET held = (SELECT count(*) FROM cards WHERE storm = storms.row) WHERE ended IS NULL;
INSERT INTO storm_recount (problem)
SELECT DISTINCT k.problem FROM cards k JOIN problems p ON p.row = k.problem WHERE k.storm IS NOT NULL AND p.closed IS NULL;
-- What was rung for before was told by rows of problems.
UPDATE storm_hosts SET rings = (SELECT min(p.row) FROM storm_problems o JOIN problems p ON p.row = o.problem
  WHERE o.host = storm_hosts.row AND p.severity >= 30) WHERE rings IS NOT NULL;

-- With the time it is due, so that what is put off is passed by without a look at each.
DROP INDEX effects_next;
CREATE INDEX effects_next ON effects (lane, method, priority, rank, row, due) WHERE state = 'waiting';
