/*
 * What the load generator sends: 1000 problems in rotation, each time with another output, so that nothing is a
 * duplicate; every tenth notification of a problem changes its state. Everything is built before the clock starts:
 * sending one is writing ten digits into a buffer.
 */

/** Distinct problems in rotation. */
export const PROBLEMS = 1000
/** One notification of a problem in this many changes its state. */
export const CHANGE_EVERY = 10

const STATES = ['CRITICAL', 'WARNING'] as const
const COUNTER_DIGITS = 10
const COUNTER = '#'.repeat(COUNTER_DIGITS)

export type Traffic = {
  /** @returns the next request, whole; its buffer is valid until the same problem comes round again */
  next(): Buffer
  /** Notifications in each request. */
  readonly batch: number
}

/** How notifications are written: as ours, or as alerts, which are always an array. */
export type Dialect = 'native' | 'alertmanager'

export type TrafficOptions = {
  /** Ours where it is absent. */
  readonly dialect?: Dialect
  readonly key: string
  readonly batch: number
  readonly keepAlive: boolean
  /** Distinct problems in rotation; PROBLEMS where it is absent. */
  readonly problems?: number
  /** Notifications that were sent already, by another. */
  readonly from?: number
}

type Template = { readonly bytes: Buffer; readonly counterAt: number }

/** @returns one notification as JSON, some 600 bytes; where its counter stands there are ten `#` */
export function notificationJson(problem: number, state: string): string {
  const number = String(problem).padStart(4, '0')
  return JSON.stringify({
    host: `db-${number}.example.net`,
    service: 'Filesystem /var/lib/postgresql',
    hostDisplayName: `Database ${number}, Frankfurt`,
    address: `10.20.${problem >> 8}.${problem & 255}`,
    state,
    output: `DISK ${state} - free space: /var/lib/postgresql ${COUNTER} MB (4.12% inode=96%); limits are 10% and 5%`,
    longOutput: `/dev/mapper/vg0-pgdata ext4 mounted on /var/lib/postgresql, 2048000 MB in all, growing by 312 MB an hour, full in about 6 hours at this rate; the largest folder is base/16401`,
    url: `https://monitoring.example.net/services/${number}?view=details`,
    labels: { site: 'fra1', team: 'storage', tier: 'production' },
  })
}

/**
 * @returns the same as an alert for Alertmanager, with the times that Prometheus always sends. What changes stands in the annotations: another label would make it another
 *   alert, and there are to be as many of them as there are problems.
 */
function alertJson(problem: number, state: string): string {
  const { host, service, hostDisplayName, address, output, longOutput, url, labels } = JSON.parse(
    notificationJson(problem, state),
  ) as Record<string, unknown> & { labels: object }
  return JSON.stringify({
    labels: { alertname: service, instance: host, ...labels },
    annotations: { summary: output, description: longOutput, hostDisplayName, address },
    startsAt: STARTS_AT,
    endsAt: ENDS_AT,
    generatorURL: url,
  })
}

const STARTED = Date.now()
const STARTS_AT = new Date(STARTED).toISOString()
/** Later than any run ends, so that no alert is over before. */
const ENDS_AT = new Date(STARTED + 24 * 60 * 60 * 1000).toISOString()

const PATHS: Readonly<Record<Dialect, string>> = { native: '/notify', alertmanager: '/api/v2/alerts' }

/** Builds the traffic of one server: what it sends goes on where it stopped, slice after slice. */
export function createTraffic({
  dialect = 'native',
  key,
  batch,
  keepAlive,
  problems = PROBLEMS,
  from = 0,
}: TrafficOptions): Traffic {
  const head = (length: number): string =>
    `POST ${PATHS[dialect]} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer ${key}\r\n` +
    `${keepAlive ? '' : 'Connection: close\r\n'}Content-Length: ${length}\r\n\r\n`
  const textOf = (problem: number, state: string): string => {
    if (dialect === 'native') return notificationJson(problem, state)
    return batch === 1 ? `[${alertJson(problem, state)}]` : alertJson(problem, state)
  }
  const build = (problem: number, state: string): Template => {
    const json = textOf(problem, state)
    return template(batch === 1 ? head(Buffer.byteLength(json)) + json : json)
  }
  // Of very many problems each is built when its turn comes.
  const templates = Array.from({ length: problems > PROBLEMS ? 0 : problems }, (_, problem) =>
    STATES.map((state) => build(problem, state)),
  )
  let sent = from

  function nextOne(): Buffer {
    const problem = sent % problems
    const round = Math.floor(sent / problems)
    // Spread evenly: in each round another tenth of the problems changes.
    const state = Math.floor((round + problem) / CHANGE_EVERY) % STATES.length
    const { bytes, counterAt } = templates[problem]?.[state] ?? build(problem, STATES[state] ?? 'CRITICAL')
    bytes.write(String(sent++).padStart(COUNTER_DIGITS, '0'), counterAt, 'latin1')
    return bytes
  }

  function nextBatch(): Buffer {
    const parts: Buffer[] = []
    for (let index = 0; index < batch; index++) parts.push(index === 0 ? OPEN : COMMA, nextOne())
    parts.push(CLOSE)
    const body = Buffer.concat(parts)
    return Buffer.concat([Buffer.from(head(body.length), 'latin1'), body])
  }

  return { next: batch === 1 ? nextOne : nextBatch, batch }
}

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

function template(text: string): Template {
  const bytes = Buffer.from(text)
  return { bytes, counterAt: bytes.indexOf(COUNTER) }
}
