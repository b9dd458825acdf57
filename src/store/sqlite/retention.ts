import type Database from 'better-sqlite3'
import { createOldHistory } from './old-history.ts'

/*
 * Removes what is old, in steps that each fit into one short transaction. Rows are never given out twice: the newest
 * problem, check and line stay whatever their age, because SQLite would use the number of the last row again, and what
 * still points to it would point to something else.
 */

/** What was removed, in rows; `others`: parked deliveries, storms, days of the report, and downtimes that are long over. */
export type Removed = Readonly<Record<'history' | 'problems' | 'checks' | 'others', number>>

export const NOTHING_REMOVED: Removed = { history: 0, problems: 0, checks: 0, others: 0 }

/** Where a pass has got to. */
export type Place = {
  readonly phase: 'problems' | 'history' | 'others' | 'checks'
  readonly after: number
}

export const START: Place = { phase: 'problems', after: 0 }

/** A step, as it was done. `next` null: the pass is over. */
export type Step = { readonly next: Place | null; readonly removed: Removed }

/** Problems with their cards, and checks looked at, in one step: some ms each. */
const STEP_PROBLEMS = 25
const STEP_CHECKS = 500
const DAY_MS = 24 * 60 * 60 * 1000

/** What waits for the card of a storm that goes on is all that would ever post it: nothing may happen in it any more. */
export const NOT_OF_OPEN_STORM =
  'NOT EXISTS (SELECT 1 FROM storms s WHERE s.row = e.storm AND s.ended IS NULL)'

/** @returns a function that does one step inside a transaction, with all that ended before `cutoff` (epoch ms) */
export function createRetention(db: Database.Database): (place: Place, cutoff: number, now: number) => Step {
  const problems = createOldProblems(db)
  const history = createOldHistory(db)
  const checks = createOldChecks(db)
  const parked = db.prepare(
    `DELETE FROM effects WHERE row IN
       (SELECT e.row FROM effects e WHERE e.state = 'parked' AND e.card IS NULL AND e.created < ?
        AND ${NOT_OF_OPEN_STORM} LIMIT ${STEP_CHECKS})`,
  )
  const storms = db.prepare(
    `DELETE FROM storms WHERE row IN (SELECT s.row FROM storms s
       WHERE s.ended < ? AND s.row < (SELECT max(row) FROM storms)
       AND NOT EXISTS (SELECT 1 FROM cards k WHERE k.storm = s.row)
       AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.storm = s.row)
       AND NOT EXISTS (SELECT 1 FROM storm_hosts h WHERE h.storm = s.row)
       AND NOT EXISTS (SELECT 1 FROM bulks b WHERE b.storm = s.row) LIMIT ${STEP_PROBLEMS})`,
  )
  const days = db.prepare(
    `DELETE FROM report_days WHERE (day, monitor, is_event) IN
       (SELECT day, monitor, is_event FROM report_days WHERE day < ? LIMIT ${STEP_CHECKS})`,
  )
  // Of a storm that is over nothing is asked any more, however young it is.
  const stormHosts = db.prepare(
    `DELETE FROM storm_hosts WHERE row IN (SELECT h.row FROM storms s JOIN storm_hosts h ON h.storm = s.row
       WHERE s.ended IS NOT NULL LIMIT ${STEP_CHECKS})`,
  )
  return (place, cutoff, now) => {
    switch (place.phase) {
      case 'problems': {
        const { removed, more } = problems(cutoff)
        return { next: more ? place : { phase: 'history', after: 0 }, removed }
      }
      case 'history': {
        const { removed, more } = history(cutoff, now)
        return {
          next: more ? place : { phase: 'others', after: 0 },
          removed: { ...NOTHING_REMOVED, history: removed },
        }
      }
      case 'others': {
        const ofParked = parked.run(cutoff).changes
        const ofStorms = storms.run(cutoff).changes
        const ofDays = days.run(Math.floor(cutoff / DAY_MS)).changes
        const hosts = stormHosts.run().changes
        const isMore = [ofParked, ofDays, hosts].includes(STEP_CHECKS) || ofStorms === STEP_PROBLEMS
        const others = ofParked + ofStorms + ofDays
        return {
          next: isMore ? place : { phase: 'checks', after: 0 },
          removed: { ...NOTHING_REMOVED, others },
        }
      }
      case 'checks': {
        const { removed, after } = checks(cutoff, place.after)
        return { next: after === null ? null : { phase: 'checks', after }, removed }
      }
    }
  }
}

/** @returns the sum of what two steps removed */
export function addRemoved(a: Removed, b: Removed): Removed {
  return {
    history: a.history + b.history,
    problems: a.problems + b.problems,
    checks: a.checks + b.checks,
    others: a.others + b.others,
  }
}

function createOldProblems(db: Database.Database) {
  // What is on its way or waits to go out is left alone: a card or a monitor would else keep saying what is over for good. So is a host whose card shows
  // an open problem of a service, which without it would never get a card of its own.
  const old = db.prepare<[number], { row: number; check_row: number }>(
    `SELECT p.row AS row, p.check_row AS check_row FROM problems p
     WHERE p.closed < (SELECT ?) AND p.row < (SELECT max(row) FROM problems)
       AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.problem = p.row AND e.state <> 'parked')
       AND NOT EXISTS (SELECT 1 FROM cards k JOIN effects e ON e.card = k.row
         WHERE k.problem = p.row AND e.state <> 'parked')
       AND NOT EXISTS (SELECT 1 FROM cards h JOIN cards f ON f.folded = h.row JOIN problems o ON o.row = f.problem
         WHERE h.problem = p.row AND o.closed IS NULL)
     ORDER BY p.closed LIMIT ${STEP_PROBLEMS}`,
  )
  const lines = createKeptLines(db)
  const effectsOfCards = db.prepare(
    'DELETE FROM effects WHERE card IN (SELECT row FROM cards WHERE problem = ?)',
  )
  const effects = db.prepare('DELETE FROM effects WHERE problem = ?')
  const cards = db.prepare('DELETE FROM cards WHERE problem = ?')
  const problem = db.prepare('DELETE FROM problems WHERE row = ?')
  return (cutoff: number): { removed: Removed; more: boolean } => {
    const found = old.all(cutoff)
    let removed = NOTHING_REMOVED
    for (const { row, check_row } of found) {
      const { gone, all } = lines(check_row, row)
      removed = { ...removed, history: removed.history + gone }
      if (!all) return { removed, more: true }
      effectsOfCards.run(row)
      effects.run(row)
      cards.run(row)
      problem.run(row)
      removed = { ...removed, problems: removed.problems + 1 }
    }
    return { removed, more: found.length === STEP_PROBLEMS }
  }
}

/** @returns a function that removes the lines which were kept for a problem, some of them if there are many */
function createKeptLines(db: Database.Database) {
  const limit = 500
  const kept = db
    .prepare<[number, number], number>(
      `SELECT row FROM history_kept WHERE check_row = ? AND problem = ? ORDER BY row LIMIT ${limit}`,
    )
    .pluck()
  const line = db.prepare('DELETE FROM history WHERE row = ?')
  const forget = db.prepare('DELETE FROM history_kept WHERE check_row = ? AND row = ?')
  return (check: number, problem: number): { gone: number; all: boolean } => {
    const rows = kept.all(check, problem)
    for (const row of rows) {
      line.run(row)
      forget.run(check, row)
    }
    return { gone: rows.length, all: rows.length < limit }
  }
}

type Window = { readonly after: number; readonly last: number; readonly cutoff: number }

function createOldChecks(db: Database.Database) {
  const window = db
    .prepare<[number], number>(`SELECT row FROM checks WHERE row > ? ORDER BY row LIMIT ${STEP_CHECKS}`)
    .pluck()
  const forgotten = db
    .prepare<[Window], number>(
      `SELECT c.row FROM checks c WHERE c.row > @after AND c.row <= @last AND c.row < (SELECT max(row) FROM checks)
       AND c.problem IS NULL AND max(c.last_seen, coalesce(c.last_time, 0), coalesce(c.last_state_time, 0)) < @cutoff
       AND coalesce(c.downtime ->> '$.until', 0) < @cutoff
       AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.check_row = c.row)
       AND NOT EXISTS (SELECT 1 FROM problems p WHERE p.check_row = c.row)
       AND NOT EXISTS (SELECT 1 FROM history h WHERE h.row = c.history)`,
    )
    .pluck()
  const remove = db.prepare('DELETE FROM checks WHERE row = ?')
  const downtimes = db.prepare(
    `UPDATE checks SET downtime = NULL WHERE row > ? AND row <= ? AND downtime ->> '$.until' < ?
       AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.check_row = checks.row)`,
  )
  return (cutoff: number, after: number): { removed: Removed; after: number | null } => {
    const rows = window.all(after)
    const last = rows.at(-1)
    if (last === undefined) return { removed: NOTHING_REMOVED, after: null }
    const gone = forgotten.all({ after, last, cutoff })
    for (const row of gone) remove.run(row)
    const others = downtimes.run(after, last, cutoff).changes
    return {
      removed: { ...NOTHING_REMOVED, checks: gone.length, others },
      after: rows.length < STEP_CHECKS ? null : last,
    }
  }
}
