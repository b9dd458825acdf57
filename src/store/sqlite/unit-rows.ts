import type { CheckRow, ProblemRow } from './rows.ts'

/** A check as it was read, with its open problem or the one that was asked for. */
export type ReadRows = { readonly check: CheckRow; readonly problem: ProblemRow | null }

/** What one unit has read, kept so that writing can tell what changed. */
export type UnitRows = {
  /** By monitor and key. */
  readonly checks: Map<string, ReadRows>
  /** By id of the problem. */
  readonly problems: Map<string, { row: number; pending: number | null }>
}

/** @returns how a check is named in the maps of a unit */
export function checkKey(check: { readonly monitor: string; readonly key: string }): string {
  return `${check.monitor}\n${check.key}`
}
