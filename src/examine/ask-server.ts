import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Config } from '../config/config.ts'
import type { Clock } from '../core/ports.ts'

const ANSWER_TIMEOUT_MS = 5_000
/** The answer of a server of ours is far smaller. */
const ANSWER_MAX_BYTES = 256 * 1024

/** What listens where our server would. */
export type ServerAnswer =
  | { readonly what: 'nothing'; readonly why: string }
  /** Connected, but there is no answer. */
  | { readonly what: 'silent' }
  /** An answer that is not ours. */
  | { readonly what: 'other' }
  /** Ours, still opening its database. */
  | { readonly what: 'not open' }
  | { readonly what: 'ours'; readonly health: Readonly<Record<string, unknown>> }

/** @returns the address on which this machine reaches a server that listens on `host` */
export function hostToAsk(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' || host === '[::]' ? '::1' : host
}

/** Asks the server that listens as configured how it is. Never throws. */
export function askServer({ host, port, tls }: Config['http'], clock: Clock): Promise<ServerAnswer> {
  return new Promise((resolve) => {
    const options = { host: hostToAsk(host), port, path: '/readyz', agent: false }
    // Its certificate names how others call this machine, not how it calls itself. Nothing secret is sent.
    const request =
      tls === null ? httpRequest(options) : httpsRequest({ ...options, rejectUnauthorized: false })
    let isConnected = false
    const end = (answer: ServerAnswer): void => {
      cancel()
      request.destroy()
      resolve(answer)
    }
    const cancel = clock.timer(ANSWER_TIMEOUT_MS, () =>
      end(isConnected ? { what: 'silent' } : { what: 'nothing', why: 'no connection came about' }),
    )
    request.on('socket', (socket) => {
      socket.on('connect', () => {
        isConnected = true
      })
    })
    request.on('error', (error: NodeJS.ErrnoException) =>
      end(
        isConnected ? { what: 'other' } : { what: 'nothing', why: error.code ?? 'no connection came about' },
      ),
    )
    request.on('response', (response) => {
      readAll(response, (text) => end(meaningOf(response.statusCode ?? 0, text)))
    })
    request.end()
  })
}

function readAll(response: IncomingMessage, done: (text: string) => void): void {
  const parts: Buffer[] = []
  let bytes = 0
  response.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes > ANSWER_MAX_BYTES) done('')
    else parts.push(part)
  })
  response.on('end', () => done(Buffer.concat(parts).toString('utf8')))
  response.on('error', () => done(''))
}

function meaningOf(status: number, text: string): ServerAnswer {
  const body = parse(text)
  if (status === 503 && body?.['error'] === 'unavailable') return { what: 'not open' }
  const word = body?.['status']
  if (body !== null && (word === 'ready' || word === 'not ready')) return { what: 'ours', health: body }
  return { what: 'other' }
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
