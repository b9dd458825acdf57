import { type Changes, NO_CHANGES } from './changes.ts'
import type { Destination, Effect, ThreadEvent } from './effect.ts'
import { type HistoryEntry, historyEntry } from './history.ts'
import { withoutMarker } from './marker.ts'
import type { Notification, NotificationType } from './notification.ts'
import type { Check, CheckState, Problem } from './problem.ts'
import type { State } from './state.ts'

/** What a notification did. */
export type Outcome = 'opened' | 'repeated' | 'changed' | 'closed' | 'duplicate' | 'stale' | 'recorded'

export type Received = {
  readonly outcome: Outcome
  /** The check as it is now, for the next notification of the same request. */
  readonly state: CheckState
  readonly changes: Changes
}

export type ReceiveContext = {
  /** Epoch ms. */
  readonly now: number
  readonly newId: () => string
  /** Where a problem of this check and state is shown. */
  readonly route: (check: Check, state: State | null, asked: string | null) => readonly Destination[]
}

/** A notification while it is decided about. */
export type Turn = {
  readonly notification: Notification
  readonly type: NotificationType
  /** When it happened, never later than it arrived. */
  readonly time: number
  readonly context: ReceiveContext
  readonly problem: Problem | null
  readonly check: Check
}

/** @returns what a notification does that changes nothing but the check: a line in the record */
export function recorded(turn: Turn, outcome: Outcome, check: Check): Received {
  return {
    outcome,
    state: { check, problem: turn.problem },
    changes: {
      ...NO_CHANGES,
      checks: [check],
      history: [heardEntry(turn, outcome, turn.problem?.id ?? null)],
    },
  }
}

/** @returns a line for the problem's thread that rings nobody */
export function thread(problem: string, event: ThreadEvent, severity: number): Effect {
  return { kind: 'thread', problem, event, rings: false, severity }
}

/** @returns the line of the record that says what was heard */
export function heardEntry(turn: Turn, outcome: Outcome, problem: string | null): HistoryEntry {
  const { notification: n, type, time, check } = turn
  const said = n.longOutput === null ? n.output : `${n.output}\n${n.longOutput}`
  return {
    kind: 'notification',
    check,
    monitor: null,
    problem,
    time,
    type,
    state: n.state,
    actor: n.author === null ? null : { id: null, name: n.author },
    through: 'monitor',
    comment: withoutMarker(n.comment),
    outcome,
    detail: n.isRead ? `Read, not told. ${said}`.trim() : said,
  }
}

/** @returns the line of the record about an acknowledgement that ended with its state */
export function removalEntry(turn: Turn, problem: Problem, detail: string): HistoryEntry {
  return historyEntry({
    kind: 'removal',
    check: turn.check,
    problem: problem.id,
    time: turn.time,
    state: turn.notification.state,
    through: 'monitor',
    outcome: 'confirmed',
    detail,
  })
}
