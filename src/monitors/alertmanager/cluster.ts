import { Failure } from '../../core/failure.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { type Call, createHttp, type HttpAnswer, jsonOf, statusFailure } from '../shared/http.ts'
import type { Config } from './config.ts'

/*
 * The members of one cluster: each knows everything, so one that answers is enough. What belongs together is asked of one
 * member, because what one was told the others know only a moment later.
 */

const API = '/api/v2'

/** One member, for what belongs together. */
export type Member = {
  /** Its origin, for people. */
  readonly at: string
  /** @returns the answer's JSON. @throws Failure */
  ask(path: string): Promise<unknown>
  /** Changes something. @returns a good answer, or one with a status that is `fine`. @throws Failure */
  send(call: Call, fine?: readonly number[]): Promise<HttpAnswer>
}

export type Cluster = {
  /** The monitor's name, for sentences. */
  readonly name: string
  readonly members: readonly Member[]
  /**
   * Does something with the member that answered last, or with the next one when that is away. Once something may have been
   * changed, no other is tried.
   *
   * @throws Failure of the last that was tried
   */
  with<Result>(work: (member: Member) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** @throws Error when the file of certificates cannot be read */
export function createCluster(
  settings: Config & { urls: readonly string[] },
  around: MonitorSurroundings,
): Cluster {
  const { name } = around
  const { ca, insecure } = settings
  const headers = authorizationOf(settings)
  const https = settings.urls.map((url) =>
    createHttp({ url: withoutSlash(url) + API, headers, ca, insecure }, around),
  )
  const members = https.map(({ call }, n): Member => {
    const checked = async (order: Call, fine: readonly number[]): Promise<HttpAnswer> => {
      const answer = await call(order)
      if (answer.status !== 200 && !fine.includes(answer.status)) throw statusFailure(name, answer)
      return answer
    }
    return {
      at: new URL(settings.urls[n] ?? '').host,
      ask: async (path) => jsonOf(name, await checked({ method: 'GET', path }, [])),
      send: (order, fine = []) => checked(order, fine),
    }
  })
  let first = 0

  return {
    name,
    members,
    with: async (work) => {
      for (let tried = 1; ; tried++) {
        const member = members[first] as Member
        let mayHaveChanged = false
        const watched: Member = {
          ...member,
          send: async (...order) => {
            try {
              const answer = await member.send(...order)
              mayHaveChanged = true
              return answer
            } catch (error) {
              mayHaveChanged ||= !isAway(error) || error.retry.kind !== 'later'
              throw error
            }
          },
        }
        try {
          return await work(watched)
        } catch (error) {
          if (mayHaveChanged || !isAway(error)) throw error
          first = (first + 1) % members.length
          if (tried >= members.length) throw error
        }
      }
    },
    close: async () => {
      await Promise.all(https.map((http) => http.close()))
    },
  }
}

/** It is this member that does not answer; another one may. */
function isAway(error: unknown): error is Failure {
  return error instanceof Failure && (error.code === 'unavailable' || error.code === 'timeout')
}

function authorizationOf({ user, password, bearer }: Config): Readonly<Record<string, string>> {
  if (bearer !== undefined) return { authorization: `Bearer ${bearer}` }
  if (user === undefined || password === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
