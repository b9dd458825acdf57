import { readFileSync } from 'node:fs'
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import { Failure } from '../../core/failure.ts'
import type { MonitorSurroundings } from '../monitor.ts'

/** A call that takes longer is given up. */
export const CALL_TIMEOUT_MS = 10_000
/** Bytes of an answer that are read. */
export const ANSWER_MAX_BYTES = 5 * 1024 * 1024
/** Characters of a foreign error text that go into the log. */
const DETAIL_MAX_CHARS = 300

export type HttpOptions = {
  /** Base address; credentials go to its origin only. */
  readonly url: string
  /** Sent with each call; may hold secrets. */
  readonly headers: Readonly<Record<string, string>>
  /** Name of a file of certificates to trust instead of the system's. */
  readonly ca?: string | undefined
  /** Do not verify the certificate. */
  readonly insecure?: boolean | undefined
}

export type Call = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Behind the base address, with its query. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export type HttpAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** Speaks HTTP with one monitor. */
export type Http = {
  /** Makes one call. @returns whatever status came, but no redirect. @throws Failure when no answer came */
  call(call: Call): Promise<HttpAnswer>
  /** Makes a call whose answer does not end. @returns its body, line by line or as it comes */
  stream(call: Call, signal: AbortSignal): Promise<{ status: number; body: Dispatcher.ResponseData['body'] }>
  close(): Promise<void>
}

/**
 * @throws Error when the file of certificates cannot be read
 */
export function createHttp(options: HttpOptions, { name, proxy, system }: MonitorSurroundings): Http {
  const base = new URL(options.url)
  const dispatcher = createDispatcher(options, proxy, name)

  async function send(call: Call, signal: AbortSignal) {
    const url = new URL(base.pathname.replace(/\/+$/, '') + call.path, base)
    if (url.origin !== base.origin) throw new Error('A call to another origin than the configured one.')
    return request(url, {
      method: call.method,
      headers: {
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      dispatcher,
      signal,
    })
  }

  return {
    call: async (call) => {
      const late = new AbortController()
      const { signal } = late
      const cancel = system.timer(CALL_TIMEOUT_MS, () => late.abort())
      try {
        const answer = await send(call, signal)
        const text = await readBounded(answer.body, name)
        const status = answer.statusCode
        if (status >= 300 && status < 400) throw redirected(name, status)
        // What is no answer of a monitor may be a page that repeats what it was asked with, and it goes to the log.
        const isAnswer = status < 300 && /^\s*[[{]/.test(text)
        return {
          status,
          headers: answer.headers,
          text: isAnswer ? text : withoutSecrets(text, options.headers),
        }
      } catch (error) {
        throw error instanceof Failure ? error : transportFailure(name, error, signal)
      } finally {
        cancel()
      }
    },
    stream: async (call, signal) => {
      try {
        const { statusCode, body } = await send(call, signal)
        return { status: statusCode, body }
      } catch (error) {
        throw transportFailure(name, error, signal)
      }
    },
    close: () => dispatcher.destroy(),
  }
}

function createDispatcher(
  { url, ca, insecure }: HttpOptions,
  proxy: MonitorSurroundings['proxy'],
  name: string,
): Dispatcher {
  const tls = { ...(ca === undefined ? {} : { ca: readCa(ca, name) }), rejectUnauthorized: insecure !== true }
  const timeouts = { headersTimeout: CALL_TIMEOUT_MS, connectTimeout: CALL_TIMEOUT_MS }
  // As everywhere, the proxy for https is for https; what stands inside usually is named in NO_PROXY.
  if (proxy === null || !url.startsWith('https:'))
    return new Agent({ ...timeouts, bodyTimeout: 0, connect: tls })
  return new EnvHttpProxyAgent({
    ...timeouts,
    bodyTimeout: 0,
    httpsProxy: proxy.https,
    noProxy: proxy.no,
    connect: tls,
    requestTls: tls,
  })
}

function readCa(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`The monitor ${name} names ${file} as its ca, which cannot be read (${code}).`)
  }
}

/** @returns the text without the last word of any header, which is where keys stand, and without the password of `Basic` */
function withoutSecrets(text: string, headers: HttpOptions['headers']): string {
  const secrets = Object.values(headers).flatMap((value) => {
    const word = value.split(' ').at(-1) ?? ''
    const decoded = /^Basic /i.test(value) ? Buffer.from(word, 'base64').toString('utf8') : ''
    return [word, decoded.slice(decoded.indexOf(':') + 1)]
  })
  return secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '…')), text)
}

async function readBounded(body: Dispatcher.ResponseData['body'], name: string): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of body as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > ANSWER_MAX_BYTES) {
      body.destroy()
      throw new Failure('invalid', { kind: 'later' }, `${name} answered with more than 5 MiB.`)
    }
    parts.push(part)
  }
  // Monitors pass on what checks printed, which need not be UTF-8.
  return Buffer.concat(parts).toString('utf8')
}

function redirected(name: string, status: number): Failure {
  return new Failure(
    'invalid',
    { kind: 'never' },
    `${name} answered with a redirect (${status}), which is not followed. Configure the address it leads to.`,
  )
}

/** What went wrong below HTTP, in words that hold no secret. */
function transportFailure(name: string, error: unknown, signal: AbortSignal): Failure {
  const { code = '', name: kind = '' } = (error ?? {}) as { code?: string; name?: string }
  const cause = error
  if (signal.aborted || /TIMEOUT|TimeoutError|AbortError/i.test(`${code} ${kind}`)) {
    return new Failure('timeout', { kind: 'ambiguous' }, `${name} did not answer in time.`, {
      detail: code,
      cause,
    })
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|SSL/i.test(code)) {
    return new Failure(
      'unavailable',
      { kind: 'later' },
      `The certificate of ${name} is not trusted (${code}). Set its ca, or the address that the certificate names.`,
      { detail: code, cause },
    )
  }
  // Where no connection came about, nothing can have been done.
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT/.test(code)) {
    return new Failure('unavailable', { kind: 'later' }, `${name} cannot be reached (${code}).`, {
      detail: code,
      cause,
    })
  }
  return new Failure('unavailable', { kind: 'ambiguous' }, `The connection to ${name} broke.`, {
    detail: code || kind,
    cause,
  })
}

/** A Failure for a status that a kind has no meaning of its own for. `answer.text` goes to the log only, cut. */
export function statusFailure(name: string, answer: HttpAnswer): Failure {
  const { status } = answer
  const detail = `${status} ${answer.text.slice(0, DETAIL_MAX_CHARS)}`
  switch (status) {
    case 401:
      return new Failure(
        'unauthorized',
        { kind: 'later' },
        `${name} does not accept our credentials (401). Check them in the configuration.`,
        { detail },
      )
    case 403:
      return new Failure('unauthorized', { kind: 'never' }, `${name} does not let us do that (403).`, {
        detail,
      })
    case 404:
      return new Failure('not_found', { kind: 'never' }, `${name} does not know that (404).`, { detail })
    case 408:
    case 504:
      return new Failure('timeout', { kind: 'ambiguous' }, `${name} did not answer in time (${status}).`, {
        detail,
      })
    case 429:
      return new Failure(
        'rate_limited',
        { kind: 'after', ms: retryAfterMs(answer) },
        `${name} asked us to slow down (429).`,
        { detail },
      )
    case 502:
    case 503:
      return new Failure(
        'unavailable',
        { kind: 'later' },
        `${name} is not available at the moment (${status}).`,
        { detail },
      )
    default:
      if (status >= 500)
        return new Failure('unavailable', { kind: 'ambiguous' }, `${name} failed (${status}).`, { detail })
      return new Failure('invalid', { kind: 'never' }, `${name} refused the order (${status}).`, { detail })
  }
}

const RETRY_AFTER_DEFAULT_MS = 5_000

function retryAfterMs({ headers }: HttpAnswer): number {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : RETRY_AFTER_DEFAULT_MS
}

/** @returns the answer's JSON. @throws Failure when it is none */
export function jsonOf(name: string, { text, status }: HttpAnswer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const detail = `${status} ${text.slice(0, DETAIL_MAX_CHARS)}`
    const sentence = `${name} answered with something that is no JSON. Is the address right?`
    throw new Failure('invalid', { kind: 'ambiguous' }, sentence, { detail })
  }
}
