/*
 * Socket Mode: the app asks apps.connections.open for a URL and holds a websocket on it. Every interaction goes out
 * as an envelope and comes back as an acknowledgement with the same id. https://docs.slack.dev/apis/events-api/using-socket-mode
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { isObject, type Json, type JsonObject, parseJson, stringAt } from './json.ts'

/** Slack allows ten connections of one app. */
const connectionsMax = 10
/** The official client calls a connection dead after 30 s without a ping from Slack. */
const pingMs = 10_000
/** URLs that nobody came to use. */
const ticketsMax = 100
const payloadBytesMax = 4 * 1024 * 1024

export type SocketMode = {
  /** How many websockets are open. */
  readonly connections: number
  /** Announces the end of every connection, as Slack does every few hours, and closes it. */
  disconnect(reason?: 'refresh_requested' | 'warning' | 'link_disabled'): void
  /** Cuts every connection without a word. */
  drop(): void
}

export type Envelope = {
  type: 'interactive' | 'slash_commands' | 'events_api'
  payload: JsonObject
  retry?: { attempt: number; reason: string }
}

type Waiting = { socket: WebSocket; resolve: (ack: Acknowledged) => void }

/** `payload` is what the app gave to `ack`, null when it gave nothing. */
export type Acknowledged = { kind: 'acknowledged'; payload: Json } | { kind: 'lost' }

export class SocketDesk implements SocketMode {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: payloadBytesMax })
  readonly #tickets = new Set<string>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #appId: string
  readonly #pings: NodeJS.Timeout
  #turn = 0

  constructor(appId: string) {
    this.#appId = appId
    this.#pings = setInterval(() => {
      for (const socket of this.#open()) socket.ping()
    }, pingMs)
    this.#pings.unref()
  }

  get connections(): number {
    return this.#open().length
  }

  /** @param origin such as http://127.0.0.1:40123 */
  newUrl(origin: string): string {
    const ticket = randomUUID()
    const [oldest] = this.#tickets
    if (oldest !== undefined && this.#tickets.size >= ticketsMax) this.#tickets.delete(oldest)
    this.#tickets.add(ticket)
    return `${origin.replace(/^http/u, 'ws')}/link/?ticket=${ticket}&app_id=${this.#appId}`
  }

  /** Takes over an HTTP upgrade; anything without a fresh ticket is turned away. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const ticket = new URLSearchParams(query).get('ticket') ?? ''
    if (!path.startsWith('/link') || !this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    this.#server.handleUpgrade(request, socket, head, (websocket) => this.#welcome(websocket))
  }

  /**
   * Sends an envelope over one of the open connections.
   *
   * @param limitMs how long to wait for the acknowledgement, real time
   * @returns `lost` when there was none in time or the connection ended before
   */
  send(envelope: Envelope, limitMs: number): Promise<Acknowledged> {
    const open = this.#open()
    const socket = open[this.#turn++ % Math.max(1, open.length)]
    if (!socket) return Promise.resolve({ kind: 'lost' })
    const id = randomUUID()
    return new Promise((resolve) => {
      const done = (ack: Acknowledged): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        resolve(ack)
      }
      const timer = setTimeout(() => done({ kind: 'lost' }), limitMs)
      this.#waiting.set(id, { socket, resolve: done })
      socket.send(JSON.stringify(wireForm(id, envelope)))
    })
  }

  disconnect(reason: 'refresh_requested' | 'warning' | 'link_disabled' = 'refresh_requested'): void {
    for (const socket of this.#open()) {
      socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'playground' } }))
      if (reason !== 'warning') socket.close(1000)
    }
  }

  drop(): void {
    for (const socket of this.#server.clients) socket.terminate()
  }

  close(): void {
    clearInterval(this.#pings)
    for (const { resolve } of [...this.#waiting.values()]) resolve({ kind: 'lost' })
    this.drop()
    this.#server.close()
  }

  #open(): WebSocket[] {
    return [...this.#server.clients].filter((socket) => socket.readyState === socket.OPEN)
  }

  #welcome(socket: WebSocket): void {
    socket.on('error', () => socket.terminate())
    if (this.#open().length > connectionsMax) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }))
      socket.close(1008)
      return
    }
    socket.on('message', (data) => this.#read(String(data)))
    socket.on('close', () => {
      const lost = [...this.#waiting.values()].filter((one) => one.socket === socket)
      for (const one of lost) one.resolve({ kind: 'lost' })
    })
    const hello = {
      type: 'hello',
      num_connections: this.#open().length,
      connection_info: { app_id: this.#appId },
      debug_info: { host: 'playground', build_number: 1, approximate_connection_time: 18_060 },
    }
    socket.send(JSON.stringify(hello))
  }

  #read(data: string): void {
    const message = parseJson(data)
    if (!isObject(message)) return
    const waiting = this.#waiting.get(stringAt(message, 'envelope_id') ?? '')
    waiting?.resolve({ kind: 'acknowledged', payload: message['payload'] ?? null })
  }
}

function wireForm(id: string, envelope: Envelope): JsonObject {
  return {
    envelope_id: id,
    type: envelope.type,
    accepts_response_payload: envelope.type !== 'events_api',
    payload: envelope.payload,
    ...(envelope.type === 'events_api'
      ? { retry_attempt: envelope.retry?.attempt ?? 0, retry_reason: envelope.retry?.reason ?? '' }
      : {}),
  }
}
