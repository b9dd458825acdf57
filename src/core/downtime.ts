import type { Actor, Ending, HandOver, Through } from './acknowledgement.ts'
import { type Changes, NO_CHANGES } from './changes.ts'
import { type Effect, PRIORITY, type ThreadEvent } from './effect.ts'
import { historyEntry } from './history.ts'
import { type CheckState, checkName } from './problem.ts'
import type { Refusal } from './refusal.ts'
import { severityOf } from './state.ts'

/** A downtime that somebody set from here. Times in epoch ms. */
export type ScheduledDowntime = {
  /** UUIDv7; the mark in the monitor is made of it. */
  readonly id: string
  readonly by: Actor
  readonly at: number
  readonly through: Through
  readonly comment: string | null
  readonly from: number
  readonly until: number
  /** What the monitor calls it, once it said so. */
  readonly reference: string | null
  readonly handOver: HandOver
  readonly reason: string | null
  readonly retrying: boolean
  /** It is to be removed, and stands until the monitor agrees. */
  readonly ending: Ending | null
}

/** A downtime that is longer is a mistake more often than a plan. */
export const DOWNTIME_MAX_MS = 366 * 24 * 60 * 60 * 1000

export type DowntimeRequest = {
  readonly id: string
  readonly by: Actor
  readonly through: Through
  readonly comment: string | null
  readonly from: number
  readonly until: number
}

export type DowntimeOutcome =
  | { readonly kind: 'requested'; readonly downtime: ScheduledDowntime }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * Decides a downtime that somebody asks for. It is set in the monitor or nowhere: that is what keeps the monitor quiet.
 *
 * @param possible the monitor can be told
 */
export function scheduleDowntime(
  { check, problem }: CheckState,
  request: DowntimeRequest,
  possible: boolean,
  now: number,
): { outcome: DowntimeOutcome; changes: Changes } {
  if (!possible) return refused({ why: 'no-downtime', name: checkName(check), monitor: check.monitor })
  if (request.until <= now || request.until <= request.from) return refused({ why: 'until-past' })
  if (request.until - now > DOWNTIME_MAX_MS) return refused({ why: 'until-far' })
  const standing = check.downtime
  if (standing !== null && standing.until > now && mayBeThere(standing))
    return refused({ why: 'downtime-stands', name: checkName(check), until: standing.until })
  const { by, through, comment, from, until } = request
  const downtime: ScheduledDowntime = {
    ...request,
    at: now,
    reference: null,
    handOver: 'requested',
    reason: null,
    retrying: false,
    ending: null,
  }
  return {
    outcome: { kind: 'requested', downtime },
    changes: {
      ...NO_CHANGES,
      checks: [{ ...check, downtime }],
      history: [
        historyEntry({
          kind: 'downtime',
          check,
          problem: problem?.id ?? null,
          time: now,
          state: problem?.state ?? null,
          actor: by,
          through,
          comment,
          outcome: 'requested',
          detail: spanWords(from, until),
        }),
      ],
      effects: [
        downtimeOrder(check, problem),
        ...shown(problem, { what: 'downtime', at: now, by, comment, from, until }),
      ],
    },
  }
}

/** What failed for good never got there; anything else has to be removed before another takes its place. */
function mayBeThere({ handOver, retrying, ending }: ScheduledDowntime): boolean {
  return ending !== null || handOver !== 'failed' || retrying
}

/** Decides the removal of a downtime that was set from here. */
export function removeDowntime(
  { check, problem }: CheckState,
  request: { readonly by: Actor; readonly through: Through },
  now: number,
): { outcome: { kind: 'requested' } | { kind: 'refused'; refusal: Refusal }; changes: Changes } {
  const { downtime } = check
  if (downtime === null || downtime.until <= now) {
    return refused({ why: 'no-downtime-of-ours', name: checkName(check), monitor: check.monitor })
  }
  const { by, through } = request
  const ending: Ending = {
    by,
    at: now,
    through,
    because: 'person',
    handOver: 'requested',
    reason: null,
    retrying: false,
  }
  return {
    outcome: { kind: 'requested' },
    changes: {
      ...NO_CHANGES,
      checks: [{ ...check, downtime: { ...downtime, ending } }],
      history: [
        historyEntry({
          kind: 'downtime',
          check,
          problem: problem?.id ?? null,
          time: now,
          state: problem?.state ?? null,
          actor: by,
          through,
          outcome: 'requested',
          detail: `removal of the downtime of ${downtime.by.name}`,
        }),
      ],
      effects: [downtimeOrder(check, problem), ...shown(problem, { what: 'downtime-removed', at: now, by })],
    },
  }
}

/** @returns what a downtime's span reads like in the record */
export function spanWords(from: number, until: number): string {
  return `${new Date(from).toISOString()} to ${new Date(until).toISOString()}`
}

/** @returns the effect that brings the monitor's downtime in line with ours */
export function downtimeOrder(check: CheckState['check'], problem: CheckState['problem']): Effect {
  return {
    kind: 'order',
    check,
    problem: problem?.id ?? null,
    order: { what: 'downtime' },
    severity: severityOf(problem?.state ?? null),
  }
}

/** @returns the effects that show it where the problem is shown, if there is one */
export function shown(problem: CheckState['problem'], event: ThreadEvent | null): Effect[] {
  if (problem === null) return []
  const severity = severityOf(problem.state)
  return [
    { kind: 'card', problem: problem.id, priority: PRIORITY.person, severity },
    ...(event === null
      ? []
      : [{ kind: 'thread', problem: problem.id, event, rings: false, severity } as const]),
  ]
}

function refused(refusal: Refusal): { outcome: { kind: 'refused'; refusal: Refusal }; changes: Changes } {
  return { outcome: { kind: 'refused', refusal }, changes: NO_CHANGES }
}
