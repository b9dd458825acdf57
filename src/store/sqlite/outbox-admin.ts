import type Database from 'better-sqlite3'
import type { Lane } from '../../core/ports.ts'
import { createDeliveryRecord } from './delivery-record.ts'
import { storeFailure } from './failures.ts'
import { rowId, rowOfId } from './row-id.ts'
import { createUnpark } from './unpark.ts'

/** What waits to be delivered, or could not be, as an operator sees it. */
export type OutboxEntry = {
  readonly id: string
  /** `waiting`, `sending`, `parked`, or `blocked`: a line of a thread that is not the first of those that wait. */
  readonly state: string
  /** A channel, `reply`, or `monitor:NAME`. */
  readonly lane: Lane
  /** `post`, `update`, `thread`, `reply` or `order`. */
  readonly what: string
  /** Epoch ms. */
  readonly created: number
  readonly attempts: number
  readonly error: string | null
  /** When it is tried again by itself, epoch ms; null when that is now, or never. */
  readonly due: number | null
  /** Id of the problem it is about. */
  readonly problem: string | null
  readonly monitor: string | null
  readonly host: string | null
  readonly service: string | null
}

/** What became of one id: `unknown`: nothing of that id waits. `not parked`: it is on its way by itself. */
export type Tended = 'done' | 'unknown' | 'not parked'

export type OutboxAdmin = {
  /** What is parked first, then the oldest. */
  list(limit: number, only: 'all' | 'parked'): readonly OutboxEntry[]
  /** Lets what is parked be tried again. A running server sees it within a second. @throws Failure */
  retry(ids: readonly string[], now: number): readonly Tended[]
  /** Gives up what is parked. @throws Failure */
  drop(ids: readonly string[], now: number): readonly Tended[]
}

/** Changed in one transaction; each takes a handful of statements, so all of them take some ms. */
const STEP_IDS = 100

/** Tends the outbox from a process beside the server. */
export function createOutboxAdmin(db: Database.Database): OutboxAdmin {
  const { ofProblem, alone } = createDeliveryRecord(db)
  const unpark = createUnpark(db)
  const giveUp = createGiveUp(db)
  const find = db.prepare<[number], Found>(
    `SELECT e.row AS row, e.created AS created, e.state AS state, e.lane AS lane, e.method AS method,
       coalesce(k.problem, e.problem) AS problem
     FROM effects e LEFT JOIN cards k ON k.row = e.card WHERE e.row = ?`,
  )

  function tend(
    ids: readonly string[],
    now: number,
    outcome: 'retried' | 'given up',
    change: (found: Found) => void,
  ): readonly Tended[] {
    const one = (id: string): Tended => {
      const named = rowOfId('effects', id)
      const found = named === null ? undefined : find.get(named.row)
      if (found === undefined || found.created !== named?.at) return 'unknown'
      if (found.state !== 'parked') return 'not parked'
      change(found)
      const detail = `by the operator: ${found.method} in ${found.lane}`
      if (found.problem === null) alone(now, outcome, detail)
      else ofProblem(found.problem, now, outcome, detail)
      return 'done'
    }
    try {
      const results: Tended[] = []
      for (let from = 0; from < ids.length; from += STEP_IDS) {
        const some = ids.slice(from, from + STEP_IDS)
        results.push(...db.transaction(() => some.map(one)).immediate())
      }
      return results
    } catch (error) {
      throw storeFailure(error)
    }
  }

  return {
    list: (limit, only) => list(db, limit, only),
    retry: (ids, now) => tend(ids, now, 'retried', ({ row }) => unpark(row)),
    drop: (ids, now) => tend(ids, now, 'given up', giveUp),
  }
}

type Found = {
  readonly row: number
  readonly created: number
  readonly state: string
  readonly lane: Lane
  readonly method: string
  readonly problem: number | null
}

/** The next change makes a new one: a server that runs sees that another has written, and forgets what it knew to be waiting. */
function createGiveUp(db: Database.Database): (found: Found) => void {
  const remove = db.prepare('DELETE FROM effects WHERE row = ?')
  // Nobody will ever post the card that they wait for.
  const dropLines = db.prepare(
    `DELETE FROM effects WHERE kind = 'thread' AND state = 'blocked' AND card = (SELECT k.row FROM effects e
       JOIN cards k ON k.row = e.card JOIN problems p ON p.row = k.problem
       WHERE e.row = ? AND e.kind = 'card' AND k.ts IS NULL AND p.closed IS NOT NULL)`,
  )
  const release = db.prepare(
    `UPDATE effects SET state = 'waiting' WHERE row = (SELECT min(e.row) FROM effects e JOIN cards k ON k.row = e.card
       WHERE e.card = ? AND e.kind = 'thread' AND e.state = 'blocked' AND k.ts IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.card = ? AND e.kind = 'thread' AND e.state IN ('waiting', 'leased'))`,
  )
  const cardOf = db.prepare<[number], { card: number | null }>('SELECT card FROM effects WHERE row = ?')
  return ({ row }) => {
    const card = cardOf.get(row)?.card ?? null
    dropLines.run(row)
    remove.run(row)
    if (card !== null) release.run(card, card)
  }
}

type Row = Omit<OutboxEntry, 'id' | 'due'> & { readonly row: number; readonly due: number }

function list(db: Database.Database, limit: number, only: 'all' | 'parked'): readonly OutboxEntry[] {
  const rows = db
    .prepare<[number], Row>(
      `SELECT e.row AS row, iif(e.state = 'leased', 'sending', e.state) AS state, e.lane AS lane, e.method AS what,
         e.created AS created, e.attempts AS attempts, e.error AS error, e.due AS due, p.id AS problem,
         c.monitor AS monitor, coalesce(c.host_display_name, c.host) AS host,
         coalesce(c.service_display_name, c.service) AS service
       FROM effects e LEFT JOIN cards k ON k.row = e.card
       LEFT JOIN problems p ON p.row = coalesce(k.problem, e.problem)
       LEFT JOIN checks c ON c.row = coalesce(p.check_row, e.check_row)
       ${only === 'parked' ? "WHERE e.state = 'parked'" : ''}
       ORDER BY e.state = 'parked' DESC, e.row LIMIT ?`,
    )
    .all(limit)
  return rows.map(({ row, due, ...rest }) => ({
    id: rowId('effects', rest.created, row),
    ...rest,
    due: due > 1 ? due : null,
  }))
}
