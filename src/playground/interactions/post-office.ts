/*
 * Takes an interaction to the app: over an open websocket if there is one, else signed, by HTTP. The app has three
 * seconds of real time; a test's clock does not stretch them.
 */
import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Json, parseJson } from '../json.ts'
import { signRequest } from '../signing.ts'
import type { Envelope, SocketDesk } from '../socket-mode.ts'
import type { Workspace } from '../workspace.ts'

export const answerLimitMs = 3_000
const answerBytesMax = 4 * 1024 * 1024

/**
 * What the app answered. `status` is 0 when there was no answer: `operation_timeout` after three seconds,
 * `dispatch_failed` when the app cannot be reached. Over Socket Mode an acknowledgement counts as 200.
 */
export type Answer = {
  status: number
  body: Json
  error?: string
  /** What the interaction carried, for repeating it or for using it late. */
  triggerId?: string
  responseUrl?: string
}

export class PostOffice {
  readonly #workspace: Workspace
  readonly #sockets: SocketDesk
  readonly #open = new Set<ClientRequest>()
  #requestUrl = ''
  #unanswered = 0
  #waiting: (() => void)[] = []

  constructor(workspace: Workspace, sockets: SocketDesk) {
    this.#workspace = workspace
    this.#sockets = sockets
  }

  connect(requestUrl: string): void {
    this.#requestUrl = requestUrl
  }

  /** Sends one interaction and waits for the app. Never rejects. */
  async send(envelope: Envelope): Promise<Answer> {
    this.#unanswered++
    try {
      return await (this.#sockets.connections > 0 ? this.#sendBySocket(envelope) : this.#sendByHttp(envelope))
    } finally {
      this.#unanswered--
      if (this.#unanswered === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  /** Resolves when every interaction has its answer, or its failure. */
  async settled(): Promise<void> {
    while (this.#unanswered > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    for (const request of this.#open) request.destroy()
  }

  async #sendBySocket(envelope: Envelope): Promise<Answer> {
    const ack = await this.#sockets.send(envelope, answerLimitMs)
    if (ack.kind === 'lost') return { status: 0, body: '', error: 'operation_timeout' }
    return { status: 200, body: ack.payload ?? '' }
  }

  #sendByHttp(envelope: Envelope): Promise<Answer> {
    if (!this.#requestUrl) return Promise.resolve({ status: 0, body: '', error: 'dispatch_failed' })
    const { type, body } = httpForm(envelope)
    const timestamp = Math.floor(this.#workspace.now() / 1000)
    const headers: Record<string, string> = {
      'content-type': type,
      'content-length': String(Buffer.byteLength(body)),
      accept: 'application/json,*/*',
      'user-agent': 'Slackbot 1.0 (playground)',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signRequest(this.#workspace.identity.signingSecret, timestamp, body),
    }
    if (envelope.retry) {
      headers['x-slack-retry-num'] = String(envelope.retry.attempt)
      headers['x-slack-retry-reason'] = envelope.retry.reason
    }
    return this.#post(headers, body)
  }

  #post(headers: Record<string, string>, body: string): Promise<Answer> {
    return new Promise((resolve) => {
      const start = this.#requestUrl.startsWith('https:') ? httpsRequest : httpRequest
      const request = start(this.#requestUrl, { method: 'POST', headers, agent: false })
      const finish = (answer: Answer): void => {
        clearTimeout(timer)
        this.#open.delete(request)
        request.destroy()
        resolve(answer)
      }
      const timer = setTimeout(
        () => finish({ status: 0, body: '', error: 'operation_timeout' }),
        answerLimitMs,
      )
      this.#open.add(request)
      request.on('error', () => finish({ status: 0, body: '', error: 'dispatch_failed' }))
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= answerBytesMax) chunks.push(chunk)
        })
        response.on('error', () => finish({ status: 0, body: '', error: 'dispatch_failed' }))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          finish({ status: response.statusCode ?? 0, body: parseJson(text) ?? text })
        })
      })
      request.end(body)
    })
  }
}

function httpForm(envelope: Envelope): { type: string; body: string } {
  if (envelope.type === 'events_api') {
    return { type: 'application/json', body: JSON.stringify(envelope.payload) }
  }
  const type = 'application/x-www-form-urlencoded'
  if (envelope.type === 'interactive') {
    return { type, body: new URLSearchParams({ payload: JSON.stringify(envelope.payload) }).toString() }
  }
  const fields = Object.entries(envelope.payload).map(([key, value]): [string, string] => [
    key,
    String(value),
  ])
  return { type, body: new URLSearchParams(fields).toString() }
}
