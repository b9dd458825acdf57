import type { Bulk, BulkStore } from '../core/bulk.ts'
import type { Effect, LeftOver } from '../core/effect.ts'
import { type Groups, type PermissionRule, permit } from '../core/permit.ts'
import { checkName, type ProblemView } from '../core/problem.ts'

/** Problems looked at in one go: some ms. */
const AT_ONCE = 100
/** Problems named for one reason: a phone shows no more without scrolling. */
const NAMED_MAX = 3
/** Reasons kept apart; of more than these, nobody reads. */
const REASONS_MAX = 20

/**
 * Tells the person who took a storm what they did not get. It is read from what is, once all has been decided about, so
 * that it holds across a restart. What ended by itself is good news, for which nobody is disturbed: alone it is no reason
 * to say anything.
 *
 * @param groups who was in which group when they asked
 * @returns nothing where they have all of it, or where they cannot be told
 */
export async function leftOfBulk(
  store: Pick<BulkStore, 'sum' | 'left'>,
  bulk: Bulk,
  rules: readonly PermissionRule[],
  groups: Groups,
): Promise<readonly Effect[]> {
  const { replyTo: url, person } = bulk.command
  if (url === null) return []
  const { asked, taken, ended } = store.sum(bulk)
  if (taken + ended === asked) return []
  const reasons = new Map<string, LeftOver>()
  for (let after = 0; ; ) {
    const views = await store.left(bulk, after, AT_ONCE)
    for (const view of views) add(reasons, nameOf(view), reasonOf(view))
    after = views.at(-1)?.problem.row ?? 0
    if (views.length < AT_ONCE) break
  }
  const left = [...reasons.values()].sort((a, b) => b.count - a.count)
  return left.length === 0
    ? []
    : [{ kind: 'reply', url, reply: { what: 'taken-of-storm', asked, taken, ended, left } }]

  /** Null of what they may not see. */
  function nameOf({ check, problem: { state } }: ProblemView): string | null {
    return permit(person, 'view', rules, groups, { check, state }) === null ? checkName(check) : null
  }

  function reasonOf({ check, problem: { state, acknowledgement } }: ProblemView): Reason {
    if (acknowledgement !== null) return { why: 'held', by: acknowledgement.by }
    const refusal = permit(person, 'acknowledge', rules, groups, { check, state })
    return refusal === null ? { why: 'given-back' } : { why: 'refused', refusal }
  }
}

type Reason =
  | Pick<Extract<LeftOver, { why: 'held' }>, 'why' | 'by'>
  | Pick<Extract<LeftOver, { why: 'refused' }>, 'why' | 'refusal'>
  | Pick<Extract<LeftOver, { why: 'given-back' }>, 'why'>

function add(reasons: Map<string, LeftOver>, name: string | null, reason: Reason): void {
  const key = JSON.stringify(reason)
  const { count, names } = reasons.get(key) ?? { count: 0, names: [] }
  if (count === 0 && reasons.size === REASONS_MAX) return
  const more = name !== null && names.length < NAMED_MAX ? [name] : []
  reasons.set(key, { ...reason, count: count + 1, names: [...names, ...more] })
}
