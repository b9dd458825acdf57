import type { IncomingMessage } from 'node:http'
import type { Config } from './config/config.ts'
import { receive } from './core/lifecycle.ts'
import type { Notification } from './core/notification.ts'
import { route } from './core/route.ts'
import { BODY_MAX_BYTES, mediaTypeOf, parseBody } from './http/read-body.ts'
import { createResolver } from './http/resolve-monitor.ts'
import type { Issue, Monitor, RawRequest } from './monitors/monitor.ts'
import { KINDS } from './monitors/registry.ts'

/** A request as it would arrive. */
export type Payload = {
  readonly bytes: Buffer
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  /** When it arrives, epoch ms. */
  readonly now: number
}

/** What would become of a request. */
export type Trial =
  | { readonly is: 'unknown-monitor'; readonly sentence: string }
  | {
      readonly is: 'tried'
      readonly kind: string
      readonly preset: string | null
      readonly told: readonly Told[]
      readonly rejected: readonly (readonly Issue[])[]
      /** Understood, and nothing to tell. */
      readonly ignored: number
      /** The kind stores everything of a request, or nothing. */
      readonly allOrNothing: boolean
      /** What the sender would be answered. */
      readonly status: number
    }

/** A notification, and where it would be shown. */
export type Told = {
  readonly notification: Notification
  /** Channels of the card that it would open; null where it opens none. */
  readonly channels: readonly string[] | null
}

/**
 * Hands a request to the monitor's kind as the server would, and stores, opens and sends nothing. A proof of origin is not
 * asked for: who tries has a payload and not the sender's secret.
 */
export async function tryPayload(config: Config, name: string, payload: Payload): Promise<Trial> {
  const monitor = resolve(config, name)
  if ('sentence' in monitor) return monitor
  const { kind, settings } = monitor
  const request: RawRequest = {
    bytes: payload.bytes,
    header: (header) => payload.headers[header.toLowerCase()] ?? null,
    now: payload.now,
  }
  const base = { is: 'tried', kind: kind.kind, preset: settings?.preset ?? null } as const
  const fault = (message: string, status: number): Trial => ({
    ...base,
    told: [],
    rejected: [[{ path: '', message }]],
    ignored: 0,
    allOrNothing: kind.allOrNothing,
    status,
  })
  if (payload.bytes.length > BODY_MAX_BYTES) return fault('The body is larger than 1 MiB.', 413)
  const own = (await kind.readBody?.(request)) ?? null
  if (own !== null && 'fault' in own) return fault(`The body ${own.fault}.`, 400)
  const body = own ?? parseBody(payload.bytes, mediaTypeOf({ headers: payload.headers } as IncomingMessage))
  if ('status' in body) return fault(body.message, body.status)
  const intake = kind.notify(body, { monitor: monitor.name, settings, request })
  const { notifications, rejected, ignored = 0 } = intake
  const isRefused =
    kind.allOrNothing && rejected.length > 0 ? true : notifications.length === 0 && ignored === 0
  return {
    ...base,
    told: notifications.map((notification) => ({ notification, channels: channelsOf(config, notification) })),
    rejected,
    ignored,
    allOrNothing: kind.allOrNothing,
    status: isRefused ? 400 : (intake.accepted ?? kind.accepted),
  }
}

function resolve(config: Config, name: string): Monitor | { is: 'unknown-monitor'; sentence: string } {
  const monitors = config.monitors.flatMap(({ name: configured, kind: kindName, settings }): Monitor[] => {
    const kind = KINDS.get(kindName)
    return kind === undefined ? [] : [{ name: configured, kind, settings }]
  })
  const found = createResolver({ kinds: KINDS, monitors })(name)
  if (!('status' in found)) return found
  const presets = [...KINDS.values()].flatMap((kind) => kind.presets ?? [])
  const known = [...new Set([...monitors.map((one) => one.name), ...KINDS.keys(), ...presets])]
  return { is: 'unknown-monitor', sentence: `${found.message} There are ${known.join(', ')}.` }
}

/** As of a check that nobody has heard of yet. */
function channelsOf({ routes, channel }: Config, notification: Notification): readonly string[] | null {
  const { changes } = receive(null, null, notification, {
    now: notification.time ?? 0,
    newId: () => '',
    route: (check, state, asked) => route(routes, channel, check, state, asked),
  })
  const [card] = changes.cards ?? []
  return card === undefined ? null : card.destinations.map((one) => one.channel)
}
