import { acknowledgementOrder } from './acknowledge.ts'
import type { Actor, Through } from './acknowledgement.ts'
import { type Changes, NO_CHANGES } from './changes.ts'
import { downtimeOrder } from './downtime.ts'
import { type Effect, PRIORITY } from './effect.ts'
import { type HistoryKind, historyEntry } from './history.ts'
import type { Action } from './permit.ts'
import { type Check, checkName, type Problem, type ProblemView } from './problem.ts'
import type { Refusal } from './refusal.ts'
import { severityOf } from './state.ts'

export type RetryOutcome =
  | { readonly kind: 'requested' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** @returns true when something of this problem could not be handed to its monitor, and still makes sense */
export function hasFailed(view: Pick<ProblemView, 'problem' | 'check'>, now: number): boolean {
  return failedActions(view, now).length > 0
}

/** @returns what failed, as what a person needs the right to */
export function failedActions(
  { problem, check }: Pick<ProblemView, 'problem' | 'check'>,
  now: number,
): readonly Extract<Action, 'acknowledge' | 'remove' | 'downtime'>[] {
  const held = problem.acknowledgement
  const { downtime } = check
  return [
    ...(isFailed(held) ? [held?.ending === null ? ('acknowledge' as const) : ('remove' as const)] : []),
    ...(isFailed(downtime) && (downtime?.until ?? 0) > now ? ['downtime' as const] : []),
  ]
}

type HandedOver = {
  readonly handOver: string
  readonly ending: { readonly handOver: string } | null
}

function isFailed(thing: HandedOver | null): boolean {
  return thing !== null && (thing.ending ?? thing).handOver === 'failed'
}

/**
 * Decides that what could not be handed to the monitor is tried again, at once.
 *
 * @param may what the person has the right to; the rest stays as it is
 */
export function retryHandOver(
  view: ProblemView,
  by: Actor,
  through: Through,
  may: (action: Action) => boolean,
  now: number,
): { outcome: RetryOutcome; changes: Changes } {
  const { problem, check } = view
  const name = checkName(check)
  if (problem.closed !== null) return refused({ why: 'closed', name, closed: problem.closed })
  const failed = failedActions(view, now).filter(may)
  if (failed.length === 0) return refused({ why: 'nothing-failed', name })
  const severity = severityOf(problem.state)
  const effects: Effect[] = [{ kind: 'card', problem: problem.id, priority: PRIORITY.person, severity }]
  const kinds: HistoryKind[] = []
  let next: Problem = problem
  let checks: readonly Check[] = []
  const held = problem.acknowledgement
  if (held !== null && (failed.includes('acknowledge') || failed.includes('remove'))) {
    next = { ...problem, acknowledgement: again(held) }
    kinds.push(held.ending === null ? 'acknowledgement' : 'removal')
    effects.push(acknowledgementOrder(check, problem))
  }
  if (check.downtime !== null && failed.includes('downtime')) {
    checks = [{ ...check, downtime: again(check.downtime) }]
    kinds.push('downtime')
    effects.push(downtimeOrder(check, problem))
  }
  const [changed = check] = checks
  return {
    outcome: { kind: 'requested' },
    changes: {
      ...NO_CHANGES,
      checks,
      problems: next === problem ? [] : [{ problem: next, check: changed }],
      history: kinds.map((kind) =>
        historyEntry({
          kind,
          check,
          problem: problem.id,
          time: now,
          state: problem.state,
          actor: by,
          through,
          outcome: 'requested',
          detail: 'tried again',
        }),
      ),
      effects,
    },
  }
}

/** What failed is on its way again: the thing itself, or its end. */
function again<Thing extends HandedOver & { ending: object | null }>(thing: Thing): Thing {
  const anew = { handOver: 'requested', reason: null, retrying: false } as const
  return thing.ending === null ? { ...thing, ...anew } : { ...thing, ending: { ...thing.ending, ...anew } }
}

function refused(refusal: Refusal): { outcome: RetryOutcome; changes: Changes } {
  return { outcome: { kind: 'refused', refusal }, changes: NO_CHANGES }
}
