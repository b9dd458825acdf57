-- How soon people took problems, and how long those lasted: what the report adds up, by day and monitor. A problem counts on
-- the day (UTC, days since 1970) on which it opened, also what happens to it later. Nobody is named here.
CREATE TABLE report_days (
  day            INTEGER NOT NULL,
  monitor        TEXT    NOT NULL,
  is_event       INTEGER NOT NULL,       -- events never recover, so they are counted apart
  opened         INTEGER NOT NULL,
  taken          INTEGER NOT NULL,       -- ever, here or in the monitor
  taken_5m       INTEGER NOT NULL,
  taken_15m      INTEGER NOT NULL,
  taken_1h       INTEGER NOT NULL,
  taken_ms       INTEGER NOT NULL,       -- from opening to being taken first, all together
  closed         INTEGER NOT NULL,
  closed_untaken INTEGER NOT NULL,
  recovered      INTEGER NOT NULL,
  recovered_ms   INTEGER NOT NULL,       -- from opening to recovery, all together
  PRIMARY KEY (day, monitor, is_event)
) STRICT, WITHOUT ROWID;

-- Shows every problem; what is put in is counted above: `sign` 1 adds a problem as it is, -1 takes it out as it was.
CREATE VIEW report_changes (sign, check_row, is_event, opened, first_taken, closed, closed_because) AS
  SELECT 1, check_row, is_event, opened, first_taken, closed, closed_because FROM problems;
CREATE TRIGGER report_count INSTEAD OF INSERT ON report_changes BEGIN
  INSERT INTO report_days
    SELECT NEW.opened / 86400000, c.monitor, NEW.is_event, NEW.sign,
      NEW.sign * (took IS NOT NULL), NEW.sign * coalesce(took <= 300000, 0), NEW.sign * coalesce(took <= 900000, 0),
      NEW.sign * coalesce(took <= 3600000, 0), NEW.sign * coalesce(took, 0),
      NEW.sign * (NEW.closed IS NOT NULL), NEW.sign * (NEW.closed IS NOT NULL AND took IS NULL),
      NEW.sign * (lasted IS NOT NULL), NEW.sign * coalesce(lasted, 0)
    FROM checks c, (SELECT max(0, NEW.first_taken - NEW.opened) AS took,
      iif(NEW.closed_because = 'recovery', max(0, NEW.closed - NEW.opened), NULL) AS lasted)
    WHERE c.row = NEW.check_row
    ON CONFLICT DO UPDATE SET opened = opened + excluded.opened, taken = taken + excluded.taken,
      taken_5m = taken_5m + excluded.taken_5m, taken_15m = taken_15m + excluded.taken_15m,
      taken_1h = taken_1h + excluded.taken_1h, taken_ms = taken_ms + excluded.taken_ms, closed = closed + excluded.closed,
      closed_untaken = closed_untaken + excluded.closed_untaken, recovered = recovered + excluded.recovered,
      recovered_ms = recovered_ms + excluded.recovered_ms;
END;

-- By triggers, because a problem is written as a whole and only the row that it replaces says what has changed: to read that
-- first would cost each change of a state a look, and each writer of problems could forget it. In the transaction that writes
-- the problem, so each counts once, whatever crashes. A repeat writes no problem.
CREATE TRIGGER report_opened AFTER INSERT ON problems BEGIN
  INSERT INTO report_changes
    VALUES (1, NEW.check_row, NEW.is_event, NEW.opened, NEW.first_taken, NEW.closed, NEW.closed_because);
END;
CREATE TRIGGER report_changed AFTER UPDATE OF is_event, opened, first_taken, closed ON problems
WHEN (OLD.first_taken IS NOT NEW.first_taken OR OLD.closed IS NOT NEW.closed OR OLD.is_event <> NEW.is_event
    OR OLD.opened <> NEW.opened)
  -- A day that was removed stays removed, though a problem of it goes on.
  AND EXISTS (SELECT 1 FROM report_days WHERE day = OLD.opened / 86400000 AND is_event = OLD.is_event
    AND monitor = (SELECT monitor FROM checks WHERE row = OLD.check_row))
BEGIN
  INSERT INTO report_changes
    VALUES (-1, OLD.check_row, OLD.is_event, OLD.opened, OLD.first_taken, OLD.closed, OLD.closed_because);
  INSERT INTO report_changes
    VALUES (1, NEW.check_row, NEW.is_event, NEW.opened, NEW.first_taken, NEW.closed, NEW.closed_because);
END;

INSERT INTO report_changes SELECT * FROM report_changes;
