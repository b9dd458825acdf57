import { Failure } from '../../core/failure.ts'
import type { AcknowledgementReading, CheckReading, Reading, Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import { isFine, parseState, type State } from '../../core/state.ts'
import { boundOutput, cleanComment, cleanName, cleanText } from '../shared/clean-text.ts'
import { type CheckUuids, isSameUuid, uuidsOf } from './check-uuids.ts'
import { readDowntimes, type StandingDowntime } from './downtimes.ts'
import { epochMs } from './epoch-ms.ts'
import { textOfHtml } from './html-text.ts'
import { notUnderstood, uuidsOnly } from './refusals.ts'
import { AcknowledgementRow, type CheckRow, HostRow, ServiceRow } from './schema.ts'
import type { List, Query, Session } from './session.ts'

/*
 * Reading back. Host and service are UUIDs, as in notifications; names for people come with every row. Dates come in the
 * language and zone of the API user, so none is read but where it is a number. What its containers hide from the API
 * user is missing like what does not exist.
 */

/** Calls of one reading that are under way at once: quick without crowding out the people who look at its pages. */
const CALLS_AT_ONCE = 4
/** Rows that are asked for where one is expected, to notice a filter that was ignored. */
const ROWS_OF_ONE = 2
/** Its acknowledgements go back a month unless told otherwise. */
const FROM = '2000-01-01'

type Sort = 'host' | 'service'

type Index = List & {
  readonly sort: Sort
  readonly uuidFilter: string
  readonly problems: Query
  readonly parse: (row: unknown) => CheckRow | null
}

const HOSTS: Index = {
  sort: 'host',
  path: '/hosts/index.json',
  rows: 'all_hosts',
  uuidFilter: 'filter[Hosts.uuid]',
  problems: ['down', 'unreachable'].map((state) => ['filter[Hoststatus.current_state][]', state]),
  parse: (row) => HostRow.safeParse(row).data ?? null,
}
const SERVICES: Index = {
  sort: 'service',
  path: '/services/index.json',
  rows: 'all_services',
  uuidFilter: 'filter[Services.uuid]',
  problems: ['warning', 'critical', 'unknown'].map((state) => [
    'filter[Servicestatus.current_state][]',
    state,
  ]),
  parse: (row) => ServiceRow.safeParse(row).data ?? null,
}

/** Where everything is listed; for a first look. */
export const INDEXES = [HOSTS, SERVICES] as const

/**
 * Reads some checks with their acknowledgements and downtimes.
 *
 * @throws Failure when none of them can be asked for, because all are known by name
 */
export async function read(session: Session, targets: readonly Target[]): Promise<Reading> {
  const asOf = session.clock.now()
  const asked = [...new Map(targets.map((target) => [target.key, uuidsOf(target)]))]
  const known = asked.filter((one): one is [string, CheckUuids] => one[1] !== null)
  if (known.length === 0 && asked.length > 0) throw uuidsOnly(session.name)
  const found = (await inParallel(known, ([key, check]) => readOne(session, key, check))).filter(
    (one) => one !== null,
  )
  const downtimes = await downtimesOf(session, found)
  return {
    asOf,
    checks: new Map(found.map(({ key, reading }) => [key, { ...reading, downtimes: downtimes(reading) }])),
  }
}

/** Reads everything that is not well, without words of acknowledgements and without downtimes. */
export async function readProblems(session: Session): Promise<Reading> {
  const asOf = session.clock.now()
  const lists = await inParallel(INDEXES, async (index) =>
    (await session.all(index, index.problems)).map(index.parse),
  )
  const readings = lists
    .flat()
    .filter((row) => row !== null)
    .filter(({ status }) => status.state !== null)
    .map((row) => toReading(keyOfNames(row.host.uuid, row.service?.uuid ?? null), row, null))
    .filter(({ state }) => !isFine(state))
  return { asOf, checks: new Map(readings.map((reading) => [reading.key, reading])) }
}

type Found = { readonly key: string; readonly reading: CheckReading }

async function readOne(session: Session, key: string, check: CheckUuids): Promise<Found | null> {
  const index = check.serviceUuid === null ? HOSTS : SERVICES
  const uuid = check.serviceUuid ?? check.hostUuid
  const rows = await session.some(index, [[index.uuidFilter, uuid]], ROWS_OF_ONE)
  const row = rows
    .map(index.parse)
    .find((one) => one !== null && isSameUuid((one.service ?? one.host).uuid, uuid))
  if (row === undefined || row === null) {
    // Others instead of it: the filter was ignored, so it may well be there.
    if (rows.length > 0) throw notUnderstood(session.name, `the ${index.sort} that was asked for`)
    return null
  }
  if (!isSameUuid(row.host.uuid, check.hostUuid)) return null
  const words = row.status.acknowledged
    ? await readWords(session, index.sort, (row.service ?? row.host).id)
    : null
  return { key, reading: toReading(key, row, words) }
}

/** Reads who acknowledged. @returns null when that is not told, or not to us */
async function readWords(
  session: Session,
  sort: Sort,
  id: number | null,
): Promise<AcknowledgementReading | null> {
  if (id === null) return null
  const list = { path: `/acknowledgements/${sort}/${id}.json`, rows: 'all_acknowledgements' }
  const newestFirst = [
    ['filter[from]', FROM],
    ['direction', 'desc'],
  ] as const
  const [row] = await withoutRight(session.some(list, newestFirst, 1), [])
  const said = AcknowledgementRow.safeParse(row).data
  if (said === undefined || said === null) return null
  return {
    author: displayName(said.author_name),
    comment: cleanComment(textOfHtml(said.comment_data ?? '')),
    at: epochMs(said.entry_time),
    until: null,
    sticky: said.is_sticky,
  }
}

/** Reads the downtimes of what was found. @returns those of one check, null when they are not told to us */
async function downtimesOf(session: Session, found: readonly Found[]) {
  const standing = await inParallel(['host', 'service'] as const, async (sort) => {
    const some = found.filter(({ reading }) => (reading.service === null) === (sort === 'host'))
    if (some.length === 0) return []
    return withoutRight<readonly StandingDowntime[] | null>(
      readDowntimes(session, sort, onlyHostOf(some)),
      null,
    )
  })
  return ({ host, service }: CheckReading) =>
    standing[service === null ? 0 : 1]
      ?.filter(
        (one) => one.hostUuid === host.toLowerCase() && one.serviceUuid === (service?.toLowerCase() ?? null),
      )
      .map(({ reading }) => reading) ?? null
}

/** There is no asking for a UUID there; the name of the only host narrows it down. */
function onlyHostOf(found: readonly Found[]): { hostName?: string } {
  const names = new Set(found.map(({ reading }) => reading.hostDisplayName))
  const [name] = names
  return names.size === 1 && typeof name === 'string' ? { hostName: name } : {}
}

/** What may not be read, or is not there in its version, is not known; everything else is known without it. */
async function withoutRight<Value>(reading: Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await reading
  } catch (error) {
    const isRefused = error instanceof Failure && error.retry.kind === 'never'
    if (isRefused && (error.code === 'unauthorized' || error.code === 'not_found')) return otherwise
    throw error
  }
}

function toReading(
  key: string,
  { host, service, status }: CheckRow,
  words: AcknowledgementReading | null,
): CheckReading {
  return {
    key,
    host: host.uuid,
    service: service?.uuid ?? null,
    hostDisplayName: displayName(host.hostname ?? host.name ?? service?.hostname ?? null),
    serviceDisplayName: displayName(service?.servicename ?? null),
    state: stateOf(status.state, service === null ? 'host' : 'service'),
    hard: status.state !== null && status.hard,
    output: boundOutput(cleanText(status.output), null).output,
    since: epochMs(status.changed),
    acknowledged: status.acknowledged,
    acknowledgement: words,
    inDowntime: status.inDowntime,
    downtimes: null,
    isFlapping: status.flapping,
  }
}

function displayName(name: string | null): string | null {
  return name === null ? null : cleanName(name) || null
}

/** What is not monitored, and the exit codes that no state has, are unknown; never well. */
function stateOf(state: number | null, sort: Sort): State {
  const worst = sort === 'host' ? 'UNREACHABLE' : 'UNKNOWN'
  return state === null ? worst : (parseState(state, sort) ?? worst)
}

/**
 * Runs `each` for all, a few at once; after a failure no further ones. Nothing is under way when it ends.
 *
 * @returns what they return, in order. @throws the first failure
 */
async function inParallel<Item, Value>(
  items: readonly Item[],
  each: (item: Item) => Promise<Value>,
): Promise<readonly Value[]> {
  const values: Value[] = []
  const failures: unknown[] = []
  let next = 0
  const run = async (): Promise<void> => {
    for (let at = next++; at < items.length && failures.length === 0; at = next++) {
      try {
        values[at] = await each(items[at] as Item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, run))
  if (failures.length > 0) throw failures[0]
  return values
}
