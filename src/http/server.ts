import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock, Log } from '../core/ports.ts'
import { type Admission, createAdmission, FULL } from './admission.ts'
import { sendRefusal, sendText, UNAVAILABLE } from './answer.ts'
import type { ApiRoutes } from './api.ts'
import type { CardRoute } from './card-route.ts'
import type { HealthRoutes } from './health.ts'
import { CONNECTIONS_CROWDED, CONNECTIONS_MAX, SLACK_MAX } from './limits.ts'
import type { NotifyRoute, NotifyTarget } from './notify-route.ts'
import { announcedBytes, readBody } from './read-body.ts'
import { type HandshakeRoute, isHandshake } from './webhook-handshake.ts'
import type { WebhookRoute } from './webhook-route.ts'

/** Everything that answers once the store is open. Until then all of it is 503. */
export type Routes = {
  readonly notify: NotifyRoute
  readonly handshake: HandshakeRoute
  readonly webhook: WebhookRoute
  readonly api: ApiRoutes
  readonly card: CardRoute
  readonly health: HealthRoutes
  readonly metrics: () => Promise<{ type: string; text: string }>
  /** Null in Socket Mode, where Slack does not call; `starting` while nobody can answer it yet. */
  readonly slack: SlackListener | 'starting' | null
}

/** Handles what Slack sends to `/slack/events`, whose body was read already. */
export type SlackListener = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

export type HttpServer = {
  readonly port: number
  serve(routes: Routes): void
  /** Stops taking connections, lets requests finish, closes what is still open after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>
}

export type HttpOptions = {
  readonly host: string
  readonly port: number
  readonly tls: { readonly cert: string; readonly key: string } | null
  readonly log: Log
  readonly clock: Clock
  /** Called for each new connection and each request. */
  readonly onArrival: () => void
  readonly timeouts?: Timeouts
}

/** Milliseconds. A whole request has to arrive within `request`, its head within `headers`. */
export type Timeouts = {
  readonly request: number
  readonly headers: number
  /** How long a connection may stay open without a request. */
  readonly keepAlive: number
  /** How often the first two are looked at. */
  readonly check: number
}

// Connections stay open longer than common proxies leave them idle, so that they close first.
const TIMEOUTS: Timeouts = { request: 15_000, headers: 10_000, keepAlive: 75_000, check: 1_000 }

/** How often a stop looks for connections that have become idle. */
const STOP_SWEEP_MS = 50
/** How long a connection that was refused is left open for its end to read why. */
const REFUSED_LINGER_MS = 500

/** Opens the port. @throws the error of `listen`, such as EADDRINUSE */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host, port, tls, log, clock, onArrival, timeouts = TIMEOUTS } = options
  let routes: Routes | null = null
  let isStopping = false
  const slackAdmission = createAdmission(SLACK_MAX)
  const listener: RequestListener = (request, response) => {
    onArrival()
    if (isStopping) response.setHeader('Connection', 'close')
    handle(request, response, routes, slackAdmission).catch((error: unknown) => {
      log.error({ err: error }, 'A request could not be handled. This is a fault in ackbridge.')
      sendRefusal(response, UNAVAILABLE)
    })
  }
  const settings = {
    requestTimeout: timeouts.request,
    headersTimeout: timeouts.headers,
    keepAliveTimeout: timeouts.keepAlive,
    connectionsCheckingInterval: timeouts.check,
  }
  const server: Server =
    tls === null ? createServer(settings, listener) : createTlsServer({ ...settings, ...tls }, listener)
  server.maxConnections = CONNECTIONS_MAX
  let connections = 0
  server.on('connection', (socket: Socket) => {
    onArrival()
    connections++
    socket.once('close', () => {
      connections--
    })
    if (connections > CONNECTIONS_CROWDED) server.closeIdleConnections()
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuseBrokenRequest(error, socket, clock),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    serve: (all) => {
      routes = all
    },
    stop: (deadlineMs) => {
      isStopping = true
      return stop(server, deadlineMs, clock)
    },
  }
}

function stop(server: Server, deadlineMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancelDeadline = clock.timer(deadlineMs, () => server.closeAllConnections())
    let cancelSweep: () => void = () => undefined
    // A connection whose request was under way is kept by its sender once that is answered.
    const sweep = (): void => {
      server.closeIdleConnections()
      cancelSweep = clock.timer(STOP_SWEEP_MS, sweep)
    }
    server.close(() => {
      cancelDeadline()
      cancelSweep()
      resolve()
    })
    sweep()
  })
}

/** What is no HTTP, too slow, or too large in its head, before any route sees it. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket, clock: Clock): void {
  if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '408 Request Timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  // Closed at once, the answer would be lost with what was not read; left to the other end, the connection may stay.
  socket.resume()
  socket.once(
    'close',
    clock.timer(REFUSED_LINGER_MS, () => socket.destroy()),
  )
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Routes | null,
  slackAdmission: Admission,
): Promise<void> {
  const { path, query } = splitUrl(request.url ?? '/')
  if (path === '/healthz')
    return onlyGet(request, response, () => sendText(response, 200, 'application/json', '{"status":"ok"}'))
  if (routes === null) {
    request.resume()
    return sendRefusal(response, UNAVAILABLE)
  }
  const [, first, second, third] = path.split('/')
  if (first === 'notify') {
    const target = notifyTarget(path, query)
    if (target !== null && isHandshake(request)) return routes.handshake(request, response, target)
    if (target !== null) return onlyPost(request, response, () => routes.notify(request, response, target))
  }
  if (first === 'services' && second && third) {
    const monitor = decode(second)
    const key = decode(third)
    if (monitor !== null && key !== null)
      return onlyPost(request, response, () => routes.webhook(request, response, { monitor, key }))
  }
  if (first === 'problems' && second && third === undefined) {
    const id = decode(second)
    if (id !== null) return onlyGet(request, response, () => routes.card(response, id))
  }
  switch (path) {
    case '/slack/events':
      if (routes.slack === null) break
      return onlyPost(request, response, () => passToSlack(request, response, routes.slack, slackAdmission))
    case '/readyz':
      return onlyGet(request, response, () => routes.health.readyz(response))
    case '/metrics':
      return onlyGet(request, response, async () => {
        const { type, text } = await routes.metrics()
        sendText(response, 200, type, text)
      })
    case '/api/problems':
      return onlyGet(request, response, () =>
        routes.api.problems(request, response, new URLSearchParams(query)),
      )
    case '/api/history':
      return onlyGet(request, response, () =>
        routes.api.history(request, response, new URLSearchParams(query)),
      )
    case '/api/report':
      return onlyGet(request, response, () =>
        routes.api.report(request, response, new URLSearchParams(query)),
      )
  }
  request.resume()
  sendRefusal(response, { status: 404, error: 'not_found', message: 'There is nothing at this address.' })
}

/** `/notify`, `/notify/MONITOR` or `/notify/MONITOR/KEY`. @returns null for anything else */
function notifyTarget(path: string, query: string): NotifyTarget | null {
  const [, , second, third, fourth] = path.split('/')
  const token = query === '' ? null : new URLSearchParams(query).get('access_token')
  if (second === undefined) return { monitor: null, key: null, token }
  if (second === '' || third === '' || fourth !== undefined) return null
  const monitor = decode(second)
  const key = third === undefined ? null : decode(third)
  return monitor === null || (third !== undefined && key === null) ? null : { monitor, key, token }
}

async function passToSlack(
  request: IncomingMessage,
  response: ServerResponse,
  slack: Routes['slack'],
  admission: Admission,
): Promise<void> {
  const pass = admission.enter(null, announcedBytes(request))
  if (typeof pass === 'string') {
    request.resume()
    return sendRefusal(response, FULL)
  }
  response.once('close', pass.leave)
  const body = await readBody(request, pass)
  if (!Buffer.isBuffer(body)) return sendRefusal(response, body)
  if (typeof slack === 'function') return slack(request, response, body)
  sendRefusal(response, UNAVAILABLE)
}

/** Split by hand: not every request target is a URL, and none may throw. */
function splitUrl(target: string): { path: string; query: string } {
  // A client that takes us for a proxy names the host too, and a server has to take that (RFC 9112, 3.2.2).
  const url = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*/i, '') || '/'
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

function onlyPost(
  request: IncomingMessage,
  response: ServerResponse,
  run: () => void | Promise<void>,
): void | Promise<void> {
  return request.method === 'POST' ? run() : refuseMethod(request, response, 'POST')
}

function onlyGet(
  request: IncomingMessage,
  response: ServerResponse,
  run: () => void | Promise<void>,
): void | Promise<void> {
  request.resume()
  const { method } = request
  return method === 'GET' || method === 'HEAD' ? run() : refuseMethod(request, response, 'GET, HEAD')
}

function refuseMethod(request: IncomingMessage, response: ServerResponse, allow: string): void {
  request.resume()
  const message = `This address takes ${allow} only.`
  sendRefusal(response, { status: 405, error: 'method_not_allowed', message, headers: { Allow: allow } })
}
