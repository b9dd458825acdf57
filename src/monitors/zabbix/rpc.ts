import { Failure } from '../../core/failure.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { createHttp, type HttpAnswer, jsonOf, statusFailure } from '../shared/http.ts'
import type { Config } from './config.ts'
import { Answer } from './schema.ts'

/*
 * The API of Zabbix: JSON-RPC by POST. Errors come with status 200. Where the token belongs depends on the release, which
 * is the one thing that is told without it.
 */

const PATH = '/api_jsonrpc.php'
/** The first release that takes the token in a header; from 7.2 on it is refused in the body. */
const BEARER_SINCE = 604
const DETAIL_MAX_CHARS = 300

/** A release as it is told, and as `major * 100 + minor`. */
export type Release = { readonly version: string; readonly number: number }

export type Rpc = {
  /** The monitor's name, for sentences. */
  readonly name: string
  /** Null until it is known. */
  readonly release: Release | null
  /** Asks for the release, once. @throws Failure when no usable answer came; nothing was done then */
  learnRelease(): Promise<Release>
  /** Makes one call. @returns its result @throws Failure, also for what the API refuses */
  call(method: string, params: object): Promise<unknown>
  close(): Promise<void>
}

/** @throws Error when the file of certificates cannot be read */
export function createRpc(
  { url, token, ca, insecure }: Config & { url: string; token: string },
  around: MonitorSurroundings,
): Rpc {
  return new Client(
    createHttp({ url: frontendOf(url), headers: {}, ca, insecure }, around),
    token,
    around.name,
  )
}

/** People also copy the address of a page, or of the API itself. */
function frontendOf(url: string): string {
  return url
    .replace(/[?#].*$/, '')
    .replace(/\/[^/]*\.php$/, '')
    .replace(/\/+$/, '')
}

class Client implements Rpc {
  readonly name: string
  readonly #http: ReturnType<typeof createHttp>
  readonly #token: string
  #release: Release | null = null
  #learning: Promise<Release> | null = null
  #id = 0

  constructor(http: ReturnType<typeof createHttp>, token: string, name: string) {
    this.#http = http
    this.#token = token
    this.name = name
  }

  get release(): Release | null {
    return this.#release
  }

  learnRelease(): Promise<Release> {
    if (this.#release !== null) return Promise.resolve(this.#release)
    this.#learning ??= this.#askRelease().finally(() => {
      this.#learning = null
    })
    return this.#learning
  }

  async call(method: string, params: object): Promise<unknown> {
    const { number } = await this.learnRelease()
    try {
      return await (number >= BEARER_SINCE
        ? this.#post(method, params, {}, { authorization: `Bearer ${this.#token}` })
        : this.#post(method, params, { auth: this.#token }))
    } catch (error) {
      // Perhaps it is another release by now, which takes the token elsewhere.
      if (error instanceof Failure && error.code === 'unauthorized') this.#release = null
      throw error
    }
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  async #askRelease(): Promise<Release> {
    try {
      const version = await this.#post('apiinfo.version', [])
      const [, major, minor] =
        /^(\d{1,3})\.(\d{1,2})\b/.exec(typeof version === 'string' ? version : '') ?? []
      if (major === undefined) {
        throw new Failure('invalid', { kind: 'later' }, `${this.name} does not say which release it is.`, {
          detail: JSON.stringify(version)?.slice(0, DETAIL_MAX_CHARS) ?? '',
        })
      }
      this.#release = { version: String(version), number: Number(major) * 100 + Number(minor) }
      return this.#release
    } catch (error) {
      // What follows was not sent, so it is certain that it was not done.
      if (!(error instanceof Failure) || error.retry.kind !== 'ambiguous') throw error
      throw new Failure(error.code, { kind: 'later' }, error.message, {
        detail: error.detail ?? '',
        cause: error,
      })
    }
  }

  async #post(method: string, params: object, more: object = {}, headers = {}): Promise<unknown> {
    this.#id++
    const answer = await this.#http.call({
      method: 'POST',
      path: PATH,
      headers,
      body: { jsonrpc: '2.0', method, params, id: this.#id, ...more },
    })
    // A page of a proxy may repeat the request.
    return this.#resultOf({ ...answer, text: answer.text.replaceAll(this.#token, '…') })
  }

  #resultOf(answer: HttpAnswer): unknown {
    const { name } = this
    const detail = `${answer.status} ${answer.text.slice(0, DETAIL_MAX_CHARS)}`
    if (answer.status === 404) {
      throw new Failure(
        'not_found',
        { kind: 'never' },
        `${name} has no API of Zabbix at its address (404). Check the url; it has to be that of the frontend.`,
        { detail },
      )
    }
    if (answer.status < 200 || answer.status > 299) throw statusFailure(name, answer)
    const read = Answer.safeParse(jsonOf(name, answer))
    if (!read.success) {
      const sentence = `${name} answered with something that is no answer of Zabbix. Is the address right?`
      throw new Failure('invalid', { kind: 'ambiguous' }, sentence, { detail })
    }
    if ('error' in read.data) throw refusalOf(name, read.data.error)
    return read.data.result
  }
}

type ApiError = {
  readonly code?: number | undefined
  readonly message?: string | undefined
  readonly data?: string | undefined
}

/** The texts are those of the frontend's sources (`include/classes/api`), in English for whoever calls the API. */
function refusalOf(name: string, { code, message = '', data = '' }: ApiError): Failure {
  const said = `${message} ${data}`
  const more = { detail: `${code} ${said.slice(0, DETAIL_MAX_CHARS)}` }
  if (/not authori[sz]ed|re-login|token expired|unexpected parameter "auth"/i.test(said)) {
    const sentence = `${name} does not accept our API token. Check that it is enabled, not expired, and as configured.`
    return new Failure('unauthorized', { kind: 'later' }, sentence, more)
  }
  if (/does not exist/i.test(data)) {
    const sentence = `${name} does not know that problem, or does not let us see it.`
    return new Failure('not_found', { kind: 'never' }, sentence, more)
  }
  if (/no permissions|permission/i.test(said)) {
    const sentence = `${name} does not let us do that. Check the role of the user whose API token is used.`
    return new Failure('unauthorized', { kind: 'never' }, sentence, more)
  }
  // -32602 and -32600 say that it was not begun; the others are of its database or of itself.
  if (code === -32602 || code === -32600 || code === -32601) {
    return new Failure('rejected', { kind: 'never' }, `${name} refused what was asked for.`, more)
  }
  return new Failure('unavailable', { kind: 'ambiguous' }, `${name} failed to do what was asked for.`, more)
}
