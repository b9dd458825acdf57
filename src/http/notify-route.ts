import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '../core/failure.ts'
import type { Clock, Log, Meter } from '../core/ports.ts'
import type { ReceiveNotifications, Rejected } from '../flows/receive-notifications.ts'
import {
  type Intake,
  type Issue,
  type Monitor,
  type MonitorKind,
  NOTIFICATIONS_MAX,
  type RawRequest,
} from '../monitors/monitor.ts'
import { type HttpRefusal, sendJson, sendRefusal, UNAVAILABLE } from './answer.ts'
import { type Authenticate, type Grant, keyOf, mayNotify } from './auth.ts'
import { mediaTypeOf, parseBody, readBody } from './read-body.ts'

export type NotifyRouteOptions = {
  readonly kinds: ReadonlyMap<string, MonitorKind>
  readonly monitors: readonly Monitor[]
  readonly authenticate: Authenticate
  readonly receive: ReceiveNotifications
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
}

/** `monitor` null: the native route, where the body may name it. `key` is the one in the path, if it is there. */
export type NotifyRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  target: { readonly monitor: string | null; readonly key: string | null },
) => Promise<void>

const UNAUTHORIZED: HttpRefusal = {
  status: 401,
  error: 'unauthorized',
  message: 'Send a valid key: Authorization: Bearer KEY, or X-API-Key: KEY. `ackbridge keys add` makes one.',
  headers: { 'WWW-Authenticate': 'Bearer' },
}
/** Characters of what was not understood that are kept. */
const EXCERPT_MAX_CHARS = 1_000
/** Faults that are listed in one answer. */
const ISSUES_MAX = 20

/**
 * Takes notifications: authenticates, bounds the body, has the monitor's kind look for a proof of origin, parses the body,
 * hands it to the kind, and answers once what was understood is on disk.
 */
export function createNotifyRoute(options: NotifyRouteOptions): NotifyRoute {
  const resolve = createResolver(options)
  return async (request, response, target) => {
    const refuse = (refusal: HttpRefusal): void => {
      options.meter.count('ackbridge_requests_refused_total', { reason: refusal.error })
      request.resume()
      sendRefusal(response, refusal)
    }
    const grant = options.authenticate(target.key ?? keyOf(request))
    if (grant === null) return refuse(UNAUTHORIZED)
    const named = target.monitor === null ? null : resolve(target.monitor)
    if (named !== null && 'status' in named) return refuse(named)
    if (named !== null && !mayNotify(grant, named.name)) return refuse(forbidden(named.name))
    const bytes = await readBody(request)
    if (!Buffer.isBuffer(bytes)) return refuse(bytes)
    const raw = rawOf(request, bytes, options.clock)
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
      const rejected = rejectedOf(intake, named, bytes)
      const problems = await options.receive(intake.notifications, rejected)
      count(options.meter, named?.kind.kind ?? 'native', problems, rejected.length)
      if (problems.length === 0) return refuse(invalid(intake.rejected))
      sendJson(response, intake.accepted ?? named?.kind.accepted ?? 202, {
        accepted: problems.length,
        problems,
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

type Resolve = (name: string) => Monitor | HttpRefusal

/** A monitor's name, or a kind: then the one monitor of that kind, or an implicit one when none is configured. */
function createResolver({ kinds, monitors }: NotifyRouteOptions): Resolve {
  const byName = new Map(monitors.map((monitor) => [monitor.name, monitor]))
  const unknown = (message: string): HttpRefusal => ({ status: 404, error: 'unknown_monitor', message })
  return (name) => {
    const known = byName.get(name)
    if (known !== undefined) return known
    const kind = kinds.get(name) ?? [...kinds.values()].find(({ presets }) => presets?.includes(name))
    if (kind === undefined) {
      return unknown('No monitor of that name is configured, and it is no kind either.')
    }
    const preset = name === kind.kind ? null : name
    const ofKind = monitors.filter(
      (monitor) => monitor.kind === kind && (preset === null || monitor.settings?.preset === preset),
    )
    if (ofKind.length > 1) {
      const names = ofKind.map((monitor) => monitor.name).join(', ')
      return unknown(`Several monitors are of kind ${name}: ${names}. Name one of them.`)
    }
    const monitor = ofKind[0] ?? implicit(name, kind, preset)
    byName.set(name, monitor)
    return monitor
  }
}

function implicit(name: string, kind: MonitorKind, preset: string | null): Monitor {
  const { data } = kind.config.safeParse({ kind: kind.kind, ...(preset === null ? {} : { preset }) })
  return data === undefined ? { name, kind } : { name, kind, settings: data }
}

function rawOf(request: IncomingMessage, bytes: Buffer, clock: Clock): RawRequest {
  const header = (name: string): string | null => {
    const value = request.headers[name.toLowerCase()]
    return typeof value === 'string' ? value : null
  }
  return { bytes, header, now: clock.now() }
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

function forbidden(monitor: string): HttpRefusal {
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

function rejectedOf(intake: Intake, named: Monitor | null, bytes: Buffer): readonly Rejected[] {
  if (named === null || intake.rejected.length === 0) return []
  const excerpt = bytes.toString('utf8', 0, EXCERPT_MAX_CHARS).toWellFormed()
  return intake.rejected.map((issues) => ({
    monitor: named.name,
    reason: issues
      .map(({ path, message }) => `${path} ${message}`.trim())
      .join('; ')
      .slice(0, EXCERPT_MAX_CHARS),
    excerpt,
  }))
}

function count(meter: Meter, kind: string, problems: readonly { outcome: string }[], rejected: number): void {
  for (const { outcome } of problems) meter.count('ackbridge_notifications_total', { kind, outcome })
  if (rejected > 0) meter.count('ackbridge_notifications_rejected_total', { kind }, rejected)
}
