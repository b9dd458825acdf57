import type { Through } from '../core/acknowledgement.ts'
import { type PermissionRule, permit } from '../core/permit.ts'
import type { Clock, Queries, Store } from '../core/ports.ts'
import type { Check } from '../core/problem.ts'
import type { Refusal } from '../core/refusal.ts'
import type { State } from '../core/state.ts'
import type { Acting } from './acknowledge-problem.ts'
import { refusalEntry } from './refusal.ts'

/** @returns true when the person may see this check */
export type Visible = (subject: { readonly check: Check; readonly state: State | null }) => boolean

export type LookUp = <Answer>(
  acting: Acting,
  through: Through,
  read: (queries: Queries, visible: Visible) => Answer,
) => Promise<{ kind: 'seen'; answer: Answer } | { kind: 'refused'; refusal: Refusal }>

/** Lets a person look at problems and history, if they may. A refusal is recorded. */
export function createLookUp(store: Store, rules: readonly PermissionRule[], clock: Clock): LookUp {
  return async ({ person, groups }, through, read) => {
    const refusal = permit(person, 'view', rules, groups, null)
    if (refusal === null) {
      const visible: Visible = (subject) => permit(person, 'view', rules, groups, subject) === null
      return { kind: 'seen', answer: read(store, visible) }
    }
    await store.record([refusalEntry({ person, action: 'view', through, view: null, refusal }, clock.now())])
    return { kind: 'refused', refusal }
  }
}
