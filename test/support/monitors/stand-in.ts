import type { State } from '../../../src/core/state.ts'

/*
 * What a stand-in for a monitor offers to tests, whatever its kind. It behaves as the real one does, down to its silent
 * drops and status codes, and shares no code with the app.
 */

/** How the monitor's API misbehaves; each lasts until `behave('well')`. */
export type Fault =
  | 'well'
  /** Nothing listens. */
  | 'away'
  /** Takes the request and never answers. */
  | 'hangs'
  /** Carries out the order and loses the answer (the connection breaks). */
  | 'loses-answer'
  | 'garbage'
  | 401
  | 403
  | 404
  | 409
  | 422
  | 429
  | 500
  | 503

export type StandInCheck = {
  readonly host: string
  readonly service: string | null
  readonly state: State
  readonly output?: string
  readonly hostDisplayName?: string
  readonly serviceDisplayName?: string
  readonly hard?: boolean
}

export type StandInAcknowledgement = {
  readonly author: string
  readonly comment: string
  readonly sticky?: boolean
}

/** One order as the monitor got it. */
export type StandInOrder = {
  readonly what: 'acknowledge' | 'remove' | 'comment' | 'downtime' | 'remove-downtime'
  readonly host: string
  readonly service: string | null
  readonly author: string | null
  readonly comment: string | null
  /** As it came: the line, or the body. */
  readonly raw: string
}

/** A stand-in that can take its time to answer what it has carried out. */
export type SlowStandIn = StandIn & {
  /** Each order is carried out at once and answered after so many ms of real time. */
  answerOrdersAfter(ms: number): void
  /** Orders that were carried out and not answered yet. */
  readonly unanswered: number
}

export type StandIn = {
  /** For `monitors:` of the configuration, `kind` included. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Texts that must not appear in any error, log, card or history. */
  readonly secrets: readonly string[]
  /** Adds a check or changes its state; a state that is well ends its acknowledgement, as in the real one. */
  set(check: StandInCheck): void
  /** The object is gone, or we may not see it any more. */
  forget(host: string, service: string | null): void
  /** Somebody acknowledges in the monitor. */
  acknowledge(host: string, service: string | null, by: StandInAcknowledgement): void
  /** Somebody takes an acknowledgement away in the monitor. */
  unacknowledge(host: string, service: string | null): void
  /** Somebody sets a downtime there, from now for an hour; or ends all of it. */
  downtime(host: string, service: string | null, on: boolean): void
  acknowledged(host: string, service: string | null): StandInAcknowledgement | null
  inDowntime(host: string, service: string | null): boolean
  /** Every request that arrived, as text, whatever became of it; oldest first. */
  readonly received: readonly string[]
  /** Orders that were carried out, oldest first. */
  readonly orders: readonly StandInOrder[]
  /** Labels of a check, as the kind's `notify` keeps them; absent where there are none. */
  readonly labels?: (host: string, service: string | null) => Readonly<Record<string, string>>
  /** The key under which the app knows a check, as the kind's `notify` makes it. */
  key(host: string, service: string | null): string
  behave(fault: Fault): Promise<void>
  close(): Promise<void>
}
