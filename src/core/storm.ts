import type { ProblemView } from './problem.ts'
import type { State } from './state.ts'

/*
 * A storm: so many new problems in one channel that a card for each would be a flood nobody reads. From then on one card
 * takes them, and says how many, which are worst, and what to do about all of them.
 */

export type StormRules = {
  /** New problems of one channel within the window that are not a storm yet; 0: nothing ever is. */
  readonly threshold: number
  readonly windowMs: number
}

/** Nothing new for so long, and the storm is calm. */
export const CALM_MS = 60_000
/** Of a storm that is calm, so many get a card of their own: the worst that nobody has. */
export const OWN_CARDS_WHEN_CALM = 20

/**
 * Counts one more new problem of a channel.
 *
 * @param times when the ones before it came, epoch ms, oldest first
 * @returns the times that still count, and whether that is a storm
 */
export function countNew(
  times: readonly number[],
  now: number,
  { threshold, windowMs }: StormRules,
): { readonly times: readonly number[]; readonly isStorm: boolean } {
  if (threshold === 0) return { times: [], isStorm: false }
  // What is older than the window does not count, nor what was stamped before the clock was set back.
  const lately = [...times, now].filter((at) => at > now - windowMs && at <= now)
  return { times: lately.slice(-(threshold + 1)), isStorm: lately.length > threshold }
}

/** Who is called for something. `quiet`: nobody is. */
export type Calls = { readonly mention: readonly string[]; readonly quiet: boolean }

/** @returns whom both call together: who is quiet keeps nobody else from being called */
export function callsOfBoth(one: Calls, other: Calls): Calls {
  if (one.quiet !== other.quiet) return one.quiet ? other : one
  return { mention: [...new Set([...one.mention, ...other.mention])], quiet: one.quiet }
}

/** How far the acknowledgements of a storm's problems got. */
export type Taken = {
  readonly by: string
  readonly done: number
  readonly sending: number
  readonly failed: number
}

/** Everything that a storm's card shows. */
export type StormView = {
  readonly id: string
  readonly began: number
  /** Problems that it ever took. */
  readonly all: number
  readonly open: number
  /** Problems that left it for a card of their own. */
  readonly left: number
  readonly untaken: number
  /** Worst first. */
  readonly byState: readonly {
    readonly state: State | null
    readonly open: number
    readonly untaken: number
  }[]
  /** Those with the most problems that nobody has. */
  readonly hosts: readonly HostInStorm[]
  /** How many hosts have open problems. */
  readonly hostCount: number
  /** The worst that nobody has. */
  readonly worst: readonly ProblemView[]
  /** Since when the oldest is open that nobody has, epoch ms. */
  readonly oldestUntaken: number | null
  /** Acknowledgements, by person, most first. */
  readonly taken: readonly Taken[]
  readonly calm: number | null
  readonly ended: number | null
}

/** Hosts that a storm has reached since people were last called: some of them, and how many they are. */
export type ReachedHosts = { readonly named: readonly HostInStorm[]; readonly count: number }

export type HostInStorm = {
  /** Row of one of its checks: a name for it that is short, however long its own is. */
  readonly check: number
  readonly monitor: string
  readonly host: string
  /** As people know it. */
  readonly name: string
  readonly open: number
  readonly untaken: number
}
