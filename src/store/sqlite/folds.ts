import type Database from 'better-sqlite3'
import { PRIORITY, type Priority } from '../../core/effect.ts'
import { keyOfNames } from '../../core/notification.ts'
import type { CardRef, Lane } from '../../core/ports.ts'
import type { Check } from '../../core/problem.ts'
import { type State, severityOf } from '../../core/state.ts'
import type { KnownChecks } from './known-checks.ts'
import type { FreshCard, Storms } from './storms.ts'

type Named = Pick<Check, 'monitor' | 'host' | 'service'>

/**
 * While a host is down, what its services say is the same news: the host's card shows them. When the host is back, those
 * that stay ill for a while get a card of their own.
 */
export type Folds = {
  /** @returns true when the card of its host shows the problem */
  admit(card: FreshCard, check: Named, now: number, lanes: Set<Lane>): boolean
  /** Something of a problem has changed. */
  touch(problem: number, priority: Priority, now: number, lanes: Set<Lane>): void
  /** Lets those go whose host is back for a while. */
  unfold(now: number, lanes: Set<Lane>): void
  any(): boolean
}

/** Services need a check or two until they are well again. */
const GRACE_MS = 2 * 60_000
/** A host in such a state takes its services along. */
const FOLDS_FROM = severityOf('UNREACHABLE')
/** Cards let go in one transaction. */
const UNFOLD_AT_ONCE = 100

export function createFolds(
  db: Database.Database,
  storms: Pick<Storms, 'admit'>,
  known: Pick<KnownChecks, 'uncover'>,
): Folds {
  const hostCard = db.prepare<[string, string, string], { row: number }>(
    `SELECT k.row AS row FROM checks c JOIN problems p ON p.row = c.problem
       JOIN cards k ON k.problem = p.row AND k.channel = (SELECT ?)
     WHERE c.monitor = (SELECT ?) AND c.key = (SELECT ?) AND c.service IS NULL AND p.severity >= ${FOLDS_FROM}
       AND k.storm IS NULL AND k.instead IS NULL AND k.folded IS NULL`,
  )
  const fold = db.prepare('UPDATE cards SET folded = ? WHERE row = ?')
  /** One that came from a channel that takes nothing may show the problem already, by the card it was to have there. */
  const once = db.prepare<[{ card: number; host: number }]>(
    `UPDATE cards SET instead = @card, folded = NULL
     WHERE problem = (SELECT problem FROM cards WHERE row = @card) AND +folded = @host AND row <> @card`,
  )
  const ofProblem = db.prepare<[number], { row: number }>(
    `SELECT coalesce(h.instead, h.row) AS row FROM cards f JOIN cards h ON h.row = f.folded WHERE f.problem = (SELECT ?)`,
  )
  const draw = db.prepare<[number, number, number], { lane: Lane }>(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created)
     SELECT k.channel, 'card', iif(k.ts IS NULL, 'post', 'update'), k.row, ?, -p.severity, 'waiting', 0, ?
     FROM cards k JOIN problems p ON p.row = k.problem WHERE k.row = ? AND k.storm IS NULL
     ON CONFLICT (card) WHERE kind = 'card' AND state <> 'leased' DO UPDATE SET
       priority = min(priority, excluded.priority), state = 'waiting',
       attempts = iif(state = 'parked', 0, attempts), due = iif(state = 'parked', 0, due)
     RETURNING lane`,
  )
  // Counted from when we heard of it: a recovery may be told late. What seems to be still to come was heard of before the
  // clock was set back.
  const released = db.prepare<[number, number], FreshCard & Named & { problem: number }>(
    `SELECT f.row AS row, f.problem AS problem, f.channel AS channel, f.mention AS mention, f.quiet AS quiet, p.severity AS severity,
       c.monitor AS monitor, c.host AS host, c.service AS service
     FROM cards f JOIN cards h ON h.row = f.folded JOIN problems hp ON hp.row = h.problem
       JOIN problems p ON p.row = f.problem JOIN checks c ON c.row = p.check_row
     WHERE f.folded IS NOT NULL AND p.closed IS NULL AND hp.closed IS NOT NULL
       AND coalesce(hp.last_seen, hp.closed) NOT BETWEEN (SELECT ?) + 1 AND (SELECT ?) LIMIT ${UNFOLD_AT_ONCE}`,
  )
  const hostOf = db.prepare<[number], { row: number }>(
    'SELECT coalesce(h.instead, h.row) AS row FROM cards f JOIN cards h ON h.row = f.folded WHERE f.row = (SELECT ?)',
  )
  const post = db.prepare(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created, ambiguous_since)
     SELECT channel, 'card', 'post', row, ${PRIORITY.post}, ?, 'waiting', 0, ?, copied FROM cards WHERE row = ?`,
  )
  const any = db.prepare(
    `SELECT 1 FROM cards f JOIN problems p ON p.row = f.problem WHERE f.folded IS NOT NULL AND p.closed IS NULL LIMIT 1`,
  )

  function show(card: number, priority: number, now: number, lanes: Set<Lane>): void {
    for (const { lane } of draw.all(priority, now, card)) lanes.add(lane)
  }

  const admit: Folds['admit'] = (card, { monitor, host, service }, now, lanes) => {
    if (service === null) return false
    const found = hostCard.get(card.channel, monitor, keyOfNames(host, null))
    if (found === undefined) return false
    once.run({ card: card.row, host: found.row })
    fold.run(found.row, card.row)
    show(found.row, PRIORITY.change, now, lanes)
    return true
  }

  return {
    admit,
    touch: (problem, priority, now, lanes) => {
      for (const { row } of ofProblem.all(problem)) show(row, priority, now, lanes)
    },
    unfold: (now, lanes) => {
      for (const card of released.all(now - GRACE_MS, now)) {
        const host = hostOf.get(card.row)
        fold.run(null, card.row)
        known.uncover(card.problem)
        // A host that is down again has a card again.
        if (!admit(card, card, now, lanes) && !storms.admit(card, now, lanes))
          post.run(-card.severity, now, card.row)
        lanes.add(card.channel)
        if (host !== undefined) show(host.row, PRIORITY.change, now, lanes)
      }
    },
    any: () => any.get() !== undefined,
  }
}

/** Services named on the card of their host. */
const NAMED_MAX = 5

/** @returns what the card of a host shows of its services; undefined when it shows none */
export function createFolded(db: Database.Database): (card: number) => CardRef['folded'] {
  const states = db.prepare<[{ card: number }], { state: State | null; open: number }>(
    `SELECT p.state AS state, count(*) AS open FROM cards h JOIN cards f ON f.folded = h.row
       JOIN problems p ON p.row = f.problem
     WHERE (h.row = @card OR h.instead = @card) AND p.closed IS NULL GROUP BY p.severity, p.state ORDER BY p.severity DESC`,
  )
  const names = db.prepare<[{ card: number }], { name: string }>(
    `SELECT coalesce(c.service_display_name, c.service) AS name FROM cards h JOIN cards f ON f.folded = h.row
       JOIN problems p ON p.row = f.problem JOIN checks c ON c.row = p.check_row
     WHERE (h.row = @card OR h.instead = @card) AND p.closed IS NULL
     ORDER BY p.severity DESC, p.opened, p.row LIMIT ${NAMED_MAX}`,
  )
  return (card) => {
    const byState = states.all({ card })
    if (byState.length === 0) return undefined
    return { byState, names: names.all({ card }).map(({ name }) => name) }
  }
}
