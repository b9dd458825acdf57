import type { ServerResponse } from 'node:http'
import type { Clock, Outbox } from '../core/ports.ts'
import { sendJson } from './answer.ts'

/** What is told of the parts that readiness does not depend on. */
export type Health = {
  readonly slack: string
  readonly monitors: Readonly<Record<string, string>>
  /** Age of the oldest effect that was not delivered, in seconds; null when nothing waits. */
  readonly oldestUndeliveredSeconds: number | null
  /** Effects that could not be delivered and wait for the operator. */
  readonly parked: number
  /** Channels of Slack that take nothing from us, with Slack's word for why; absent where there are none. */
  readonly refusedChannels?: Readonly<Record<string, string>>
}

/** @returns what is told, from the parts as they are */
export function healthOf(
  {
    slack,
    refusedChannels,
  }: { readonly slack: string; readonly refusedChannels: ReadonlyMap<string, string> },
  monitors: Health['monitors'],
  outbox: Pick<Outbox, 'depth'>,
  clock: Clock,
): Health {
  const { oldest, parked } = outbox.depth()
  return {
    slack,
    monitors,
    oldestUndeliveredSeconds: oldest === null ? null : Math.max(0, Math.round((clock.now() - oldest) / 1000)),
    parked,
    ...(refusedChannels.size === 0 ? {} : { refusedChannels: Object.fromEntries(refusedChannels) }),
  }
}

export type HealthRoutes = {
  healthz(response: ServerResponse): void
  readyz(response: ServerResponse): Promise<void>
}

/**
 * @param probe writes nothing but goes through the store; throws when it cannot be written
 * @param health what else to tell
 */
export function createHealthRoutes(probe: () => Promise<void>, health: () => Health): HealthRoutes {
  return {
    healthz: (response) => sendJson(response, 200, { status: 'ok' }),
    readyz: async (response) => {
      try {
        await probe()
        sendJson(response, 200, { status: 'ready', store: 'writable', ...health() })
      } catch {
        sendJson(response, 503, { status: 'not ready', store: 'not writable', ...health() })
      }
    },
  }
}
