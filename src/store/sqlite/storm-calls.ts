import type Database from 'better-sqlite3'
import { PRIORITY } from '../../core/effect.ts'
import { severityOf } from '../../core/state.ts'
import { type Calls, callsOfBoth } from '../../core/storm.ts'

/** A storm rings this often at most. */
const RING_EVERY_MS = 30_000
/** Before all other messages of the channel, but for what people wait for. */
export const RANK = -1_000
/** Rings are for what is as bad as this. */
export const RINGS_FROM = severityOf('CRITICAL')

/** Whom a storm, or a card, calls; as it is stored. */
export type CallsRow = { readonly mention: string; readonly quiet: number }

/** Whom a storm calls, and what for. Runs inside a transaction of the commit queue. */
export type StormCalls = {
  /** Lets a storm also call those whom something calls that it takes. @param storm its row */
  add(storm: number, calls: CallsRow): void
  /** Sees to it that people are called for what they have not been called for yet. The first post of a storm rings by itself. */
  ring(storm: number, now: number): void
  /** What a message says that was found is old by now: what came since is still to be called for. @param id of the storm */
  ringForRest(id: string, now: number): void
  /** Rings where people were not called for the host of a problem yet, as when that gets worse. @param problem its row */
  ringForHostOf(problem: number, now: number): void
  /** @returns what the first host rings at of which nobody was told; null when there is none */
  owedFrom(storm: number): number | null
}

export function createStormCalls(db: Database.Database): StormCalls {
  const select = db.prepare<[number], CallsRow>('SELECT mention, quiet FROM storms WHERE row = ?')
  const update = db.prepare('UPDATE storms SET mention = ?, quiet = ? WHERE row = ?')
  // One line at a time; whom it names is looked up when it goes out. One that Slack refused for good is tried anew with
  // what came since. What is put off from before the clock was set back is not put off longer than that.
  const ring = db.prepare<[number, number, number]>(
    `INSERT INTO effects (lane, kind, method, storm, priority, rank, state, due, created)
     SELECT channel, 'storm-line', 'thread', row, ${PRIORITY.thread}, ${RANK}, 'waiting', min(rang, ?) + ${RING_EVERY_MS}, ?
     FROM storms WHERE row = ? AND ts IS NOT NULL AND quiet = 0
     ON CONFLICT (storm, kind) WHERE storm IS NOT NULL AND state <> 'leased' DO UPDATE SET
       state = 'waiting', due = excluded.due, attempts = 0, error = NULL WHERE state = 'parked' AND due = 0`,
  )
  const owed = db.prepare<[number], { first: number | null }>(
    `SELECT min(h.rings) AS first FROM storms s JOIN storm_hosts h ON h.storm = s.row
     WHERE s.row = (SELECT ?) AND h.rings > s.rang_row AND h.untaken > 0`,
  )
  const uncalled = db.prepare<[number], { storm: number }>(
    `SELECT s.row AS storm FROM storm_problems o JOIN storm_hosts h ON h.row = o.host JOIN storms s ON s.row = o.storm
     WHERE o.problem = (SELECT ?) AND h.rings > s.rang_row AND h.untaken > 0`,
  )
  const byId = db.prepare<[string], { row: number }>('SELECT row FROM storms WHERE id = ?')
  const owedFrom = (storm: number): number | null => owed.get(storm)?.first ?? null
  return {
    add: (storm, calls) => {
      const known = select.get(storm)
      if (known === undefined || (known.mention === calls.mention && known.quiet === calls.quiet)) return
      const both = rowOf(callsOfBoth(toCalls(known), toCalls(calls)))
      if (both.mention !== known.mention || both.quiet !== known.quiet)
        update.run(both.mention, both.quiet, storm)
    },
    ring: (storm, now) => void ring.run(now, now, storm),
    ringForRest: (id, now) => {
      const storm = byId.get(id)
      if (storm !== undefined && owedFrom(storm.row) !== null) ring.run(now, now, storm.row)
    },
    ringForHostOf: (problem, now) => {
      for (const { storm } of uncalled.all(problem)) ring.run(now, now, storm)
    },
    owedFrom,
  }
}

function toCalls({ mention, quiet }: CallsRow): Calls {
  return { mention: JSON.parse(mention) as string[], quiet: quiet === 1 }
}

function rowOf({ mention, quiet }: Calls): CallsRow {
  return { mention: JSON.stringify(mention), quiet: quiet ? 1 : 0 }
}
