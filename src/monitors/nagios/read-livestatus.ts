import { Failure } from '../../core/failure.ts'
import type { Finding } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import { parseState } from '../../core/state.ts'
import type { Names } from './command-line.ts'
import type { Livestatus } from './livestatus.ts'
import { canBeAsked } from './nameable.ts'
import type { Raw, RawCheck, RawComment, RawDowntime, Source } from './reconcile.ts'
import { listOfRows, liveComment, liveDowntime, liveHost, liveService, liveStatus } from './schema.ts'

/** Checks that are asked for in one question; a question of a few kilobytes is well within what Livestatus takes. */
const ASKED_AT_ONCE = 100

const STATE_COLUMNS = [
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
const HOST_COLUMNS = ['name', 'display_name', ...STATE_COLUMNS]
const SERVICE_COLUMNS = ['host_name', 'description', 'display_name', 'host_display_name', ...STATE_COLUMNS]
const WORD_COLUMNS = ['host_name', 'service_description', 'id', 'author', 'comment']
const COMMENT_COLUMNS = [...WORD_COLUMNS, 'entry_time', 'expires', 'expire_time']
const DOWNTIME_COLUMNS = [...WORD_COLUMNS, 'start_time', 'end_time']
/** Comments that came with an acknowledgement, see naemon/naemon-livestatus:src/TableDownComm.cc. */
const ACKNOWLEDGEMENT = 'Filter: entry_type = 4'

export type LivestatusSource = Source & {
  /** True when the monitor ends acknowledgements itself, null while nobody asked. */
  readonly expires: boolean | null
  /** Asks for it. @throws Failure */
  learn(): Promise<boolean>
}

type Schema<Row> = { safeParse(value: unknown): { success: true; data: Row } | { success: false } }

/** Reads by Livestatus. States are asked first: a comment that is missing is a smaller lie than a wrong state. */
export function createLivestatusSource(
  livestatus: Livestatus,
  { name, clock }: { readonly name: string; readonly clock: Clock },
): LivestatusSource {
  let expires: boolean | null = null

  async function rows<Row>(
    table: string,
    columns: readonly string[],
    filters: readonly string[],
    schema: Schema<Row>,
  ): Promise<Row[]> {
    const answer = await livestatus.query([`GET ${table}`, `Columns: ${columns.join(' ')}`, ...filters])
    return rowsOf(answer, columns, schema, name)
  }

  async function words(filters: readonly string[]): Promise<Pick<Raw, 'comments' | 'downtimes'>> {
    const comments = await rows('comments', COMMENT_COLUMNS, [ACKNOWLEDGEMENT, ...filters], liveComment)
    const downtimes = await rows('downtimes', DOWNTIME_COLUMNS, filters, liveDowntime)
    return { comments: comments.map(commentOf), downtimes: downtimes.map(downtimeOf) }
  }

  async function learn(): Promise<boolean> {
    const [status] = await rows('status', ['program_version'], [], liveStatus)
    expires = endsAcknowledgements(status?.program_version ?? '')
    return expires
  }

  async function readSome(names: readonly Names[]): Promise<Omit<Raw, 'asOf'>> {
    const [hosts, services] = [names.filter(isHost), names.filter((one) => !isHost(one))]
    const live = {
      hosts:
        hosts.length === 0 ? [] : await rows('hosts', HOST_COLUMNS, hostFilters('name', hosts), liveHost),
      services:
        services.length === 0
          ? []
          : await rows('services', SERVICE_COLUMNS, serviceFilters(services), liveService),
    }
    const checks = [...live.hosts.map(hostOf), ...live.services.map(serviceOf)]
    return { checks, ...(await words(hostFilters('host_name', names))) }
  }

  return {
    get expires() {
      return expires
    },
    learn,
    read: async (names) => {
      const asOf = clock.now()
      const parts: Omit<Raw, 'asOf'>[] = []
      if (expires === null) await learn()
      const asked = names.filter(canBeAsked)
      for (let at = 0; at < asked.length; at += ASKED_AT_ONCE) {
        parts.push(await readSome(asked.slice(at, at + ASKED_AT_ONCE)))
      }
      return {
        asOf,
        checks: parts.flatMap(({ checks }) => checks),
        comments: parts.flatMap(({ comments }) => comments),
        downtimes: parts.flatMap(({ downtimes }) => downtimes),
      }
    },
    readProblems: async () => {
      const asOf = clock.now()
      // Asked each time: the monitor may have been changed for another version.
      await learn()
      const hosts = await rows('hosts', HOST_COLUMNS, ['Filter: state != 0'], liveHost)
      const services = await rows('services', SERVICE_COLUMNS, ['Filter: state != 0'], liveService)
      return { asOf, checks: [...hosts.map(hostOf), ...services.map(serviceOf)], ...(await words([])) }
    },
    examine: () => examine(rows, name),
    close: async () => livestatus.close(),
  }
}

/** Naemon does since 1.4.0, Nagios Core (2 to 4) and Check_MK's core (2) do not; Icinga 1 does too. */
function endsAcknowledgements(version: string): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? []
  return major === '1' && Number(minor) >= 4
}

async function examine(
  rows: <Row>(table: string, columns: string[], filters: string[], schema: Schema<Row>) => Promise<Row[]>,
  name: string,
): Promise<Finding[]> {
  try {
    const [status] = await rows('status', ['program_version'], [], liveStatus)
    const version = status?.program_version || 'a version it does not tell'
    const reached = {
      what: 'livestatus',
      ok: true,
      found: `${name} answers, it runs ${version}.`,
      advice: null,
    }
    const hosts = await rows('hosts', HOST_COLUMNS, ['Limit: 1'], liveHost)
    const services = await rows('services', SERVICE_COLUMNS, ['Limit: 1'], liveService)
    if (hosts.length + services.length > 0) {
      return [
        reached,
        { what: 'read', ok: true, found: `Hosts and services of ${name} can be read.`, advice: null },
      ]
    }
    const advice = 'See that this Livestatus belongs to the monitor that has the hosts.'
    return [reached, { what: 'read', ok: false, found: `${name} shows no host and no service.`, advice }]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const isAway = error.code === 'unavailable' || error.code === 'timeout'
    const what = isAway ? 'reach livestatus' : 'livestatus'
    return [{ what, ok: false, found: error.message, advice: adviceOf(error) }]
  }
}

function adviceOf({ code }: Failure): string {
  switch (code) {
    case 'unauthorized':
      return 'Put the user that runs ackbridge into the group of the socket, or let its address into what serves the port.'
    case 'unavailable':
    case 'timeout':
      return 'See that the broker module is loaded, that its socket or port is the configured one, and that it may be reached from here.'
    default:
      return 'See that the configured address is that of Livestatus, and look for its message in the log.'
  }
}

function rowsOf<Row>(answer: unknown, columns: readonly string[], schema: Schema<Row>, name: string): Row[] {
  const list = listOfRows.safeParse(answer)
  if (!list.success) {
    throw new Failure(
      'invalid',
      { kind: 'later' },
      `Livestatus of ${name} answered with something that is no list.`,
    )
  }
  return list.data.flatMap((row) => {
    const named = Object.fromEntries(columns.map((column, at) => [column, row[at]]))
    const parsed = schema.safeParse(named)
    // A row that is not understood counts as not shown, which closes nothing.
    return parsed.success ? [parsed.data] : []
  })
}

function isHost({ service }: Names): boolean {
  return service === null
}

function hostFilters(column: string, names: readonly Names[]): string[] {
  const hosts = [...new Set(names.map(({ host }) => host))]
  return [...hosts.map((host) => `Filter: ${column} = ${host}`), `Or: ${hosts.length}`]
}

function serviceFilters(names: readonly Names[]): string[] {
  const each = names.flatMap(({ host, service }) => [
    `Filter: host_name = ${host}`,
    `Filter: description = ${service}`,
    'And: 2',
  ])
  return [...each, `Or: ${names.length}`]
}

type LiveState = ReturnType<typeof liveHost.parse> | ReturnType<typeof liveService.parse>

function stateOf(
  row: LiveState,
  of: 'host' | 'service',
): Omit<RawCheck, keyof Names | `${string}DisplayName`> {
  return {
    state: row.has_been_checked ? parseState(row.state, of) : null,
    hard: row.state_type === 1,
    output: row.plugin_output,
    since: row.last_state_change * 1000,
    acknowledged: row.acknowledged,
    acknowledgementType: row.acknowledgement_type,
    downtimeDepth: row.scheduled_downtime_depth,
    isFlapping: row.is_flapping,
  }
}

function hostOf(row: ReturnType<typeof liveHost.parse>): RawCheck {
  return {
    host: row.name,
    service: null,
    hostDisplayName: row.display_name,
    serviceDisplayName: null,
    ...stateOf(row, 'host'),
  }
}

function serviceOf(row: ReturnType<typeof liveService.parse>): RawCheck {
  return {
    host: row.host_name,
    service: row.description,
    hostDisplayName: row.host_display_name,
    serviceDisplayName: row.display_name,
    ...stateOf(row, 'service'),
  }
}

function commentOf(row: ReturnType<typeof liveComment.parse>): RawComment {
  return {
    host: row.host_name,
    service: row.service_description || null,
    id: row.id,
    author: row.author,
    comment: row.comment,
    at: row.entry_time * 1000,
    until: row.expires && row.expire_time > 0 ? row.expire_time * 1000 : null,
  }
}

function downtimeOf(row: ReturnType<typeof liveDowntime.parse>): RawDowntime {
  return {
    host: row.host_name,
    service: row.service_description || null,
    id: row.id,
    author: row.author,
    comment: row.comment,
    from: row.start_time * 1000,
    until: row.end_time * 1000,
  }
}
