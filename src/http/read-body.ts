import type { IncomingMessage } from 'node:http'
import { FULL, type Pass } from './admission.ts'
import type { HttpRefusal } from './answer.ts'
import { CHUNK_OVERHEAD_BYTES } from './limits.ts'

/** Bytes of a request body. */
export const BODY_MAX_BYTES = 1024 * 1024

const TOO_LARGE: HttpRefusal = {
  status: 413,
  error: 'too_large',
  message: 'The body is larger than 1 MiB. Send less in one request.',
  headers: { Connection: 'close' },
}
const CUT_SHORT: HttpRefusal = {
  status: 400,
  error: 'invalid_request',
  message: 'The body ended before it was complete.',
}

/** @returns bytes that a body announces; 0 when it does not, and one too many for whatever is too large */
export function announcedBytes(request: IncomingMessage): number {
  return Math.min(Number(request.headers['content-length'] ?? 0), BODY_MAX_BYTES + 1)
}

/**
 * @param pass what is read counts for it
 * @returns the body's bytes, or why there are none; never more than BODY_MAX_BYTES are kept
 */
export function readBody(request: IncomingMessage, pass: Pick<Pass, 'grow'>): Promise<Buffer | HttpRefusal> {
  if (announcedBytes(request) > BODY_MAX_BYTES) {
    request.resume()
    return Promise.resolve(TOO_LARGE)
  }
  return new Promise((resolve) => {
    let first: Buffer | null = null
    let rest: Buffer[] | null = null
    let size = 0
    let refusal: HttpRefusal | null = null
    request.on('data', (chunk: Buffer) => {
      if (refusal !== null) return
      size += chunk.length
      if (size > BODY_MAX_BYTES) refusal = TOO_LARGE
      else if (!pass.grow(chunk.length + CHUNK_OVERHEAD_BYTES)) refusal = FULL
      if (refusal !== null) {
        first = rest = null
        resolve(refusal)
        return
      }
      if (first === null) first = chunk
      else if (rest === null) rest = [first, chunk]
      else rest.push(chunk)
    })
    request.on('end', () => resolve(rest === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(rest)))
    request.on('error', () => resolve(CUT_SHORT))
    request.on('close', () => resolve(CUT_SHORT))
  })
}

/** What a body's type says it is. */
export type MediaType = 'json' | 'form' | 'none' | 'other'

/** @returns the sort of body that a Content-Type announces; a compressed one is of no sort we read */
export function mediaTypeOf(request: IncomingMessage): MediaType {
  const header = request.headers['content-type']
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return 'other'
  if (header === undefined || header === '') return 'none'
  if (header === 'application/json') return 'json'
  const type = (header.split(';', 1)[0] ?? '').trim().toLowerCase()
  if (type === 'application/json' || type === 'text/json' || type.endsWith('+json')) return 'json'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  return 'other'
}

const NOT_JSON: HttpRefusal = {
  status: 400,
  error: 'invalid_notification',
  message: 'The body is not JSON.',
  issues: [{ path: '', message: 'is not JSON' }],
}
const UNSUPPORTED: HttpRefusal = {
  status: 415,
  error: 'unsupported_media_type',
  message: 'Send JSON (Content-Type: application/json) or a form (application/x-www-form-urlencoded).',
}

/**
 * Turns bytes into what they say. A form becomes an object of strings; a body without a type is taken for JSON.
 * Invalid UTF-8 is replaced, because plugins write what they like.
 */
export function parseBody(bytes: Buffer, type: MediaType): { readonly value: unknown } | HttpRefusal {
  if (type === 'other') return UNSUPPORTED
  const text = bytes.toString('utf8', startsWithMark(bytes) ? 3 : 0)
  if (type === 'form') return { value: Object.fromEntries(new URLSearchParams(text)) }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return NOT_JSON
  }
}

/** Some programs of Windows begin every text with a byte order mark. */
function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
