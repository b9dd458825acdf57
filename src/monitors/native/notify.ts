import {
  keyOfNames,
  NOTIFICATION_TYPES,
  type Notification,
  type NotificationType,
} from '../../core/notification.ts'
import { isFine, parseState, type State } from '../../core/state.ts'
import type { Body, Intake, IntakeContext, Issue } from '../monitor.ts'
import { boundOutput, cleanComment, cleanLine, cleanName, cleanText } from '../shared/clean-text.ts'
import { cleanUrl } from '../shared/clean-url.ts'
import { parseTime } from '../shared/parse-time.ts'
import { isPlainNotification } from './plain.ts'
import { NativeNotification } from './schema.ts'

const TYPES: ReadonlySet<string> = new Set(NOTIFICATION_TYPES)

/** Reads the native format: one notification, or an array of them. */
export function notify({ value }: Body, { monitor }: IntakeContext): Intake {
  const given = Array.isArray(value) ? value : [value]
  const notifications: Notification[] = []
  const rejected: Issue[][] = []
  given.forEach((one: unknown, index) => {
    const read = readOne(one, monitor)
    if ('key' in read) notifications.push(read)
    else rejected.push(Array.isArray(value) ? read.issues.map((issue) => within(index, issue)) : read.issues)
  })
  return { notifications, rejected }
}

function within(index: number, { path, message }: Issue): Issue {
  return { path: path === '' ? `[${index}]` : `[${index}].${path}`, message }
}

function readOne(value: unknown, monitor: string): Notification | { issues: Issue[] } {
  // The common case is checked by hand, because the schema costs more than the rest of the request; it words the faults.
  if (isPlainNotification(value)) return build(value, monitor)
  const parsed = NativeNotification.safeParse(value)
  if (parsed.success) return build(parsed.data, monitor)
  return {
    issues: parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  }
}

function build(n: NativeNotification, monitor: string): Notification | { issues: Issue[] } {
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
  n: NativeNotification,
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
