import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '../core/failure.ts'
import type { Clock, Log, Meter } from '../core/ports.ts'
import type { ReceiveNotifications } from '../flows/receive-notifications.ts'
import {
  type Intake,
  type Issue,
  type Monitor,
  type MonitorKind,
  NOTIFICATIONS_MAX,
  type RawRequest,
} from '../monitors/monitor.ts'
import { type Admission, FULL, type Pass, SHARE_FULL } from './admission.ts'
import { type HttpRefusal, sendJson, sendRefusal, UNAVAILABLE } from './answer.ts'
import { type Authenticate, type Grant, keyOf, mayNotify } from './auth.ts'
import { rawRequest } from './raw-request.ts'
import { announcedBytes, mediaTypeOf, parseBody, readBody } from './read-body.ts'
import { createResolver, type Resolve } from './resolve-monitor.ts'
import { storeIntake } from './store-intake.ts'

export type NotifyRouteOptions = {
  readonly kinds: ReadonlyMap<string, MonitorKind>
  readonly monitors: readonly Monitor[]
  readonly authenticate: Authenticate
  readonly admission: Admission
  readonly receive: ReceiveNotifications
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
}

/** Where a notification is sent to. */
export type NotifyTarget = {
  /** Null: the native route, where the body may name it. */
  readonly monitor: string | null
  /** The one in the path, if it is there. */
  readonly key: string | null
  /** The one in the query, as `access_token`. */
  readonly token: string | null
}

export type NotifyRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  target: NotifyTarget,
) => Promise<void>

export const UNAUTHORIZED: HttpRefusal = {
  status: 401,
  error: 'unauthorized',
  message: 'Send a valid key: Authorization: Bearer KEY, or X-API-Key: KEY. `ackbridge keys add` makes one.',
  headers: { 'WWW-Authenticate': 'Bearer' },
}
/** Faults that are listed in one answer. */
const ISSUES_MAX = 20

/** Senders that share a key, share what it may hold. */
export const SHARED_KEY = 'shared'

/**
 * Takes notifications: authenticates, lets in what can be held, bounds the body, has the monitor's kind look for a proof of
 * origin, parses the body, hands it to the kind, and answers once what was understood is on disk.
 */
export function createNotifyRoute(options: NotifyRouteOptions): NotifyRoute {
  const resolve = createResolver(options)

  return async (request, response, target) => {
    const refuse = (refusal: HttpRefusal): void => {
      options.meter.count('ackbridge_requests_refused_total', { reason: refusal.error })
      request.resume()
      sendRefusal(response, refusal)
    }
    const grant = options.authenticate(givenKey(request, target))
    if (grant === null) return refuse(UNAUTHORIZED)
    const named = target.monitor === null ? null : resolve(target.monitor)
    if (named !== null && 'status' in named) return refuse(named)
    if (named !== null && !mayNotify(grant, named.name)) return refuse(forbidden(named.name))
    const pass = options.admission.enter(grant.id ?? SHARED_KEY, announcedBytes(request))
    if (pass === 'share') return refuse(SHARE_FULL)
    if (pass === 'full') return refuse(FULL)
    try {
      await take(request, response, grant, named, pass, refuse)
    } finally {
      pass.leave()
    }
  }

  async function take(
    request: IncomingMessage,
    response: ServerResponse,
    grant: Grant,
    named: Monitor | null,
    pass: Pass,
    refuse: (refusal: HttpRefusal) => void,
  ): Promise<void> {
    const bytes = await readBody(request, pass)
    if (!Buffer.isBuffer(bytes)) return refuse(bytes)
    const raw = rawRequest(request, bytes, options.clock)
    const verified = createVerify(resolve, raw, options.log)
    const genuine = named === null ? null : verified(named.name)
    if (genuine !== null && 'status' in genuine) return refuse(genuine)
    const own = named?.kind.readBody === undefined ? null : await readOwn(named.kind.readBody, raw)
    const body = own ?? parseBody(bytes, mediaTypeOf(request))
    const intake =
      'status' in body ? readUnparsed(body, named) : readIntake(body, named, grant, verified, raw)
    if ('status' in intake) return refuse(intake)
    if (intake.notifications.length === 0 && named === null) return refuse(invalid(intake.rejected))
    try {
      pass.holds(intake.notifications.length)
      const problems = await storeIntake(options, intake, named, raw)
      const ignored = intake.ignored ?? 0
      if (problems.length + ignored === 0) return refuse(invalid(intake.rejected))
      sendJson(response, intake.accepted ?? named?.kind.accepted ?? 202, {
        accepted: problems.length,
        problems,
        ...(ignored === 0 ? {} : { ignored }),
      })
    } catch (error) {
      if (!(error instanceof Failure))
        options.log.error(
          { err: error },
          'A notification could not be handled. This is a fault in ackbridge.',
        )
      refuse(UNAVAILABLE)
    }
  }
}

/** @returns the key that a sender gives, in whichever way it can */
export function givenKey(request: IncomingMessage, { key, token }: NotifyTarget): string | null {
  return key ?? keyOf(request) ?? token
}

/**
 * Resolves only monitors that a request may speak for by its proof of origin. A native body that names a monitor needs the
 * same proof as the monitor itself, or it would be the way around it.
 */
function createVerify(resolve: Resolve, raw: RawRequest, log: Log): Resolve {
  // Made only when something has to be verified: most kinds have nothing to.
  let known: Map<string, Monitor | HttpRefusal> | null = null
  const verify = (monitor: Monitor): Monitor | HttpRefusal => {
    const message = monitor.kind.verify?.(raw, monitor.settings ?? {}) ?? null
    if (message === null) return monitor
    log.warn({ monitor: monitor.name }, `What was sent for ${monitor.name} was refused. ${message}`)
    return { status: 401, error: 'unauthorized', message }
  }
  return (name) => {
    const monitor = resolve(name)
    if ('status' in monitor || monitor.kind.verify === undefined) return monitor
    known ??= new Map()
    const result = known.get(name) ?? verify(monitor)
    known.set(name, result)
    return result
  }
}

/** What only the monitor's kind can read. */
async function readOwn(
  readBody: NonNullable<MonitorKind['readBody']>,
  raw: RawRequest,
): Promise<{ readonly value: unknown } | HttpRefusal | null> {
  const read = await readBody(raw)
  if (read === null || 'value' in read) return read
  const issues = [{ path: '', message: read.fault }]
  return { status: 400, error: 'invalid_notification', message: `The body ${read.fault}.`, issues }
}

/** What a monitor sent goes into the record also where it is no JSON at all: somebody has to look at that monitor. */
function readUnparsed(refusal: HttpRefusal, named: Monitor | null): Intake | HttpRefusal {
  if (refusal.error !== 'invalid_notification' || named === null || named.kind.allOrNothing) return refusal
  return { notifications: [], rejected: [refusal.issues ?? []] }
}

function readIntake(
  body: { readonly value: unknown },
  named: Monitor | null,
  grant: Grant,
  resolve: Resolve,
  request: RawRequest,
): Intake | HttpRefusal {
  if (named !== null && !named.kind.allOrNothing)
    return named.kind.notify(body, { monitor: named.name, settings: named.settings, request })
  const native = named ?? resolve('native')
  if ('status' in native) return native
  const { value } = body
  const many = Array.isArray(value) ? (value as unknown[]) : null
  if (many !== null && (many.length === 0 || many.length > NOTIFICATIONS_MAX)) {
    return invalid([[{ path: '', message: `has to hold 1 to ${NOTIFICATIONS_MAX} notifications` }]])
  }
  const intake = native.kind.notify(body, { monitor: native.name })
  if (intake.rejected.length > 0) return invalid(intake.rejected)
  return nameMonitors(intake, many ?? [value], native, named, grant, resolve)
}

/** The native body may say for which monitor it speaks, and which channel it wants; the key decides whether it may. */
function nameMonitors(
  intake: Intake,
  given: readonly unknown[],
  native: Monitor,
  named: Monitor | null,
  grant: Grant,
  resolve: Resolve,
): Intake | HttpRefusal {
  const notifications = [...intake.notifications]
  for (const [index, notification] of notifications.entries()) {
    const asked = named === null ? (given[index] as { monitor?: unknown }).monitor : undefined
    const monitor = typeof asked === 'string' ? resolve(asked) : native
    if ('status' in monitor) return monitor
    if (!mayNotify(grant, monitor.name)) return forbidden(monitor.name)
    if (notification.channel !== null && notification.channel !== grant.channel) {
      return { status: 403, error: 'forbidden', message: 'This key may not choose that channel.' }
    }
    if (monitor !== native) notifications[index] = { ...notification, monitor: monitor.name }
  }
  return { notifications, rejected: [] }
}

export function forbidden(monitor: string): HttpRefusal {
  return { status: 403, error: 'forbidden', message: `This key may not speak for the monitor ${monitor}.` }
}

function invalid(rejected: Intake['rejected']): HttpRefusal {
  const issues: Issue[] = rejected.flat().slice(0, ISSUES_MAX)
  const [first] = issues
  const what = first === undefined ? 'holds nothing to be told' : `${first.path} ${first.message}`.trim()
  return {
    status: 400,
    error: 'invalid_notification',
    message: `The notification was not accepted: ${what}.`,
    issues,
  }
}
