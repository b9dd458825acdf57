import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { State } from '../../../src/core/state.ts'
import { createEngine, type Engine, type Thing } from './openitcockpit-engine.ts'
import { type Answer, answerList, isAllowed, type Store } from './openitcockpit-lists.ts'
import type { Fault, StandIn } from './stand-in.ts'

/*
 * Stands in for openITCOCKPIT: its API as its source reads, in front of an engine that does with a line what Naemon does.
 * That an order was queued is all the API ever says.
 */

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const BODY_MAX = 1_000_000

export type OpenitcockpitStandIn = StandIn & {
  /** Every request as it came, with its header of authorization. */
  readonly requests: readonly { method: string; url: string; authorization: string; body: string }[]
  /** Lines that reached the engine, whatever became of them. */
  readonly lines: readonly string[]
  /** Addresses that begin with one of these are answered 403. */
  forbid(...paths: string[]): void
  /** Changes what the lists answer, such as to the names of another version. */
  answerWith(change: ((path: string, body: unknown) => unknown) | null): void
}

/** @param now the engine's clock, epoch ms */
export async function startOpenitcockpit(now: () => number = Date.now): Promise<OpenitcockpitStandIn> {
  const apiKey = randomBytes(40).toString('hex')
  const engine = createEngine(now)
  const requests: { method: string; url: string; authorization: string; body: string }[] = []
  const lines: string[] = []
  let fault: Fault = 'well'
  let forbidden: readonly string[] = []
  let change: ((path: string, body: unknown) => unknown) | null = null
  const store: Store = { engine, now, ids: (thing) => [...engine.things].indexOf(thing) + 1 }

  const server = createServer((request, response) => {
    void handle(request, response)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const url = new URL(request.url ?? '/', 'http://stand-in')
    const authorization = request.headers.authorization ?? ''
    requests.push({ method: request.method ?? '', url: request.url ?? '', authorization, body })
    if (fault === 'hangs') return
    if (fault === 'garbage')
      return send(response, { status: 200, text: `<html><body>Hello ${authorization}</body></html>` })
    if (typeof fault === 'number') return send(response, refusal(fault, authorization))
    const isKnown = authorization === `X-OITC-API ${apiKey}` || url.searchParams.get('apikey') === apiKey
    if (!isKnown) return send(response, { status: 401, text: '' })
    const answer = isAllowed(url.pathname, forbidden) ? route(request.method ?? '', url, body) : refusal(403)
    if (fault === 'loses-answer') {
      response.destroy()
      return
    }
    send(
      response,
      change === null || answer.json === undefined
        ? answer
        : { status: answer.status, json: change(url.pathname, answer.json) },
    )
  }

  function route(method: string, url: URL, body: string): Answer {
    if (url.pathname !== '/nagios_module/cmd/submit.json') return answerList(store, url)
    if (method !== 'GET' && method !== 'POST') return refusal(405)
    const given = method === 'GET' ? Object.fromEntries(url.searchParams) : objectOf(body)
    return submit(engine, lines, given)
  }

  await listen(server, 0)
  const { port } = server.address() as AddressInfo

  return {
    settings: { kind: 'openitcockpit', url: `http://127.0.0.1:${port}`, apiKey },
    secrets: [apiKey],
    requests,
    get received() {
      return requests.map(({ method, url, body }) => `${method} ${url} ${body}`)
    },
    lines,
    orders: engine.orders,
    forbid: (...paths) => {
      forbidden = paths
    },
    answerWith: (to) => {
      change = to
    },
    set: (check) => {
      const { hostUuid, serviceUuid } = identify(check.host, check.service)
      const host = engine.put(hostUuid, null, check.hostDisplayName ?? nameOf(check.host))
      const thing =
        serviceUuid === null ? host : engine.put(hostUuid, serviceUuid, nameOf(check.service ?? ''))
      if (check.serviceDisplayName !== undefined && serviceUuid !== null)
        thing.name = check.serviceDisplayName
      engine.changeState(thing, numberOf(check.state), check.hard ?? true, check.output ?? '')
    },
    forget: (host, service) => engine.drop(find(engine, host, service)),
    acknowledge: (host, service, by) =>
      engine.acknowledge(find(engine, host, service), { sticky: true, ...by }),
    unacknowledge: (host, service) => {
      find(engine, host, service).acknowledged = null
    },
    downtime: (host, service, on) => {
      const thing = find(engine, host, service)
      if (!on) return engine.cancelDowntimes(thing)
      const start = Math.floor(now() / 1000)
      engine.schedule(thing, { start, end: start + 3600, author: 'Operator', comment: 'maintenance' })
    },
    acknowledged: (host, service) => find(engine, host, service).acknowledged,
    inDowntime: (host, service) => engine.isInDowntime(find(engine, host, service)),
    key: (host, service) => {
      const { hostUuid, serviceUuid } = identify(host, service)
      return serviceUuid === null ? hostUuid : `${hostUuid}\u001f${serviceUuid}`
    },
    behave: async (next) => {
      if (next === 'away' && fault !== 'away') await stop(server)
      if (next !== 'away' && fault === 'away') await listen(server, port)
      fault = next
    },
    close: async () => {
      if (fault !== 'away') await stop(server)
    },
  }
}

const COMMANDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ACKNOWLEDGE_HOST_PROBLEM: {
    hostUuid: null,
    sticky: 0,
    notify: 1,
    persistent: 1,
    author: null,
    comment: null,
  },
  ACKNOWLEDGE_SVC_PROBLEM: {
    hostUuid: null,
    serviceUuid: null,
    sticky: 0,
    notify: 1,
    persistent: 1,
    author: null,
    comment: null,
  },
  REMOVE_HOST_ACKNOWLEDGEMENT: { hostUuid: null },
  REMOVE_SVC_ACKNOWLEDGEMENT: { hostUuid: null, serviceUuid: null },
  SCHEDULE_HOST_DOWNTIME: downtimeDefaults({ hostUuid: null }),
  SCHEDULE_SVC_DOWNTIME: downtimeDefaults({ hostUuid: null, serviceUuid: null }),
  DEL_HOST_DOWNTIME: { downtime_id: null, include_services: 1 },
  DEL_SVC_DOWNTIME: { downtime_id: null },
  DISABLE_NOTIFICATIONS: {},
  DISABLE_HOST_CHECK: { hostUuid: null },
}

function downtimeDefaults(of: Record<string, null>): Record<string, unknown> {
  return {
    ...of,
    start_time: null,
    end_time: null,
    fixed: 1,
    trigger_id: 0,
    duration: null,
    author: null,
    comment: null,
  }
}

/** Puts the parameters in the order of the command, what it does not have behind them, and queues the line. */
function submit(engine: Engine, lines: string[], given: Record<string, unknown> | null): Answer {
  const command = given?.['command']
  if (given === null || typeof command !== 'string') return refusal(400)
  const defaults = COMMANDS[command]
  if (defaults === undefined) return refusal(404)
  const { command: _, apikey: __, ...parameters } = { ...defaults, ...given } as Record<string, unknown>
  if (!resolveNames(engine, parameters)) return refusal(400)
  const line = [command, ...Object.values(parameters).map((value) => String(value ?? ''))].join(';')
  // Gearman hands it on when the answer is on its way.
  setImmediate(() => {
    lines.push(line)
    engine.run(line)
  })
  const json = { message: 'Kommando wurde in die Warteschlange gestellt', command, args: parameters }
  return { status: 200, json }
}

/** Takes the first of that name, as the real one does. */
function resolveNames({ things }: Engine, parameters: Record<string, unknown>): boolean {
  for (const [field, isHost] of [
    ['hostUuid', true],
    ['serviceUuid', false],
  ] as const) {
    const value = parameters[field]
    if (value === undefined || value === null || UUID.test(String(value))) continue
    const first = [...things].find((thing) => thing.name === value && (thing.serviceUuid === null) === isHost)
    if (first === undefined) return false
    parameters[field] = first.serviceUuid ?? first.hostUuid
  }
  return true
}

function identify(host: string, service: string | null): { hostUuid: string; serviceUuid: string | null } {
  return {
    hostUuid: uuidOf(host, host),
    serviceUuid: service === null ? null : uuidOf(service, `${host}!${service}`),
  }
}

/** A name of a test gets a UUID of its own, the same every time. */
function uuidOf(name: string, seed: string): string {
  if (UUID.test(name)) return name
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function nameOf(given: string): string {
  return UUID.test(given) ? `name of ${given.slice(0, 4)}` : given
}

function find(engine: Engine, host: string, service: string | null): Thing {
  const { hostUuid, serviceUuid } = identify(host, service)
  const thing = engine.find(hostUuid, serviceUuid)
  if (thing === null) throw new Error(`The stand-in has no ${host} ${service ?? ''}. Call set first.`)
  return thing
}

function numberOf(state: State): number {
  const states: readonly (readonly State[])[] = [
    ['UP', 'DOWN', 'UNREACHABLE'],
    ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'],
  ]
  return Math.max(...states.map((names) => names.indexOf(state)))
}

/** @param echo what a careless proxy might repeat of the request */
function refusal(status: number, echo = ''): Answer {
  if (status === 401) return { status, text: echo }
  return {
    status,
    json: { message: `Error ${status} ${echo}`, url: '/nagios_module/cmd/submit.json', code: status },
  }
}

function send(response: ServerResponse, { status, json, text }: Answer): void {
  response.writeHead(status, {
    'content-type': text === undefined ? 'application/json' : 'text/html',
    ...(status === 429 ? { 'retry-after': '7' } : {}),
  })
  response.end(text ?? JSON.stringify(json))
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

function objectOf(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
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
