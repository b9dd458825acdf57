import type { Target } from '../../core/monitor-api.ts'
import { namesOfKey } from '../../core/notification.ts'

/*
 * Which objects a request is about. Icinga carries out an action that names no object but a `type` on ALL objects of that
 * type (Icinga/icinga2:lib/remote/filterutility.cpp, GetFilterTargets), and JSON drops what is undefined. So a filter can
 * only be made here, from names that are not empty, and requests never hold a `type`: Icinga refuses one that names
 * nothing then. Filter expressions are never sent: a name in them would be code, and from 2.17 on they need a right.
 */

declare const MADE_HERE: unique symbol
type MadeHere = { readonly [MADE_HERE]: true }

/** Names exactly one object. */
export type OneObject = (
  | { readonly host: string }
  | { readonly service: string }
  | { readonly downtime: string }
) &
  MadeHere

/** Names one object or more. */
export type SomeObjects = ({ readonly hosts: readonly string[] } | { readonly services: readonly string[] }) &
  MadeHere

/** Names a check, which is a host or a service. */
export type CheckFilter = ({ readonly host: string } | { readonly service: string }) & MadeHere

/** Bytes of UTF-8 that the name of an object may have; what is longer is no name that Icinga could have stored. */
const NAME_MAX_BYTES = 2_000

/** Between the name of a host and that of its service; Icinga takes neither a host nor a service with it in its name. */
const SEPARATOR = '!'

/** @returns what Icinga calls the check, null when it cannot have one of that name */
export function objectNameOf(target: Target): string | null {
  const { host, service } = namesOf(target)
  const parts = service === null ? [host] : [host, service]
  if (parts.some((part) => part.trim() === '' || part.includes(SEPARATOR))) return null
  const name = parts.join(SEPARATOR)
  return Buffer.byteLength(name) > NAME_MAX_BYTES ? null : name
}

/** The key has the names whole, the target may have them cut for people. */
function namesOf({ key, host, service }: Target): { host: string; service: string | null } {
  const whole = namesOfKey(key)
  const same =
    whole.host.startsWith(host) &&
    (whole.service === null) === (service === null) &&
    (whole.service ?? '').startsWith(service ?? '')
  return same ? whole : { host, service }
}

/** @returns a filter for the check, null when Icinga cannot have one of that name */
export function checkFilter(target: Target): CheckFilter | null {
  const name = objectNameOf(target)
  if (name === null) return null
  return made(target.service === null ? { host: name } : { service: name })
}

/** @returns a filter for a downtime by the name that Icinga gave it, null when it is none */
export function downtimeFilter(name: string): OneObject | null {
  return name.trim() === '' || !name.includes(SEPARATOR) ? null : made({ downtime: name })
}

/** @returns a filter for these objects, null when there are none: an empty list would name all */
export function someObjects(type: 'hosts' | 'services', names: readonly string[]): SomeObjects | null {
  if (names.length === 0 || names.some((name) => name.trim() === '')) return null
  return made(type === 'hosts' ? { hosts: names } : { services: names })
}

function made<Filter extends object>(filter: Filter): Filter & MadeHere {
  return Object.freeze(filter) as Filter & MadeHere
}

/**
 * Looks a request over once more before it is sent.
 *
 * @throws Error when it does not name one object, or names it in a way that could mean others
 */
export function assertNamesOneObject(body: Readonly<Record<string, unknown>>): void {
  const names = ['host', 'service', 'downtime'].filter((key) => key in body)
  const [key = ''] = names
  const name = body[key]
  const wide = ['type', 'filter', 'filter_vars', 'hosts', 'services', 'downtimes'].some(
    (word) => word in body,
  )
  if (wide || names.length !== 1 || typeof name !== 'string' || name.trim() === '')
    throw new Error('An order for Icinga 2 has to name one object; it was not sent.')
}
