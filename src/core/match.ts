import { type Check, hostName, serviceName } from './problem.ts'
import type { State } from './state.ts'

/** Conditions on a problem; those that are given must all hold. Globs know `*` and `?` and ignore case. */
export type Match = {
  readonly monitor?: string | undefined
  readonly host?: string | undefined
  readonly service?: string | undefined
  readonly state?: readonly State[] | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** Only this many characters of a name are looked at, so that no foreign name makes matching slow. */
const NAME_MAX_CHARS = 1024

/** @returns true when the check in this state fulfils every condition. Names and display names both count. */
export function matches(match: Match, check: Check, state: State | null): boolean {
  if (match.monitor !== undefined && !globMatches(match.monitor, check.monitor)) return false
  if (match.host !== undefined && !eitherMatches(match.host, check.host, hostName(check))) return false
  if (match.service !== undefined) {
    if (check.service === null) return false
    if (!eitherMatches(match.service, check.service, serviceName(check) ?? check.service)) return false
  }
  if (match.state !== undefined && (state === null || !match.state.includes(state))) return false
  for (const [label, glob] of Object.entries(match.labels ?? {})) {
    if (!globMatches(glob, check.labels?.[label] ?? '')) return false
  }
  return true
}

function eitherMatches(glob: string, name: string, displayName: string): boolean {
  return globMatches(glob, name) || (displayName !== name && globMatches(glob, displayName))
}

/**
 * Matches a whole name against a glob with `*` (anything) and `?` (one character), ignoring case. Takes time
 * proportional to the product of the two lengths at worst, unlike a regular expression.
 */
export function globMatches(glob: string, name: string): boolean {
  const pattern = glob.toLowerCase()
  const text = name.slice(0, NAME_MAX_CHARS).toLowerCase()
  let p = 0
  let t = 0
  let star = -1
  let mark = 0
  while (t < text.length) {
    const c = pattern[p]
    if (c === '*') {
      star = p++
      mark = t
    } else if (c !== undefined && (c === '?' || c === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
