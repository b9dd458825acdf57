import type { Downtime, Engine, Thing } from './openitcockpit-engine.ts'
import type { StandInAcknowledgement } from './stand-in.ts'

/* The lists of the stand-in for openITCOCKPIT: filters, pages and rows as its controllers make them. */

export type Answer = { readonly status: number; readonly json?: unknown; readonly text?: string }

export type Store = {
  readonly engine: Engine
  readonly now: () => number
  /** The number that its database knows a host or service by. */
  readonly ids: (thing: Thing) => number
}

/** @returns false where a role does not let the user */
export function isAllowed(path: string, forbidden: readonly string[]): boolean {
  return !forbidden.some((prefix) => path.startsWith(prefix))
}

/** Answers a GET of anything but the address that takes orders. */
export function answerList(store: Store, url: URL): Answer {
  const { pathname: path, searchParams: query } = url
  const isForBrowser = query.has('angular')
  const words = /^\/acknowledgements\/(host|service)\/(\d+)\.json$/.exec(path)
  if (path === '/hosts/index.json') return page(query, 'all_hosts', hostRows(store, query))
  if (path === '/services/index.json') return page(query, 'all_services', serviceRows(store, query))
  if (path === '/nagios_module/cmd/index.json')
    return { status: 200, json: { externalCommands: COMMAND_LIST } }
  if (words !== null) {
    if (words[1] === 'host' && !isForBrowser) return { status: 200, text: '<!doctype html>' }
    return wordRows(store, query, words[1] === 'host', Number(words[2]))
  }
  const sort = /^\/downtimes\/(host|service)\.json$/.exec(path)?.[1]
  if (sort === undefined) return { status: 404, json: { message: 'Not found', code: 404 } }
  if (!isForBrowser) return { status: 405, json: { message: 'Method Not Allowed', code: 405 } }
  return page(query, `all_${sort}_downtimes`, downtimeRows(store, query, sort === 'host'))
}

const COMMAND_LIST = {
  ACKNOWLEDGE_HOST_PROBLEM: { hostUuid: null },
  ACKNOWLEDGE_SVC_PROBLEM: { hostUuid: null, serviceUuid: null },
}

function page(query: URLSearchParams, name: string, rows: readonly unknown[]): Answer {
  const limit = Number(query.get('limit') ?? 25)
  const number = Math.max(1, Number(query.get('page') ?? 1))
  const offset = (number - 1) * limit
  const some = rows.slice(offset, offset + limit)
  const json: Record<string, unknown> = { [name]: some }
  if (query.get('scroll') === 'true') {
    json['scroll'] = {
      page: number,
      limit,
      offset,
      hasPrevPage: number > 1,
      hasNextPage: some.length === limit,
    }
  }
  return { status: 200, json }
}

const STATES = {
  host: ['up', 'down', 'unreachable'],
  service: ['ok', 'warning', 'critical', 'unknown'],
} as const

function isWanted(thing: Thing, query: URLSearchParams, sort: 'host' | 'service'): boolean {
  const table = sort === 'host' ? 'Hoststatus' : 'Servicestatus'
  const states = query.getAll(`filter[${table}.current_state][]`)
  const uuid = query.get(sort === 'host' ? 'filter[Hosts.uuid]' : 'filter[Services.uuid]')
  const name = thing.state === null ? null : STATES[sort][thing.state]
  return (
    (states.length === 0 || states.includes(name ?? '')) &&
    (uuid === null || uuid === (thing.serviceUuid ?? thing.hostUuid))
  )
}

function hostRows(store: Store, query: URLSearchParams): unknown[] {
  return [...store.engine.things]
    .filter((thing) => thing.serviceUuid === null && isWanted(thing, query, 'host'))
    .map((thing) => ({
      Host: hostOf(store, thing),
      Hoststatus: statusOf(store, thing, STATES.host),
      Downtime: [],
      Acknowledgement: [],
    }))
}

function serviceRows(store: Store, query: URLSearchParams): unknown[] {
  return [...store.engine.things]
    .filter((thing) => thing.serviceUuid !== null && isWanted(thing, query, 'service'))
    .map((thing) => ({
      Host: hostOf(store, thing),
      Service: serviceOf(store, thing),
      Servicestatus: statusOf(store, thing, STATES.service),
    }))
}

function hostOf({ engine, ids }: Store, { hostUuid }: Thing) {
  const host = engine.find(hostUuid, null)
  return {
    id: host === null ? null : ids(host),
    uuid: hostUuid,
    hostname: host?.name ?? null,
    address: '192.0.2.7',
  }
}

function serviceOf(store: Store, thing: Thing) {
  return {
    id: store.ids(thing),
    uuid: thing.serviceUuid,
    servicename: thing.name,
    hostname: hostOf(store, thing).hostname,
    disabled: false,
  }
}

function statusOf({ engine, now }: Store, thing: Thing, names: readonly string[]) {
  const isInMonitoring = thing.state !== null
  return {
    currentState: thing.state,
    isFlapping: '',
    problemHasBeenAcknowledged: thing.acknowledged !== null,
    scheduledDowntimeDepth: engine.isInDowntime(thing) ? 1 : 0,
    last_state_change: localised(now() / 1000),
    state_type: thing.hard,
    acknowledgement_type: thing.acknowledged === null ? 0 : thing.acknowledged.sticky ? 2 : 1,
    output: isInMonitoring ? thing.output : null,
    long_output: '',
    isHardstate: isInMonitoring && thing.hard,
    isInMonitoring,
    humanState: thing.state === null ? 'not in monitoring' : names[thing.state],
  }
}

function wordRows(store: Store, query: URLSearchParams, isHost: boolean, id: number): Answer {
  const thing = [...store.engine.things].find(
    (one) => store.ids(one) === id && (one.serviceUuid === null) === isHost,
  )
  if (thing === undefined) return { status: 404, json: { message: 'Invalid', code: 404 } }
  const rows = thing.words
    .toReversed()
    .map((word) => ({ [isHost ? 'AcknowledgedHost' : 'AcknowledgedService']: wordOf(word) }))
  return page(query, 'all_acknowledgements', rows)
}

function wordOf({ author, comment, sticky }: StandInAcknowledgement) {
  return {
    acknowledgement_type: 1,
    author_name: author,
    comment_data: asHtml(comment),
    entry_time: '20:00:00 - 21.11.2026',
    is_sticky: sticky ?? false,
  }
}

function downtimeRows(store: Store, query: URLSearchParams, isHost: boolean): unknown[] {
  const table = isHost ? 'DowntimeHosts' : 'DowntimeServices'
  const day = 86_400
  const from = timeOf(query.get('filter[from]')) ?? store.now() / 1000 - 30 * day
  const to = timeOf(query.get('filter[to]')) ?? store.now() / 1000 + 60 * day
  const like = (field: string, value: string): boolean => {
    const wanted = query.get(`filter[${field}]`)
    return wanted === null || value.toLowerCase().includes(wanted.toLowerCase())
  }
  return [...store.engine.things]
    .filter((thing) => (thing.serviceUuid === null) === isHost)
    .filter((thing) => like('Hosts.name', hostOf(store, thing).hostname ?? ''))
    .flatMap((thing) => thing.downtimes.map((downtime) => ({ thing, downtime })))
    .filter(({ downtime }) => downtime.start <= to && downtime.end >= from)
    .filter(
      ({ downtime }) => query.get('filter[hideExpired]') === 'false' || downtime.end > store.now() / 1000,
    )
    .filter(({ downtime }) => query.get(`filter[${table}.was_cancelled]`) !== '0' || !downtime.cancelled)
    .filter(({ downtime }) => like(`${table}.comment_data`, downtime.comment))
    .map(({ thing, downtime }) => ({
      Host: hostOf(store, thing),
      ...(isHost
        ? { DowntimeHost: downtimeOf(store, downtime) }
        : { Service: serviceOf(store, thing), DowntimeService: downtimeOf(store, downtime) }),
    }))
}

function downtimeOf({ now }: Store, { id, start, end, author, comment, cancelled }: Downtime) {
  const isStarted = start <= now() / 1000
  return {
    authorName: author,
    commentData: comment,
    entryTime: localised(start),
    scheduledStartTime: localised(start),
    scheduledEndTime: localised(end),
    duration: end - start,
    wasStarted: isStarted,
    internalDowntimeId: id,
    wasCancelled: cancelled,
    isRunning: isStarted && !cancelled && end > now() / 1000,
    isExpired: isStarted && end < now() / 1000 && !cancelled,
  }
}

/** As its API user likes dates; nothing that a program should read. */
function localised(seconds: number): string {
  const [date = '', time = ''] = new Date(seconds * 1000).toISOString().split(/[T.]/)
  return `${time} - ${date.split('-').reverse().join('.')}`
}

function timeOf(value: string | null): number | null {
  const ms = Date.parse(value ?? '')
  return Number.isNaN(ms) ? null : ms / 1000
}

const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#039;',
  ü: '&uuml;',
  Ü: '&Uuml;',
  ö: '&ouml;',
  ä: '&auml;',
  ß: '&szlig;',
  é: '&eacute;',
  '…': '&hellip;',
  '–': '&ndash;',
  '€': '&euro;',
}

/** Comments of acknowledgements are shown as HTML, with BBCode in it made into tags. */
function asHtml(text: string): string {
  return text
    .replaceAll(/[&<>"'üÜöäßé…–€]/g, (character) => NAMES[character] ?? character)
    .replaceAll(/\[(b|i|u)\](.*?)\[\/\1\]/g, '<$1>$2</$1>')
    .replaceAll(/\[img\](.*?)\[\/img\]/g, '<img src="$1" />')
    .replaceAll(/\n/g, '<br />\n')
    .replaceAll('\\n', '<br>')
}
