import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import type { State } from '../../core/state.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { createHttp, type Http, jsonOf, statusFailure } from '../shared/http.ts'
import type { Names } from './command-line.ts'
import type { StatusJsonSettings } from './config.ts'
import { canBeAsked } from './nameable.ts'
import type { Raw, RawCheck, RawComment, RawDowntime, Source } from './reconcile.ts'
import {
  entriesOf,
  jsonAnswer,
  jsonComment,
  jsonCount,
  jsonDowntime,
  jsonHost,
  jsonProgram,
  jsonService,
} from './schema.ts'

/*
 * statusjson.cgi (NagiosEnterprises/nagioscore:cgi/statusjson.c) reads status.dat, which the monitor writes every
 * `status_update_interval` seconds. It gives non-ASCII text, names included, as empty texts where its machine lacks the
 * locale en_US.utf8; so an answer about one object is trusted to be about the one that was asked for.
 */

/** Objects of one answer: with about 1200 bytes for each, well below the 5 MiB that are read. */
const PAGE = 1000
/** A list that never ends is given up here. */
const PAGES_MAX = 50
/** More targets than this have their comments and downtimes looked up in the lists of all of them. */
const FILTERED_MAX = 3
/** Runs of the program at once; each reads the whole of status.dat. */
const AT_ONCE = 4
/** Both times of an answer are cut to seconds, which can make its data look younger by up to one. */
const CUT_MS = 1000
/**
 * Far longer than anybody sets `status_update_interval`. A monitor that crashed leaves its status.dat behind, which is told
 * on and on.
 */
const STALE_MS = 5 * 60_000

const HOST_STATES: Readonly<Record<number, State>> = { 2: 'UP', 4: 'DOWN', 8: 'UNREACHABLE' }
const SERVICE_STATES: Readonly<Record<number, State>> = {
  2: 'OK',
  4: 'WARNING',
  8: 'UNKNOWN',
  16: 'CRITICAL',
}

type Parameters = Readonly<Record<string, string>>
type Answer = {
  readonly data: Readonly<Record<string, unknown>>
  readonly asOf: number
  readonly ageMs: number
}
/** Asks one thing. @returns null when the monitor does not have what was named */
type Ask = (parameters: Parameters) => Promise<Answer | null>

/** @throws Error when the file of certificates cannot be read */
export function createStatusJsonSource(settings: StatusJsonSettings, around: MonitorSurroundings): Source {
  const { url, user, password, ca, insecure } = settings
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const http = createHttp({ url, headers: { authorization }, ca, insecure }, around)
  const ask = createAsk(http, around.name, around.clock)
  return {
    read: (names) => read(ask, names.filter(canBeAsked), around.clock),
    readProblems: () => readProblems(ask, around.clock),
    examine: () => examine(ask, around.name, user),
    close: () => http.close(),
  }
}

function createAsk(http: Http, name: string, clock: Clock): Ask {
  return async (parameters) => {
    const before = clock.now()
    const answer = await http.call({ method: 'GET', path: `?${new URLSearchParams(parameters)}` })
    if (answer.status !== 200) throw statusFailure(name, answer)
    if (answer.text.trim() === '') throw withoutStatus(name)
    const parsed = jsonAnswer.safeParse(jsonOf(name, answer))
    if (!parsed.success) {
      throw new Failure('invalid', { kind: 'later' }, `What answers for ${name} is not its statusjson.cgi.`)
    }
    const { result, data } = parsed.data
    if (result.type_code !== 0) {
      if (/could not be found/.test(result.message)) return null
      const detail = `${result.type_code} ${result.type_text} ${result.message}`.slice(0, 300)
      throw new Failure('rejected', { kind: 'later' }, `statusjson.cgi of ${name} refused the question.`, {
        detail,
      })
    }
    if (result.last_data_update <= 0 || result.query_time <= 0) throw withoutStatus(name)
    const ageMs = Math.max(0, result.query_time - result.last_data_update)
    if (ageMs > STALE_MS) throw stale(name, ageMs)
    return { data, ageMs, asOf: before - ageMs - CUT_MS }
  }
}

function withoutStatus(name: string): Failure {
  return new Failure(
    'unavailable',
    { kind: 'later' },
    `statusjson.cgi of ${name} has no status to tell. Is ${name} running?`,
  )
}

function stale(name: string, ageMs: number): Failure {
  const minutes = Math.round(ageMs / 60_000)
  return new Failure(
    'unavailable',
    { kind: 'later' },
    `What statusjson.cgi tells of ${name} is ${minutes} minutes old. Is ${name} running?`,
  )
}

async function read(ask: Ask, names: readonly Names[], clock: Clock): Promise<Raw> {
  const before = clock.now()
  const checks = await inTurns(names, (one) => readOne(ask, one))
  const [asked, listed] = [
    names.filter((one) => names.length <= FILTERED_MAX || !isAscii(one)),
    names.length > FILTERED_MAX && names.some(isAscii),
  ]
  const words = [
    ...(await inTurns(asked, (one) => wordsOf(ask, one))),
    ...(listed ? [await allWords(ask)] : []),
  ]
  return merge([...checks, ...words], before)
}

async function readProblems(ask: Ask, clock: Clock): Promise<Raw> {
  const before = clock.now()
  const hosts = await pages(ask, { query: 'hostlist', hoststatus: 'down unreachable' }, (data) =>
    entriesOf(data['hostlist']),
  )
  const services = await pages(
    ask,
    { query: 'servicelist', servicestatus: 'warning critical unknown' },
    (data) => entriesOf(data['servicelist']).flatMap(entriesOf),
  )
  const checks = [
    part(
      hosts,
      hosts.entries.flatMap((entry) => hostOf(entry, null)),
    ),
    part(
      services,
      services.entries.flatMap((entry) => serviceOf(entry, null)),
    ),
  ]
  return merge([...checks, await allWords(ask)], before)
}

/** Takes a list page by page. What moves from one page to another meanwhile may be missed, which closes nothing. */
async function pages(
  ask: Ask,
  parameters: Parameters,
  entriesIn: (data: Answer['data']) => unknown[],
): Promise<{ asOf: number; entries: unknown[] }> {
  const entries: unknown[] = []
  let asOf = Number.POSITIVE_INFINITY
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await ask({
      ...parameters,
      details: 'true',
      formatoptions: '',
      start: String(page * PAGE),
      count: String(PAGE),
    })
    const found = answer === null ? [] : entriesIn(answer.data)
    asOf = Math.min(asOf, answer?.asOf ?? asOf)
    entries.push(...found)
    if (found.length < PAGE) break
  }
  return { asOf, entries }
}

async function readOne(ask: Ask, { host, service }: Names): Promise<Raw> {
  const names = { host, service }
  const answer =
    service === null
      ? await ask({ query: 'host', hostname: host, formatoptions: '' })
      : await ask({ query: 'service', hostname: host, servicedescription: service, formatoptions: '' })
  if (answer === null) return part({ asOf: Number.POSITIVE_INFINITY }, [])
  const entry = answer.data[service === null ? 'host' : 'service']
  return part(answer, service === null ? hostOf(entry, names) : serviceOf(entry, names))
}

/** Comments and downtimes of one object. */
async function wordsOf(ask: Ask, names: Names): Promise<Raw> {
  const { host, service } = names
  const which = service === null ? { hostname: host } : { hostname: host, servicedescription: service }
  const of = service === null ? 'host' : 'service'
  const list = { ...which, details: 'true', formatoptions: '' }
  const comments = await ask({
    query: 'commentlist',
    entrytypes: 'acknowledgement',
    commenttypes: of,
    ...list,
  })
  const downtimes = await ask({ query: 'downtimelist', downtimeobjecttypes: of, ...list })
  return wordsIn(comments, downtimes, names)
}

async function allWords(ask: Ask): Promise<Raw> {
  const list = { details: 'true', formatoptions: '' }
  const comments = await ask({ query: 'commentlist', entrytypes: 'acknowledgement', ...list })
  const downtimes = await ask({ query: 'downtimelist', ...list })
  return wordsIn(comments, downtimes, null)
}

function wordsIn(comments: Answer | null, downtimes: Answer | null, names: Names | null): Raw {
  return {
    asOf: Math.min(comments?.asOf ?? Number.POSITIVE_INFINITY, downtimes?.asOf ?? Number.POSITIVE_INFINITY),
    checks: [],
    comments: entriesOf(comments?.data['commentlist']).flatMap((entry) => commentOf(entry, names)),
    downtimes: entriesOf(downtimes?.data['downtimelist']).flatMap((entry) => downtimeOf(entry, names)),
  }
}

function part({ asOf }: { readonly asOf: number }, checks: readonly RawCheck[]): Raw {
  return { asOf, checks, comments: [], downtimes: [] }
}

/**
 * What was read in parts is as old as the oldest of them.
 *
 * @param before when it was asked: as old is it that nothing of it is there, which is known from the configured objects
 */
function merge(parts: readonly Raw[], before: number): Raw {
  return {
    asOf: Math.min(before, ...parts.map((one) => one.asOf)),
    checks: parts.flatMap(({ checks }) => checks),
    comments: parts.flatMap(({ comments }) => comments),
    downtimes: parts.flatMap(({ downtimes }) => downtimes),
  }
}

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<Raw>): Promise<Raw[]> {
  const done: Raw[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) {
    done.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))))
  }
  return done
}

function isAscii({ host, service }: Names): boolean {
  return !/[^\u0000-\u007f]/.test(host + (service ?? ''))
}

/** @param asked what was asked for; null in a list, where only what is named can be told apart */
function hostOf(entry: unknown, asked: Names | null): RawCheck[] {
  const row = jsonHost.safeParse(entry)
  if (!row.success || (asked === null && row.data.name === '')) return []
  const names = asked ?? { host: row.data.name, service: null }
  return stateOf(row.data, names, HOST_STATES)
}

function serviceOf(entry: unknown, asked: Names | null): RawCheck[] {
  const row = jsonService.safeParse(entry)
  if (!row.success) return []
  const { host_name: host, description: service } = row.data
  if (asked === null && (host === '' || service === '')) return []
  return stateOf(row.data, asked ?? { host, service }, SERVICE_STATES)
}

function stateOf(
  row: ReturnType<typeof jsonHost.parse> | ReturnType<typeof jsonService.parse>,
  names: Names,
  states: Readonly<Record<number, State>>,
): RawCheck[] {
  const pending = row.status === 1 || !row.has_been_checked
  const state = states[row.status]
  if (state === undefined && !pending) return []
  return [
    {
      ...names,
      hostDisplayName: null,
      serviceDisplayName: null,
      state: pending ? null : (state ?? null),
      hard: row.state_type === 1,
      output: row.plugin_output,
      since: row.last_state_change,
      acknowledged: row.problem_has_been_acknowledged,
      acknowledgementType: row.acknowledgement_type,
      downtimeDepth: row.scheduled_downtime_depth,
      isFlapping: row.is_flapping,
    },
  ]
}

function commentOf(entry: unknown, asked: Names | null): RawComment[] {
  const row = jsonComment.safeParse(entry)
  const names = row.success ? (asked ?? namesIn(row.data)) : null
  if (!row.success || names === null) return []
  const {
    comment_id: id,
    author,
    comment_data: comment,
    entry_time: at,
    expires,
    expire_time: until,
  } = row.data
  return [{ ...names, id, author, comment, at, until: expires && until > 0 ? until : null }]
}

function downtimeOf(entry: unknown, asked: Names | null): RawDowntime[] {
  const row = jsonDowntime.safeParse(entry)
  const names = row.success ? (asked ?? namesIn(row.data)) : null
  if (!row.success || names === null) return []
  const { downtime_id: id, author, comment, start_time: from, end_time: until } = row.data
  return [{ ...names, id, author, comment, from, until }]
}

/** An empty service is one whose name did not come through; taken for none, its words would be the host's. */
function namesIn(row: { host_name: string; service_description?: string | undefined }): Names | null {
  const { host_name: host, service_description: service = null } = row
  return host === '' || service === '' ? null : { host, service }
}

async function examine(ask: Ask, name: string, user: string): Promise<readonly Finding[]> {
  try {
    const program = await ask({ query: 'programstatus', formatoptions: '' })
    const { version } = jsonProgram.catch({ version: '' }).parse(program?.data['programstatus'])
    const age = Math.round((program?.ageMs ?? 0) / 1000)
    const reached = {
      what: 'statusjson.cgi',
      ok: true,
      found: `${name} answers, it runs Nagios ${version || 'of an unknown version'}; what it tells is ${age} s old.`,
      advice: null,
    }
    const counts = jsonCount
      .catch({})
      .parse((await ask({ query: 'hostcount', formatoptions: '' }))?.data['count'])
    const hosts = Object.values(counts).reduce((sum, count) => sum + count, 0)
    if (hosts > 0) {
      return [
        reached,
        { what: 'read', ok: true, found: `${hosts} hosts of ${name} can be read.`, advice: null },
      ]
    }
    const advice = `Add ${user} to authorized_for_all_hosts and authorized_for_all_services in cgi.cfg of ${name}.`
    return [reached, { what: 'read', ok: false, found: `${name} shows no host to ${user}.`, advice }]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const isAway = error.code === 'unavailable' || error.code === 'timeout'
    const what = isAway ? 'reach statusjson.cgi' : 'statusjson.cgi'
    return [{ what, ok: false, found: error.message, advice: adviceOf(error) }]
  }
}

function adviceOf({ code }: Failure): string {
  switch (code) {
    case 'unauthorized':
      return 'Check user and password under statusJson, and what the web server asks of them.'
    case 'not_found':
    case 'invalid':
    case 'rejected':
      return 'Open the address under statusJson in a browser: it has to be that of statusjson.cgi, and answer with JSON.'
    default:
      return 'See that the monitor and its web server run, and that the address under statusJson can be reached from here.'
  }
}
