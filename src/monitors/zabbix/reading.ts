import type { AcknowledgementReading, CheckReading, DowntimeReading } from '../../core/monitor-api.ts'
import type { State } from '../../core/state.ts'
import { boundOutput, cleanComment, cleanName, cleanText } from '../shared/clean-text.ts'
import { parseTime } from '../shared/parse-time.ts'
import { ACKNOWLEDGE, SUPPRESS, UNSUPPRESS } from './actions.ts'
import type { Event, Problem, Suppression, Update } from './schema.ts'

/** A problem with what was done to it last, of each sort. */
export type ProblemWithUpdates = Problem & {
  readonly acknowledgedWith: Update | null
  readonly suppressedWith: Update | null
}

/**
 * Six severities, and three states of a service that is ill, of which UNKNOWN is none of them. From Average on somebody
 * has to look at it soon.
 */
export function stateOfSeverity(severity: number | null | undefined): State {
  return (severity ?? 0) >= 3 ? 'CRITICAL' : 'WARNING'
}

export function withUpdates(problem: Problem): ProblemWithUpdates {
  const newest = (bits: number): Update | null =>
    (problem.acknowledges ?? [])
      .filter(({ action }) => (action & bits) !== 0)
      .reduce<Update | null>((best, one) => (best === null || isNewer(one, best) ? one : best), null)
  const suppression = newest(SUPPRESS | UNSUPPRESS)
  return {
    ...problem,
    acknowledgedWith: problem.acknowledged ? newest(ACKNOWLEDGE) : null,
    suppressedWith: suppression !== null && (suppression.action & SUPPRESS) !== 0 ? suppression : null,
  }
}

/** Ids grow; two updates can be of one second. */
function isNewer(one: Update, other: Update): boolean {
  const byTime = (one.clock ?? 0) - (other.clock ?? 0)
  return (byTime || (one.acknowledgeid ?? 0) - (other.acknowledgeid ?? 0)) >= 0
}

type Facts = {
  readonly event: Pick<
    Event,
    'eventid' | 'name' | 'clock' | 'severity' | 'acknowledged' | 'suppressed' | 'opdata'
  >
  readonly hosts: Event['hosts']
  readonly isOver: boolean
  /** Null where it was not asked for, or has just gone. */
  readonly updates: ProblemWithUpdates | null
  /** Names of users, by id. */
  readonly names: ReadonlyMap<string, string>
  /** What stands in the list of updates was not asked for. */
  readonly isBrief?: boolean
}

/** @returns the check that an event is, null when the event does not say whose it is */
export function readingOf({ event, hosts, isOver, updates, names, isBrief }: Facts): CheckReading | null {
  const [first] = hosts ?? []
  const host = cleanName(first?.host ?? first?.name ?? '')
  const service = cleanName(event.name ?? '')
  if (host === '' || service === '') return null
  const display = cleanName(first?.name ?? '')
  // What is over stays marked as acknowledged for ever, which means nothing for anybody.
  const acknowledged = !isOver && (updates?.acknowledged ?? event.acknowledged)
  const suppressed = !isOver && (updates?.suppressed ?? event.suppressed)
  return {
    key: event.eventid,
    host,
    service,
    hostDisplayName: display === '' || display === host ? null : display,
    serviceDisplayName: null,
    state: isOver ? 'OK' : stateOfSeverity(event.severity),
    hard: true,
    output: boundOutput(cleanText(event.opdata ?? ''), null).output,
    since: isOver ? null : timeOf(event.clock),
    acknowledged,
    acknowledgement: acknowledged ? acknowledgementOf(updates?.acknowledgedWith ?? null, names) : null,
    inDowntime: suppressed,
    downtimes: isBrief === true ? null : suppressed ? downtimesOf(updates, names) : [],
    isFlapping: null,
  }
}

function acknowledgementOf(
  update: Update | null,
  names: ReadonlyMap<string, string>,
): AcknowledgementReading | null {
  if (update === null) return null
  return {
    author: names.get(update.userid ?? '') ?? null,
    comment: cleanComment(update.message ?? ''),
    at: timeOf(update.clock),
    until: null,
    sticky: null,
  }
}

function downtimesOf(
  problem: ProblemWithUpdates | null,
  names: ReadonlyMap<string, string>,
): DowntimeReading[] {
  return (problem?.suppression_data ?? []).map((one) => {
    const until = one.suppress_until ? timeOf(one.suppress_until) : null
    if (isMaintenance(one)) {
      return { reference: `maintenance ${one.maintenanceid}`, author: null, comment: null, from: null, until }
    }
    const by = problem?.suppressedWith ?? null
    return {
      reference: 'suppressed',
      author: names.get(by?.userid ?? '') ?? null,
      comment: cleanComment(by?.message ?? ''),
      from: timeOf(by?.clock),
      until,
    }
  })
}

function isMaintenance({ maintenanceid }: Suppression): boolean {
  return maintenanceid !== undefined && maintenanceid !== '0'
}

function timeOf(seconds: number | undefined): number | null {
  return seconds === undefined || seconds === 0 ? null : parseTime(seconds)
}
