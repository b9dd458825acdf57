import type { Acknowledgement } from './acknowledgement.ts'
import type { ScheduledDowntime } from './downtime.ts'
import type { Field, NotificationType } from './notification.ts'
import type { State } from './state.ts'

/**
 * What is watched, and what was last heard of it. It outlives its problems: duplicates and late notifications are
 * recognised by it also while nothing is open.
 */
export type Check = {
  /** The store's handle; 0 until stored. */
  readonly row: number
  readonly monitor: string
  readonly key: string
  readonly host: string
  readonly service: string | null
  readonly hostDisplayName: string | null
  readonly serviceDisplayName: string | null
  readonly address: string | null
  readonly url: string | null
  readonly labels: Readonly<Record<string, string>> | null
  readonly fields: readonly Field[] | null
  readonly inDowntime: boolean
  readonly isFlapping: boolean
  /** Time of the last PROBLEM or RECOVERY, epoch ms; an older one changes nothing. */
  readonly lastStateTime: number | null
  readonly last: LastNotification | null
  readonly tally: Tally
  /** The newest downtime that was set from here. */
  readonly downtime: ScheduledDowntime | null
}

/** What the last notification of a check said; an equal one soon after is a duplicate. */
export type LastNotification = {
  readonly type: NotificationType
  readonly state: State | null
  readonly output: string
  readonly author: string | null
  readonly comment: string | null
  readonly time: number
}

/**
 * What every repeat changes. It stands at the check, so that a repeat writes one row and leaves the problem's row and
 * its indexes alone; the problem takes it over when it closes.
 */
export type Tally = {
  readonly count: number
  readonly lastSeen: number
  readonly output: string
  readonly longOutput: string | null
  /** When this problem last rang people, epoch ms. */
  readonly rang: number | null
}

export type ClosedBecause = 'recovery' | 'acknowledgement' | 'episode'

/** One episode of a check being not OK. */
export type Problem = {
  /** The store's handle; 0 until stored. */
  readonly row: number
  /** UUIDv7; buttons carry it, so that an old button never acts on a later problem. */
  readonly id: string
  /** Null for an event that has no state. */
  readonly state: State | null
  readonly isEvent: boolean
  readonly episode: string | null
  readonly opened: number
  readonly changed: number
  readonly closed: number | null
  readonly closedBecause: ClosedBecause | null
  readonly acknowledgement: Acknowledgement | null
  /** When an acknowledgement of it last ended, epoch ms; what was read before says nothing of now. */
  readonly released: number | null
  /** Who took it first and when; kept when the acknowledgement ends. */
  readonly firstTaken: { readonly by: string; readonly at: number } | null
}

/** A check with its open problem, if it has one. */
export type CheckState = { readonly check: Check; readonly problem: Problem | null }

/** A problem with its check: all there is to show. `tally` is the problem's own, also after it closed. */
export type ProblemView = { readonly problem: Problem; readonly check: Check; readonly tally: Tally }

/** @returns the name people know the host by. */
export function hostName(check: Pick<Check, 'host' | 'hostDisplayName'>): string {
  return check.hostDisplayName ?? check.host
}

/** @returns the name people know the service by, null for a host check. */
export function serviceName(check: Pick<Check, 'service' | 'serviceDisplayName'>): string | null {
  return check.service === null ? null : (check.serviceDisplayName ?? check.service)
}

/** @returns `host` or `host / service`, as shown everywhere. */
export function checkName(
  check: Pick<Check, 'host' | 'hostDisplayName' | 'service' | 'serviceDisplayName'>,
): string {
  const service = serviceName(check)
  return service === null ? hostName(check) : `${hostName(check)} / ${service}`
}
