import type Database from 'better-sqlite3'
import type { CommitQueue } from './commit-queue.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** A person's action is recognised this long; Slack repeats for a day at most. */
const INTERACTION_KEEP_MS = 7 * DAY_MS
/** Rows deleted in one transaction: a few ms. */
const STEP_ROWS = 1_000

/** @returns a function that drops what is too old to recognise anything by, in small steps */
export function createHousekeeping(db: Database.Database, queue: CommitQueue): () => Promise<void> {
  const seen = db.prepare(
    'DELETE FROM seen WHERE (day, digest) IN (SELECT day, digest FROM seen WHERE day < ? LIMIT ?)',
  )
  const interactions = db.prepare(
    'DELETE FROM interactions WHERE id IN (SELECT id FROM interactions WHERE at < ? LIMIT ?)',
  )
  return async () => {
    for (;;) {
      const gone = await queue.enqueue((now) => {
        const today = Math.floor(now / DAY_MS)
        return (
          seen.run(today - 1, STEP_ROWS).changes +
          interactions.run(now - INTERACTION_KEEP_MS, STEP_ROWS).changes
        )
      })
      if (gone < STEP_ROWS) return
    }
  }
}
