import type { Acknowledgement, Actor, HandOver, Through } from './acknowledgement.ts'
import { type Changes, NO_CHANGES } from './changes.ts'
import { type Effect, PRIORITY, type ThreadEvent } from './effect.ts'
import { historyEntry } from './history.ts'
import { checkName, type Problem, type ProblemView } from './problem.ts'
import type { Refusal } from './refusal.ts'
import { severityOf } from './state.ts'

export type AcknowledgeRequest = {
  readonly by: Actor
  readonly through: Through
  readonly comment: string | null
  /** Epoch ms; null: until it ends by itself. */
  readonly until: number | null
  readonly sticky: boolean
  readonly persistent: boolean
  readonly notify: boolean
  /** Take it from the one who has it. */
  readonly takeOver: boolean
  /** `requested` when the monitor can be told, else `not_supported`. */
  readonly handOver: HandOver
}

export type AcknowledgeOutcome =
  | { readonly kind: 'acknowledged'; readonly problem: Problem }
  | { readonly kind: 'yours-already'; readonly problem: Problem }
  | { readonly kind: 'held'; readonly problem: Problem; readonly acknowledgement: Acknowledgement }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * Decides whether a person gets a problem. Asking for what one has changes nothing, unless it brings a comment or an
 * end of its own. Acknowledging an event closes it.
 */
export function acknowledge(
  view: ProblemView,
  request: AcknowledgeRequest,
  now: number,
): { outcome: AcknowledgeOutcome; changes: Changes } {
  const { problem, check } = view
  if (problem.closed !== null) {
    return refused({ why: 'closed', name: checkName(check), closed: problem.closed })
  }
  if (request.until !== null && request.until <= now) return refused({ why: 'until-past' })
  const current = problem.acknowledgement
  if (current !== null && isHeldBy(current, request.by)) {
    const same =
      (request.comment === null || request.comment === current.comment) &&
      (request.until === null || request.until === current.until)
    if (same) return { outcome: { kind: 'yours-already', problem }, changes: NO_CHANGES }
  } else if (current !== null && !request.takeOver) {
    return { outcome: { kind: 'held', problem, acknowledgement: current }, changes: NO_CHANGES }
  }
  return taken(view, request, now)
}

function isHeldBy(acknowledgement: Acknowledgement, actor: Actor): boolean {
  return actor.id !== null && acknowledgement.by.id === actor.id
}

function refused(refusal: Refusal): { outcome: AcknowledgeOutcome; changes: Changes } {
  return { outcome: { kind: 'refused', refusal }, changes: NO_CHANGES }
}

function taken(
  { problem: before, check }: ProblemView,
  request: AcknowledgeRequest,
  now: number,
): { outcome: AcknowledgeOutcome; changes: Changes } {
  const { by, through, until, sticky, persistent, notify, handOver } = request
  const current = before.acknowledgement
  const mine = current !== null && isHeldBy(current, by)
  const comment = request.comment ?? (mine ? current.comment : null)
  const acknowledgement: Acknowledgement = {
    by,
    at: mine ? current.at : now,
    through,
    comment,
    sticky,
    persistent,
    notify,
    until: until ?? (mine ? current.until : null),
    handOver,
    foreign: false,
  }
  const problem: Problem = {
    ...before,
    acknowledgement,
    firstTaken: before.firstTaken ?? { by: by.name, at: now },
    ...(before.isEvent ? { closed: now, closedBecause: 'acknowledgement' as const } : {}),
  }
  const severity = severityOf(before.state)
  const tookOverFrom = current !== null && !mine ? current.by.name : null
  const event: ThreadEvent = {
    what: 'acknowledged',
    at: now,
    by,
    comment,
    until: acknowledgement.until,
    foreign: false,
    tookOverFrom,
    handOver,
  }
  return {
    outcome: { kind: 'acknowledged', problem },
    changes: {
      ...NO_CHANGES,
      problems: [{ problem, check }],
      history: [
        historyEntry({
          kind: 'acknowledgement',
          check,
          problem: problem.id,
          time: now,
          state: problem.state,
          actor: by,
          through,
          comment,
          outcome: handOver,
          detail: tookOverFrom === null ? null : `taken over from ${tookOverFrom}`,
        }),
      ],
      effects: personEffects(problem, event, severity),
    },
  }
}

export type RemoveOutcome =
  | { readonly kind: 'removed'; readonly problem: Problem; readonly was: Acknowledgement }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Why an acknowledgement ends before its problem. */
export type RemoveRequest = {
  /** Null when it expires. */
  readonly by: Actor | null
  readonly through: Through
  readonly because: 'person' | 'expiry'
  readonly handOver: HandOver
}

/** Decides the removal of an acknowledgement. An expiry removes only what has expired by `now`. */
export function removeAcknowledgement(
  { problem: before, check }: ProblemView,
  request: RemoveRequest,
  now: number,
): { outcome: RemoveOutcome; changes: Changes } {
  const was = before.acknowledgement
  const name = checkName(check)
  if (before.closed !== null) return notRemoved({ why: 'closed', name, closed: before.closed })
  if (was === null) return notRemoved({ why: 'not-acknowledged', name })
  if (request.because === 'expiry' && (was.until === null || was.until > now)) {
    return notRemoved({ why: 'not-acknowledged', name })
  }
  if (was.foreign && request.handOver === 'not_supported') {
    return notRemoved({ why: 'made-in-monitor', name, monitor: check.monitor })
  }
  const problem: Problem = { ...before, acknowledgement: null }
  const severity = severityOf(problem.state)
  const event: ThreadEvent = {
    what: 'acknowledgement-removed',
    at: now,
    by: request.by,
    because: request.because,
  }
  const effects = personEffects(problem, event, severity)
  return {
    outcome: { kind: 'removed', problem, was },
    changes: {
      ...NO_CHANGES,
      problems: [{ problem, check }],
      history: [
        historyEntry({
          kind: 'removal',
          check,
          problem: problem.id,
          time: now,
          state: problem.state,
          actor: request.by,
          through: request.through,
          outcome: request.handOver,
          detail: `acknowledgement of ${was.by.name}`,
        }),
      ],
      effects,
    },
  }
}

function notRemoved(refusal: Refusal): { outcome: RemoveOutcome; changes: Changes } {
  return { outcome: { kind: 'refused', refusal }, changes: NO_CHANGES }
}

function personEffects(problem: Problem, event: ThreadEvent, severity: number): Effect[] {
  return [
    { kind: 'card', problem: problem.id, priority: PRIORITY.person, severity },
    { kind: 'thread', problem: problem.id, event, rings: false, severity },
  ]
}
