import type Database from 'better-sqlite3'
import type { Reply, ThreadEvent } from '../../core/effect.ts'
import type { CardRef, Claimed, Lane, Method, Outbox, ParkedEffect, Settlement } from '../../core/ports.ts'
import type { CommitQueue } from './commit-queue.ts'
import { rowId } from './row-id.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'

type EffectRow = {
  e_row: number
  lane: Lane
  method: string
  attempts: number
  created: number
  ambiguous_since: number | null
  data: string | null
  card: number | null
  card_id: string | null
  channel: string | null
  ts: string | null
  mention: string | null
  quiet: number | null
}
type ClaimRow = EffectRow & CheckRow & ProblemRow

/** Nothing is ever put off longer; what seems to be was put off before the clock was set back. */
const DUE_MAX_MS = 10 * 60_000

/** The first due effect of a lane and method, found by index alone. */
const NEXT = `
  SELECT row, priority, rank FROM effects
  WHERE lane = ? AND method = ? AND state = 'waiting' AND (due <= ? OR due > ?)
  ORDER BY priority, rank, row LIMIT 1`

const METHODS: readonly Method[] = ['reply', 'post', 'update', 'thread']

/**
 * What a claim brings along: the effect, its card, its problem as it is now. The sub-select around the parameter keeps
 * SQLite from planning the statement anew at each call, which it does for joins on a bare one.
 */
const CLAIMED = `
  SELECT e.row AS e_row, e.lane AS lane, e.method AS method, e.attempts AS attempts, e.created AS created,
    e.ambiguous_since AS ambiguous_since, e.data AS data, e.card AS card, k.id AS card_id, k.channel AS channel,
    k.ts AS ts, k.mention AS mention, k.quiet AS quiet, c.*, ${PROBLEM_COLUMNS}
  FROM effects e
  LEFT JOIN cards k ON k.row = e.card
  LEFT JOIN problems p ON p.row = k.problem
  LEFT JOIN checks c ON c.row = p.check_row
  WHERE e.row = (SELECT ?)`

/**
 * The outbox: effects wait in lanes, are taken by lease and settled.
 *
 * @param owner id of this start; leases of others are void
 * @param onWork registers who hears of committed work
 * @param now epoch ms
 */
export function createOutbox(
  db: Database.Database,
  queue: CommitQueue,
  owner: string,
  onWork: Outbox['onWork'],
  now: number,
): Outbox {
  voidOtherLeases(db, owner, now)
  const claim = createClaim(db, owner)
  const settle = createSettle(db)
  const selectLanes = db.prepare<[], { lane: Lane; due: number }>(
    `SELECT lane, min(due) AS due FROM effects WHERE state = 'waiting' GROUP BY lane`,
  )
  const selectDue = db.prepare<[string, number], { due: number | null }>(
    `SELECT min(due) AS due FROM effects WHERE lane = ? AND state = 'waiting' AND due > ?`,
  )
  const selectDepth = db.prepare<[], { waiting: number; parked: number; oldest: number | null }>(
    // A line that is blocked waits for another effect, which is counted itself, as waiting or as parked.
    `SELECT count(*) FILTER (WHERE state IN ('waiting', 'leased')) AS waiting,
       count(*) FILTER (WHERE state = 'parked') AS parked,
       min(created) FILTER (WHERE state IN ('waiting', 'leased')) AS oldest FROM effects`,
  )
  return {
    claim: (lane, without, leaseMs) => queue.enqueue((at) => claim(lane, without, at, leaseMs)),
    settle: (claimed, settlement) => queue.enqueue((at) => settle(claimed, settlement, at)),
    lanes: () => selectLanes.all(),
    nextDue: (lane, after) => selectDue.get(lane, after)?.due ?? null,
    depth: () => selectDepth.get() ?? { waiting: 0, parked: 0, oldest: null },
    list: (limit) => listEffects(db, limit),
    onWork,
  }
}

/** What a process sent just before it died may still be on its way; looking sooner would find nothing. */
const SETTLE_MS = 2_000

/** After a crash nobody knows whether what was leased went out; it is looked up before it is done again. */
function voidOtherLeases(db: Database.Database, owner: string, now: number): void {
  db.prepare(
    `UPDATE effects SET state = 'waiting', ambiguous_since = coalesce(ambiguous_since, attempted, created),
       owner = NULL, lease_until = NULL, due = ?
     WHERE state = 'leased' AND owner <> ? AND NOT (kind = 'card' AND EXISTS (SELECT 1 FROM effects w
       WHERE w.card = effects.card AND w.kind = 'card' AND w.state <> 'leased'))`,
  ).run(now + SETTLE_MS, owner)
  // A newer effect of the same card waits already: it takes over the doubt.
  db.prepare(
    `UPDATE effects SET ambiguous_since = (SELECT min(coalesce(l.ambiguous_since, l.attempted, l.created)) FROM effects l
       WHERE l.card = effects.card AND l.kind = 'card' AND l.state = 'leased'), due = max(due, ?)
     WHERE kind = 'card' AND state <> 'leased'
       AND card IN (SELECT card FROM effects WHERE kind = 'card' AND state = 'leased' AND owner <> ?)`,
  ).run(now + SETTLE_MS, owner)
  db.prepare(`DELETE FROM effects WHERE state = 'leased' AND owner <> ?`).run(owner)
}

function createClaim(db: Database.Database, owner: string) {
  const selectNext = db.prepare<
    [string, string, number, number],
    { row: number; priority: number; rank: number }
  >(NEXT)
  const lease = db.prepare(
    `UPDATE effects SET state = 'leased', owner = ?, lease_until = ?, attempts = attempts + 1, attempted = ? WHERE row = ?`,
  )
  const selectClaimed = db.prepare<[number], ClaimRow>(CLAIMED)
  const clearPending = db.prepare('UPDATE problems SET pending = NULL WHERE row = ?')
  return (lane: Lane, without: readonly Method[], at: number, leaseMs: number): Claimed | null => {
    const found = METHODS.filter((method) => !without.includes(method))
      .map((method) => selectNext.get(lane, method, at, at + DUE_MAX_MS))
      .filter((next) => next !== undefined)
      .sort((a, b) => a.priority - b.priority || a.rank - b.rank || a.row - b.row)[0]
    if (found === undefined) return null
    lease.run(owner, at + leaseMs, at, found.row)
    const row = selectClaimed.get(found.row)
    if (row === undefined) return null
    if (row.method === 'post' || row.method === 'update') clearPending.run(row.p_row)
    return toClaimed(row)
  }
}

function toClaimed(row: ClaimRow): Claimed {
  return {
    row: row.e_row,
    id: rowId('effects', row.created, row.e_row),
    lane: row.lane,
    attempts: row.attempts,
    created: row.created,
    ambiguousSince: row.ambiguous_since,
    work: toWork(row),
  }
}

function toWork(row: ClaimRow): Claimed['work'] {
  const data = row.data === null ? null : JSON.parse(row.data)
  if (row.method === 'reply') {
    const { url, reply } = data as { url: string; reply: Reply }
    return { kind: 'reply', url, reply }
  }
  const card: CardRef = {
    id: row.card_id ?? '',
    channel: row.channel ?? '',
    ts: row.ts,
    mention: JSON.parse(row.mention ?? '[]') as string[],
    quiet: row.quiet === 1,
  }
  const view = { problem: toProblem(row), check: toCheck(row), tally: toTally(row, row) }
  if (row.method === 'thread') {
    const { event, rings } = data as { event: ThreadEvent; rings: boolean }
    return { kind: 'thread', card, view, event, rings }
  }
  return { kind: row.ts === null ? 'post' : 'update', card, view }
}

/** What settling an effect says to the database. */
function prepareSettling(db: Database.Database) {
  const remove = db.prepare('DELETE FROM effects WHERE row = ?')
  // A doubt stays until the message is found or made: a later attempt that fails plainly says nothing of the earlier one.
  const again = db.prepare(
    `UPDATE effects SET state = 'waiting', due = ?, error = ?, owner = NULL, lease_until = NULL,
       ambiguous_since = iif(?, coalesce(ambiguous_since, attempted), ambiguous_since) WHERE row = ?`,
  )
  const park = db.prepare(
    `UPDATE effects SET state = 'parked', error = ?, owner = NULL, lease_until = NULL WHERE row = ?`,
  )
  const posted = db.prepare('UPDATE cards SET ts = ?, posted = ? WHERE id = ?')
  const unposted = db.prepare('UPDATE cards SET ts = NULL, posted = NULL WHERE id = ?')
  /** A thread reads in the order things happened: only its first line waits, the others behind it are blocked. */
  const release = db.prepare(
    `UPDATE effects SET state = 'waiting' WHERE row = (SELECT min(e.row) FROM effects e
       WHERE e.card = (SELECT row FROM cards WHERE id = ?) AND e.kind = 'thread' AND e.state = 'blocked')`,
  )
  const block = db.prepare(
    `UPDATE effects SET state = 'blocked' WHERE card = (SELECT row FROM cards WHERE id = ?) AND kind = 'thread' AND state = 'waiting'`,
  )
  const setMethod = db.prepare(
    `UPDATE effects SET method = ? WHERE card = (SELECT row FROM cards WHERE id = ?) AND kind = 'card'`,
  )
  /** What was in doubt is gone; it is not to be found again. */
  const believe = db.prepare(
    `UPDATE effects SET ambiguous_since = NULL, attempted = NULL WHERE card = (SELECT row FROM cards WHERE id = ?) AND kind = 'card'`,
  )
  /** A newer effect of the same card may wait already; two may not, and the newer one does all of the work. */
  const hasOther = db.prepare<[number], { row: number }>(
    `SELECT o.row AS row FROM effects e JOIN effects o ON o.card = e.card AND o.kind = 'card' AND o.state <> 'leased'
     WHERE e.row = ? AND e.kind = 'card'`,
  )
  const inherit = db.prepare(
    `UPDATE effects SET ambiguous_since = coalesce(ambiguous_since,
         (SELECT coalesce(ambiguous_since, iif(?, attempted, NULL)) FROM effects WHERE row = ?)),
       due = max(due, ?), priority = min(priority, (SELECT priority FROM effects WHERE row = ?)) WHERE row = ?`,
  )
  return { remove, again, park, posted, unposted, release, block, setMethod, believe, hasOther, inherit }
}

function createSettle(db: Database.Database) {
  const { remove, again, park, posted, unposted, release, block, setMethod, believe, hasOther, inherit } =
    prepareSettling(db)
  const record = createDeliveryRecord(db)

  function retry(claimed: Claimed, at: number, ambiguous: boolean, error: string): void {
    const other = hasOther.get(claimed.row)
    if (other === undefined) {
      again.run(at, error, ambiguous ? 1 : 0, claimed.row)
      return
    }
    inherit.run(ambiguous ? 1 : 0, claimed.row, at, claimed.row, other.row)
    remove.run(claimed.row)
  }

  return (claimed: Claimed, settlement: Settlement, at: number): void => {
    const { work } = claimed
    const card = work.kind === 'reply' ? null : work.card
    switch (settlement.kind) {
      case 'done':
        remove.run(claimed.row)
        if (card === null) return
        if (work.kind === 'post') {
          posted.run(settlement.ts, at, card.id)
          setMethod.run('update', card.id)
          record(claimed, at, 'posted', `card in ${card.channel}`)
        }
        if (work.kind !== 'update') release.run(card.id)
        return
      case 'retry':
        // An edit can be made twice without harm, so there is nothing to doubt.
        return retry(claimed, settlement.at, settlement.ambiguous && work.kind !== 'update', settlement.error)
      case 'repost':
        if (card === null) return
        unposted.run(card.id)
        block.run(card.id)
        setMethod.run('post', card.id)
        believe.run(card.id)
        if (work.kind === 'thread') again.run(at, 'message gone', 0, claimed.row)
        else retry(claimed, at, false, 'message gone')
        if (work.kind === 'thread') wakeCard(db, claimed.row, at)
        record(claimed, at, 'gone', `the card in ${card.channel} was deleted; a fresh one follows`)
        return
      case 'park':
        if (hasOther.get(claimed.row) === undefined) park.run(settlement.error, claimed.row)
        else remove.run(claimed.row)
        if (work.kind === 'thread') release.run(work.card.id)
        record(claimed, at, 'parked', settlement.error)
        return
      case 'drop':
        remove.run(claimed.row)
        record(claimed, at, 'dropped', settlement.error)
        return
    }
  }
}

/** A thread line found its card gone: the line waits, and the card is to be posted again. */
function wakeCard(db: Database.Database, thread: number, at: number): void {
  db.prepare(`UPDATE effects SET state = 'blocked' WHERE row = ?`).run(thread)
  db.prepare(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created)
     SELECT lane, 'card', 'post', card, 1, rank, 'waiting', 0, ? FROM effects WHERE row = ?
     ON CONFLICT (card) WHERE kind = 'card' AND state <> 'leased' DO NOTHING`,
  ).run(at, thread)
}

/** What became of a delivery is history too. Routine edits are not, they would drown the rest. */
function createDeliveryRecord(db: Database.Database) {
  const insert = db.prepare(
    `INSERT INTO history (recorded, time, kind, check_row, problem, prev, state, outcome, detail)
     VALUES (?, ?, 'delivery', ?, ?, (SELECT history FROM checks WHERE row = ?), ?, ?, ?)`,
  )
  const insertAlone = db.prepare(
    `INSERT INTO history (recorded, time, kind, outcome, detail) VALUES (?, ?, 'delivery', ?, ?)`,
  )
  const point = db.prepare('UPDATE checks SET history = ? WHERE row = ?')
  return ({ work }: Claimed, at: number, outcome: string, detail: string): void => {
    if (work.kind === 'reply') {
      insertAlone.run(at, at, outcome, detail)
      return
    }
    const { problem, check } = work.view
    const line = insert.run(at, at, check.row, problem.row, check.row, problem.state, outcome, detail)
    point.run(Number(line.lastInsertRowid), check.row)
  }
}

function listEffects(db: Database.Database, limit: number): ParkedEffect[] {
  const rows = db
    .prepare<
      [number],
      {
        row: number
        lane: Lane
        method: string
        state: string
        attempts: number
        created: number
        error: string | null
        problem: string | null
      }
    >(
      `SELECT e.row AS row, e.lane AS lane, e.method AS method, e.state AS state, e.attempts AS attempts,
         e.created AS created, e.error AS error, p.id AS problem
       FROM effects e LEFT JOIN cards k ON k.row = e.card LEFT JOIN problems p ON p.row = k.problem
       ORDER BY e.state = 'parked' DESC, e.row LIMIT ?`,
    )
    .all(limit)
  return rows.map(({ row, lane, method, state, attempts, created, error, problem }) => ({
    id: rowId('effects', created, row),
    lane,
    kind: method as Method,
    state,
    attempts,
    created,
    error,
    problem,
  }))
}
