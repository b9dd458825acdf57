import type { Through } from '../core/acknowledgement.ts'
import { type Action, type PermissionRule, permit } from '../core/permit.ts'
import type { Clock, Queries, Store } from '../core/ports.ts'
import type { Check } from '../core/problem.ts'
import type { Refusal } from '../core/refusal.ts'
import type { State } from '../core/state.ts'
import type { Acting } from './acknowledge-problem.ts'
import { refusalEntry } from './refusal.ts'

/** @returns true when the person may see this check */
export type Visible = (subject: { readonly check: Check; readonly state: State | null }) => boolean

/** @returns why the person may not see this check; null when they may */
export type WhyHidden = (subject: Parameters<Visible>[0]) => Refusal | null

/** What the person wants to do with what they look up, so that they are refused before they fill in a form. */
export type Purpose = {
  readonly action: Action
  /** Id; null when it is not about one problem. */
  readonly problem: string | null
}

export type LookUp = <Answer>(
  acting: Acting,
  through: Through,
  read: (queries: Queries, visible: Visible, whyHidden: WhyHidden) => Answer,
  purpose?: Purpose,
) => Promise<{ kind: 'seen'; answer: Answer } | { kind: 'refused'; refusal: Refusal }>

const LOOKING: Purpose = { action: 'view', problem: null }

/** Lets a person look at problems and history, if they may. A refusal is recorded. */
export function createLookUp(store: Store, rules: readonly PermissionRule[], clock: Clock): LookUp {
  return async ({ person, groups }, through, read, { action, problem } = LOOKING) => {
    const view = problem === null ? null : store.problem(problem)
    const about = view === null ? null : { check: view.check, state: view.problem.state }
    const refusal = permit(person, action, rules, groups, about)
    if (refusal === null) {
      const whyHidden: WhyHidden = (subject) => permit(person, 'view', rules, groups, subject)
      return { kind: 'seen', answer: read(store, (subject) => whyHidden(subject) === null, whyHidden) }
    }
    await store.record([refusalEntry({ person, action, through, view, refusal }, clock.now())])
    return { kind: 'refused', refusal }
  }
}
