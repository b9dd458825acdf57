import type Database from 'better-sqlite3'

/**
 * Lets another storm show what one shows: cards and counts, all at once. Runs inside a transaction of the commit queue.
 *
 * @param from row of the storm that gives up
 * @param to row of the storm that goes on
 */
export type HandStorm = (from: number, to: number) => void

export function createHandStorm(db: Database.Database): HandStorm {
  const statements = [
    'UPDATE cards SET storm = @to WHERE storm = @from',
    `INSERT INTO storm_hosts (storm, monitor, host, check_row, rings, open, untaken)
     SELECT @to, monitor, host, check_row, rings, open, untaken FROM storm_hosts WHERE storm = @from
     ON CONFLICT (storm, monitor, host) DO UPDATE SET open = open + excluded.open, untaken = untaken + excluded.untaken,
       rings = coalesce(min(rings, excluded.rings), rings, excluded.rings)`,
    `UPDATE storm_problems SET storm = @to, host = (SELECT t.row FROM storm_hosts f JOIN storm_hosts t
       ON t.storm = @to AND t.monitor = f.monitor AND t.host = f.host WHERE f.row = storm_problems.host)
     WHERE storm = @from`,
    `INSERT INTO storm_counts (storm, taken, rank, state, person, by, standing, open)
     SELECT @to, taken, rank, state, person, by, standing, open FROM storm_counts WHERE storm = @from
     ON CONFLICT (storm, taken, rank, state, person, by, standing) DO UPDATE SET open = open + excluded.open`,
    'DELETE FROM storm_counts WHERE storm = @from',
    'UPDATE storms SET held = held + (SELECT held FROM storms WHERE row = @from) WHERE row = @to',
    // Its hosts themselves are removed in steps when old history is: there may be thousands.
    'UPDATE storm_hosts SET open = 0, untaken = 0, rings = NULL WHERE storm = @from',
    'UPDATE storms SET held = 0 WHERE row = @from',
  ].map((sql) => db.prepare<[{ from: number; to: number }]>(sql))
  return (from, to) => {
    for (const statement of statements) statement.run({ from, to })
  }
}
