import type Database from 'better-sqlite3'
import { createLookAtOld, prunedUpTo } from './old-history.ts'
import {
  addRemoved,
  createRetention,
  NOT_OF_OPEN_STORM,
  NOTHING_REMOVED,
  type Place,
  type Removed,
  START,
} from './retention.ts'

/** Everything that ended before `cutoff` (epoch ms); `dryRun`: only count it. */
export type PruneOrder = { readonly cutoff: number; readonly now: number; readonly dryRun: boolean }

/** @param pause lets a server that runs have its turn. @returns what was removed, or would be */
export type Prune = (order: PruneOrder, pause: () => Promise<void>) => Promise<Removed>

/** Removes in steps what is old, beside a running server: each step holds the writers' lock for some ms. */
export async function prune(
  db: Database.Database,
  { cutoff, now, dryRun }: PruneOrder,
  pause: () => Promise<void>,
): Promise<Removed> {
  if (dryRun) return count(db, cutoff, now)
  // A step that a power failure takes back is simply done again; so the lock is not held for a flush.
  db.pragma('synchronous = NORMAL')
  const step = createRetention(db)
  let removed = NOTHING_REMOVED
  for (let place: Place | null = START; place !== null; ) {
    const at: Place = place
    const done = db.transaction(() => step(at, cutoff, now)).immediate()
    removed = addRemoved(removed, done.removed)
    place = done.next
    if (place !== null) await pause()
  }
  return removed
}

function count(db: Database.Database, cutoff: number, now: number): Removed {
  const number = (sql: string): number =>
    db.prepare<[{ cutoff: number }], number>(sql).pluck().get({ cutoff }) ?? 0
  const look = createLookAtOld(db)
  const closed = db
    .prepare<[number], number | null>('SELECT closed FROM problems WHERE row = (SELECT ?)')
    .pluck()
  const goes = (problem: number | null): boolean =>
    problem === null || (closed.get(problem) ?? Number.POSITIVE_INFINITY) < cutoff
  let history = number(
    `SELECT count(*) FROM history_kept k JOIN problems p ON p.row = k.problem WHERE p.closed < @cutoff`,
  )
  for (let after = prunedUpTo(db); ; ) {
    const { old, more } = look(after, cutoff, now)
    history += old.filter(({ problem }) => goes(problem)).length
    after = old.at(-1)?.row ?? after
    if (!more) break
  }
  return {
    history,
    problems: number(
      'SELECT count(*) FROM problems WHERE closed < @cutoff AND row < (SELECT max(row) FROM problems)',
    ),
    checks: number(`SELECT count(*) FROM checks c WHERE ${FORGOTTEN}`),
    others: number(
      `SELECT (SELECT count(*) FROM effects e WHERE e.state = 'parked' AND e.card IS NULL AND e.created < @cutoff
           AND ${NOT_OF_OPEN_STORM})
         + (SELECT count(*) FROM storms s WHERE ${OLD_STORM}) + (SELECT count(*) FROM checks c WHERE ${OLD_DOWNTIME})
         + (SELECT count(*) FROM report_days WHERE (day + 1) * 86400000 <= @cutoff)`,
    ),
  }
}

/** A storm that would have nothing left: what is parked, and problems that are old, would go before it. */
const OLD_STORM = `s.ended < @cutoff AND s.row < (SELECT max(row) FROM storms)
  AND NOT EXISTS (SELECT 1 FROM cards k JOIN problems p ON p.row = k.problem WHERE k.storm = s.row
    AND (p.closed IS NULL OR p.closed >= @cutoff OR p.row = (SELECT max(row) FROM problems)))
  AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.storm = s.row
    AND (e.state <> 'parked' OR e.card IS NOT NULL OR e.created >= @cutoff))
  AND NOT EXISTS (SELECT 1 FROM bulks b WHERE b.storm = s.row)`

/** A check of which nothing would be left. */
const FORGOTTEN = `c.problem IS NULL AND c.row < (SELECT max(row) FROM checks)
  AND max(c.last_seen, coalesce(c.last_time, 0), coalesce(c.last_state_time, 0)) < @cutoff
  AND coalesce(c.downtime ->> '$.until', 0) < @cutoff
  AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.check_row = c.row)
  AND NOT EXISTS (SELECT 1 FROM problems p WHERE p.check_row = c.row AND p.closed >= @cutoff)
  AND NOT EXISTS (SELECT 1 FROM history h WHERE h.row = c.history AND h.recorded >= @cutoff)`

/** A downtime that is over for long, of a check that stays. */
const OLD_DOWNTIME = `c.downtime ->> '$.until' < @cutoff
  AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.check_row = c.row) AND NOT (${FORGOTTEN})`
