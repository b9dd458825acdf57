import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '../core/failure.ts'
import type { Intake, Monitor, RawRequest } from '../monitors/monitor.ts'
import { RETRY_AFTER_SECONDS } from './answer.ts'
import { mayNotify } from './auth.ts'
import { type NotifyRouteOptions, SHARED_KEY } from './notify-route.ts'
import { rawRequest } from './raw-request.ts'
import { announcedBytes, readBody } from './read-body.ts'
import { createResolver, type Resolve } from './resolve-monitor.ts'
import { storeIntake } from './store-intake.ts'

/*
 * Takes what an incoming webhook of Slack takes, and answers as Slack does: `ok`, or one word. Senders compare the body with
 * `ok`, byte by byte, and try again after a 5xx only.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
 */

export type WebhookRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  target: { readonly monitor: string; readonly key: string },
) => Promise<void>

/** The one kind that understands messages for Slack. */
const KIND = 'slack-webhook'

type Answer = {
  readonly status: number
  readonly word: string
  readonly headers?: Readonly<Record<string, string>>
}

const OK: Answer = { status: 200, word: 'ok' }
const INVALID_PAYLOAD: Answer = { status: 400, word: 'invalid_payload' }
const INVALID_TOKEN: Answer = { status: 403, word: 'invalid_token' }
const ACTION_PROHIBITED: Answer = { status: 403, word: 'action_prohibited' }
const NO_SERVICE: Answer = { status: 404, word: 'no_service' }
const TOO_LARGE: Answer = { status: 413, word: 'too_large', headers: { Connection: 'close' } }
const UNAVAILABLE: Answer = {
  status: 503,
  word: 'service_unavailable',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
}
/** The part of a message that is at fault → Slack's word for it. */
const WORDS: Readonly<Record<string, string>> = { text: 'no_text', attachments: 'too_many_attachments' }

/** Answers once what was understood is on disk. The key is in the address, so no part of that is logged. */
export function createWebhookRoute(options: NotifyRouteOptions): WebhookRoute {
  const resolve = createResolver(options)
  return async (request, response, target) => {
    const taken = await take(options, resolve, request, target).catch((error: unknown) => {
      if (!(error instanceof Failure))
        options.log.error({ err: error }, 'A message could not be handled. This is a fault in ackbridge.')
      return UNAVAILABLE
    })
    if (taken !== OK) {
      options.meter.count('ackbridge_requests_refused_total', { reason: taken.word })
      request.resume()
    }
    send(response, taken)
  }
}

async function take(
  options: NotifyRouteOptions,
  resolve: Resolve,
  request: IncomingMessage,
  target: Parameters<WebhookRoute>[2],
): Promise<Answer> {
  const grant = options.authenticate(target.key)
  if (grant === null) return INVALID_TOKEN
  const monitor = resolve(target.monitor)
  if ('status' in monitor || monitor.kind.kind !== KIND) return NO_SERVICE
  if (!mayNotify(grant, monitor.name)) return ACTION_PROHIBITED
  // One word for both, because these senders come again after a 5xx only.
  const pass = options.admission.enter(grant.id ?? SHARED_KEY, announcedBytes(request))
  if (typeof pass === 'string') return UNAVAILABLE
  try {
    const bytes = await readBody(request, pass)
    if (!Buffer.isBuffer(bytes)) return wordFor(bytes.status)
    const raw = rawRequest(request, bytes, options.clock)
    const intake = await readMessage(monitor, raw)
    pass.holds(intake.notifications.length)
    const problems = await storeIntake(options, intake, monitor, raw)
    return problems.length + (intake.ignored ?? 0) > 0 ? OK : refusalOf(intake)
  } finally {
    pass.leave()
  }
}

function wordFor(status: number): Answer {
  return [TOO_LARGE, UNAVAILABLE].find((answer) => answer.status === status) ?? INVALID_PAYLOAD
}

async function readMessage({ name, kind, settings }: Monitor, raw: RawRequest): Promise<Intake> {
  const body = (await kind.readBody?.(raw)) ?? { fault: 'is compressed, or of a type that nobody reads' }
  if ('fault' in body) return { notifications: [], rejected: [[{ path: '', message: body.fault }]] }
  return kind.notify(body, { monitor: name, settings, request: raw })
}

function refusalOf({ rejected }: Intake): Answer {
  const word = WORDS[rejected[0]?.[0]?.path ?? '']
  return word === undefined ? INVALID_PAYLOAD : { status: 400, word }
}

function send(response: ServerResponse, { status, word, headers }: Answer): void {
  if (response.headersSent) return
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': word.length, ...headers })
  response.end(word)
}
