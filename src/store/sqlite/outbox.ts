import type Database from 'better-sqlite3'
import { type Order, PRIORITY, type Priority, type Reply, type ThreadEvent } from '../../core/effect.ts'
import type { Progress } from '../../core/hand-over.ts'
import type {
  CardRef,
  Claimed,
  Follow,
  Lane,
  Method,
  OrdersWanted,
  Outbox,
  ParkedEffect,
  StormWork,
} from '../../core/ports.ts'
import type { ProblemView } from '../../core/problem.ts'
import type { CommitQueue } from './commit-queue.ts'
import { createFolded } from './folds.ts'
import type { KnownChecks } from './known-checks.ts'
import type { TakeIn } from './move-card.ts'
import { createParked } from './parked.ts'
import { rowId } from './row-id.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'
import { createSettle, DUE_MAX_MS } from './settle.ts'
import { createStormViews } from './storm-view.ts'

type EffectRow = {
  e_row: number
  e_kind: string
  e_storm: number | null
  lane: Lane
  method: string
  e_priority: Priority
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
  posted: number | null
  meant_for: string
}
type ClaimRow = EffectRow & CheckRow & (ProblemRow | { p_row: null })

/**
 * The first due effect of a lane and method, found by index alone. The sub-selects around the parameters keep SQLite from
 * planning the statement anew at each call, which it does for bare ones and which takes ten times as long as the look itself.
 */
const NEXT = `
  SELECT row, priority, rank FROM effects
  WHERE lane = (SELECT ?) AND method = (SELECT ?) AND state = 'waiting' AND (due <= ? OR due > ?)
  ORDER BY priority, rank, row LIMIT 1`

const METHODS: readonly Method[] = ['reply', 'post', 'update', 'thread']

/** The first due orders of a lane, but for checks of which one is on its way. */
const nextOrders = (and: string, order: string): string => `
  SELECT row, check_row FROM effects
  WHERE lane = (SELECT ?) AND method = 'order' AND state = 'waiting' AND (due <= ? OR due > ?) ${and}
    AND NOT EXISTS (SELECT 1 FROM effects o WHERE o.check_row = effects.check_row AND o.state = 'leased')
  ORDER BY ${order} LIMIT ?`

const NEXT_ORDERS: Readonly<Record<OrdersWanted['of'], string>> = {
  all: nextOrders('', 'priority, rank, row'),
  urgent: nextOrders(`AND priority = ${PRIORITY.person}`, 'priority, rank, row'),
  'least-tried': nextOrders('', 'attempts, priority, rank, row'),
}

/**
 * What a claim brings along: the effect, its card, its problem as it is now. The sub-select around the parameter keeps
 * SQLite from planning the statement anew at each call, which it does for joins on a bare one.
 */
const CLAIMED = `
  SELECT e.row AS e_row, e.kind AS e_kind, e.storm AS e_storm, e.lane AS lane, e.method AS method,
    e.priority AS e_priority, e.attempts AS attempts, e.created AS created, e.ambiguous_since AS ambiguous_since, e.data AS data, e.card AS card, k.id AS card_id, k.channel AS channel,
    k.ts AS ts, k.posted AS posted, k.mention AS mention, k.quiet AS quiet, (SELECT json_group_array(json_object('channel', m.channel,
      'why', m.refused)) FROM cards m WHERE m.instead = k.row AND m.refused IS NOT NULL) AS meant_for, c.*, ${PROBLEM_COLUMNS}
  FROM effects e
  LEFT JOIN cards k ON k.row = e.card
  LEFT JOIN problems p ON p.row = coalesce(k.problem, e.problem)
  LEFT JOIN checks c ON c.row = coalesce(p.check_row, e.check_row)
  WHERE e.row = (SELECT ?)`

/**
 * The outbox: effects wait in lanes, are taken by lease and settled.
 *
 * @param owner id of this start; leases of others are void
 * @param onWork registers who hears of committed work
 * @param newId makes a UUIDv7 for a time in epoch ms
 * @param storms take in what moves to another channel
 * @param now epoch ms
 * @param known what is remembered of checks, which settling may change
 */
export function createOutbox(
  db: Database.Database,
  queue: CommitQueue,
  owner: string,
  onWork: Outbox['onWork'],
  decide: (follow: Follow, at: number) => void,
  newId: (at: number) => string,
  storms: TakeIn,
  now: number,
  known: KnownChecks,
): Outbox {
  voidOtherLeases(db, owner, now)
  const { claim, claimOrders } = createClaim(db, owner, known)
  const settle = createSettle(db, newId, storms)
  const hurry = db.prepare(
    `UPDATE effects SET due = 0 WHERE lane = ? AND state = 'waiting' AND due > 0 AND error IS NOT NULL`,
  )
  const selectLanes = db.prepare<[], { lane: Lane; due: number }>(
    `SELECT lane, min(due) AS due FROM effects WHERE state = 'waiting' GROUP BY lane`,
  )
  const selectDue = db.prepare<[string, number], { due: number | null }>(
    `SELECT min(due) AS due FROM effects WHERE lane = (SELECT ?) AND state = 'waiting' AND due > (SELECT ?)`,
  )
  const selectDepth = db.prepare<[], { waiting: number; parked: number; oldest: number | null }>(
    // A line that is blocked waits for another effect, which is counted itself, as waiting or as parked.
    `SELECT count(*) FILTER (WHERE state IN ('waiting', 'leased')) AS waiting,
       count(*) FILTER (WHERE state = 'parked') AS parked,
       min(created) FILTER (WHERE state IN ('waiting', 'leased')) AS oldest FROM effects`,
  )
  return {
    claim: (lane, without, leaseMs) => queue.enqueue((at) => claim(lane, without, at, leaseMs)),
    claimOrders: (lane, leaseMs, which) => queue.enqueue((at) => claimOrders(lane, at, leaseMs, which)),
    settle: (claimed, settlement, follow) =>
      queue.enqueue((at) => {
        // What became of it is a line behind the check's last one; what moves is shown by other cards.
        if (settlement.kind === 'move') known.forgetAll()
        else forgetCheck(claimed, known)
        settle(claimed, settlement, at)
        if (follow !== undefined) decide(follow, at)
      }),
    hurry: (lane) =>
      queue.enqueue(() => {
        hurry.run(lane)
      }),
    lanes: () => selectLanes.all(),
    nextDue: (lane, after) => selectDue.get(lane, after)?.due ?? null,
    depth: () => selectDepth.get() ?? { waiting: 0, parked: 0, oldest: null },
    list: (limit) => listEffects(db, limit),
    ...createParked(db, queue, newId, known, storms),
    version: () => db.pragma('data_version', { simple: true }) as number,
    onWork,
  }
}

function forgetCheck({ work }: Claimed, known: KnownChecks): void {
  if (work.kind === 'order') known.forget(work.check.row)
  else if ('view' in work) known.forget(work.view.check.row)
}

/** Open events that are counted for the card of one of them; a person needs no more to see that it spreads. */
const ALIKE_MAX = 10_000

/** What a process sent just before it died may still be on its way; looking sooner would find nothing. */
const SETTLE_MS = 2_000

/** After a crash nobody knows whether what was leased went out; it is looked up before it is done again. */
function voidOtherLeases(db: Database.Database, owner: string, now: number): void {
  // A storm's line is known again by its own id: the one in doubt stays, and says what a newer one would.
  db.prepare(
    `DELETE FROM effects WHERE kind = 'storm-line' AND state <> 'leased' AND storm IN (SELECT storm FROM effects
       WHERE kind = 'storm-line' AND state = 'leased' AND owner <> ?)`,
  ).run(owner)
  db.prepare(
    `UPDATE effects SET state = 'waiting', ambiguous_since = coalesce(ambiguous_since, attempted, created),
       owner = NULL, lease_until = NULL, due = ?
     WHERE state = 'leased' AND owner <> ? AND NOT (kind = 'card' AND EXISTS (SELECT 1 FROM effects w
       WHERE w.card = effects.card AND w.kind = 'card' AND w.state <> 'leased'))
       AND NOT (kind = 'order' AND EXISTS (SELECT 1 FROM effects w
         WHERE w.subject = effects.subject AND w.kind = 'order' AND w.state <> 'leased'))
       AND NOT (storm IS NOT NULL AND EXISTS (SELECT 1 FROM effects w
         WHERE w.storm = effects.storm AND w.kind = effects.kind AND w.state <> 'leased'))`,
  ).run(now + SETTLE_MS, owner)
  // An order looks before it sends, so one that waits anew needs nothing of one that was on its way.
  // A newer effect of the same card waits already: it takes over the doubt.
  db.prepare(
    `UPDATE effects SET ambiguous_since = (SELECT min(coalesce(l.ambiguous_since, l.attempted, l.created)) FROM effects l
       WHERE l.card = effects.card AND l.kind = 'card' AND l.state = 'leased'), due = max(due, ?)
     WHERE kind = 'card' AND state <> 'leased'
       AND card IN (SELECT card FROM effects WHERE kind = 'card' AND state = 'leased' AND owner <> ?)`,
  ).run(now + SETTLE_MS, owner)
  db.prepare(
    `UPDATE effects SET ambiguous_since = (SELECT min(coalesce(l.ambiguous_since, l.attempted, l.created)) FROM effects l
       WHERE l.storm = effects.storm AND l.kind = effects.kind AND l.state = 'leased'),
       data = (SELECT l.data FROM effects l
       WHERE l.storm = effects.storm AND l.kind = effects.kind AND l.state = 'leased'), due = max(due, ?)
     WHERE state <> 'leased' AND (storm, kind) IN (SELECT storm, kind FROM effects
       WHERE storm IS NOT NULL AND state = 'leased' AND owner <> ?)`,
  ).run(now + SETTLE_MS, owner)
  db.prepare(`DELETE FROM effects WHERE state = 'leased' AND owner <> ?`).run(owner)
}

function createClaim(db: Database.Database, owner: string, known: KnownChecks) {
  const selectNext = db.prepare<
    [string, string, number, number],
    { row: number; priority: number; rank: number }
  >(NEXT)
  const lease = db.prepare(
    `UPDATE effects SET state = 'leased', owner = ?, lease_until = ?, attempts = attempts + 1, attempted = ? WHERE row = ?`,
  )
  const selectClaimed = db.prepare<[number], ClaimRow>(CLAIMED)
  const stormWork = createStormWork(db)
  const selectFolded = createFolded(db)
  const selectAlike = db.prepare<[string, string], { events: number; hosts: number }>(
    `SELECT count(*) AS events, count(DISTINCT host) AS hosts FROM (SELECT c.host FROM problems p
       JOIN checks c ON c.row = p.check_row WHERE p.closed IS NULL AND p.is_event = 1
       AND c.monitor = (SELECT ?) AND c.service = (SELECT ?) LIMIT ${ALIKE_MAX})`,
  )
  const ordersOf = (of: OrdersWanted['of']) =>
    db.prepare<[string, number, number, number], { row: number; check_row: number }>(NEXT_ORDERS[of])
  const selectOrders: Readonly<Record<OrdersWanted['of'], ReturnType<typeof ordersOf>>> = {
    all: ordersOf('all'),
    urgent: ordersOf('urgent'),
    'least-tried': ordersOf('least-tried'),
  }

  function claimOrders(
    lane: Lane,
    at: number,
    leaseMs: number,
    { most, of }: OrdersWanted,
  ): readonly Claimed[] {
    const checks = new Set<number>()
    return selectOrders[of].all(lane, at, at + DUE_MAX_MS, most).flatMap(({ row, check_row }) => {
      if (checks.has(check_row)) return []
      checks.add(check_row)
      lease.run(owner, at + leaseMs, at, row)
      const claimed = selectClaimed.get(row)
      return claimed === undefined ? [] : [toClaimed(claimed)]
    })
  }

  function claim(lane: Lane, without: readonly Method[], at: number, leaseMs: number): Claimed | null {
    const found = METHODS.filter((method) => !without.includes(method))
      .map((method) => selectNext.get(lane, method, at, at + DUE_MAX_MS))
      .filter((next) => next !== undefined)
      .sort((a, b) => a.priority - b.priority || a.rank - b.rank || a.row - b.row)[0]
    if (found === undefined) return null
    lease.run(owner, at + leaseMs, at, found.row)
    const row = selectClaimed.get(found.row)
    if (row === undefined) return null
    if (row.e_storm !== null) return { ...claimedOf(row), work: stormWork(row, row.e_storm) }
    if (row.method !== 'post' && row.method !== 'update') return toClaimed(row)
    if (row.p_row !== null) known.uncover(row.p_row)
    return toClaimed(row, others(row))
  }

  /** What else the card shows: others of its sort, or what it stands for. */
  function others(row: ClaimRow): Others {
    const { monitor, service, card } = row
    if (service === null) {
      const folded = card === null ? undefined : selectFolded(card)
      return folded === undefined ? {} : { folded }
    }
    const isOpenEvent = row.p_row !== null && row.p_is_event === 1 && row.p_closed === null
    const alike = isOpenEvent ? selectAlike.get(monitor, service) : undefined
    return alike === undefined ? {} : { alike }
  }

  return { claim, claimOrders }
}

type Others = Pick<CardRef, 'alike' | 'folded'>

function toClaimed(row: ClaimRow, others: Others = {}): Claimed {
  return { ...claimedOf(row), work: toWork(row, others) }
}

function claimedOf(row: ClaimRow): Omit<Claimed, 'work'> {
  return {
    row: row.e_row,
    id: rowId('effects', row.created, row.e_row),
    lane: row.lane,
    priority: row.e_priority,
    attempts: row.attempts,
    created: row.created,
    ambiguousSince: row.ambiguous_since,
  }
}

function createStormWork(db: Database.Database): (row: ClaimRow, storm: number) => StormWork {
  const views = createStormViews(db)
  const newest = db.prepare<[number], { row: number }>(
    `SELECT max(coalesce((SELECT max(row) FROM problems), 0),
       coalesce((SELECT max(rings) FROM storm_hosts WHERE storm = (SELECT ?) AND rings IS NOT NULL), 0)) AS row`,
  )
  const note = db.prepare('UPDATE effects SET data = ? WHERE row = ?')
  return (row, storm) => {
    const known = views.row(storm)
    if (known === null) throw new Error('An effect of a storm that is not there.')
    const { id, channel, ts, mention, quiet } = known
    const card = { id, channel, ts, mention: JSON.parse(mention) as string[], quiet: quiet === 1 }
    const upto = newest.get(storm)?.row ?? 0
    const inDoubt = row.ambiguous_since !== null
    if (!inDoubt) note.run(JSON.stringify(upto), row.e_row)
    const uptoThen = inDoubt && row.data !== null ? (JSON.parse(row.data) as number) : upto
    return row.e_kind === 'storm-line'
      ? { kind: 'storm-line', card, reached: views.ringing(known), upto, uptoThen }
      : { kind: 'storm', card, storm: views.view(known), upto, uptoThen }
  }
}

function toWork(row: ClaimRow, others: Others): Claimed['work'] {
  const data = row.data === null ? null : JSON.parse(row.data)
  if (row.method === 'reply') {
    const { url, reply } = data as { url: string; reply: Reply }
    return { kind: 'reply', url, reply }
  }
  const view = row.p_row === null ? null : viewOf(row)
  if (row.method === 'order') {
    const { order, progress } = data as { order: Order; progress: Progress | null }
    return { kind: 'order', order, check: toCheck(row), view, progress }
  }
  if (view === null) throw new Error('A card without a problem.')
  const card: CardRef = {
    id: row.card_id ?? '',
    channel: row.channel ?? '',
    ts: row.ts,
    mention: JSON.parse(row.mention ?? '[]') as string[],
    quiet: row.quiet === 1,
    ...(row.ts === null && row.posted === null ? { waitsSince: row.created } : {}),
    ...(row.meant_for === '[]'
      ? {}
      : { meantFor: JSON.parse(row.meant_for) as NonNullable<CardRef['meantFor']> }),
    ...others,
  }
  if (row.method === 'thread') {
    const { event, rings } = data as { event: ThreadEvent; rings: boolean }
    return { kind: 'thread', card, view, event, rings }
  }
  return { kind: row.ts === null ? 'post' : 'update', card, view }
}

function viewOf(row: CheckRow & ProblemRow): ProblemView {
  return { problem: toProblem(row), check: toCheck(row), tally: toTally(row, row) }
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
       FROM effects e LEFT JOIN cards k ON k.row = e.card
       LEFT JOIN problems p ON p.row = coalesce(k.problem, e.problem)
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
