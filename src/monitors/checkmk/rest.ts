import { Failure } from '../../core/failure.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { type Call, createHttp, type HttpAnswer, jsonOf, statusFailure } from '../shared/http.ts'
import type { Config } from './config.ts'
import { Problem, Version } from './schema.ts'

/*
 * The REST API of one site, and what is known of its release. Releases differ: in how things are listed, in the columns
 * they know, and in whether an acknowledgement ends by itself.
 */

const API = '/check_mk/api/1.0'

/** What was found out about the site; kept as long as the process runs. */
export type Findings = {
  /** Null until it is known. */
  version: string | null
  edition: string | null
  /** It takes an end of an acknowledgement and keeps to it. */
  expires: boolean
  /** How lists are asked for: older releases only know the other way. */
  lists: 'POST' | 'GET'
  /** Columns that it does not know. */
  readonly missingColumns: Set<string>
}

export type Rest = {
  /** The monitor's name, for sentences. */
  readonly name: string
  readonly found: Findings
  /** Makes one call. @returns whatever status came, its text without our secret. @throws Failure when no answer came */
  call(call: Call): Promise<HttpAnswer>
  /** Asks for the release once. @throws Failure when no usable answer came */
  learnRelease(): Promise<Version>
  close(): Promise<void>
}

/** @throws Error when the file of certificates cannot be read */
export function createRest(
  { url, user, secret, ca, insecure }: Config & { url: string; user: string; secret: string },
  around: MonitorSurroundings,
): Rest {
  const http = createHttp(
    { url: siteOf(url) + API, headers: { authorization: `Bearer ${user} ${secret}` }, ca, insecure },
    around,
  )
  const { name } = around
  const found: Findings = {
    version: null,
    edition: null,
    expires: false,
    lists: 'POST',
    missingColumns: new Set(),
  }

  async function call(call: Call): Promise<HttpAnswer> {
    const answer = await http.call(call)
    // An error page of a proxy may repeat the request.
    return answer.text.includes(secret) ? { ...answer, text: answer.text.replaceAll(secret, '…') } : answer
  }

  return {
    name,
    found,
    call,
    learnRelease: async () => {
      const answer = await call({ method: 'GET', path: '/version' })
      if (answer.status !== 200) throw unexpected(name, answer)
      const version = Version.safeParse(jsonOf(name, answer))
      if (!version.success) throw notCheckmk(name, answer)
      const { checkmk } = version.data.versions
      found.edition = version.data.edition ?? null
      found.expires = endsAcknowledgements(checkmk, found.edition)
      // The edition stands behind the number.
      found.version = checkmk.replace(/\.[a-z]+$/, '')
      return version.data
    },
    close: () => http.close(),
  }
}

/** People also copy the address of the user interface. */
function siteOf(url: string): string {
  return url
    .replace(/[?#].*$/, '')
    .replace(/\/check_mk(\/.*)?$/, '')
    .replace(/\/+$/, '')
}

/** The first release whose published schema has `expire_on` is later than 2.4.0p1 and not later than this one. */
const EXPIRES_SINCE = [2, 4, 0, 8] as const

/**
 * Says whether an acknowledgement can be given its end. In the edition with the Nagios core nothing ends it: the time
 * would stay a part of the comment.
 */
function endsAcknowledgements(version: string, edition: string | null): boolean {
  if (edition === null || /^(cre|raw|community)$/i.test(edition) || /\.(cre|community)$/i.test(version)) {
    return false
  }
  const parts = /^(\d+)\.(\d+)\.(\d+)(?:p(\d+))?(?:[.-]|$)/.exec(version)
  if (parts === null) return false
  for (const [at, since] of EXPIRES_SINCE.entries()) {
    const part = Number(parts[at + 1] ?? 0)
    if (part !== since) return part > since
  }
  return true
}

/** @returns what the answer says is wrong; empty when it does not say it in Checkmk's way */
export function problemOf({ text }: HttpAnswer): Problem {
  try {
    return Problem.parse(JSON.parse(text))
  } catch {
    return {}
  }
}

/** The failure for an answer that has no better meaning to the caller. */
export function unexpected(name: string, answer: HttpAnswer): Failure {
  if (answer.status === 404 && problemOf(answer).title === undefined) return notCheckmk(name, answer)
  return statusFailure(name, answer)
}

/** Somebody else answers at this address. */
function notCheckmk(name: string, { status, text }: HttpAnswer): Failure {
  return new Failure(
    'not_found',
    { kind: 'never' },
    `${name} has no REST API of Checkmk at its address (${status}). Check the url; it has to be that of the site.`,
    { detail: `${status} ${text.slice(0, 300)}` },
  )
}
