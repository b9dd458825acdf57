import type { Match } from './match.ts'
import { matches } from './match.ts'
import type { Check } from './problem.ts'
import type { Refusal } from './refusal.ts'
import type { State } from './state.ts'

/** What a person may do or not. */
export type Action = 'acknowledge' | 'remove' | 'downtime' | 'view'

/** What the workspace says of a person. `unknown`: it could not be asked in time. */
export type Person = {
  readonly id: string
  readonly name: string
  /** IANA name; null when the workspace does not say. */
  readonly zone: string | null
  readonly standing: 'member' | 'guest' | 'stranger' | 'bot' | 'deactivated' | 'unknown'
}

/** Who may act on what matches: ids of people or user groups, by action. */
export type PermissionRule = { readonly match: Match } & {
  readonly [action in Action]?: readonly string[] | undefined
}

/** Who is in which user group; null where the workspace could not be asked. */
export type Groups = ReadonlyMap<string, ReadonlySet<string> | null>

/**
 * Decides whether a person may act on a check. Full members of the workspace may, unless rules for that action match
 * the check: then one of the matching rules has to name the person or a group the person is in. What is not known is
 * refused.
 *
 * @param subject null when the action is about nothing in particular (a list)
 * @returns null when permitted
 */
export function permit(
  person: Person,
  action: Action,
  rules: readonly PermissionRule[],
  groups: Groups,
  subject: { readonly check: Check; readonly state: State | null } | null,
): Refusal | null {
  if (person.standing === 'unknown') return { why: 'membership-unknown' }
  if (person.standing !== 'member') return { why: person.standing }
  if (subject === null) return null
  const lists = rules.flatMap((rule) =>
    rule[action] !== undefined && matches(rule.match, subject.check, subject.state) ? [rule[action]] : [],
  )
  if (lists.length === 0) return null
  const named = lists.flat()
  if (named.some((id) => id === person.id || groups.get(id)?.has(person.id))) return null
  const unknown = named.some((id) => isGroup(id) && !groups.get(id))
  return unknown ? { why: 'group-unknown' } : { why: 'not-in-group', groups: named }
}

/** @returns true for the id of a user group. */
export function isGroup(id: string): boolean {
  return id.startsWith('S')
}

/** @returns the user groups that the rules name, each once. */
export function groupsNamed(rules: readonly PermissionRule[]): readonly string[] {
  const ids = rules.flatMap(({ acknowledge = [], remove = [], downtime = [], view = [] }) => [
    ...acknowledge,
    ...remove,
    ...downtime,
    ...view,
  ])
  return [...new Set(ids.filter(isGroup))]
}
