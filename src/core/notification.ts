import type { State } from './state.ts'

export type NotificationType =
  | 'PROBLEM'
  | 'RECOVERY'
  | 'ACKNOWLEDGEMENT'
  | 'FLAPPINGSTART'
  | 'FLAPPINGSTOP'
  | 'FLAPPINGDISABLED'
  | 'DOWNTIMESTART'
  | 'DOWNTIMEEND'
  | 'DOWNTIMECANCELLED'
  | 'CUSTOM'
  | 'EVENT'

export const NOTIFICATION_TYPES: readonly NotificationType[] = [
  'PROBLEM',
  'RECOVERY',
  'ACKNOWLEDGEMENT',
  'FLAPPINGSTART',
  'FLAPPINGSTOP',
  'FLAPPINGDISABLED',
  'DOWNTIMESTART',
  'DOWNTIMEEND',
  'DOWNTIMECANCELLED',
  'CUSTOM',
  'EVENT',
]

/** A name and a value shown on the card, in the sender's order. */
export type Field = { readonly label: string; readonly value: string }

/** One thing a monitor told us, normalised. Adapters build it; nothing in it is trusted text. */
export type Notification = {
  readonly monitor: string
  /** Identifies the check within the monitor; `host` and `service` are only names for people. */
  readonly key: string
  readonly type: NotificationType
  readonly host: string
  readonly service: string | null
  /** Null only for an EVENT. */
  readonly state: State | null
  /** The monitor's own id of the problem; a different one is a different problem. */
  readonly episode: string | null
  readonly hostDisplayName: string | null
  readonly serviceDisplayName: string | null
  readonly address: string | null
  readonly output: string
  readonly longOutput: string | null
  readonly author: string | null
  readonly comment: string | null
  /** When it happened by the sender's clock, epoch milliseconds; null when the sender does not say. */
  readonly time: number | null
  /** Since when it is in this state, where the sender says that beside (or instead of) when it tells it, epoch ms. */
  readonly since?: number | null
  readonly url: string | null
  /** The sender's own id of this notification, the same when it is sent again. */
  readonly id: string | null
  /**
   * The id names one run of a sending command and not the notification: a monitor that runs it once for each contact gives
   * equal notifications different ids.
   */
  readonly idOfSending?: boolean
  /** The monitor did not tell us; we read it there. */
  readonly isRead?: boolean
  /**
   * An event that comes this soon after the last one of its check belongs to the same episode, also when somebody has
   * acknowledged that already, ms.
   */
  readonly quietMs?: number
  readonly labels: Readonly<Record<string, string>> | null
  readonly fields: readonly Field[] | null
  /** The channel the sender asks for, when its key may. */
  readonly channel: string | null
}

/** Bytes of output and long output together that are kept; a screenful is far less, a log file is not a message. */
export const OUTPUT_MAX_BYTES = 8 * 1024

/** Between host and service in a derived key. No name holds it, because control characters are dropped from names. */
const KEY_SEPARATOR = '\u001f'

/** @returns the key of a check that is known by its host and service only. */
export function keyOfNames(host: string, service: string | null): string {
  return service === null ? host : host + KEY_SEPARATOR + service
}

/** @returns host and service of a key that `keyOfNames` made, whole, as the monitor has them */
export function namesOfKey(key: string): { host: string; service: string | null } {
  const at = key.indexOf(KEY_SEPARATOR)
  return at < 0 ? { host: key, service: null } : { host: key.slice(0, at), service: key.slice(at + 1) }
}

/** @returns what makes two notifications with the sender's own id the same one; null without such an id. */
export function senderIdentity(n: Notification): string | null {
  return n.id === null ? null : JSON.stringify([n.monitor, n.id, n.key, n.type, n.state])
}
