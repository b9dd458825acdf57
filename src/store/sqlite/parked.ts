import type Database from 'better-sqlite3'
import { PRIORITY } from '../../core/effect.ts'
import type { Lane, Outbox, ParkedCount } from '../../core/ports.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { KnownChecks } from './known-checks.ts'
import { createMoveOthers, type TakeIn } from './move-card.ts'
import { createUnpark } from './unpark.ts'

type Parked = Pick<Outbox, 'moveOthers' | 'probe' | 'nextProbe' | 'resume' | 'stale' | 'parked'>

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
  storms: TakeIn,
): Parked {
  // Somebody may have put things right while the server was stopped.
  db.exec(`UPDATE effects SET due = 1 WHERE state = 'parked' AND due > 0`)
  const moveOthers = createMoveOthers(db, newId, storms)
  const unpark = createUnpark(db)
  const stale = createStale(db)
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
      queue.enqueue(
        (at) => some.all(lane).filter(({ row }) => unpark(row)).length + stale.draw(lane, at),
        STEP_WEIGHT,
      ),
    stale: () => stale.lanes(),
    parked: (limit) => counts.all(limit),
  }
}

/** Cards whose last change a channel refused, because what they show was over by then: nothing else would tell it. */
function createStale(db: Database.Database) {
  const isStale = 'refused IS NOT NULL AND instead IS NULL'
  const lanes = db.prepare<[], { lane: Lane }>(`SELECT DISTINCT channel AS lane FROM cards WHERE ${isStale}`)
  const some = db.prepare<[string], { row: number }>(
    `SELECT row FROM cards WHERE channel = ? AND ${isStale} LIMIT ${RESUME_ROWS}`,
  )
  const draw = db.prepare(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created)
     SELECT channel, 'card', 'update', row, ${PRIORITY.count}, 0, 'waiting', 0, ? FROM cards WHERE row = ? AND ts IS NOT NULL
     ON CONFLICT (card) WHERE kind = 'card' AND state <> 'leased' DO NOTHING`,
  )
  const done = db.prepare('UPDATE cards SET refused = NULL WHERE row = ?')
  return {
    lanes: (): readonly Lane[] => lanes.all().map(({ lane }) => lane),
    draw: (lane: Lane, at: number): number => {
      const rows = some.all(lane)
      for (const { row } of rows) {
        draw.run(at, row)
        done.run(row)
      }
      return rows.length
    },
  }
}
