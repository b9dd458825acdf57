import type Database from 'better-sqlite3'
import type { Changes } from '../../core/changes.ts'
import { type Effect, PRIORITY, type Priority } from '../../core/effect.ts'
import { type Lane, laneOfMonitor, REPLY_LANE } from '../../core/ports.ts'
import { severityOf } from '../../core/state.ts'
import type { Folds } from './folds.ts'
import { type KnownChecks, SHOWN_ELSEWHERE } from './known-checks.ts'
import type { Storms } from './storms.ts'
import type { UnitRows } from './unit-rows.ts'

/** Orders of one decision that go first: what somebody takes by the hundred waits behind what somebody takes alone. */
const ORDERS_FIRST_MAX = 10

export type EffectWriter = (changes: Changes, rows: UnitRows, now: number, lanes: Set<Lane>) => void

/** Turns effects, which name problems, into rows, which name cards. */
export function createEffectWriter(
  db: Database.Database,
  newId: (at: number) => string,
  storms: Storms,
  folds: Folds,
  known: KnownChecks,
): EffectWriter {
  const insertCard = db.prepare(
    `INSERT INTO cards (id, problem, channel, mention, quiet) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (problem, channel) DO NOTHING`,
  )
  const insertThread = db.prepare<[number, number, string, number], { lane: Lane }>(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created, data)
     SELECT channel, 'thread', 'thread', row, ${PRIORITY.thread}, ?,
       iif(ts IS NULL OR EXISTS (SELECT 1 FROM effects b WHERE b.card = cards.row AND b.kind = 'thread'
         AND b.state <> 'parked'), 'blocked', 'waiting'), 0, ?, ?
     FROM cards WHERE problem = ? AND storm IS NULL AND instead IS NULL AND folded IS NULL RETURNING lane`,
  )
  const insertReply = db.prepare(
    `INSERT INTO effects (lane, kind, method, priority, rank, state, due, created, data)
     VALUES ('${REPLY_LANE}', 'reply', 'reply', ${PRIORITY.person}, 0, 'waiting', 0, ?, ?)`,
  )
  const putCards = createCardEffectWriter(db, storms, folds, known)
  const putOrder = createOrderWriter(db)

  function write(
    effect: Exclude<Effect, { kind: 'order' }>,
    rows: UnitRows,
    now: number,
    fresh: boolean,
    lanes: Set<Lane>,
  ): void {
    switch (effect.kind) {
      case 'card':
        return putCards(effect, rows, now, fresh, lanes)
      case 'thread': {
        const problem = rows.problems.get(effect.problem)
        // A card that is not there has no thread.
        if (problem === undefined || known.isCovered(problem, SHOWN_ELSEWHERE)) return
        const data = JSON.stringify({ event: effect.event, rings: effect.rings })
        for (const { lane } of insertThread.all(-effect.severity, now, data, problem)) lanes.add(lane)
        return
      }
      case 'reply':
        insertReply.run(now, JSON.stringify({ url: effect.url, reply: effect.reply }))
        lanes.add(REPLY_LANE)
        return
    }
  }

  return (changes, rows, now, lanes) => {
    const fresh = new Set<string>()
    const severities = new Map(
      changes.problems.map(({ problem: { id, state } }) => [id, severityOf(state)] as const),
    )
    const checks = new Map(changes.problems.map(({ problem: { id }, check }) => [id, check] as const))
    for (const { problem, destinations } of changes.cards) {
      const row = rows.problems.get(problem)
      if (row === undefined) continue
      for (const { channel, mention, quiet } of destinations) {
        const id = newId(now)
        const calls = JSON.stringify(mention)
        const isQuiet = quiet ? 1 : 0
        const { changes: made, lastInsertRowid } = insertCard.run(id, row, channel, calls, isQuiet)
        if (made === 0) continue
        const card = {
          row: Number(lastInsertRowid),
          channel,
          mention: calls,
          quiet: isQuiet,
          severity: severities.get(problem) ?? 0,
        }
        const check = checks.get(problem)
        const isFolded = check !== undefined && folds.admit(card, check, now, lanes)
        if (!isFolded && !storms.admit(card, now, lanes)) fresh.add(problem)
      }
    }
    const urgency = urgencyOf(changes.effects)
    for (const effect of changes.effects) {
      if (effect.kind === 'order') putOrder(effect, urgency, rows, now, lanes)
      else write(effect, rows, now, effect.kind === 'card' && fresh.has(effect.problem), lanes)
    }
  }
}

/** @returns how soon the orders among these go */
function urgencyOf(effects: readonly Effect[]): Priority {
  const isMany =
    effects.length > ORDERS_FIRST_MAX &&
    effects.filter(({ kind }) => kind === 'order').length > ORDERS_FIRST_MAX
  return isMany ? PRIORITY.change : PRIORITY.person
}

/**
 * Each thing that is to be brought in line in a monitor has at most one order that waits; what it takes is decided when
 * it is carried out. Comments are added one by one.
 */
function createOrderWriter(db: Database.Database) {
  const upsert = db.prepare(
    `INSERT INTO effects (lane, kind, method, subject, check_row, problem, priority, rank, state, due, created, data)
     VALUES (?, 'order', 'order', ?, ?, ?, ?, ?, 'waiting', 0, ?, ?)
     ON CONFLICT (subject) WHERE kind = 'order' AND state <> 'leased' DO UPDATE SET
       state = 'waiting', due = 0, attempts = 0, error = NULL, rank = excluded.rank, problem = excluded.problem,
       priority = min(priority, excluded.priority)`,
  )
  return (
    { check, problem, order, severity }: Extract<Effect, { kind: 'order' }>,
    urgency: Priority,
    rows: UnitRows,
    now: number,
    lanes: Set<Lane>,
  ): void => {
    const checkRow = rows.checks.get(check)?.row ?? null
    if (checkRow === null) throw new Error('An order for a check that is not there.')
    const problemRow = problem === null ? null : (rows.problems.get(problem) ?? null)
    const about = order.what === 'comment' ? order.id : order.what === 'downtime' ? checkRow : problemRow
    const lane = laneOfMonitor(check.monitor)
    upsert.run(
      lane,
      `${order.what} ${about}`,
      checkRow,
      problemRow,
      urgency,
      -severity,
      now,
      JSON.stringify({ order, progress: null }),
    )
    lanes.add(lane)
  }
}

/**
 * Each card has at most one effect that waits to bring it up to date; what it shows is read when it goes out, so that a
 * newer change never queues behind an older one. A parked one wakes when the problem itself changes.
 */
function createCardEffectWriter(db: Database.Database, storms: Storms, folds: Folds, known: KnownChecks) {
  const upsert = db.prepare<[number, number, number, number, number], { lane: Lane }>(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created)
     SELECT channel, 'card', iif(ts IS NULL, 'post', 'update'), row, iif(ts IS NULL, min(?, ${PRIORITY.post}), ?), ?,
       'waiting', 0, ? FROM cards WHERE problem = ? AND storm IS NULL AND instead IS NULL AND folded IS NULL
     ON CONFLICT (card) WHERE kind = 'card' AND state <> 'leased' DO UPDATE SET
       priority = min(priority, excluded.priority),
       rank = excluded.rank,
       attempts = iif(state = 'parked' AND excluded.priority < ${PRIORITY.count}, 0, attempts),
       due = iif(state = 'parked' AND excluded.priority < ${PRIORITY.count}, 0, due),
       state = iif(excluded.priority < ${PRIORITY.count}, 'waiting', state)
     RETURNING lane`,
  )

  function touchOthers(problem: number, priority: Priority, now: number, lanes: Set<Lane>): void {
    storms.touch(problem, priority === PRIORITY.person, now, lanes)
    folds.touch(problem, priority, now, lanes)
  }

  return (
    effect: Extract<Effect, { kind: 'card' }>,
    rows: UnitRows,
    now: number,
    fresh: boolean,
    lanes: Set<Lane>,
  ): void => {
    const problem = rows.problems.get(effect.problem)
    if (problem === undefined) return
    // How often a problem was told is not on the card of a storm, nor on that of its host.
    if (effect.priority < PRIORITY.count) touchOthers(problem, effect.priority, now, lanes)
    if (!fresh && known.isCovered(problem, effect.priority)) return
    const touched = upsert.all(effect.priority, effect.priority, -effect.severity, now, problem)
    for (const { lane } of touched) lanes.add(lane)
    known.cover(problem, touched.length === 0 ? SHOWN_ELSEWHERE : effect.priority)
  }
}
