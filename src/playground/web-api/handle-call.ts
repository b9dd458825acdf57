/*
 * One call of the Web API: arguments, fault, token, rate, scope, method, answer. Slack answers nearly everything with
 * status 200 and says in `ok` whether it worked.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fault, FaultBook } from '../faults.ts'
import { isObject, type JsonObject, parseJson } from '../json.ts'
import type { Rates } from '../rates.ts'
import { readBody } from '../read-body.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import type { Call } from '../workspace.ts'
import { textOf } from './arguments.ts'
import { missingScope } from './channel.ts'
import type { Method } from './method.ts'
import { methods } from './methods.ts'

export type ApiDesk = {
  site: Site
  faults: FaultBook
  rates: Rates | undefined
  /** Runs `then` after `ms` unless the playground closes before. */
  later(ms: number, then: () => void): void
}

export type ApiAnswer = { status: number; headers: Record<string, string>; body: JsonObject }

/** Answers a request to `/api/METHOD`. Never throws for anything the client sends. */
export async function handleCall(
  desk: ApiDesk,
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const args = await readArguments(request)
  const call: Call = { method, args: withoutToken(args), at: desk.site.workspace.now(), ok: false }
  desk.site.workspace.record(call)
  answerWithFaults(desk, call, response, () => answer(desk, method, request, args, call))
}

/** Lets a fault strike, if one is waiting. Shared with response_url. */
export function answerWithFaults(
  desk: ApiDesk,
  call: Call,
  response: ServerResponse,
  work: () => ApiAnswer,
): void {
  const fault = desk.faults.take(call.method)
  if (fault) call.error = fault.kind === 'error' ? fault.error : `fault: ${fault.kind}`
  if (fault && strike(fault, response)) return
  if (fault) delete call.error
  const done = work()
  call.status = done.status
  if (fault?.kind === 'lost') response.destroy()
  else if (fault?.kind === 'slow') desk.later(fault.ms, () => send(response, done))
  else send(response, done)
}

/** @returns true when the fault was the whole answer and nothing must be done */
function strike(fault: Fault, response: ServerResponse): boolean {
  switch (fault.kind) {
    case 'error':
      send(response, { status: 200, headers: {}, body: { ok: false, error: fault.error } })
      return true
    case 'status':
      response.writeHead(fault.status, {
        'content-type': 'text/plain; charset=utf-8',
        ...(fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) }),
      })
      response.end(fault.body ?? '')
      return true
    case 'reset':
      response.destroy()
      return true
    case 'hang':
      return true
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!DOCTYPE html><html><body><h1>Please log in to the network</h1></body></html>')
      return true
    case 'lost':
    case 'slow':
      return false
  }
}

function answer(
  desk: ApiDesk,
  name: string,
  request: IncomingMessage,
  args: JsonObject,
  call: Call,
): ApiAnswer {
  const { workspace } = desk.site
  const headers: Record<string, string> = { 'x-slack-req-id': String(workspace.calls.length) }
  try {
    const method = methods.get(name)
    if (!method) throw new Refusal('unknown_method', [], { req_method: name })
    checkToken(desk.site, method, tokenOf(request, args))
    if (method.token === 'bot') headers['x-oauth-scopes'] = workspace.scopes.join(',')
    if (method.scopes.length > 0) headers['x-accepted-oauth-scopes'] = method.scopes.join(',')
    checkScopes(desk.site, method)
    const wait = desk.rates?.take(name, textOf(args, 'channel')) ?? 0
    if (wait > 0) return tooMany(call, headers, wait)
    const body = { ok: true, ...method.run(desk.site, withoutToken(args)) }
    call.ok = true
    return { status: 200, headers, body }
  } catch (error) {
    return refused(error, call, headers)
  }
}

/** Turns what a method threw into Slack's words; a fault of the playground itself becomes `internal_error`. */
export function refused(error: unknown, call: Call, headers: Record<string, string>): ApiAnswer {
  const refusal =
    error instanceof Refusal ? error : new Refusal('internal_error', [`[ERROR] ${String(error)}`])
  call.error = refusal.code
  const body: JsonObject = { ok: false, error: refusal.code, ...refusal.extra }
  if (refusal.messages.length > 0) body['response_metadata'] = { messages: refusal.messages }
  return { status: 200, headers, body }
}

function tooMany(call: Call, headers: Record<string, string>, seconds: number): ApiAnswer {
  call.error = 'ratelimited'
  return {
    status: 429,
    headers: { ...headers, 'retry-after': String(seconds) },
    body: { ok: false, error: 'ratelimited' },
  }
}

function checkToken(site: Site, method: Method, token: string | undefined): void {
  if (method.token === 'none') return
  if (!token) throw new Refusal('not_authed')
  const { botToken, appToken } = site.workspace.identity
  if (token !== botToken && token !== appToken) throw new Refusal('invalid_auth')
  if (token !== (method.token === 'bot' ? botToken : appToken)) throw new Refusal('not_allowed_token_type')
}

function checkScopes({ workspace }: Site, method: Method): void {
  if (method.scopes.length === 0 || method.scopes.some((scope) => workspace.scopes.includes(scope))) return
  throw missingScope(workspace, method.scopes.join(','))
}

function tokenOf(request: IncomingMessage, args: JsonObject): string | undefined {
  const match = /^Bearer\s+(\S+)$/iu.exec(request.headers.authorization ?? '')
  return match?.[1] ?? textOf(args, 'token')
}

function withoutToken(args: JsonObject): JsonObject {
  const { token: _token, ...rest } = args
  return rest
}

/** Arguments of the query and of a form or JSON body; nothing usable means no arguments. */
async function readArguments(request: IncomingMessage): Promise<JsonObject> {
  const query = new URL(request.url ?? '/', 'http://playground').searchParams
  const body = (await readBody(request)) ?? ''
  const type = request.headers['content-type'] ?? ''
  const sent = type.includes('json') ? parseJson(body) : Object.fromEntries(new URLSearchParams(body))
  return { ...Object.fromEntries(query), ...(isObject(sent) ? sent : {}) }
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  if (response.destroyed) return
  response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers })
  response.end(JSON.stringify(answer.body))
}
