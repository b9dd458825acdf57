import type Database from 'better-sqlite3'
import { createFacts } from './facts.ts'

/*
 * Lines of the record are removed from the lowest row on. Their order is the order in which they were written, whatever
 * the clock said: a line is old when its time is and nothing younger stands before it. So a clock that was wrong for a
 * while takes nothing away too early, and one that ran ahead does not keep all that follows.
 */

/** Up to this line everything is removed, or noted in `history_kept`. */
const MARK = 'history_pruned'
/** Lines looked at in one step: a few ms. */
const STEP_LINES = 500

/** When a line was written, as the clock said. */
type Stamp = { readonly row: number; readonly recorded: number }

type Line = {
  readonly row: number
  readonly recorded: number
  readonly problem: number | null
  readonly check_row: number | null
}

/** @returns the last line that is removed or noted as kept */
export function prunedUpTo(db: Database.Database): number {
  return Number(createFacts(db).get(MARK) ?? 0)
}

/** @returns a function that removes the next old lines whose problem is gone, inside a transaction */
export function createOldHistory(db: Database.Database) {
  const facts = createFacts(db)
  const look = createLookAtOld(db)
  const removeRange = db.prepare('DELETE FROM history WHERE row > ? AND row < ?')
  const keep = db.prepare('INSERT OR IGNORE INTO history_kept (check_row, row, problem) VALUES (?, ?, ?)')
  return (cutoff: number, now: number): { removed: number; more: boolean } => {
    const after = Number(facts.get(MARK) ?? 0)
    const { old, more } = look(after, cutoff, now)
    const last = old.at(-1)
    if (last === undefined) return { removed: 0, more: false }
    let removed = 0
    let from = after
    for (const { row, problem, check_row } of old) {
      if (problem === null || check_row === null) continue
      removed += removeRange.run(from, row).changes
      keep.run(check_row, row, problem)
      from = row
    }
    removed += removeRange.run(from, last.row + 1).changes
    facts.set(MARK, String(last.row))
    return { removed, more }
  }
}

/** @returns a function that reads the next old lines behind a row, each with its problem if that is still there */
export function createLookAtOld(db: Database.Database) {
  const lines = db.prepare<[number], Line>(
    `SELECT h.row AS row, h.recorded AS recorded, p.row AS problem, p.check_row AS check_row
     FROM history h LEFT JOIN problems p ON p.row = h.problem
     WHERE h.row > (SELECT ?) AND h.row < (SELECT max(row) FROM history) ORDER BY h.row LIMIT ${STEP_LINES}`,
  )
  const nextAfter = db.prepare<[number], Stamp>(
    'SELECT row, recorded FROM history WHERE row >= ? ORDER BY row LIMIT 1',
  )

  /** A line from the future was written while the clock ran ahead. The next one with a time that can be is younger. */
  function nextPossible(row: number, now: number): Stamp {
    let ahead = row
    let possible: Stamp | null = null
    for (let step = 1; possible === null; step *= 2) {
      const found = nextAfter.get(row + step)
      if (found === undefined) possible = { row: row + step, recorded: now }
      else if (found.recorded <= now) possible = found
      else ahead = found.row
    }
    // The one found may be far behind the first of its kind.
    for (let end = possible.row; end - ahead > 1; ) {
      const middle = Math.floor((ahead + end) / 2)
      const found = nextAfter.get(middle)
      if (found !== undefined && found.recorded > now) ahead = found.row
      else {
        if (found !== undefined) possible = found
        end = middle
      }
    }
    return possible
  }

  return (after: number, cutoff: number, now: number): { old: readonly Line[]; more: boolean } => {
    const found = lines.all(after)
    let known: Stamp = { row: -1, recorded: now }
    const young = found.findIndex(({ row, recorded }) => {
      if (recorded <= now) return recorded >= cutoff
      if (known.row < row) known = nextPossible(row, now)
      return known.recorded >= cutoff
    })
    const old = young === -1 ? found : found.slice(0, young)
    return { old, more: young === -1 && found.length === STEP_LINES }
  }
}
