import {
  type Acknowledgement,
  type Actor,
  type Ending,
  type HandOver,
  PREDECESSORS_MAX,
  type Predecessor,
  type Through,
} from './acknowledgement.ts'
import { type Changes, NO_CHANGES } from './changes.ts'
import { type Effect, PRIORITY, type ThreadEvent } from './effect.ts'
import { historyEntry } from './history.ts'
import { checkName, type Problem, type ProblemView } from './problem.ts'
import type { Refusal } from './refusal.ts'
import { severityOf } from './state.ts'

export type AcknowledgeRequest = {
  /** UUIDv7 for the acknowledgement, should it come about. */
  readonly id: string
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
  /** What of it the monitor can be told. */
  readonly way: HandOverWay
}

/** What a monitor can be told of people's wishes; all false where it has no API. */
export type HandOverWay = {
  readonly acknowledge: boolean
  readonly remove: boolean
  readonly comment: boolean
}

export const NO_WAY: HandOverWay = { acknowledge: false, remove: false, comment: false }

export type AcknowledgeOutcome =
  | { readonly kind: 'acknowledged'; readonly problem: Problem }
  | { readonly kind: 'yours-already'; readonly problem: Problem }
  /** It was the person's already, and what they said was added. */
  | { readonly kind: 'commented'; readonly problem: Problem }
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
  // What is about to end can be taken by anybody, its owner included.
  if (current === null || current.ending !== null) return taken(view, request, now)
  if (isHeldBy(current, request.by)) {
    // It was taken while the monitor could not be told, and now it can.
    const isNews = current.handOver === 'not_supported' && request.way.acknowledge && !problem.isEvent
    if (isNews) return taken(view, request, now)
    const sameEnd = request.until === null || request.until === current.until
    if (sameEnd && (request.comment === null || request.comment === current.comment))
      return { outcome: { kind: 'yours-already', problem }, changes: NO_CHANGES }
    const standsThere = current.handOver === 'confirmed' || current.handOver === 'already'
    if (sameEnd && request.comment !== null && request.way.comment && standsThere)
      return commented(view, current, request.comment, request, now)
  } else if (!request.takeOver) {
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
  const { id, by, through, until, sticky, persistent, notify, way } = request
  const current = before.acknowledgement
  const tell = way.acknowledge && !before.isEvent
  const handOver: HandOver = tell ? 'requested' : 'not_supported'
  const mine = current !== null && isHeldBy(current, by)
  const comment = request.comment ?? (mine ? current.comment : null)
  const acknowledgement: Acknowledgement = {
    id,
    by,
    at: mine ? current.at : now,
    through,
    comment,
    sticky,
    persistent,
    notify,
    until: until ?? (mine ? current.until : null),
    handOver,
    handedAt: now,
    reason: null,
    retrying: false,
    replaces: tell && current !== null ? predecessorOf(current) : null,
    theirs: null,
    foreign: false,
    ending: null,
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
      effects: [
        ...(tell ? [acknowledgementOrder(check, problem)] : []),
        ...personEffects(problem, event, severity),
      ],
    },
  }
}

/** @returns what the monitor may have of an acknowledgement */
function predecessorOf({
  id,
  by,
  comment,
  foreign,
  handOver,
  theirs,
  replaces,
}: Acknowledgement): Predecessor | null {
  if (foreign) return { by: by.name, comment }
  if (handOver === 'already') return theirs
  if (handOver === 'not_supported') return null
  // One that never arrived may have left its own predecessor there.
  const before = replaces !== null && 'ids' in replaces ? replaces.ids : []
  return { ids: [id, ...before].slice(0, PREDECESSORS_MAX) }
}

/** The monitor has it acknowledged, so a word more is a comment there and no second acknowledgement. */
function commented(
  { problem: before, check }: ProblemView,
  current: Acknowledgement,
  comment: string,
  { id, by, through }: AcknowledgeRequest,
  now: number,
): { outcome: AcknowledgeOutcome; changes: Changes } {
  const problem: Problem = { ...before, acknowledgement: { ...current, comment } }
  const severity = severityOf(problem.state)
  return {
    outcome: { kind: 'commented', problem },
    changes: {
      ...NO_CHANGES,
      problems: [{ problem, check }],
      history: [
        historyEntry({
          kind: 'comment',
          check,
          problem: problem.id,
          time: now,
          state: problem.state,
          actor: by,
          through,
          comment,
          outcome: 'requested',
        }),
      ],
      effects: [
        { kind: 'order', check, problem: problem.id, order: { what: 'comment', id, by, comment }, severity },
        ...personEffects(problem, { what: 'commented', at: now, by, comment, told: true }, severity),
      ],
    },
  }
}

/** @returns the effect that brings the monitor's acknowledgement of a problem in line with ours */
export function acknowledgementOrder(check: ProblemView['check'], problem: Problem): Effect {
  const severity = severityOf(problem.state)
  return { kind: 'order', check, problem: problem.id, order: { what: 'acknowledgement' }, severity }
}

export type RemoveOutcome =
  | {
      readonly kind: 'removed'
      readonly problem: Problem
      readonly was: Acknowledgement
      /** `requested`: it stands until the monitor agrees. */
      readonly handOver: HandOver
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Why an acknowledgement ends before its problem. */
export type RemoveRequest = {
  /** Null when it expires. */
  readonly by: Actor | null
  readonly through: Through
  readonly because: 'person' | 'expiry'
  readonly way: HandOverWay
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
  const there = was.foreign || was.handOver !== 'not_supported'
  const tell = request.way.remove && there
  if (was.foreign && !tell) return notRemoved({ why: 'made-in-monitor', name, monitor: check.monitor })
  const handOver: HandOver = tell ? 'requested' : 'not_supported'
  const { by, through, because } = request
  const ending: Ending | null = tell
    ? { by, at: now, through, because, handOver: 'requested', reason: null, retrying: false }
    : null
  const problem: Problem =
    ending === null
      ? { ...before, acknowledgement: null, released: now }
      : { ...before, acknowledgement: { ...was, ending } }
  const severity = severityOf(problem.state)
  const event: ThreadEvent = {
    what: 'acknowledgement-removed',
    at: now,
    by: request.by,
    because: request.because,
  }
  const effects = [
    ...(tell ? [acknowledgementOrder(check, problem)] : []),
    ...personEffects(problem, event, severity),
  ]
  return {
    outcome: { kind: 'removed', problem, was, handOver },
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
          outcome: handOver,
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

export function personEffects(problem: Problem, event: ThreadEvent, severity: number): Effect[] {
  return [
    { kind: 'card', problem: problem.id, priority: PRIORITY.person, severity },
    { kind: 'thread', problem: problem.id, event, rings: false, severity },
  ]
}
