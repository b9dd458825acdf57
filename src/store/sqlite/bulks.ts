import type Database from 'better-sqlite3'
import type { BegunBulk, Bulk, BulkCommand, BulkStore, BulkSum } from '../../core/bulk.ts'
import type { Effect } from '../../core/effect.ts'
import type { CommitQueue } from './commit-queue.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'

/**
 * What people take of storms, until it is theirs.
 *
 * @param write stores effects; runs inside a transaction of the queue
 * @param newId makes a UUIDv7 for a time in epoch ms
 */
export function createBulks(
  db: Database.Database,
  queue: CommitQueue,
  write: (effects: readonly Effect[], at: number) => void,
  newId: (at: number) => string,
): BulkStore {
  const sql = prepare(db)
  const begin = createBegin(db, newId)
  return {
    begin: (command, interaction) => queue.enqueue((now) => begin(command, interaction, now)),
    unfinished: () =>
      sql.unfinished
        .all()
        .map(({ id, command }): Bulk => ({ id, command: { replyTo: null, ...JSON.parse(command) } })),
    next: ({ id }, limit) => {
      const rows = sql.next.all(id, id, limit)
      const last = rows.at(-1)
      return last === undefined ? null : { problems: rows.map((row) => row.id), after: last.row }
    },
    advance: (id, after) => queue.enqueue(() => void sql.advance.run(after, id)),
    sum: ({ id, command }) =>
      sql.sum.get(command.person.id, command.person.id, id) ?? { asked: 0, taken: 0, ended: 0 },
    left: ({ id, command }, after, limit) =>
      queue.enqueue(() =>
        sql.left.all(id, after, command.person.id, limit).map((row) => ({
          problem: toProblem(row),
          check: toCheck(row),
          tally: toTally(row, row),
        })),
      ),
    end: (id, effects) =>
      queue.enqueue((now) => {
        sql.forget.run(id)
        sql.end.run(id)
        write(effects, now)
      }),
  }
}

function createBegin(db: Database.Database, newId: (at: number) => string) {
  const heard = db.prepare('SELECT 1 FROM interactions WHERE id = ?')
  const hear = db.prepare('INSERT INTO interactions (id, at) VALUES (?, ?)')
  const insert = db.prepare(
    'INSERT INTO bulks (id, storm, after, command, created) SELECT ?, row, 0, ?, ? FROM storms WHERE id = ?',
  )
  const choose = db.prepare<[string, string, string | null, string | null, string | null]>(
    `INSERT INTO bulk_problems (bulk, problem) SELECT (SELECT row FROM bulks WHERE id = ?), o.problem
     FROM storm_problems o WHERE o.storm = (SELECT row FROM storms WHERE id = ?) AND o.taken = 0
       AND (? IS NULL OR o.host = (SELECT h.row FROM storm_hosts h WHERE h.storm = o.storm AND h.monitor = ? AND h.host = ?))`,
  )
  const forget = db.prepare('DELETE FROM bulks WHERE id = ?')

  return (command: BulkCommand, interaction: string, now: number): BegunBulk => {
    if (heard.get(interaction) !== undefined) return { kind: 'repeated' }
    hear.run(interaction, now)
    const { storm, monitor, host } = command
    const id = newId(now)
    if (insert.run(id, JSON.stringify(command), now, storm).changes === 0) return { kind: 'nothing' }
    const count = choose.run(id, storm, host, monitor, host).changes
    if (count > 0) return { kind: 'begun', bulk: { id, command }, count }
    forget.run(id)
    return { kind: 'nothing' }
  }
}

function prepare(db: Database.Database) {
  return {
    unfinished: db.prepare<[], { id: string; command: string }>('SELECT id, command FROM bulks ORDER BY row'),
    next: db.prepare<[string, string, number], { id: string; row: number }>(
      `SELECT p.id AS id, p.row AS row FROM bulk_problems b JOIN problems p ON p.row = b.problem
       WHERE b.bulk = (SELECT row FROM bulks WHERE id = ?) AND b.problem > (SELECT after FROM bulks WHERE id = ?)
         AND p.closed IS NULL AND p.acknowledged_by IS NULL ORDER BY b.problem LIMIT ?`,
    ),
    advance: db.prepare('UPDATE bulks SET after = ? WHERE id = ?'),
    sum: db.prepare<[string, string, string], BulkSum>(
      `SELECT count(*) AS asked, count(*) FILTER (WHERE p.acknowledged_by = (SELECT ?)) AS taken,
         count(*) FILTER (WHERE p.closed IS NOT NULL AND p.acknowledged_by IS NOT (SELECT ?)) AS ended
       FROM bulk_problems b JOIN problems p ON p.row = b.problem WHERE b.bulk = (SELECT row FROM bulks WHERE id = ?)`,
    ),
    left: db.prepare<[string, number, string, number], CheckRow & ProblemRow>(
      `SELECT c.*, ${PROBLEM_COLUMNS} FROM bulk_problems b CROSS JOIN problems p ON p.row = b.problem
         CROSS JOIN checks c ON c.row = p.check_row
       WHERE b.bulk = (SELECT row FROM bulks WHERE id = ?) AND b.problem > (SELECT ?) AND p.closed IS NULL
         AND p.acknowledged_by IS NOT (SELECT ?) ORDER BY b.problem LIMIT ?`,
    ),
    forget: db.prepare('DELETE FROM bulk_problems WHERE bulk = (SELECT row FROM bulks WHERE id = ?)'),
    end: db.prepare('DELETE FROM bulks WHERE id = ?'),
  }
}
