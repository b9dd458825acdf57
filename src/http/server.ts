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
import { sendRefusal, sendText, UNAVAILABLE } from './answer.ts'
import type { ApiRoutes } from './api.ts'
import type { HealthRoutes } from './health.ts'
import type { NotifyRoute } from './notify-route.ts'
import { readBody } from './read-body.ts'

/** Everything that answers once the store is open. Until then all of it is 503. */
export type Routes = {
  readonly notify: NotifyRoute
  readonly api: ApiRoutes
  readonly health: HealthRoutes
  readonly metrics: () => Promise<{ type: string; text: string }>
  /** Null in Socket Mode, where Slack does not call. */
  readonly slack: ((request: IncomingMessage, response: ServerResponse, body: Buffer) => void) | null
}

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
}

/** A whole request has to arrive within this time; its head within the shorter one. */
const REQUEST_TIMEOUT_MS = 15_000
const HEADERS_TIMEOUT_MS = 10_000
/** Longer than the idle time of common proxies, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const TIMEOUT_CHECK_MS = 1_000

/** Opens the port. @throws the error of `listen`, such as EADDRINUSE */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host, port, tls, log, clock, onArrival } = options
  let routes: Routes | null = null
  const listener: RequestListener = (request, response) => {
    onArrival()
    handle(request, response, routes).catch((error: unknown) => {
      log.error({ err: error }, 'A request could not be handled. This is a fault in ackbridge.')
      sendRefusal(response, UNAVAILABLE)
    })
  }
  const settings = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  }
  const server: Server =
    tls === null ? createServer(settings, listener) : createTlsServer({ ...settings, ...tls }, listener)
  server.on('connection', onArrival)
  server.on('clientError', refuseBrokenRequest)
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
    stop: (deadlineMs) => stop(server, deadlineMs, clock),
  }
}

function stop(server: Server, deadlineMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.timer(deadlineMs, () => server.closeAllConnections())
    server.close(() => {
      cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}

/** What is no HTTP, too slow, or too large in its head, before any route sees it. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
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
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Routes | null,
): Promise<void> {
  const { path, query } = splitUrl(request.url ?? '/')
  if (path === '/healthz')
    return onlyGet(request, response, () => sendText(response, 200, 'application/json', '{"status":"ok"}'))
  if (routes === null) {
    request.resume()
    return sendRefusal(response, UNAVAILABLE)
  }
  if (path === '/notify')
    return onlyPost(request, response, () => routes.notify(request, response, { monitor: null, key: null }))
  const [, first, second, third, fourth] = path.split('/')
  if (first === 'notify' && second && fourth === undefined && third !== '') {
    const monitor = decode(second)
    const key = third === undefined ? null : decode(third)
    if (monitor !== null && (third === undefined || key !== null)) {
      return onlyPost(request, response, () => routes.notify(request, response, { monitor, key }))
    }
  }
  switch (path) {
    case '/slack/events':
      if (routes.slack === null) break
      return onlyPost(request, response, () => passToSlack(request, response, routes.slack))
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
  }
  request.resume()
  sendRefusal(response, { status: 404, error: 'not_found', message: 'There is nothing at this address.' })
}

async function passToSlack(
  request: IncomingMessage,
  response: ServerResponse,
  slack: Routes['slack'],
): Promise<void> {
  const body = await readBody(request)
  if (Buffer.isBuffer(body)) slack?.(request, response, body)
  else sendRefusal(response, body)
}

/** Split by hand: not every request target is a URL, and none may throw. */
function splitUrl(url: string): { path: string; query: string } {
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
