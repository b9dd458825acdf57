import {
  keyOfNames,
  NOTIFICATION_TYPES,
  type Notification,
  type NotificationType,
} from '../../core/notification.ts'
import { parseState } from '../../core/state.ts'
import { type Body, type Intake, type Issue, NOTIFICATIONS_MAX, rejectedIntake } from '../monitor.ts'
import { boundOutput, cleanComment, cleanLine, cleanName, cleanText } from './clean-text.ts'
import { cleanUrl } from './clean-url.ts'
import { parseTime } from './parse-time.ts'

/*
 * What the monitors of the Nagios family send: the macros of a notification command as flags, form fields, environment
 * variables or JSON, all of them strings. The names differ by habit, not in meaning: HOSTNAME, NAGIOS_HOSTNAME,
 * $HOSTNAME$, --hostname and host_name are one.
 */

/** The macros of one notification: normalised name to value, nothing empty, nothing unexpanded. */
type Macros = ReadonlyMap<string, string>

/** Under what names a program of the family sends the two that identify a check. */
export type IdentityMacros = { readonly host: readonly string[]; readonly service: readonly string[] }

/** Reads a body of macros, or an array of them. */
export function notifyByMacros({ value }: Body, monitor: string, identity: IdentityMacros): Intake {
  const given: unknown[] = Array.isArray(value) ? value.slice(0, NOTIFICATIONS_MAX) : [value]
  const notifications: Notification[] = []
  const rejected: Issue[][] = []
  if (Array.isArray(value) && value.length > NOTIFICATIONS_MAX) {
    rejected.push([
      {
        path: `[${NOTIFICATIONS_MAX}]`,
        message: `and what follows it: at most ${NOTIFICATIONS_MAX} at once`,
      },
    ])
  }
  for (const one of given) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      rejected.push([{ path: '', message: 'has to be an object of macros and their values' }])
      continue
    }
    const issues: Issue[] = []
    const notification = read(normaliseMacros(one), monitor, identity, issues)
    if (notification === null || issues.length > 0) rejected.push(issues)
    else notifications.push(notification)
  }
  if (given.length === 0) return rejectedIntake('', 'holds no notification')
  return { notifications, rejected }
}

function read(
  macros: Macros,
  monitor: string,
  identity: IdentityMacros,
  issues: Issue[],
): Notification | null {
  const host = nameOf(macros, ...identity.host)
  if (host === null) {
    issues.push({ path: identity.host[0] ?? '', message: 'is required' })
    return null
  }
  const type = macros.get('type')?.trim().toLowerCase()
  const service = type === 'host' ? null : nameOf(macros, ...identity.service)
  if (type === 'service' && service === null) {
    // Taken for the host's own, it would open or close a problem that is another.
    issues.push({ path: identity.service[0] ?? '', message: 'is required' })
    return null
  }
  const key = keyOfNames(lineOf(macros, identity.host), service && lineOf(macros, identity.service))
  const names = {
    key,
    host,
    service,
    hostDisplayName: nameOf(macros, 'hostdisplayname'),
    serviceDisplayName: service === null ? null : nameOf(macros, 'servicedisplayname'),
  }
  return fromMacros(macros, monitor, names, issues)
}

/** A macro that the monitor could not fill stands in the text as it was written. */
const UNEXPANDED = /^\$[A-Za-z0-9_:.]+\$$/
const MACROS_MAX = 500

function normaliseMacros(given: object): Macros {
  const macros = new Map<string, string>()
  for (const [name, value] of Object.entries(given).slice(0, MACROS_MAX)) {
    const text =
      typeof value === 'string'
        ? value
        : typeof value === 'number' || typeof value === 'boolean'
          ? String(value)
          : ''
    if (text.trim() === '' || UNEXPANDED.test(text.trim())) continue
    const normal = normaliseName(name)
    if (!macros.has(normal)) macros.set(normal, text)
  }
  return macros
}

function normaliseName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/^(nagios|icinga|naemon)(?=[a-z])/, '')
}

/** @returns the first of these macros that has a value */
function firstOf(macros: Macros, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = macros.get(name)
    if (value !== undefined) return value
  }
  return null
}

const TYPES: ReadonlySet<string> = new Set(NOTIFICATION_TYPES)
/** Words that other programs of the family use for the same. */
const TYPE_WORDS: Readonly<Record<string, NotificationType>> = {
  FLAPPINGEND: 'FLAPPINGSTOP',
  DOWNTIMEREMOVED: 'DOWNTIMECANCELLED',
}

type FamilyNames = {
  readonly key: string
  readonly host: string
  readonly service: string | null
  readonly hostDisplayName: string | null
  readonly serviceDisplayName: string | null
}

/**
 * Builds the notification from macros once the adapter has said what the names are.
 *
 * @param issues gets what is missing or not understood
 */
function fromMacros(
  macros: Macros,
  monitor: string,
  names: FamilyNames,
  issues: Issue[],
): Notification | null {
  const { service } = names
  const of = service === null ? 'host' : 'service'
  const word = (firstOf(macros, 'notificationtype') ?? '')
    .toUpperCase()
    .replace(/\s*\(.*$/, '')
    .trim()
  const type = TYPE_WORDS[word] ?? word
  if (!TYPES.has(type)) {
    issues.push({
      path: 'notificationtype',
      message: word === '' ? 'is required' : `${cleanName(word)} is not a notification type`,
    })
  }
  const given = firstOf(macros, `${of}state`, `${of}stateid`, 'state')
  const state = given === null ? null : parseState(given, of)
  if (state === null) {
    const message = given === null ? 'is required' : `${cleanName(given)} is not a state of a ${of}`
    issues.push({ path: `${of}state`, message })
  }
  if (issues.length > 0) return null
  const { output, longOutput } = outputOf(macros, of)
  return {
    monitor,
    type: type as NotificationType,
    ...names,
    state,
    episode: episodeOf(macros, of),
    address: nameOf(macros, 'hostaddress', 'address'),
    output,
    longOutput,
    author: nameOf(macros, 'ackauthor', `${of}ackauthor`, 'author', 'notificationauthor'),
    comment: commentOf(macros, of),
    time: timeOf(macros),
    url: urlOf(macros, of),
    ...idOf(macros, of),
    labels: null,
    fields: null,
    channel: null,
  }
}

function nameOf(macros: Macros, ...names: readonly string[]): string | null {
  const value = firstOf(macros, ...names)
  return value === null ? null : cleanName(value) || null
}

function lineOf(macros: Macros, names: readonly string[]): string {
  return cleanLine(firstOf(macros, ...names) ?? '')
}

function outputOf(macros: Macros, of: 'host' | 'service'): { output: string; longOutput: string | null } {
  const output = cleanText(firstOf(macros, 'output', `${of}output`) ?? '')
  const long = firstOf(macros, 'longoutput', `long${of}output`)
  // Line breaks arrive as backslash and n. A real backslash before an n cannot be told apart; breaking there reads best.
  return boundOutput(output, long === null ? null : cleanText(long.replaceAll('\\n', '\n')))
}

function commentOf(macros: Macros, of: 'host' | 'service'): string | null {
  const comment = firstOf(macros, 'ackcomment', `${of}ackcomment`, 'comment', 'notificationcomment')
  return comment === null ? null : cleanComment(comment)
}

function timeOf(macros: Macros): number | null {
  // $TIME$ is a time of day, which says nothing without the date; $TIMET$ is the one that counts.
  for (const name of ['time', 'timet']) {
    const time = parseTime(macros.get(name)?.trim() ?? '')
    if (time !== null) return time
  }
  return null
}

/** The problem's number is 0 while there is none; a recovery of a host has it as the last one. */
function episodeOf(macros: Macros, of: 'host' | 'service'): string | null {
  for (const name of ['problemid', `${of}problemid`, 'lastproblemid', `last${of}problemid`]) {
    const value = macros.get(name)?.trim()
    if (value !== undefined && value !== '0') return cleanName(value)
  }
  return null
}

/** What a sending command calls one run of itself. */
const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** One notification is sent once per contact, under one number; without that, only the run of the command has a name. */
function idOf(macros: Macros, of: 'host' | 'service'): Pick<Notification, 'id' | 'idOfSending'> {
  const id = nameOf(macros, 'id')
  if (id !== null) return RUN_ID.test(id) ? { id, idOfSending: true } : { id }
  const number = firstOf(macros, 'notificationid', `${of}notificationid`)
  return { id: number === null || number.trim() === '0' ? null : `n${cleanName(number)}` }
}

function urlOf(macros: Macros, of: 'host' | 'service'): string | null {
  const url = firstOf(macros, 'link', `${of}actionurl`)
  return url === null ? null : cleanUrl(url)
}
