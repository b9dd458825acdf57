import { NOTIFICATION_TYPES } from '../../core/notification.ts'
import { parseState, type State } from '../../core/state.ts'
import type { Issue } from '../monitor.ts'
import { type Draft, shortened } from './draft.ts'
import { isSection, type Preset, textAt } from './preset.ts'
import { readTime } from './read-time.ts'
import { plainAddress, withoutUserInfo } from './without-credentials.ts'

/*
 * CloudEvents 1.0 (cloudevents/spec:cloudevents/spec.md, formats/json-format.md). An event is something that happened, so
 * it is an EVENT, unless its data says in our own words of which host, and in which state that is, or a map does.
 */

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const
const KNOWN: ReadonlySet<string> = new Set([
  ...REQUIRED,
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
])
/** Names under which data says in words what happened, the best first. */
const WORDS = ['message', 'output', 'summary', 'description', 'text', 'title']
/** How an extension is named (spec.md, Naming Conventions); what is named otherwise is none. */
const EXTENSION = /^[a-z0-9]{1,64}$/
/** Of the extension `severitytext`, and of those who write their own (extensions/severity.md). */
const GRAVE = /^(fatal|critical|crit|error|err|emergency|emerg|alert|high)$/i
const LESSER = /^(warning|warn|medium|moderate)$/i
/** OpenTelemetry's numbers from which on it is a warning, and an error. */
const WARN_NUMBER = 13
const ERROR_NUMBER = 17

export const cloudevents: Preset = {
  isLike: (item) =>
    isSection(item) &&
    (Object.hasOwn(item, 'specversion') ||
      ['id', 'source', 'type'].every((name) => Object.hasOwn(item, name))),
  read: (item, { isStateMapped }) => {
    const issues = missingOf(item)
    if (issues.length > 0 || !isSection(item)) return { issues }
    const data = dataOf(item)
    const [id = '', given = '', type = ''] = [
      textAt(item, 'id'),
      textAt(item, 'source'),
      textAt(item, 'type'),
    ]
    // An address may carry a password.
    const url = plainAddress(given)
    const source = url?.href ?? given
    const origin = `${source}${digestOfQuery(given, url)}`
    const common: Draft = {
      // Source and id together are unique.
      id: `${origin} ${id}`,
      time: readTime(textAt(item, 'time') ?? '') ?? undefined,
      url: url?.href,
      labels: extensionsOf(item),
    }
    const view = { item: isSection(data) || Array.isArray(data) ? data : {}, top: item }
    const own = ownWords(data)
    if (own !== null) return { draft: { ...common, ...own }, view }
    const subject = textAt(item, 'subject')
    const event: Draft = {
      ...common,
      host: url === null ? source : `${url.host}${url.pathname}`.replace(/\/$/, ''),
      service: type,
      output: withoutUserInfo(saidIn(data) ?? subject ?? type),
      fields: subject === undefined ? undefined : [{ label: 'Subject', value: subject }],
    }
    // By type and subject the end of a problem would be of another check than its beginning.
    if (isStateMapped) return { draft: event, view }
    const key = [origin, type, ...(subject === undefined ? [] : [subject])].join('\u001f')
    return { draft: { ...event, key, type: 'EVENT', state: severityOf(item) }, view }
  },
}

/** What a query tells apart stays apart, and is not kept: it may be a token. @returns nothing where there is none */
function digestOfQuery(given: string, url: URL | null): string {
  if (url === null) return ''
  const { search, hash } = new URL(given)
  return search + hash === '' ? '' : `#${shortened(search + hash, 0).slice(0, 32)}`
}

function missingOf(item: unknown): Issue[] {
  const issues = REQUIRED.flatMap((name): Issue[] =>
    textAt(item, name) === undefined ? [{ path: name, message: 'is required of a CloudEvent' }] : [],
  )
  const version = textAt(item, 'specversion')
  if (version !== undefined && version !== '1.0')
    issues.push({ path: 'specversion', message: 'has to be "1.0"' })
  return issues
}

/** JSON may also come as base64. */
function dataOf(event: Readonly<Record<string, unknown>>): unknown {
  const encoded = textAt(event, 'data_base64')
  if (Object.hasOwn(event, 'data') || encoded === undefined) return textAt(event, 'data') ?? event['data']
  if (!/^application\/(json|.*\+json)\s*(;|$)/i.test(textAt(event, 'datacontenttype') ?? 'application/json'))
    return undefined
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

/** @returns what data says in the words of a native notification; null when it says no host, or no state of one */
function ownWords(data: unknown): Draft | null {
  const host = textAt(data, 'host')
  if (host === undefined) return null
  const service = textAt(data, 'service')
  const word = textAt(data, 'state') ?? ''
  const state = parseState(word, service === undefined ? 'host' : 'service') ?? undefined
  const named = textAt(data, 'type')?.toUpperCase() ?? ''
  const type = (NOTIFICATION_TYPES as readonly string[]).includes(named) ? named : undefined
  if (state === undefined && type !== 'EVENT') return null
  const time = readTime(textAt(data, 'time') ?? '')
  return {
    host,
    service,
    state,
    type,
    key: textAt(data, 'key'),
    episode: textAt(data, 'episode'),
    output: textAt(data, 'output'),
    longOutput: textAt(data, 'longOutput'),
    author: textAt(data, 'author'),
    comment: textAt(data, 'comment'),
    address: textAt(data, 'address'),
    hostDisplayName: textAt(data, 'hostDisplayName'),
    serviceDisplayName: textAt(data, 'serviceDisplayName'),
    ...(textAt(data, 'url') === undefined ? {} : { url: textAt(data, 'url') }),
    ...(time === null ? {} : { time }),
  }
}

function saidIn(data: unknown): string | undefined {
  if (typeof data === 'string') return data
  return WORDS.map((name) => textAt(data, name)).find((said) => said !== undefined)
}

function severityOf(event: unknown): State | undefined {
  const word = (textAt(event, 'severitytext') ?? textAt(event, 'severity') ?? '').trim()
  const number = Number(textAt(event, 'severitynumber') ?? Number.NaN)
  if (GRAVE.test(word) || number >= ERROR_NUMBER) return 'CRITICAL'
  return LESSER.test(word) || number >= WARN_NUMBER ? 'WARNING' : undefined
}

function extensionsOf(event: Readonly<Record<string, unknown>>): Record<string, string> | undefined {
  const labels = Object.entries(event).flatMap(([name, value]) =>
    EXTENSION.test(name) && !KNOWN.has(name) && ['string', 'number', 'boolean'].includes(typeof value)
      ? [[name, String(value)] as const]
      : [],
  )
  return labels.length === 0 ? undefined : Object.fromEntries(labels)
}
