import type Database from 'better-sqlite3'
import type { Bulk, BulkCommand, StormScope, StormStore } from '../../core/ports.ts'
import type { CommitQueue } from './commit-queue.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'

type BulkRow = {
  row: number
  id: string
  storm: string
  storm_row: number
  upto: number
  after: number
  command: string
}

type StormSize = { open: number; untaken: number }

/**
 * What people do with a storm: look at its problems, and take them all, or those of one host.
 *
 * @param newId makes a UUIDv7 for a time in epoch ms
 */
export function createStormStore(
  db: Database.Database,
  queue: CommitQueue,
  newId: (at: number) => string,
): StormStore {
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
  const begin = db.prepare(
    `INSERT INTO bulks (id, storm, upto, after, command, created)
     SELECT ?, row, (SELECT coalesce(max(row), 0) FROM cards), 0, ?, ? FROM storms WHERE id = ?`,
  )
  const unfinished = db.prepare<[], BulkRow>(
    `SELECT b.row AS row, b.id AS id, s.id AS storm, b.storm AS storm_row, b.upto AS upto, b.after AS after,
       b.command AS command FROM bulks b JOIN storms s ON s.row = b.storm ORDER BY b.row`,
  )
  const page = db.prepare<
    [number, number, number, string | null, string | null, string | null, number],
    { id: string; row: number }
  >(
    `SELECT p.id AS id, k.row AS row FROM cards k JOIN problems p ON p.row = k.problem JOIN checks c ON c.row = p.check_row
     WHERE k.storm = (SELECT ?) AND k.row > (SELECT ?) AND k.row <= (SELECT ?) AND p.closed IS NULL
       AND p.acknowledged_by IS NULL AND (? IS NULL OR (c.monitor = ? AND c.host = ?))
     ORDER BY k.row LIMIT ?`,
  )
  const cursor = db.prepare<[string], BulkRow>(
    `SELECT b.row AS row, b.id AS id, '' AS storm, b.storm AS storm_row, b.upto AS upto, b.after AS after,
       b.command AS command FROM bulks b WHERE b.id = ?`,
  )
  const advance = db.prepare('UPDATE bulks SET after = ? WHERE id = ?')
  const end = db.prepare('DELETE FROM bulks WHERE id = ?')

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
    begin: (command: BulkCommand) =>
      queue.enqueue((now) => {
        const id = newId(now)
        begin.run(id, JSON.stringify(command), now, command.storm)
        return { id, command }
      }),
    unfinished: () =>
      unfinished.all().map(({ id, command }): Bulk => ({ id, command: JSON.parse(command) as BulkCommand })),
    next: ({ id, command: { monitor, host } }, limit) => {
      const bulk = cursor.get(id)
      if (bulk === undefined) return null
      const rows = page.all(bulk.storm_row, bulk.after, bulk.upto, host, monitor, host, limit)
      const last = rows.at(-1)
      return last === undefined ? null : { problems: rows.map((row) => row.id), after: last.row }
    },
    advance: (id, after) => queue.enqueue(() => void advance.run(after, id)),
    end: (id) => queue.enqueue(() => void end.run(id)),
  }
}
