import { Failure } from '../../core/failure.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { type Http, type HttpAnswer, jsonOf, statusFailure } from '../shared/http.ts'
import { assertNamesOneObject, type OneObject, type SomeObjects } from './object-filter.ts'
import { type ActionResult, type ApiUser, parseActionResults, parseUser } from './schema.ts'

export type Action =
  | 'acknowledge-problem'
  | 'remove-acknowledgement'
  | 'add-comment'
  | 'schedule-downtime'
  | 'remove-downtime'

export type ObjectType = 'hosts' | 'services' | 'comments' | 'downtimes'

export type Query = {
  readonly type: ObjectType
  readonly which: OneObject | SomeObjects | 'all'
  readonly attrs: readonly string[]
  readonly joins?: readonly string[]
}

/** Icinga's REST API as far as it is used. Every call throws Failure. */
export type Icinga = {
  /**
   * Carries out one action on one object.
   *
   * @returns what came of it; its code is below 300 or 409
   * @throws Failure `not_found` also when our user lacks the right: Icinga 2.13 does not tell the two apart
   */
  act(action: Action, which: OneObject, words: object): Promise<ActionResult>
  /**
   * @returns the answer's JSON
   * @throws Failure `not_found` when one of the objects is unknown or may not be seen; `isTooBig` tells that the answer is
   */
  query(query: Query): Promise<unknown>
  /** Who we are there and what we may. */
  user(): Promise<ApiUser>
}

const TYPE_NAMES: Readonly<Record<ObjectType, string>> = {
  hosts: 'Host',
  services: 'Service',
  comments: 'Comment',
  downtimes: 'Downtime',
}

export function callIcinga(http: Http, { name }: MonitorSurroundings): Icinga {
  return {
    act: async (action, which, words) => {
      const body = { ...words, ...which }
      assertNamesOneObject(body)
      const answer = await http.call({ method: 'POST', path: `/v1/actions/${action}`, body })
      return resultOf(name, answer, `actions/${action}`)
    },
    query: async ({ type, which, attrs, joins }) => {
      const answer = await http.call({
        method: 'POST',
        path: `/v1/objects/${type}`,
        headers: { 'x-http-method-override': 'GET' },
        body: { attrs, ...(joins === undefined ? {} : { joins }), ...(which === 'all' ? {} : which) },
      })
      if (answer.status !== 200) {
        const permission = `objects/query/${TYPE_NAMES[type]}`
        // Nothing in particular was asked for, so there is nothing that could be unknown.
        if (answer.status === 404 && which === 'all') throw mayNot(name, permission)
        throw refused(name, answer, permission)
      }
      return jsonOf(name, answer)
    },
    user: async () => {
      const answer = await http.call({ method: 'GET', path: '/v1' })
      if (answer.status === 404) throw notIcinga(name)
      if (answer.status !== 200) throw refused(name, answer, 'actions/acknowledge-problem')
      const user = parseUser(jsonOf(name, answer))
      if (user === null) throw notIcinga(name)
      return user
    },
  }
}

/** @returns true when an answer was longer than what is read of one */
export function isTooBig(error: unknown): boolean {
  return error instanceof Failure && error.code === 'invalid' && error.retry.kind === 'later'
}

export function notIcinga(name: string): Failure {
  const sentence = `${name} answered in a way that Icinga 2 does not. Is the address that of its API?`
  return new Failure('invalid', { kind: 'ambiguous' }, sentence)
}

/** Icinga 2.13 answers 404 where a right is missing, later ones 403. */
export function mayNot(name: string, permission: string): Failure {
  const sentence = `${name} does not let our ApiUser do that. Give it the permission ${permission}.`
  return new Failure('unauthorized', { kind: 'never' }, sentence)
}

/** One object was named, but each result is looked at: none may hide behind another. */
function resultOf(name: string, answer: HttpAnswer, permission: string): ActionResult {
  const results = answer.status === 200 ? parseActionResults(jsonOf(name, answer)) : resultsIn(answer.text)
  if (results === null) {
    if (answer.status === 200) throw notIcinga(name)
    throw refused(name, answer, permission)
  }
  const [first] = results
  if (first === undefined) throw notIcinga(name)
  const result = results.find(({ code }) => code >= 300) ?? first
  if (result.code < 300 || result.code === 409) return result
  throw refused(name, { ...answer, status: Math.trunc(result.code), text: result.status ?? '' }, permission)
}

function resultsIn(text: string): readonly ActionResult[] | null {
  try {
    return parseActionResults(JSON.parse(text))
  } catch {
    return null
  }
}

function refused(name: string, answer: HttpAnswer, permission: string): Failure {
  const { code, retry, message, detail } = statusFailure(name, answer)
  const more = detail === null ? {} : { detail }
  switch (answer.status) {
    case 401:
      return new Failure(
        code,
        retry,
        `${name} does not accept our user and password (401). Check them against its ApiUser.`,
        more,
      )
    case 403:
      return new Failure(
        code,
        retry,
        `${name} does not let our ApiUser do that (403). Give it the permission ${permission}.`,
        more,
      )
    case 400:
    case 422:
      return new Failure('rejected', { kind: 'never' }, `${name} refused the order (${answer.status}).`, more)
    default:
      return new Failure(code, retry, message, more)
  }
}
