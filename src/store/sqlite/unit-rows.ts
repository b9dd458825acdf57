import type { CheckName } from '../../core/ports.ts'
import type { Check, Problem } from '../../core/problem.ts'
import { CheckMap } from './check-map.ts'
import type { KnownCheck } from './known-checks.ts'

/** A check while a unit works on it. */
export type CheckSlot = {
  /** As it was read; null when it was never heard of. */
  readonly before: KnownCheck | null
  /** Null until it is there. */
  row: number | null
  /** What becomes of it; null: as before. */
  latest: Check | null
  /** Something of it changes. */
  touched: boolean
  /** Nothing changes but what each repeat does. */
  repeated: boolean
  problem: Problem | null
  open: number | null
  history: number | null
}

/** What one unit knows of the database, kept up with what it writes. */
export type UnitRows = {
  readonly checks: CheckMap<CheckSlot>
  /** Row of each problem, by its id. */
  readonly problems: Map<string, number>
}

export function createUnitRows(): UnitRows {
  return { checks: new CheckMap(), problems: new Map() }
}

/** Takes a check in that was read. */
export function addRead(rows: UnitRows, read: KnownCheck): void {
  const { check, problem, open, history } = read
  const slot = {
    before: read,
    row: check.row,
    latest: null,
    touched: false,
    repeated: false,
    problem,
    open,
    history,
  }
  rows.checks.set(check, slot)
  if (problem !== null) rows.problems.set(problem.id, problem.row)
}

/** @returns what is known of the check; one that is not there yet has no row */
export function slotOf(rows: UnitRows, check: CheckName): CheckSlot {
  const known = rows.checks.get(check)
  if (known !== undefined) return known
  const fresh: CheckSlot = {
    before: null,
    row: null,
    latest: null,
    touched: false,
    repeated: false,
    problem: null,
    open: null,
    history: null,
  }
  rows.checks.set(check, fresh)
  return fresh
}
