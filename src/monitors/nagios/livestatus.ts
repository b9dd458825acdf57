import { connect, type Socket } from 'node:net'
import { Failure } from '../../core/failure.ts'
import type { Clock } from '../../core/ports.ts'
import { ANSWER_MAX_BYTES, CALL_TIMEOUT_MS } from '../shared/http.ts'
import type { LivestatusAddress } from './livestatus-address.ts'

/*
 * Livestatus: lines of text over a socket, one question a connection. A question ends with an empty line; so a line break
 * inside one would begin something else, and none gets here (`nameable.ts`, `harmless-words.ts`).
 */

/** `200           123\n`: a code and the number of bytes that follow. */
const HEADER_BYTES = 16
const HEADER = /^(\d{3}) +(\d+)\n$/
/** Characters of a foreign error text that go into the log. */
const DETAIL_MAX_CHARS = 300

export type Livestatus = {
  /** @param lines `GET table` and its headers. @returns the rows, as they are. @throws Failure */
  query(lines: readonly string[]): Promise<unknown>
  /** @param line an external command with its line break. @throws Failure when it was not taken */
  command(line: string): Promise<void>
  /** Lets go of what is open; calls under way fail. */
  close(): void
}

type Around = { readonly name: string; readonly clock: Clock; readonly system: Clock }

export function createLivestatus(address: LivestatusAddress, around: Around): Livestatus {
  const { name } = around
  const open = new Set<() => void>()
  let closed = false
  const stayOpen = (): void => {
    if (closed) throw broken(name, false, 'closed')
  }
  return {
    query: async (lines) => {
      stayOpen()
      const request = [
        ...lines,
        'OutputFormat: json',
        'ColumnHeaders: off',
        'ResponseHeader: fixed16',
        '',
        '',
      ]
      const answer = await exchange({ address, request: request.join('\n'), changes: false }, around, open)
      return rowsOf(answer, name)
    },
    command: async (line) => {
      stayOpen()
      // MK Livestatus says nothing to a command, naemon-livestatus something when it went wrong. The end of the connection
      // is what both answer with.
      const answer = await exchange({ address, request: `COMMAND ${line}\n`, changes: true }, around, open)
      const text = answer.toString('utf8').trim()
      if (text !== '' && !/^200\b/.test(text)) throw refused(text, name)
    },
    close: () => {
      closed = true
      for (const abort of [...open]) abort()
    },
  }
}

type Exchange = {
  readonly address: LivestatusAddress
  readonly request: string
  /** It is an order: once it is on its way, it may have been carried out. A question can be asked again. */
  readonly changes: boolean
}

/**
 * Sends a request and takes what comes until the other side ends, or until the whole of an answer is there.
 *
 * @param open gets a way to break off while it lasts
 */
function exchange(
  { address, request, changes }: Exchange,
  { name, system }: Around,
  open: Set<() => void>,
): Promise<Buffer> {
  return new Promise((fulfil, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    let sent = false
    let wanted: number | null = null
    const socket: Socket =
      address.kind === 'unix'
        ? connect({ path: address.path })
        : connect({ host: address.host, port: address.port })
    const finish = (failure: Failure | null): void => {
      cancel()
      open.delete(abort)
      socket.destroy()
      if (failure === null) fulfil(Buffer.concat(parts))
      else reject(failure)
    }
    const abort = (): void => finish(broken(name, sent, 'closed'))
    const cancel = system.timer(CALL_TIMEOUT_MS, () => finish(timedOut(name, sent)))
    open.add(abort)
    socket.on('connect', () => {
      sent = changes
      // The half-close says that nothing follows; MK Livestatus then ends the connection by itself.
      socket.end(request)
    })
    socket.on('data', (part: Buffer) => {
      parts.push(part)
      bytes += part.length
      if (!changes && wanted === null && bytes >= HEADER_BYTES) wanted = expectedBytes(Buffer.concat(parts))
      if (Math.max(bytes, wanted ?? 0) > ANSWER_MAX_BYTES + HEADER_BYTES) finish(tooMuch(name))
      else if (wanted !== null && bytes >= wanted) finish(null)
    })
    socket.on('end', () => finish(null))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(socketFailure(name, sent, error)))
    socket.on('close', () => finish(broken(name, sent, 'closed')))
  })
}

function expectedBytes(received: Buffer): number | null {
  const [, , length] = HEADER.exec(received.toString('latin1', 0, HEADER_BYTES)) ?? []
  // What begins otherwise is no answer of Livestatus; it is read to its end and then refused.
  return length === undefined ? null : HEADER_BYTES + Number(length)
}

function rowsOf(answer: Buffer, name: string): unknown {
  const [, code, length] = HEADER.exec(answer.toString('latin1', 0, HEADER_BYTES)) ?? []
  // Monitors pass on what checks printed, which need not be UTF-8.
  const text = answer.toString('utf8', HEADER_BYTES)
  if (code === undefined) {
    const detail = answer.toString('utf8', 0, DETAIL_MAX_CHARS)
    throw new Failure(
      'invalid',
      { kind: 'later' },
      `What answers at the Livestatus address of ${name} is no Livestatus.`,
      { detail },
    )
  }
  if (answer.length < HEADER_BYTES + Number(length)) throw broken(name, false, 'cut')
  if (code !== '200') throw codeFailure(code, text, name)
  try {
    return JSON.parse(text)
  } catch {
    const detail = text.slice(0, DETAIL_MAX_CHARS)
    throw new Failure(
      'invalid',
      { kind: 'later' },
      `Livestatus of ${name} answered with something that is no JSON.`,
      {
        detail,
      },
    )
  }
}

/** Codes of a question that was not answered, see naemon/naemon-livestatus:src/OutputBuffer.h. */
function codeFailure(code: string, text: string, name: string): Failure {
  const detail = `${code} ${text.slice(0, DETAIL_MAX_CHARS)}`
  switch (code) {
    case '401':
    case '403':
      return new Failure(
        'unauthorized',
        { kind: 'later' },
        `Livestatus of ${name} does not let us read (${code}).`,
        {
          detail,
        },
      )
    case '413':
      return new Failure(
        'invalid',
        { kind: 'later' },
        `Livestatus of ${name} has more to answer than it may (413).`,
        {
          detail,
        },
      )
    case '451':
    case '500':
    case '502':
    case '503':
      return new Failure('unavailable', { kind: 'later' }, `Livestatus of ${name} failed (${code}).`, {
        detail,
      })
    default:
      return new Failure(
        'rejected',
        { kind: 'never' },
        `Livestatus of ${name} refused the question (${code}).`,
        {
          detail,
        },
      )
  }
}

function refused(text: string, name: string): Failure {
  const detail = text.slice(0, DETAIL_MAX_CHARS)
  if (!/^[1-5]\d\d\b/.test(text)) {
    const sentence = `What answers at the Livestatus address of ${name} is no Livestatus.`
    return new Failure('invalid', { kind: 'ambiguous' }, sentence, { detail })
  }
  if (/^5\d\d\b/.test(text)) {
    return new Failure(
      'unavailable',
      { kind: 'ambiguous' },
      `Livestatus of ${name} failed to pass the order on.`,
      {
        detail,
      },
    )
  }
  return new Failure(
    'rejected',
    { kind: 'never' },
    `${name} refused the order. Is this check still there, and is the command allowed?`,
    { detail },
  )
}

function timedOut(name: string, sent: boolean): Failure {
  const retry = { kind: sent ? 'ambiguous' : 'later' } as const
  return new Failure('timeout', retry, `Livestatus of ${name} did not answer in time.`)
}

function tooMuch(name: string): Failure {
  return new Failure('invalid', { kind: 'later' }, `Livestatus of ${name} answered with more than 5 MiB.`)
}

function broken(name: string, sent: boolean, detail: string): Failure {
  const retry = { kind: sent ? 'ambiguous' : 'later' } as const
  return new Failure('unavailable', retry, `The connection to Livestatus of ${name} broke.`, { detail })
}

function socketFailure(name: string, sent: boolean, error: NodeJS.ErrnoException): Failure {
  const { code = '' } = error
  const more = { detail: code, cause: error }
  if (sent) {
    return new Failure(
      'unavailable',
      { kind: 'ambiguous' },
      `The connection to Livestatus of ${name} broke.`,
      more,
    )
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Failure(
      'unauthorized',
      { kind: 'later' },
      `We may not use the Livestatus socket of ${name}.`,
      more,
    )
  }
  return new Failure(
    'unavailable',
    { kind: 'later' },
    `Livestatus of ${name} cannot be reached (${code || 'unknown'}).`,
    more,
  )
}
