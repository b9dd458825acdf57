import type Database from 'better-sqlite3'
import type { Lane, Outbox, ParkedCount } from '../../core/ports.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { KnownChecks } from './known-checks.ts'
import { createMoveOthers } from './move-card.ts'
import { createUnpark } from './unpark.ts'

type Parked = Pick<Outbox, 'moveOthers' | 'probe' | 'nextProbe' | 'resume' | 'parked'>

/** Lanes that are tried in one step, and effects that go on in one. */
const LANES_MAX = 100
const RESUME_ROWS = 100
/** What a step counts among the notifications of a transaction. */
const STEP_WEIGHT = 128

/**
 * The part of the outbox that looks after what could not be delivered. What is parked for its channel has a time at which
 * it is tried again; other parked effects have 0 there.
 */
export function createParked(
  db: Database.Database,
  queue: CommitQueue,
  newId: (at: number) => string,
  known: KnownChecks,
): Parked {
  // Somebody may have put things right while the server was stopped.
  db.exec(`UPDATE effects SET due = 1 WHERE state = 'parked' AND due > 0`)
  const moveOthers = createMoveOthers(db, newId)
  const unpark = createUnpark(db)
  const dueLanes = db.prepare<[number], { lane: Lane }>(
    `SELECT DISTINCT lane FROM effects WHERE state = 'parked' AND due BETWEEN 1 AND ? LIMIT ${LANES_MAX}`,
  )
  const putOff = db.prepare(`UPDATE effects SET due = ? WHERE state = 'parked' AND lane = ? AND due > 0`)
  const first = db.prepare<[string], { row: number }>(
    `SELECT row FROM effects WHERE state = 'parked' AND lane = ? AND due > 0
     ORDER BY kind = 'thread', priority, rank, row LIMIT 1`,
  )
  const some = db.prepare<[string], { row: number }>(
    `SELECT row FROM effects WHERE state = 'parked' AND lane = ? AND due > 0
     ORDER BY kind = 'thread', priority, rank, row LIMIT ${RESUME_ROWS}`,
  )
  const next = db.prepare<[], { due: number | null }>(
    `SELECT min(due) AS due FROM effects WHERE state = 'parked' AND due > 0`,
  )
  const counts = db.prepare<[number], ParkedCount>(
    `SELECT lane, error, count(*) AS count FROM effects WHERE state = 'parked'
     GROUP BY lane, error ORDER BY count(*) DESC, lane LIMIT ?`,
  )
  return {
    moveOthers: (from, to, error, after) =>
      queue.enqueue((at) => {
        // Other cards show the problems then, and each check has one line more behind it.
        known.forgetAll()
        return moveOthers(from, { to, error, at }, after)
      }, STEP_WEIGHT),
    probe: (again) =>
      queue.enqueue((at) =>
        dueLanes.all(at).map(({ lane }) => {
          putOff.run(again, lane)
          const found = first.get(lane)
          if (found !== undefined) unpark(found.row)
          return lane
        }),
      ),
    nextProbe: () => next.get()?.due ?? null,
    resume: (lane) =>
      queue.enqueue(() => some.all(lane).filter(({ row }) => unpark(row)).length, STEP_WEIGHT),
    parked: (limit) => counts.all(limit),
  }
}
