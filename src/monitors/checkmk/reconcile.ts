import { Failure } from '../../core/failure.ts'
import type { CheckReading, Reading, Target } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import { type HttpAnswer, jsonOf } from '../shared/http.ts'
import { type Names, namesOf } from './names.ts'
import { readingOf } from './reading.ts'
import { type Rest, unexpected } from './rest.ts'
import { Collection, Row } from './schema.ts'

/*
 * Reading back. The API lists hosts and services by a Livestatus query and passes the columns through that are asked for.
 */

type Sort = 'host' | 'service'
type Query =
  | { readonly op: string; readonly left: string; readonly right: string }
  | { readonly op: 'and' | 'or'; readonly expr: readonly Query[] }

/** Checks that are asked for at once, and bytes of the question: an address has to stay within the 8190 of Apache. */
const AT_ONCE = { POST: { checks: 100, bytes: 500_000 }, GET: { checks: 15, bytes: 6_000 } } as const

const NAME_COLUMNS: Readonly<Record<Sort, readonly string[]>> = {
  host: ['name', 'alias'],
  service: ['host_name', 'host_alias', 'description', 'display_name'],
}
/** Every release has these. */
const FEW_COLUMNS = [
  'state',
  'state_type',
  'has_been_checked',
  'acknowledged',
  'acknowledgement_type',
  'scheduled_downtime_depth',
  'plugin_output',
  'last_state_change',
  'is_flapping',
]
const COMMENTS = 'comments_with_extra_info'
const DOWNTIMES = 'downtimes_with_extra_info'

/** Reads these checks with their acknowledgements and downtimes. @throws Failure when any of them could not be read */
export async function read(rest: Rest, clock: Clock, targets: readonly Target[]): Promise<Reading> {
  const asOf = clock.now()
  const named = targets.map(namesOf).filter((names) => names !== null)
  const asked = new Set(targets.map(({ key }) => key))
  const checks = new Map<string, CheckReading>()
  const hosts = named.filter(({ service }) => service === null)
  const services = named.filter(({ service }) => service !== null)
  for (const [sort, wanted] of [['host', hosts] as const, ['service', services] as const]) {
    let left: readonly Names[] = wanted
    while (left.length > 0) {
      const some = fitting(left, rest.found.lists)
      if (some.length === 0) {
        // Nobody has a host or a service whose name does not fit into an address.
        left = left.slice(1)
        continue
      }
      const rows = await list(rest, sort, anyOf(some.map((names) => isCheck(names))), [COMMENTS, DOWNTIMES])
      // It is another way to ask, and fewer fit into that.
      if (rows === null) continue
      for (const reading of rows) if (asked.has(reading.key)) checks.set(reading.key, reading)
      left = left.slice(some.length)
    }
  }
  return { asOf, checks }
}

/** Reads what is not well. Downtimes are left out: many problems have to fit into one answer. @throws Failure */
export async function readProblems(rest: Rest, clock: Clock): Promise<Reading> {
  const asOf = clock.now()
  const checks = new Map<string, CheckReading>()
  for (const sort of ['host', 'service'] as const) {
    const listProblems = () => list(rest, sort, { op: '!=', left: 'state', right: '0' }, [COMMENTS])
    const rows = (await listProblems()) ?? (await listProblems())
    for (const reading of rows ?? []) checks.set(reading.key, reading)
  }
  return { asOf, checks }
}

/** @returns as many from the front as fit into one question */
function fitting(names: readonly Names[], way: keyof typeof AT_ONCE): readonly Names[] {
  const { checks, bytes } = AT_ONCE[way]
  let left = bytes
  const tooMany = names.findIndex((one) => {
    const query = JSON.stringify(isCheck(one))
    left -= way === 'GET' ? encodeURIComponent(query).length : Buffer.byteLength(query)
    return left < 0
  })
  return names.slice(0, Math.min(checks, tooMany < 0 ? names.length : tooMany))
}

/** A list of alternatives must not be empty: without any filter everything is meant. */
function anyOf(queries: readonly Query[]): Query {
  const [only] = queries
  if (only === undefined) throw new Error('A query about nothing.')
  return queries.length === 1 ? only : { op: 'or', expr: queries }
}

function isCheck({ host, service }: Names): Query {
  if (service === null) return { op: '=', left: 'name', right: host }
  return {
    op: 'and',
    expr: [
      { op: '=', left: 'host_name', right: host },
      { op: '=', left: 'description', right: service },
    ],
  }
}

/** Looks among all comments of a check, `unknown` where the release does not tell them. @throws Failure */
export async function findComment(
  rest: Rest,
  target: Target,
  marker: string,
): Promise<'there' | 'absent' | 'unknown'> {
  const names = namesOf(target)
  if (names === null) return 'absent'
  const ask = () => listRows(rest, names.service === null ? 'host' : 'service', isCheck(names), [COMMENTS])
  const rows = (await ask()) ?? (await ask())
  const comments = rows?.flatMap((row) => row.comments_with_extra_info ?? [])
  const isThere = comments?.some(([, , text]) => typeof text === 'string' && text.includes(marker)) ?? false
  if (isThere) return 'there'
  return rows?.some((row) => Array.isArray(row.comments_with_extra_info)) ? 'absent' : 'unknown'
}

/** @returns null when the release is to be asked in the other way */
async function list(
  rest: Rest,
  sort: Sort,
  query: Query,
  more: readonly string[],
): Promise<readonly CheckReading[] | null> {
  const rows = await listRows(rest, sort, query, more)
  return rows?.flatMap((row) => readingOf(sort, row) ?? []) ?? null
}

/** @returns null when the release is to be asked in the other way */
async function listRows(
  rest: Rest,
  sort: Sort,
  query: Query,
  more: readonly string[],
): Promise<readonly Row[] | null> {
  const way = rest.found.lists
  const answer = await ask(rest, sort, query, more)
  if (answer.status === 405) {
    rest.found.lists = way === 'POST' ? 'GET' : 'POST'
    if (way === 'POST') return null
  }
  if (answer.status !== 200) throw unexpected(rest.name, answer)
  const collection = Collection.safeParse(jsonOf(rest.name, answer))
  if (!collection.success) {
    throw new Failure('invalid', { kind: 'later' }, `${rest.name} answered with no list of ${sort}s.`, {
      detail: answer.text.slice(0, 300),
    })
  }
  return collection.data.value.flatMap(({ extensions }) => {
    const row = Row.safeParse(extensions)
    return row.success ? [row.data] : []
  })
}

/**
 * Asks in the way that the release knows. Another way is another question, and what was found out is kept: only the first
 * reading of an older release takes several calls.
 */
async function ask(rest: Rest, sort: Sort, query: Query, more: readonly string[]): Promise<HttpAnswer> {
  const { found } = rest
  const columns = more.filter((column) => !found.missingColumns.has(column))
  const first = await askOnce(rest, sort, query, columns)
  if (first.status !== 400 || columns.length === 0) return first
  const named = columns.filter((column) => first.text.includes(column))
  const suspects = named.length > 0 ? named : columns
  const fewer = columns.filter((column) => !suspects.includes(column))
  const second = await ask(rest, sort, query, fewer)
  if (second.status === 200) for (const column of suspects) found.missingColumns.add(column)
  return second
}

function askOnce(rest: Rest, sort: Sort, query: Query, more: readonly string[]): Promise<HttpAnswer> {
  const columns = [...NAME_COLUMNS[sort], ...FEW_COLUMNS, ...more]
  const path = `/domain-types/${sort}/collections/all`
  if (rest.found.lists === 'POST') {
    return rest.call({ method: 'POST', path, body: { query, columns, sites: [] } })
  }
  const asked = new URLSearchParams({ query: JSON.stringify(query) })
  for (const column of columns) asked.append('columns', column)
  return rest.call({ method: 'GET', path: `${path}?${asked}` })
}
