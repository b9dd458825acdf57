import type { ServerResponse } from 'node:http'
import type { Issue } from '../monitors/monitor.ts'

export type ErrorWord =
  | 'invalid_notification'
  | 'invalid_request'
  | 'unauthorized'
  | 'forbidden'
  | 'unknown_monitor'
  | 'not_found'
  | 'method_not_allowed'
  | 'too_large'
  | 'unsupported_media_type'
  | 'timeout'
  | 'too_many_requests'
  | 'unavailable'

/** A refusal: what the sender gets instead of what it asked for. */
export type HttpRefusal = {
  readonly status: number
  readonly error: ErrorWord
  readonly message: string
  readonly issues?: readonly Issue[]
  readonly headers?: Readonly<Record<string, string>>
}

/** Seconds after which a sender that was turned away may come again. */
export const RETRY_AFTER_SECONDS = 5

export const UNAVAILABLE: HttpRefusal = {
  status: 503,
  error: 'unavailable',
  message: 'ackbridge cannot store anything at the moment. Send it again later.',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
}

/** Answers with JSON, unless the other end has gone. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}

/** Answers with text of the given type. */
export function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}

export function sendRefusal(response: ServerResponse, refusal: HttpRefusal): void {
  if (response.headersSent) return
  const { status, error, message, issues, headers } = refusal
  sendJson(response, status, { error, message, ...(issues === undefined ? {} : { issues }) }, headers)
}
