import type Database from 'better-sqlite3'
import type { Clock } from '../../core/ports.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { KnownChecks } from './known-checks.ts'
import { addRemoved, createRetention, NOTHING_REMOVED, type Place, type Removed, START } from './retention.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** A person's action is recognised this long; Slack repeats for a day at most. */
const INTERACTION_KEEP_MS = 7 * DAY_MS
/** Rows deleted in one transaction: a few ms. */
const STEP_ROWS = 1_000
/** What a step counts among the notifications of a transaction. */
const STEP_WEIGHT = 256
/** Between two steps that removed something, so that most of the time belongs to notifications. */
const PAUSE_MS = 20

export type Housekeep = (historyDays: number, stop: AbortSignal) => Promise<Removed>

/**
 * @param system measures the pauses
 * @param known what is remembered of checks, some of which go
 * @returns a function that drops what is too old to recognise anything by, and history older than so many days, in small
 *   steps between notifications; it ends early when it is told to stop
 */
export function createHousekeeping(
  db: Database.Database,
  queue: CommitQueue,
  system: Clock,
  known: KnownChecks,
): Housekeep {
  const dropIdentities = createIdentities(db)
  const step = createRetention(db)
  return async (historyDays, stop) => {
    while (!stop.aborted && (await queue.enqueue(dropIdentities, STEP_WEIGHT)) >= STEP_ROWS)
      await pause(system)
    let removed = NOTHING_REMOVED
    let place: Place | null = START
    while (place !== null && !stop.aborted) {
      const at: Place = place
      const done = await queue.enqueue((now) => {
        known.forgetAll()
        return step(at, now - historyDays * DAY_MS, now)
      }, STEP_WEIGHT)
      removed = addRemoved(removed, done.removed)
      place = done.next
      if (place !== null && place.phase === at.phase) await pause(system)
    }
    return removed
  }
}

function createIdentities(db: Database.Database): (now: number) => number {
  const seen = db.prepare(
    'DELETE FROM seen WHERE (day, digest) IN (SELECT day, digest FROM seen WHERE day < ? LIMIT ?)',
  )
  const interactions = db.prepare(
    'DELETE FROM interactions WHERE id IN (SELECT id FROM interactions WHERE at < ? LIMIT ?)',
  )
  return (now) => {
    const today = Math.floor(now / DAY_MS)
    return Math.max(
      seen.run(today - 1, STEP_ROWS).changes,
      interactions.run(now - INTERACTION_KEEP_MS, STEP_ROWS).changes,
    )
  }
}

function pause(system: Clock): Promise<void> {
  return new Promise((resolve) => system.timer(PAUSE_MS, resolve))
}
