import { globMatches } from '../core/match.ts'
import type { Config } from './config.ts'

/**
 * What can be used as it is, and is probably not meant.
 *
 * @param kinds names of all kinds; each has a monitor of its own name where none of that kind is configured
 * @param at says where something stands
 */
export function warningsOf(
  { monitors, routes, permissions }: Config,
  kinds: readonly string[],
  at: (path: readonly PropertyKey[]) => string,
): readonly string[] {
  const configured = new Set(monitors.map(({ kind }) => kind))
  const names = [...monitors.map(({ name }) => name), ...kinds.filter((kind) => !configured.has(kind))]
  const of = (section: string, rules: readonly { match: { monitor?: string | undefined } }[]): string[] =>
    rules.flatMap(({ match: { monitor } }, index) => {
      if (monitor === undefined || names.some((name) => globMatches(monitor, name))) return []
      const path = [section, index, 'match', 'monitor']
      return [`${at(path)}: ${path.join('.')}: no monitor is called so. There are ${names.join(', ')}.`]
    })
  return [...of('routes', routes), ...of('permissions', permissions)]
}
