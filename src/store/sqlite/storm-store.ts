import type Database from 'better-sqlite3'
import type { StormScope, StormStore } from '../../core/ports.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'

type StormSize = { open: number; untaken: number }

/** What people look at of a storm. */
export function createStormStore(db: Database.Database): StormStore {
  const size = db.prepare<[string], StormSize>(
    `SELECT coalesce(sum(open), 0) AS open, coalesce(sum(open) FILTER (WHERE taken = 0), 0) AS untaken
     FROM storm_counts WHERE storm = (SELECT row FROM storms WHERE id = ?)`,
  )
  const sizeOfHost = db.prepare<[string, string | null, string], StormSize>(
    'SELECT open, untaken FROM storm_hosts WHERE storm = (SELECT row FROM storms WHERE id = ?) AND monitor = ? AND host = ?',
  )
  const ordered = (taken: 0 | 1): string => `SELECT rank, opened, problem FROM storm_problems
    WHERE storm = (SELECT row FROM storms WHERE id = @storm) AND taken = ${taken}`
  const list = db.prepare<[{ storm: string; offset: number; limit: number }], CheckRow & ProblemRow>(
    `SELECT c.*, ${PROBLEM_COLUMNS} FROM
       (${ordered(0)} UNION ALL ${ordered(1)} ORDER BY rank, opened, problem LIMIT @limit OFFSET @offset) o
       CROSS JOIN problems p ON p.row = o.problem CROSS JOIN checks c ON c.row = p.check_row
     ORDER BY o.rank, o.opened, o.problem`,
  )
  const hostOf = db.prepare<[number], { monitor: string; host: string }>(
    'SELECT monitor, host FROM checks WHERE row = ?',
  )

  return {
    size: ({ storm, monitor, host }: StormScope) =>
      (host === null ? size.get(storm) : sizeOfHost.get(storm, monitor, host)) ?? { open: 0, untaken: 0 },
    list: (storm, offset, limit) =>
      list.all({ storm, limit, offset }).map((row) => ({
        problem: toProblem(row),
        check: toCheck(row),
        tally: toTally(row, row),
      })),
    hostOf: (check) => hostOf.get(check) ?? null,
  }
}
