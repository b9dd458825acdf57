import type { Body, RawRequest } from '../monitor.ts'
import { parseJsonExact } from '../shared/parse-json-exact.ts'

/** A body of one JSON value a line, as log forwarders send it. */
export class JsonLines {
  readonly values: readonly unknown[]
  /** Numbers of the lines that are not JSON, from 1. */
  readonly broken: readonly number[]
  /** How many were not read, because too many before them are not JSON. */
  readonly unread: number

  constructor(values: readonly unknown[], broken: readonly number[], unread: number) {
    this.values = values
    this.broken = broken
    this.unread = unread
  }
}

/** Types of content that are JSON, or JSON in lines: Amazon SNS says that its JSON is text/plain, some forwarders nothing. */
const JSON_TYPES = /^$|json|^text\/plain$|^application\/octet-stream$/

/** What objects and lists begin and end with. */
const ENDS = new Set(['{}', '[]'])
/** After so many lines that look like JSON and are none, 6 µs each, no more is read: as many as a full body holds real events. */
const TRIED_MAX = 3_000

/**
 * Reads one JSON value, or one a line, with integers of 64 bits as they are. What is not JSON is for `notify` to refuse,
 * which knows what of a body may be kept.
 *
 * @returns null for a body that is compressed or says that it is something else
 */
export function readBody({ bytes, header }: RawRequest): Body | null {
  const encoding = header('content-encoding')?.trim().toLowerCase() ?? ''
  const type = (header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if ((encoding !== '' && encoding !== 'identity') || !JSON_TYPES.test(type)) return null
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  try {
    return { value: parseJsonExact(text) }
  } catch {
    return { value: readLines(text) }
  }
}

function readLines(text: string): JsonLines {
  const values: unknown[] = []
  const broken: number[] = []
  /** Lines that looked like JSON and are none. */
  let tried = 0
  let unread = 0
  for (const [index, untrimmed] of text.split('\n').entries()) {
    const line = untrimmed.trim()
    if (line === '') continue
    // Finding out that a text is no JSON takes far longer than reading one that is.
    if (tried === TRIED_MAX) {
      unread++
      continue
    }
    if (!ENDS.has(line.charAt(0) + line.charAt(line.length - 1))) {
      broken.push(index + 1)
      continue
    }
    try {
      values.push(parseJsonExact(line))
    } catch {
      broken.push(index + 1)
      tried++
    }
  }
  return new JsonLines(values, broken, unread)
}
