import { hash } from 'node:crypto'
import { keyOfNames, type Notification } from '../../core/notification.ts'
import { cutChars } from '../../core/output-preview.ts'
import { type Body, type Intake, type IntakeContext, type Issue, NOTIFICATIONS_MAX } from '../monitor.ts'
import { boundOutput, cleanLine, cleanName } from '../shared/clean-text.ts'
import { type Config, config } from './config.ts'
import { decide, fieldNamed } from './decide.ts'
import { ATTACHMENTS_MAX, type Message, readMessage } from './read-message.ts'
import { readTitle, type Title } from './read-title.ts'
import { isObject } from './thing.ts'

/** Characters of a title that stand as a name; a screen shows no more in one line. */
const SERVICE_MAX_CHARS = 120
/** Longer than this, what tells messages apart is known by its digest. */
const FOLD_MAX_CHARS = 512

const MINUTE_MS = 60_000
/** What has fields, and nothing else to be called by. */
const NAMELESS = 'message'

/** Titles that say only who sends: all messages of Uptime Kuma, and all of Checkmk's of one type. What it is about follows. */
const TITLES_OF_ALL = /^(uptime kuma alert|(host|service) [a-z]+ notification)$/i
/** Lines that name host and service there. */
const NAMING_LINES = 2

const DEFAULTS: Config = config.parse({ kind: 'slack-webhook' })

/** Reads a message for Slack's incoming webhooks, or several in a list. */
export function notify({ value }: Body, context: IntakeContext): Intake {
  const notifications: Notification[] = []
  const rejected: Issue[][] = []
  let ignored = 0
  const list = Array.isArray(value) ? (value as readonly unknown[]) : null
  const messages = list ?? [value]
  for (const [n, one] of messages.slice(0, NOTIFICATIONS_MAX).entries()) {
    const at = list === null ? '' : `[${n}]`
    const read = readOne(one, context)
    if ('issue' in read)
      rejected.push([{ ...read.issue, path: [at, read.issue.path].filter(Boolean).join('.') }])
    else {
      notifications.push(...read.notifications)
      ignored += read.ignored
    }
  }
  if (list?.length === 0) rejected.push([{ path: '', message: 'holds nothing to be told' }])
  if (messages.length > NOTIFICATIONS_MAX)
    rejected.push([
      { path: '', message: `holds more than ${NOTIFICATIONS_MAX} messages; the others were not taken` },
    ])
  return { notifications, rejected, ...(ignored === 0 ? {} : { ignored }) }
}

function readOne(
  value: unknown,
  context: IntakeContext,
): { readonly notifications: readonly Notification[]; readonly ignored: number } | { readonly issue: Issue } {
  if (!isObject(value)) return { issue: { path: '', message: 'is no message: it has to be an object' } }
  const { attachments } = value
  if (Array.isArray(attachments) && attachments.length > ATTACHMENTS_MAX)
    return { issue: { path: 'attachments', message: `must not be more than ${ATTACHMENTS_MAX}` } }
  const messages = readMessage(value)
  if (messages.length === 0)
    return { issue: { path: 'text', message: 'is missing, and no attachment and no block says anything' } }
  const notifications = messages.flatMap((message) => build(message, context) ?? [])
  return { notifications, ignored: messages.length - notifications.length }
}

/** @returns null when a rule says that nobody wants to know */
function build(message: Message, { monitor, settings: given, request }: IntakeContext): Notification | null {
  const settings: Config = given ?? DEFAULTS
  const title = readTitle(message.title)
  const decision = decide(message, title, settings)
  if (decision.what === 'ignored') return null
  const named = (part: Config['host']): string =>
    (part && cleanLine(fieldNamed(message, part.field) ?? '')) ?? ''
  const host = named(settings.host) || message.sender || monitor
  const service = named(settings.service) || cleanLine(title.name) || cleanLine(message.title) || NAMELESS
  const shown = cutChars(cleanName(service), SERVICE_MAX_CHARS)
  const { type, state } = decision
  return {
    monitor,
    key: keyOfNames(host, folded(message, title, settings)),
    type,
    host: cleanName(host),
    service: shown,
    state,
    episode: null,
    hostDisplayName: null,
    serviceDisplayName: null,
    address: null,
    ...outputOf(message, title, shown),
    author: null,
    comment: null,
    time: message.time,
    url: message.url,
    id: type === 'EVENT' && request !== undefined ? idOf(message, request.now) : null,
    ...(type === 'EVENT' ? { quietMs: settings.quietSeconds * 1000 } : {}),
    labels: null,
    fields: message.fields.length === 0 ? null : message.fields,
    channel: null,
  }
}

/**
 * What is said again within the minute is the same; what differs in anything, be it one field, counts. A problem has none,
 * because the same one may be told again after its end.
 */
function idOf(message: Message, now: number): string {
  return `${Math.floor(now / MINUTE_MS)}-${hash('sha256', JSON.stringify(message))}`
}

/** @returns what is the same in all messages of one problem, beside its host */
function folded(message: Message, title: Title, { fold }: Config): string {
  const told = foldedBy(message, fold)
  // Without any of that it would be one with everything else that has none.
  const line = told || cleanLine(title.name) || cleanLine(message.title) || NAMELESS
  return line.length <= FOLD_MAX_CHARS ? line : `${hash('sha256', line)} ${line.slice(0, 64).toWellFormed()}`
}

function foldedBy(message: Message, fold: Config['fold']): string {
  if (fold === 'title') return TITLES_OF_ALL.test(message.title.trim()) ? firstLines(message) : ''
  if (fold === 'text') return cleanLine(message.lines.join(' '))
  const values = fold.map((name) => cleanLine(fieldNamed(message, name) ?? ''))
  if (values.every((value) => value === '')) return ''
  return values.length === 1 ? (values[0] ?? '') : JSON.stringify(values)
}

function firstLines({ title, lines }: Message): string {
  const telling = lines.filter((line) => !isHeading(line, title.trim()))
  return cleanLine(telling.slice(0, NAMING_LINES).join(' '))
}

/** The text, then what the title says beyond the name. How many fire stands in its first line, which a locked screen shows. */
function outputOf(
  { title: given, lines }: Message,
  title: Title,
  service: string,
): { output: string; longOutput: string | null } {
  const whole = given.trim()
  const isWhole = !title.hasMore && (service === cleanLine(title.name) || service === whole)
  const begins = lines.findIndex((line) => !isHeading(line, whole))
  const text = begins < 0 ? [] : lines.slice(begins)
  const all = isWhole ? text : text.length === 0 ? [whole] : [text[0] ?? '', whole, ...text.slice(1)]
  const [first = '', ...rest] = all
  const { firing } = title
  const many = firing === undefined || first === whole ? '' : ` (${firing} firing)`
  return boundOutput(first.trim() + many, rest.length === 0 ? null : rest.join('\n'))
}

/** Nothing is lost with it: Grafana's first line says only that it fires, Nagios' only what the title said. */
function isHeading(line: string, title: string): boolean {
  const words = line.replaceAll(/[*_~`:\s]+/g, ' ').trim()
  return /^(firing|resolved)?$/i.test(words) || words === title
}
