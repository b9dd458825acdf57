import type { Field, Notification, NotificationType } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import { type Body, type Intake, type IntakeContext, type Issue, NOTIFICATIONS_MAX } from '../monitor.ts'
import { boundOutput, cleanComment, cleanName, cleanText } from '../shared/clean-text.ts'
import { cleanUrl } from '../shared/clean-url.ts'
import { parseTime } from '../shared/parse-time.ts'
import { labelsOfTags } from './labels-of-tags.ts'
import { stateOfSeverity } from './reading.ts'

/*
 * What the media type beside this sends: the parameters of a webhook, each a macro that Zabbix has filled in. All of them
 * are text, and a macro that does not apply stands there as it was written.
 */

/** Reads what the media type sends, one notification or an array of them. */
export function notify({ value }: Body, { monitor }: IntakeContext): Intake {
  const given: readonly unknown[] = Array.isArray(value) ? value.slice(0, NOTIFICATIONS_MAX) : [value]
  const notifications: Notification[] = []
  const rejected: (readonly Issue[])[] = []
  if (Array.isArray(value) && value.length > NOTIFICATIONS_MAX)
    rejected.push([
      { path: `[${NOTIFICATIONS_MAX}]`, message: `and what follows it: at most ${NOTIFICATIONS_MAX}` },
    ])
  if (given.length === 0) rejected.push([{ path: '', message: 'holds no notification' }])
  for (const one of given) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      rejected.push([{ path: '', message: 'has to be an object of parameters and their values' }])
      continue
    }
    const read = readOne(macrosOf(one), monitor)
    if ('issues' in read) rejected.push(read.issues)
    else notifications.push(...read.notifications)
  }
  return { notifications, rejected }
}

type Macros = ReadonlyMap<string, string>

const PARAMETERS_MAX = 200
/** A macro that does not apply, or that is not known. */
const UNEXPANDED = /^(\{\$?[A-Z][A-Z0-9._]*\}|\*UNKNOWN\*)$/

function macrosOf(given: object): Macros {
  const macros = new Map<string, string>()
  for (const [name, value] of Object.entries(given).slice(0, PARAMETERS_MAX)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue
    const text = String(value)
    if (text.trim() !== '' && !UNEXPANDED.test(text.trim())) macros.set(name, text)
  }
  return macros
}

const SOURCES: Readonly<Record<string, string>> = {
  '1': 'discovery',
  '2': 'autoregistration',
  '3': 'an internal event',
  '4': 'a service',
}

type Read = { readonly notifications: readonly Notification[] } | { readonly issues: readonly Issue[] }

function readOne(macros: Macros, monitor: string): Read {
  const source = macros.get('event_source')?.trim() ?? '0'
  if (source !== '0') {
    const of = SOURCES[source] ?? cleanName(source)
    const message = `is ${of}; only problems of triggers can be acknowledged, so use the media type in trigger actions only`
    return { issues: [{ path: 'event_source', message }] }
  }
  const issues: Issue[] = []
  const key = macros.get('event_id')?.trim() ?? ''
  if (!/^[1-9]\d{0,18}$/.test(key))
    issues.push({ path: 'event_id', message: 'has to be the number of an event' })
  const host = nameOf(macros, 'host_host') ?? nameOf(macros, 'host_name')
  if (host === null) issues.push({ path: 'host_host', message: 'is required' })
  const service = nameOf(macros, 'event_name') ?? nameOf(macros, 'trigger_name')
  if (service === null) issues.push({ path: 'event_name', message: 'is required' })
  const value = macros.get('event_value')?.trim() ?? ''
  if (value !== '0' && value !== '1')
    issues.push({ path: 'event_value', message: 'has to be 1 (problem) or 0 (recovery)' })
  const severity = macros.get('event_nseverity')?.trim() ?? ''
  if (value === '1' && !/^[0-5]$/.test(severity))
    issues.push({ path: 'event_nseverity', message: 'has to be a severity from 0 to 5' })
  if (issues.length > 0 || host === null || service === null) return { issues }
  const state = value === '0' ? 'OK' : stateOfSeverity(Number(severity))
  const { time, since } = timesOf(macros, value)
  const said = saidOf(macros, key, state)
  const base = {
    monitor,
    key,
    host,
    service,
    state,
    episode: null,
    ...detailsOf(macros, host),
    time,
    since,
    channel: null,
  }
  return { notifications: said.map((one) => ({ ...base, ...one })) }
}

type Said = Pick<Notification, 'type' | 'id' | 'author' | 'comment'>

/** What a message is about: a problem, its end, or what somebody did to it, which can be several things at once. */
function saidOf(macros: Macros, key: string, state: State): readonly Said[] {
  const nobody = { author: null, comment: null }
  if (macros.get('event_update_status')?.trim() !== '1') {
    return [
      state === 'OK'
        ? { type: 'RECOVERY', id: `recovery of ${key}`, ...nobody }
        : { type: 'PROBLEM', id: `problem ${key}`, ...nobody },
    ]
  }
  const action = macros.get('event_update_action') ?? ''
  const who = nameOf(macros, 'user_fullname')
  const words = {
    // What Zabbix writes where the recipient may not know the author.
    author: who === 'Inaccessible user' ? null : who,
    comment: cleanComment(macros.get('event_update_message') ?? ''),
  }
  const id = updateIdOf(macros, key, action)
  const types = typesOf(action, state)
  return types.map((type) => ({ type, id, ...(type === 'PROBLEM' ? nobody : words) }))
}

/** What was done stands there in words, always in English: `acknowledged, changed severity from Warning to High`. */
const UPDATES: readonly (readonly [words: RegExp, type: NotificationType])[] = [
  [/\bchanged severity\b/, 'PROBLEM'],
  [/\backnowledged\b/, 'ACKNOWLEDGEMENT'],
  [/\bsuppressed\b/, 'DOWNTIMESTART'],
  [/\bunsuppressed\b/, 'DOWNTIMEEND'],
]

function typesOf(action: string, state: State): readonly NotificationType[] {
  // What was done to a problem that is over by now is only to be known; its recovery is told separately.
  const types = state === 'OK' ? [] : UPDATES.flatMap(([words, type]) => (words.test(action) ? [type] : []))
  return types.length === 0 ? ['CUSTOM'] : types
}

/** The second in which it was done, and what; the same when it is sent again or to several. */
function updateIdOf(macros: Macros, key: string, action: string): string | null {
  const at = [macros.get('event_update_date'), macros.get('event_update_time')]
  if (at.includes(undefined)) return null
  return cleanName(`update of ${key} ${at.join(' ')} ${action}`)
}

function detailsOf(macros: Macros, host: string) {
  const { output, longOutput } = boundOutput(
    cleanText(macros.get('event_opdata') ?? ''),
    cleanText(macros.get('trigger_description') ?? '').trim(),
  )
  const display = nameOf(macros, 'host_name')
  const severity = nameOf(macros, 'event_severity')
  const fields: Field[] = severity === null ? [] : [{ label: 'Severity', value: severity }]
  return {
    hostDisplayName: display === host ? null : display,
    serviceDisplayName: null,
    address: nameOf(macros, 'host_conn'),
    output,
    longOutput,
    url: linkOf(macros),
    labels: labelsOfTags(macros.get('event_tags')),
    fields: fields.length === 0 ? null : fields,
  }
}

/**
 * Seconds since 1970 are told from 7.0 on; before, a date without a zone is all there is.
 *
 * @returns when it is told, where that is when it happened, and since when it is so
 */
function timesOf(macros: Macros, value: string): { time: number | null; since: number | null } {
  const of = (name: string): number | null => parseTime(macros.get(name)?.trim() ?? '')
  if (value === '0') return { time: of('event_recovery_timestamp'), since: null }
  return { time: null, since: of('event_timestamp') }
}

/** The page of the event, where the address of the frontend is known to Zabbix. */
function linkOf(macros: Macros): string | null {
  const frontend = macros.get('zabbix_url')?.trim().replace(/\/+$/, '')
  const [trigger, event] = [macros.get('trigger_id')?.trim(), macros.get('event_id')?.trim()]
  if (frontend === undefined || !/^\d+$/.test(trigger ?? '')) return null
  return cleanUrl(`${frontend}/tr_events.php?triggerid=${trigger}&eventid=${event}`)
}

function nameOf(macros: Macros, name: string): string | null {
  return cleanName(macros.get(name) ?? '') || null
}
