import type { Destination, Effect } from './effect.ts'
import type { HistoryEntry } from './history.ts'
import type { Check, Problem } from './problem.ts'

/** Everything one unit of work changes; the store writes it in one piece or not at all. */
export type Changes = {
  readonly checks: readonly Check[]
  /** Each with its check as it was then: a problem that closes takes the check's tally along. */
  readonly problems: readonly { readonly problem: Problem; readonly check: Check }[]
  /** Cards that have to exist. Those that do stay as they are. */
  readonly cards: readonly { readonly problem: string; readonly destinations: readonly Destination[] }[]
  readonly history: readonly HistoryEntry[]
  readonly effects: readonly Effect[]
}

export const NO_CHANGES: Changes = { checks: [], problems: [], cards: [], history: [], effects: [] }

/** @returns all of it as one piece, in its order */
export function mergeChanges(parts: readonly Changes[]): Changes {
  return {
    checks: parts.flatMap(({ checks }) => checks),
    problems: parts.flatMap(({ problems }) => problems),
    cards: parts.flatMap(({ cards }) => cards),
    history: parts.flatMap(({ history }) => history),
    effects: parts.flatMap(({ effects }) => effects),
  }
}
