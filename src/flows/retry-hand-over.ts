import type { Through } from '../core/acknowledgement.ts'
import { NO_CHANGES } from '../core/changes.ts'
import { type Action, type PermissionRule, permit } from '../core/permit.ts'
import type { Clock, Store } from '../core/ports.ts'
import type { Refusal } from '../core/refusal.ts'
import { failedActions, type RetryOutcome, retryHandOver } from '../core/retry-hand-over.ts'
import type { Acting } from './acknowledge-problem.ts'
import { refusalChanges } from './refusal.ts'

export type RetryCommand = Acting & {
  readonly problem: string
  readonly through: Through
  readonly interaction: string | null
  readonly replyTo: string | null
}

export type RetryResult = RetryOutcome | { readonly kind: 'repeated' }

export type RetryHandOver = (command: RetryCommand) => Promise<RetryResult>

/**
 * A person has what failed tried again. It takes the right to do what failed.
 *
 * @param hurry has what waits for a monitor sent at once, whatever it was waiting for
 * @returns a function that throws Failure `unavailable` when it could not be stored
 */
export function createRetryHandOver(
  store: Pick<Store, 'decide' | 'problem'>,
  rules: readonly PermissionRule[],
  hurry: (monitor: string) => Promise<void>,
  clock: Clock,
): RetryHandOver {
  return async (command) => {
    const { person, groups, through, replyTo, problem, interaction } = command
    const about = store.problem(problem)
    const [first = 'acknowledge'] = about === null ? [] : failedActions(about, clock.now())
    const result = await store.decide<RetryResult>({ problems: [problem], interaction }, (loaded, now) => {
      if (loaded.repeated) return { changes: NO_CHANGES, answer: { kind: 'repeated' } }
      const view = loaded.problem(problem)
      const refuse = (refusal: Refusal) => ({
        changes: refusalChanges({ person, action: first, through, view, refusal }, replyTo, now),
        answer: { kind: 'refused', refusal } as const,
      })
      const subject = view === null ? null : { check: view.check, state: view.problem.state }
      const refusalOf = (action: Action) => permit(person, action, rules, groups, subject)
      if (view === null) return refuse(refusalOf('acknowledge') ?? { why: 'problem-unknown' })
      const failed = failedActions(view, now)
      const may = failed.filter((action) => refusalOf(action) === null)
      const refusal = may.length > 0 ? null : refusalOf(failed[0] ?? 'acknowledge')
      if (refusal !== null) return refuse(refusal)
      const by = { id: person.id, name: person.name }
      const isPermitted = (action: Action): boolean => refusalOf(action) === null
      const { outcome, changes } = retryHandOver(view, by, through, isPermitted, now)
      return outcome.kind === 'refused' ? refuse(outcome.refusal) : { changes, answer: outcome }
    })
    if (result.kind === 'requested' && about !== null) await hurry(about.check.monitor)
    return result
  }
}
