import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fault, StandIn, StandInAcknowledgement, StandInOrder } from './stand-in.ts'

/*
 * Stands in for an Alertmanager, or a cluster of them behind several ports: alerts by their labels, silences by matchers, as
 * its API v2 shows them. A check of a test is an alert; one that is well is not there.
 */

export type Labels = Readonly<Record<string, string>>

export type AlertmanagerStandIn = StandIn & {
  /** What the webhook would tell of a check, as a group of one. */
  webhook(host: string, service: string | null, status?: 'firing' | 'resolved'): object
  /** An alert fires, whatever its labels; one with the label `team` is routed to others. @returns its fingerprint */
  fire(labels: Labels, annotations?: Labels): string
  resolve(labels: Labels): void
  /** Somebody creates a silence there. @returns its id */
  silence(matchers: readonly Matcher[], by: StandInAcknowledgement, lastsMs?: number): string
  expire(id: string): void
  readonly silences: readonly StoredSilence[]
  /** It is started again: silences are kept, alerts are not. */
  restart(): void
  /** Inhibits an alert. */
  inhibit(labels: Labels, on: boolean): void
  /** Members beside the first: each answers at a port of its own. */
  readonly urls: readonly string[]
  /** One member is away, or back. */
  member(n: number, isThere: boolean): Promise<void>
  /** Every request as it came. */
  readonly requests: readonly {
    member: number
    method: string
    url: string
    authorization: string
    body: string
  }[]
}

export type Matcher = { name: string; value: string; isRegex: boolean; isEqual?: boolean }
export type StoredSilence = {
  readonly id: string
  readonly matchers: readonly Matcher[]
  readonly startsAt: number
  endsAt: number
  readonly createdBy: string
  comment: string
}
type StoredAlert = {
  readonly labels: Labels
  annotations: Labels
  readonly startsAt: number
  readonly host: string
  readonly service: string | null
  isInhibited: boolean
}

const DAY_MS = 86_400_000
const BODY_MAX = 1_000_000

/**
 * @param now its clock, epoch ms
 * @param members how many ports it has
 */
export async function startAlertmanager(
  now: () => number = Date.now,
  { members = 1 }: { readonly members?: number } = {},
): Promise<AlertmanagerStandIn> {
  const password = randomBytes(20).toString('hex')
  const expected = `Basic ${Buffer.from(`ackbridge:${password}`).toString('base64')}`
  const alerts = new Map<string, StoredAlert>()
  const silences = new Map<string, StoredSilence>()
  const orders: StandInOrder[] = []
  const requests: { member: number; method: string; url: string; authorization: string; body: string }[] = []
  let started = now() - DAY_MS
  let fault: Fault = 'well'
  const isActive = ({ startsAt, endsAt }: StoredSilence): boolean => startsAt <= now() && endsAt > now()
  const silencing = (labels: Labels): readonly StoredSilence[] =>
    [...silences.values()].filter((one) => isActive(one) && one.matchers.every((m) => matches(m, labels)))

  const servers = Array.from({ length: members }, (_, n) =>
    createServer((request, response) => {
      void handle(n, request, response)
    }),
  )

  async function handle(member: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const { method = '', url = '/' } = request
    const authorization = request.headers.authorization ?? ''
    requests.push({ member, method, url, authorization, body })
    if (fault === 'hangs') return
    if (fault === 'garbage') return send(response, 200, `<html>Hello ${authorization} ${password}</html>`)
    if (typeof fault === 'number')
      return send(response, fault, JSON.stringify(`Error ${fault} ${authorization}`))
    if (authorization !== expected) return send(response, 401, 'Unauthorized\n')
    const [status, answer] = route(method, new URL(url, 'http://stand-in'), body)
    if (fault === 'loses-answer') return void response.destroy()
    send(response, status, answer === null ? '' : JSON.stringify(answer))
  }

  function route(method: string, { pathname, searchParams }: URL, body: string): [number, unknown] {
    const path = pathname.replace(/^\/api\/v2/, '')
    if (method === 'GET' && path === '/status') return [200, statusOf(started, members)]
    if (method === 'GET' && path === '/alerts') {
      const filters = searchParams.getAll('filter').map(filterOf)
      if (filters.includes(null)) return [400, 'bad matcher format']
      const listed = [...alerts].filter(([, { labels }]) =>
        filters.every((m) => m !== null && matches(m, labels)),
      )
      return [
        200,
        listed.map(([fingerprint, alert]) => listedAlert(fingerprint, alert, silencing(alert.labels))),
      ]
    }
    if (method === 'GET' && path === '/silences')
      return [200, [...silences.values()].map((one) => listedSilence(one, now()))]
    if (method === 'POST' && path === '/silences') return put(body)
    const [, id] = /^\/silence\/([^/]+)$/.exec(path) ?? []
    return method === 'DELETE' && id !== undefined
      ? remove(decodeURIComponent(id))
      : [404, 'path was not found']
  }

  function put(body: string): [number, unknown] {
    const given = objectOf(body)
    const { matchers, createdBy, comment } = given as unknown as StoredSilence
    const from = Date.parse(String(given['startsAt']))
    const until = Date.parse(String(given['endsAt']))
    if (!Array.isArray(matchers) || matchers.length === 0)
      return [422, { code: 612, message: 'matchers in body' }]
    if (Number.isNaN(from) || Number.isNaN(until) || typeof comment !== 'string') return [422, { code: 601 }]
    if (until <= from) return [400, 'Failed to create silence: start time must be before end time']
    if (until <= now()) return [400, "Failed to create silence: end time can't be in the past"]
    if (matchers.every(({ value }) => value === ''))
      return [400, 'at least one matcher must not match the empty string']
    const known = given['id'] === undefined ? undefined : silences.get(String(given['id']))
    if (given['id'] !== undefined && known === undefined) return [404, null]
    orders.push({ what: 'acknowledge', ...namesOf(matchers), author: String(createdBy), comment, raw: body })
    const second = (ms: number): number => Math.floor(ms / 1000)
    if (known !== undefined && known.endsAt > now()) {
      const isSame = sameMatchers(known.matchers, matchers) && second(known.startsAt) === second(from)
      if (isSame) {
        silences.set(known.id, { ...known, endsAt: until, createdBy, comment })
        return [200, { silenceID: known.id }]
      }
      known.endsAt = now()
    }
    const id = randomUUID()
    silences.set(id, { id, matchers, startsAt: Math.max(from, now()), endsAt: until, createdBy, comment })
    return [200, { silenceID: id }]
  }

  function remove(id: string): [number, unknown] {
    const known = silences.get(id)
    if (known === undefined) return [404, null]
    if (known.endsAt <= now()) return [500, `silence ${id} already expired`]
    orders.push({
      what: 'remove',
      ...namesOf(known.matchers),
      author: null,
      comment: null,
      raw: `{"id":"${id}"}`,
    })
    known.endsAt = now()
    return [200, null]
  }

  /** Which check a silence is for: matchers with a value are its labels. */
  function namesOf(matchers: readonly Matcher[]): { host: string; service: string | null } {
    const labels = Object.fromEntries(
      matchers.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]),
    )
    const known = alerts.get(fingerprintOf(labels)) ?? gone.get(fingerprintOf(labels))
    return { host: known?.host ?? '(unknown)', service: known?.service ?? null }
  }
  const gone = new Map<string, StoredAlert>()
  const drop = (labels: Labels): void => {
    const fingerprint = fingerprintOf(labels)
    const known = alerts.get(fingerprint)
    if (known !== undefined) gone.set(fingerprint, known)
    alerts.delete(fingerprint)
  }
  const exactly = (labels: Labels): readonly StoredSilence[] =>
    silencing(labels).filter(({ matchers }) =>
      matchers.every(({ isRegex, name, value }) => !isRegex && (value === '' || labels[name] === value)),
    )

  const isThere = servers.map(() => true)
  for (const server of servers) await listen(server, 0)
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  const setMember = async (n: number, there: boolean): Promise<void> => {
    const server = servers[n]
    if (server === undefined || isThere[n] === there) return
    isThere[n] = there
    await (there ? listen(server, ports[n] ?? 0) : stop(server))
  }

  const standIn: AlertmanagerStandIn = {
    settings: { kind: 'alertmanager', urls, user: 'ackbridge', password },
    secrets: [password, expected.slice(6)],
    urls,
    requests,
    orders,
    get received() {
      return requests.map(({ method, url, body }) => `${method} ${url} ${body}`)
    },
    get silences() {
      return [...silences.values()]
    },
    set: ({ host, service, state, output = '' }) => {
      const labels = labelsOf(host, service)
      if (state === 'OK' || state === 'UP') return drop(labels)
      const known = alerts.get(fingerprintOf(labels))
      const annotations = { summary: output }
      if (known !== undefined) known.annotations = annotations
      else
        alerts.set(fingerprintOf(labels), {
          labels,
          annotations,
          startsAt: now(),
          host,
          service,
          isInhibited: false,
        })
    },
    forget: (host, service) => drop(labelsOf(host, service)),
    labels: labelsOf,
    key: (host, service) => fingerprintOf(labelsOf(host, service)),
    acknowledge: (host, service, { author, comment }) => {
      const matchers = Object.entries(labelsOf(host, service)).map(([name, value]) => ({
        name,
        value,
        isRegex: false,
      }))
      standIn.silence(matchers, { author, comment })
    },
    unacknowledge: (host, service) => {
      for (const one of exactly(labelsOf(host, service))) one.endsAt = now()
    },
    downtime: () => undefined,
    inDowntime: () => false,
    acknowledged: (host, service) => {
      const newest = silencing(labelsOf(host, service))
        .toSorted((a, b) => a.startsAt - b.startsAt)
        .at(-1)
      return newest === undefined ? null : { author: newest.createdBy, comment: newest.comment }
    },
    webhook: (host, service, status = 'firing') => {
      const labels = labelsOf(host, service)
      const known = alerts.get(fingerprintOf(labels)) ?? gone.get(fingerprintOf(labels))
      return group([
        { status, labels, annotations: known?.annotations ?? {}, startsAt: known?.startsAt ?? now() },
      ])
    },
    fire: (labels, annotations = {}) => {
      const fingerprint = fingerprintOf(labels)
      const { host = '', alertname = '' } = labels
      alerts.set(fingerprint, {
        labels,
        annotations,
        startsAt: now(),
        host,
        service: alertname,
        isInhibited: false,
      })
      return fingerprint
    },
    resolve: drop,
    inhibit: (labels, on) => {
      const known = alerts.get(fingerprintOf(labels))
      if (known !== undefined) known.isInhibited = on
    },
    silence: (matchers, { author, comment }, lastsMs = DAY_MS) => {
      const id = randomUUID()
      silences.set(id, { id, matchers, startsAt: now(), endsAt: now() + lastsMs, createdBy: author, comment })
      return id
    },
    expire: (id) => {
      const known = silences.get(id)
      if (known !== undefined) known.endsAt = now()
    },
    restart: () => {
      alerts.clear()
      started = now()
    },
    member: setMember,
    behave: async (next) => {
      if ((next === 'away') !== (fault === 'away'))
        for (const n of servers.keys()) await setMember(n, next !== 'away')
      fault = next
    },
    close: async () => {
      for (const n of servers.keys()) await setMember(n, false)
    },
  }
  return standIn
}

/** @returns a webhook of version 4 */
export function group(
  alerts: readonly { status: string; labels: Labels; annotations: Labels; startsAt: number }[],
): object {
  return {
    version: '4',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver: 'ackbridge',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    alerts: alerts.map((alert) => ({
      ...alert,
      startsAt: new Date(alert.startsAt).toISOString(),
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus:9090/graph',
      fingerprint: fingerprintOf(alert.labels),
    })),
  }
}

/**
 * Labels of a check of a test, never all of another's: a host is an alert that is only named. A label of no value is none.
 */
function labelsOf(host: string, service: string | null): Labels {
  const labels =
    service === null
      ? { alertname: host, severity: 'page' }
      : { alertname: service, host, severity: 'critical' }
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

/** FNV-1a of 64 bits, as Prometheus does it. */
export function fingerprintOf(labels: Labels): string {
  const bytes = Object.keys(labels)
    .sort()
    .flatMap((name) => [...Buffer.from(name), 255, ...Buffer.from(labels[name] ?? ''), 255])
  const sum = bytes.reduce(
    (left, byte) => ((left ^ BigInt(byte)) * 1_099_511_628_211n) & 0xffff_ffff_ffff_ffffn,
    14_695_981_039_346_656_037n,
  )
  return sum.toString(16).padStart(16, '0')
}

function matches({ name, value, isRegex, isEqual = true }: Matcher, labels: Labels): boolean {
  const there = labels[name] ?? ''
  const does = isRegex ? new RegExp(`^(?:${value})$`).test(there) : there === value
  return does === isEqual
}

function sameMatchers(one: readonly Matcher[], other: readonly Matcher[]): boolean {
  const text = (all: readonly Matcher[]): string =>
    JSON.stringify(
      all.map(({ name, value, isRegex, isEqual = true }) => [name, value, isRegex, isEqual]).sort(),
    )
  return text(one) === text(other)
}

/** `name="value"`, in the syntax that every release reads. */
function filterOf(text: string): Matcher | null {
  const [, name = '', value = ''] = /^([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\\n]*)"$/.exec(text) ?? []
  return name === '' ? null : { name, value, isRegex: false }
}

function listedAlert(fingerprint: string, alert: StoredAlert, silencedBy: readonly StoredSilence[]): object {
  const { labels, annotations, startsAt, isInhibited } = alert
  return {
    annotations,
    endsAt: new Date(startsAt + DAY_MS).toISOString(),
    fingerprint,
    receivers: [{ name: labels['team'] === undefined ? 'ackbridge' : 'others' }],
    startsAt: new Date(startsAt).toISOString(),
    status: {
      inhibitedBy: isInhibited ? ['0123456789abcdef'] : [],
      silencedBy: silencedBy.map(({ id }) => id),
      state: isInhibited || silencedBy.length > 0 ? 'suppressed' : 'active',
    },
    updatedAt: new Date(startsAt).toISOString(),
    generatorURL: 'http://prometheus:9090/graph',
    labels,
  }
}

function listedSilence(one: StoredSilence, now: number): object {
  const state = one.endsAt <= now ? 'expired' : one.startsAt > now ? 'pending' : 'active'
  return {
    id: one.id,
    status: { state },
    updatedAt: new Date(one.startsAt).toISOString(),
    comment: one.comment,
    createdBy: one.createdBy,
    endsAt: new Date(one.endsAt).toISOString(),
    matchers: one.matchers.map((matcher) => ({ isEqual: true, ...matcher })),
    startsAt: new Date(one.startsAt).toISOString(),
  }
}

function statusOf(started: number, members: number): object {
  return {
    cluster: {
      name: 'a',
      peers: Array.from({ length: members }, (_, n) => ({ name: String(n), address: '127.0.0.1' })),
      status: members > 1 ? 'ready' : 'disabled',
    },
    config: { original: '' },
    uptime: new Date(started).toISOString(),
    versionInfo: { version: '0.25.0', branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '' },
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 429 ? { 'retry-after': '7' } : {}),
  })
  response.end(text)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= BODY_MAX) parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function objectOf(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function stop(server: ReturnType<typeof createServer>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}
