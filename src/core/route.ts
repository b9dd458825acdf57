import type { Destination } from './effect.ts'
import { type Match, matches } from './match.ts'
import type { Check } from './problem.ts'
import type { State } from './state.ts'

/** Problems that match go to these channels. */
export type Route = {
  readonly match: Match
  readonly channels: readonly string[]
  readonly mention: readonly string[]
  readonly quiet: boolean
}

/**
 * Finds the channels of a problem. All matching routes apply, in their order; a channel named twice gets all mentions
 * and is quiet only if every route that names it is.
 *
 * @param asked the channel the sender asks for; with it, the default channel is not used
 * @returns the default channel when nothing else matches; nothing when there is no default either
 */
export function route(
  routes: readonly Route[],
  defaultChannel: string | null,
  check: Check,
  state: State | null,
  asked: string | null,
): readonly Destination[] {
  const found = new Map<string, Destination>()
  for (const { match, channels, mention, quiet } of routes) {
    if (!matches(match, check, state)) continue
    for (const channel of channels) {
      const before = found.get(channel)
      found.set(channel, {
        channel,
        mention: [...new Set([...(before?.mention ?? []), ...mention])],
        quiet: quiet && (before?.quiet ?? true),
      })
    }
  }
  const other = asked ?? (found.size === 0 ? defaultChannel : null)
  if (other !== null && !found.has(other)) found.set(other, { channel: other, mention: [], quiet: false })
  return [...found.values()]
}
