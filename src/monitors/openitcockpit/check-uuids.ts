import type { Target } from '../../core/monitor-api.ts'
import { namesOfKey } from '../../core/notification.ts'

/** How hosts and services are called there. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export type CheckUuids = { readonly hostUuid: string; readonly serviceUuid: string | null }

/**
 * @returns what openITCOCKPIT calls a check; null when it is known by name. Names are not unique there, and of several
 *   hosts with one name it takes the first (it-novum/openITCOCKPIT:src/itnovum/openITCOCKPIT/Resolver/NameToUuidResolver.php)
 */
export function uuidsOf({ key }: Target): CheckUuids | null {
  const { host, service } = namesOfKey(key)
  if (!UUID.test(host) || (service !== null && !UUID.test(service))) return null
  return { hostUuid: host, serviceUuid: service }
}

/** @returns true when both are the same UUID, however it is written */
export function isSameUuid(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
