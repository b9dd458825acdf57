import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { State } from '../../../src/core/state.ts'
import type { Fault, StandIn, StandInAcknowledgement, StandInOrder } from './stand-in.ts'

/*
 * Stands in for Grafana Alerting, as far as it is used: the Alertmanager below its path, with its statuses, its rights by
 * token and folder, and labels that its contact points hide. A check of a test is a rule with one alert; one that is well
 * is not listed.
 */

export type Labels = Readonly<Record<string, string>>
export type Matcher = { name: string; value: string; isRegex: boolean; isEqual?: boolean }
export type StoredSilence = {
  readonly id: string
  readonly matchers: readonly Matcher[]
  readonly startsAt: number
  endsAt: number
  readonly createdBy: string
  readonly comment: string
}

/** What the token may do: everything, silences of rules only (rights on their folders), or look. */
export type Rights = 'editor' | 'folders' | 'viewer'

export type GrafanaOptions = {
  /** Below which it is served. */
  readonly path?: string
  readonly orgId?: number
  readonly rights?: Rights
  /** The address that tells rights is not there. */
  readonly tellsNoRights?: boolean
}

export type GrafanaStandIn = StandIn & {
  /** What a contact point sends about a check. */
  webhook(host: string, service: string | null, status?: 'firing' | 'resolved'): object
  /** An alert fires, whatever its labels. @returns its fingerprint */
  fire(labels: Labels, annotations?: Labels): string
  silence(matchers: readonly Matcher[], by: StandInAcknowledgement): string
  readonly silences: readonly StoredSilence[]
  /** Method, path and headers of each request. */
  readonly requests: readonly { readonly line: string; readonly headers: IncomingMessage['headers'] }[]
  /** The Alertmanager of the organisation is still being started, or not. */
  ready(is: boolean): void
  may(rights: Rights): void
}

type StoredAlert = {
  readonly labels: Labels
  annotations: Labels
  startsAt: number
  readonly host: string
  readonly service: string | null
}
type Answer = readonly [status: number, body: unknown]

const DAY_MS = 86_400_000
const API = '/api/alertmanager/grafana/api/v2'
const RIGHTS_OF: Readonly<Record<Rights, readonly string[]>> = {
  editor: ['alert.instances:read', 'alert.instances:create', 'alert.instances:write'],
  folders: ['alert.instances:read', 'alert.silences:read', 'alert.silences:create', 'alert.silences:write'],
  viewer: ['alert.instances:read', 'alert.silences:read'],
}

/** @param now its clock, epoch ms */
export async function startGrafana(
  now: () => number = Date.now,
  { path: base = '', orgId, rights = 'editor', tellsNoRights = false }: GrafanaOptions = {},
): Promise<GrafanaStandIn> {
  const token = `glsa_${randomBytes(20).toString('hex')}`
  const alerts = new Map<string, StoredAlert>()
  const gone = new Map<string, StoredAlert>()
  const silences = new Map<string, StoredSilence>()
  const orders: StandInOrder[] = []
  const received: string[] = []
  const requests: { line: string; headers: IncomingMessage['headers'] }[] = []
  let fault: Fault = 'well'
  let isReady = true
  let granted = rights

  const isActive = ({ startsAt, endsAt }: StoredSilence): boolean => startsAt <= now() && endsAt > now()
  const silencing = (labels: Labels): readonly StoredSilence[] =>
    [...silences.values()].filter((one) => isActive(one) && one.matchers.every((m) => matches(m, labels)))
  const drop = (fingerprint: string): void => {
    const known = alerts.get(fingerprint)
    if (known !== undefined) gone.set(fingerprint, known)
    alerts.delete(fingerprint)
  }

  const server = createServer((request, response) => {
    void handle(request, response)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const { method = '', url = '/', headers } = request
    const { pathname } = new URL(url, 'http://grafana')
    received.push(`${method} ${url} ${body}`)
    requests.push({ line: `${method} ${url}`, headers })
    const { authorization = '' } = headers
    if (fault === 'hangs') return
    if (fault === 'garbage') return page(response, 200, `Grafana ${authorization}`)
    if (typeof fault === 'number')
      return json(response, fault, { message: `Error ${fault} ${authorization}` })
    if (!pathname.startsWith(`${base}/api/`)) return page(response, 404, 'Page not found')
    const path = pathname.slice(base.length)
    const isMine = orgId === undefined || headers['x-grafana-org-id'] === String(orgId)
    if (path === '/api/health') return json(response, 200, { database: 'ok', version: '12.1.0', commit: 'x' })
    if (authorization !== `Bearer ${token}` || !isMine)
      return json(response, 401, {
        message: 'Invalid API key',
        messageId: 'api-key.invalid',
        statusCode: 401,
      })
    const [status, answer] = route(method, path, body)
    if (fault === 'loses-answer') return void response.destroy()
    json(response, status, answer)
  }

  function route(method: string, path: string, body: string): Answer {
    if (path === '/api/access-control/user/actions' && !tellsNoRights)
      return [200, Object.fromEntries((RIGHTS_OF[granted] ?? []).map((right) => [right, true]))]
    if (!path.startsWith(API)) return [404, { message: 'Not found' }]
    if (!isReady) return [409, { message: 'alertmanager not ready' }]
    const what = path.slice(API.length)
    if (method === 'GET' && what === '/alerts')
      return [200, [...alerts].map(([print, one]) => listedAlert(print, one, silencing(one.labels)))]
    if (method === 'GET' && what === '/silences')
      return [200, [...silences.values()].map((one) => listedSilence(one, now()))]
    if (method === 'POST' && what === '/silences') return put(body)
    const [, id] = /^\/silence\/([^/]+)$/.exec(what) ?? []
    return method === 'DELETE' && id !== undefined
      ? remove(decodeURIComponent(id))
      : [404, { message: 'Not found' }]
  }

  /** Who has rights on folders only may silence where a rule is named. */
  function isForbidden(matchers: readonly Matcher[]): boolean {
    const isOfRule = matchers.some(
      ({ name, isRegex, isEqual = true }) => name === '__alert_rule_uid__' && !isRegex && isEqual,
    )
    return granted === 'viewer' || (granted === 'folders' && !isOfRule)
  }

  function put(body: string): Answer {
    const given = JSON.parse(body) as Record<string, unknown>
    const { id, createdBy, comment } = given
    const matchers = given['matchers'] as readonly Matcher[]
    const from = Date.parse(String(given['startsAt']))
    const until = Date.parse(String(given['endsAt']))
    if (!Array.isArray(matchers) || Number.isNaN(from) || Number.isNaN(until) || !comment || !createdBy)
      return [400, { message: 'silence failed validation' }]
    if (isForbidden(matchers)) return forbidden('create silences')
    if (until <= from || until <= now()) return [400, { message: 'unable to create silence' }]
    if (matchers.every(({ value }) => value === '')) return [400, { message: 'unable to save silence' }]
    const known = id === undefined ? undefined : silences.get(String(id))
    if (id !== undefined && known === undefined) return [404, { message: 'silence not found' }]
    orders.push({
      what: 'acknowledge',
      ...namesOf(matchers),
      author: String(createdBy),
      comment: String(comment),
      raw: body,
    })
    const words = { createdBy: String(createdBy), comment: String(comment) }
    const isSame =
      known !== undefined &&
      isActive(known) &&
      Math.floor(known.startsAt / 1000) === Math.floor(from / 1000) &&
      JSON.stringify(known.matchers) === JSON.stringify(matchers)
    if (isSame) {
      silences.set(known.id, { ...known, ...words, endsAt: until })
      return [202, { silenceID: known.id }]
    }
    if (known !== undefined) known.endsAt = Math.min(known.endsAt, now())
    const made = randomUUID()
    silences.set(made, { id: made, matchers, startsAt: Math.max(from, now()), endsAt: until, ...words })
    return [202, { silenceID: made }]
  }

  function remove(id: string): Answer {
    const known = silences.get(id)
    if (known === undefined) return [404, { message: 'silence not found' }]
    if (isForbidden(known.matchers)) return forbidden('update silences')
    if (known.endsAt <= now()) return [500, { message: `silence ${id} already expired` }]
    const raw = JSON.stringify({ id })
    orders.push({ what: 'remove', ...namesOf(known.matchers), author: null, comment: null, raw })
    known.endsAt = now()
    return [200, { message: 'silence deleted' }]
  }

  /** Which check a silence is for: matchers with a value are its labels. */
  function namesOf(matchers: readonly Matcher[]): { host: string; service: string | null } {
    const pinned = matchers.filter(({ value }) => value !== '').map(({ name, value }) => [name, value])
    const print = fingerprintOf(Object.fromEntries(pinned))
    const { host = '(unknown)', service = null } = alerts.get(print) ?? gone.get(print) ?? {}
    return { host, service }
  }

  const listen = (port: number): Promise<void> =>
    new Promise((done) => {
      server.listen(port, '127.0.0.1', done)
    })
  const stop = (): Promise<void> =>
    new Promise((done) => {
      if (!server.listening) return done()
      server.close(() => done())
      server.closeAllConnections()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo

  const standIn: GrafanaStandIn = {
    settings: {
      kind: 'grafana',
      url: `http://127.0.0.1:${port}${base}`,
      token,
      ...(orgId === undefined ? {} : { orgId }),
    },
    secrets: [token],
    orders,
    received,
    requests,
    get silences() {
      return [...silences.values()]
    },
    set: ({ host, service, state, output = '' }) => {
      const labels = labelsOf(host, service)
      const print = fingerprintOf(labels)
      if (state === 'OK' || state === 'UP') return drop(print)
      const startsAt = alerts.get(print)?.startsAt ?? now()
      alerts.set(print, { labels, annotations: { summary: output }, startsAt, host, service })
    },
    forget: (host, service) => drop(fingerprintOf(labelsOf(host, service))),
    labels: (host, service) => visible(labelsOf(host, service)),
    key: (host, service) => fingerprintOf(labelsOf(host, service)),
    acknowledge: (host, service, by) => {
      standIn.silence(pinning(labelsOf(host, service)), by)
    },
    unacknowledge: (host, service) => {
      const labels = labelsOf(host, service)
      for (const one of silencing(labels))
        if (one.matchers.length >= Object.keys(labels).length) one.endsAt = now()
    },
    downtime: () => undefined,
    inDowntime: () => false,
    acknowledged: (host, service) => {
      const newest = silencing(labelsOf(host, service))
        .toSorted((a, b) => a.startsAt - b.startsAt)
        .at(-1)
      return newest === undefined ? null : { author: newest.createdBy, comment: newest.comment }
    },
    webhook: (host, service, status = 'firing') => webhookOf(host, service, status, alerts),
    fire: (labels, annotations = {}) => {
      const print = fingerprintOf(labels)
      const { host = '', alertname = '' } = labels
      alerts.set(print, { labels, annotations, startsAt: now(), host, service: alertname })
      return print
    },
    silence: (matchers, { author, comment }) => {
      const id = randomUUID()
      const endsAt = now() + DAY_MS
      silences.set(id, { id, matchers, startsAt: now(), endsAt, createdBy: author, comment })
      return id
    },
    ready: (is) => {
      isReady = is
    },
    may: (next) => {
      granted = next
    },
    behave: async (next) => {
      const was = fault
      fault = next
      if (next === 'away') await stop()
      else if (was === 'away') await listen(port)
      if (was === 'hangs') server.closeAllConnections()
    },
    close: stop,
  }
  return standIn
}

/** Every label, those included that a contact point does not send. */
function labelsOf(host: string, service: string | null): Labels {
  const labels = {
    __alert_rule_uid__: `r${digestOf([host, service]).slice(0, 12)}`,
    __alert_rule_namespace_uid__: 'f1',
    ...(service === null
      ? { alertname: host }
      : { alertname: service, grafana_folder: 'Shop', host, severity: 'critical' }),
  }
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

function visible(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !/^__.*__$/.test(name)))
}

/** @returns matchers that are all of these labels */
export function pinning(labels: Labels): readonly Matcher[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }))
}

/** Opaque, and of all labels. */
export function fingerprintOf(labels: Labels): string {
  return digestOf(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))).slice(0, 16)
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/** @returns the body of a contact point about one check, as it is sent in this state */
export function grafanaWebhook(host: string, service: string | null, state: State): object {
  return webhookOf(host, service, state === 'OK' || state === 'UP' ? 'resolved' : 'firing', new Map())
}

function webhookOf(
  host: string,
  service: string | null,
  status: 'firing' | 'resolved',
  alerts: ReadonlyMap<string, StoredAlert>,
): object {
  const labels = labelsOf(host, service)
  const fingerprint = fingerprintOf(labels)
  const known = alerts.get(fingerprint)
  const alert = {
    status,
    labels: visible(labels),
    annotations: known?.annotations ?? {},
    startsAt: new Date(known?.startsAt ?? 0).toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://127.0.0.1:3000/alerting/grafana/r1/view?orgId=1',
    fingerprint,
    silenceURL: 'http://127.0.0.1:3000/alerting/silence/new?alertmanager=grafana',
    dashboardURL: '',
    panelURL: '',
    values: { A: 97.5 },
    valueString: "[ var='A' value=97.5 ]",
    orgId: 1,
  }
  return {
    receiver: 'slack',
    status,
    orgId: 1,
    alerts: [alert],
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://127.0.0.1:3000/',
    version: '1',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    title: 'x',
    state: status === 'firing' ? 'alerting' : 'ok',
    message: 'x',
  }
}

/** @returns headers with which Grafana signs a body, with a time where its header has a name */
export function signed(
  body: string | Buffer,
  secret: string,
  time: { readonly header: string; readonly seconds: number } | null = null,
): Record<string, string> {
  const hmac = createHmac('sha256', secret)
  if (time !== null) hmac.update(`${time.seconds}:`)
  return {
    'X-Grafana-Alerting-Signature': hmac.update(body).digest('hex'),
    ...(time === null ? {} : { [time.header]: String(time.seconds) }),
  }
}

function matches({ name, value, isRegex, isEqual = true }: Matcher, labels: Labels): boolean {
  const there = labels[name] ?? ''
  return (isRegex ? new RegExp(`^(?:${value})$`).test(there) : there === value) === isEqual
}

function listedAlert(print: string, alert: StoredAlert, by: readonly StoredSilence[]): object {
  const { labels, annotations, startsAt } = alert
  const time = new Date(startsAt).toISOString()
  return {
    annotations: { ...annotations, __orgId__: '1', __values__: '{"A":97.5}' },
    endsAt: new Date(startsAt + DAY_MS).toISOString(),
    fingerprint: print,
    receivers: [{ active: null, integrations: null, name: 'slack' }],
    startsAt: time,
    status: {
      inhibitedBy: [],
      silencedBy: by.map(({ id }) => id),
      state: by.length > 0 ? 'suppressed' : 'active',
    },
    updatedAt: time,
    generatorURL: 'http://127.0.0.1:3000/alerting/grafana/r1/view?orgId=1',
    labels,
  }
}

function listedSilence({ startsAt, endsAt, ...silence }: StoredSilence, now: number): object {
  const state = endsAt <= now ? 'expired' : startsAt > now ? 'pending' : 'active'
  const times = { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(endsAt).toISOString() }
  return { ...silence, ...times, status: { state }, updatedAt: times.startsAt }
}

function forbidden(what: string): Answer {
  return [403, { message: `user is not authorized to ${what}`, accessErrorId: 'ACE0123456789' }]
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const headers = status === 429 ? { 'retry-after': '7' } : {}
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function page(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end(`<!doctype html><title>${text}</title>`)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
