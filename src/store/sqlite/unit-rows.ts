import type { KnownCheck } from './known-checks.ts'

/** What one unit knows of the database, kept up with what it writes. */
export type UnitRows = {
  /** By monitor and key. */
  readonly checks: Map<string, KnownCheck>
  /** Row of each problem, by its id. */
  readonly problems: Map<string, number>
}

/** @returns how a check is named in the maps of a unit */
export function checkKey(check: { readonly monitor: string; readonly key: string }): string {
  return `${check.monitor}\n${check.key}`
}
