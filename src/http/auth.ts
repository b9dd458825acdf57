import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { IntakeKey, IntakeKeys } from '../core/intake-key.ts'
import type { Clock } from '../core/ports.ts'

/** What the bearer of a key may do. */
export type Grant = {
  /** Which key it is; none for those that are shared. */
  readonly id?: string
  /** Names of monitors; `*` is all. */
  readonly monitors: readonly string[]
  readonly mayRead: boolean
  readonly channel: string | null
}

export type Authenticate = (key: string | null) => Grant | null

/** Keys that another process adds or revokes are seen after this long at most. */
const RELOAD_AFTER_MS = 1_000
const KEY_PATTERN = /^ab_([a-z0-9]{8})_[A-Za-z0-9_-]{32}$/
const NOBODY = Buffer.alloc(32)

/**
 * Checks keys, in constant time, so that no log of times gives one away; of keys in the database only digests are known.
 *
 * @param shared keys that speak for all monitors and may not read: the one of the environment, or the one in the data folder
 */
export function createAuthenticate(keys: IntakeKeys, shared: readonly string[], clock: Clock): Authenticate {
  const sharedKeys = shared.map((key) => Buffer.from(key))
  const sharedGrant: Grant = { monitors: ['*'], mayRead: false, channel: null }
  let known = new Map<string, IntakeKey>()
  let version = -1
  let loaded = Number.NEGATIVE_INFINITY

  function reload(): void {
    const now = clock.monotonic()
    if (now - loaded < RELOAD_AFTER_MS) return
    loaded = now
    const current = keys.version()
    if (current === version) return
    version = current
    known = new Map(keys.list().map((key) => [key.id, key]))
  }

  return (key) => {
    if (key === null || key === '') return null
    const given = Buffer.from(key)
    if (sharedKeys.some((one) => one.length === given.length && timingSafeEqual(one, given)))
      return sharedGrant
    reload()
    const entry = known.get(KEY_PATTERN.exec(key)?.[1] ?? '')
    const equal = timingSafeEqual(
      hash('sha256', key, 'buffer'),
      entry === undefined ? NOBODY : Buffer.from(entry.digest),
    )
    return entry !== undefined && equal && entry.revoked === null ? entry : null
  }
}

/** @returns the key of a request: `Authorization: Bearer KEY` or `X-API-Key: KEY` */
export function keyOf(request: IncomingMessage): string | null {
  const { authorization } = request.headers
  const bearer = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer.trim()
  const other = request.headers['x-api-key']
  return typeof other === 'string' ? other.trim() : null
}

/** @returns true when the grant covers the monitor */
export function mayNotify(grant: Grant, monitor: string): boolean {
  return grant.monitors.includes('*') || grant.monitors.includes(monitor)
}
