import {
  type Field,
  keyOfNames,
  NOTIFICATION_TYPES,
  type Notification,
  type NotificationType,
} from '../../core/notification.ts'
import { isFine, parseState, type State } from '../../core/state.ts'
import type { Issue } from '../monitor.ts'
import { boundOutput, cleanComment, cleanLine, cleanName, cleanText } from './clean-text.ts'
import { cleanUrl } from './clean-url.ts'
import { parseTime } from './parse-time.ts'

const TYPES: ReadonlySet<string> = new Set(NOTIFICATION_TYPES)

/** A notification in our own words, as it was said: nothing in it is cleaned or cut. */
export type GivenNotification = {
  readonly host: string
  readonly service?: string | undefined
  /** In any case; absent: RECOVERY when the state is fine, PROBLEM otherwise. */
  readonly type?: string | undefined
  readonly key?: string | undefined
  readonly episode?: string | undefined
  readonly address?: string | undefined
  readonly hostDisplayName?: string | undefined
  readonly serviceDisplayName?: string | undefined
  /** A word or a plugin's number; absent only of an EVENT. */
  readonly state?: string | number | undefined
  readonly output?: string | undefined
  readonly longOutput?: string | undefined
  readonly author?: string | undefined
  readonly comment?: string | undefined
  /** ISO 8601, or seconds since 1970. */
  readonly time?: string | number | undefined
  readonly url?: string | undefined
  readonly id?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly fields?: readonly Field[] | undefined
  readonly channel?: string | undefined
}

/**
 * Makes a notification of what is said in our own words: cleans and bounds what it says.
 *
 * @returns what is wrong with it, where it cannot be made
 */
export function buildNotification(n: GivenNotification, monitor: string): Notification | { issues: Issue[] } {
  const issues: Issue[] = []
  const host = cleanName(n.host)
  const service = optionalName(n.service)
  if (host === '') issues.push({ path: 'host', message: 'must not be empty' })
  const { type, state } = readTypeAndState(n, service, issues)
  const time = n.time === undefined ? null : parseTime(n.time)
  if (n.time !== undefined && time === null) {
    issues.push({ path: 'time', message: 'has to be ISO 8601 or seconds since 1970' })
  }
  const url = n.url === undefined || n.url === '' ? null : cleanUrl(n.url)
  if (n.url && url === null) {
    issues.push({ path: 'url', message: 'has to be an http or https address' })
  }
  if (issues.length > 0) return { issues }
  const { output, longOutput } = boundOutput(
    cleanText(n.output ?? ''),
    n.longOutput === undefined ? null : cleanText(n.longOutput),
  )
  return {
    monitor,
    key: n.key?.toWellFormed() ?? keyOfNames(cleanLine(n.host), service && cleanLine(n.service ?? '')),
    type,
    host,
    service,
    state,
    episode: n.episode?.toWellFormed() || null,
    hostDisplayName: optionalName(n.hostDisplayName),
    serviceDisplayName: optionalName(n.serviceDisplayName),
    address: optionalName(n.address),
    output,
    longOutput,
    author: optionalName(n.author),
    comment: n.comment === undefined ? null : cleanComment(n.comment),
    time,
    url,
    id: n.id?.toWellFormed() ?? null,
    labels: n.labels === undefined ? null : cleanLabels(n.labels),
    fields:
      n.fields === undefined
        ? null
        : n.fields.map(({ label, value }) => ({ label: cleanName(label), value: cleanText(value) })),
    channel: n.channel ?? null,
  }
}

function readTypeAndState(
  n: GivenNotification,
  service: string | null,
  issues: Issue[],
): { type: NotificationType; state: State | null } {
  const state = n.state === undefined ? null : parseState(n.state, service === null ? 'host' : 'service')
  const word = n.type?.toUpperCase()
  const type = word ?? (state !== null && isFine(state) ? 'RECOVERY' : 'PROBLEM')
  if (!TYPES.has(type))
    issues.push({ path: 'type', message: `has to be one of ${NOTIFICATION_TYPES.join(', ')}` })
  if (n.state !== undefined && state === null) {
    const words =
      service === null ? 'UP, DOWN or UNREACHABLE (0, 1, 2)' : 'OK, WARNING, CRITICAL or UNKNOWN (0, 1, 2, 3)'
    const of = service === null ? 'a host without a service' : 'a service'
    issues.push({ path: 'state', message: `of ${of} has to be ${words}` })
  }
  if (n.state === undefined && type !== 'EVENT') issues.push({ path: 'state', message: 'is required' })
  return { type: type as NotificationType, state }
}

function optionalName(value: string | undefined): string | null {
  return value === undefined ? null : cleanName(value) || null
}

function cleanLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [cleanName(label), cleanText(value)]),
  )
}
