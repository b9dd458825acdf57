import type { NativeNotification } from './schema.ts'

type Reader = (value: unknown) => boolean

const short =
  (max: number): Reader =>
  (value) =>
    typeof value === 'string' && value.length <= max
const shortOrNumber =
  (max: number): Reader =>
  (value) =>
    Number.isFinite(value) || (typeof value === 'string' && value.length <= max)
const filled =
  (max: number): Reader =>
  (value) =>
    typeof value === 'string' && value.length > 0 && value.length <= max

/** What each key may hold here. A key that is not listed is left to the schema. */
const PLAIN: ReadonlyMap<string, Reader> = new Map([
  ['type', short(64)],
  ['host', (value) => typeof value === 'string' && value.length <= 1024 && value.trim() !== ''],
  ['service', short(1024)],
  ['key', filled(1024)],
  ['episode', short(256)],
  ['address', short(1024)],
  ['hostDisplayName', short(1024)],
  ['serviceDisplayName', short(1024)],
  ['state', shortOrNumber(64)],
  ['output', short(64 * 1024)],
  ['longOutput', short(64 * 1024)],
  ['author', short(1024)],
  ['comment', short(64 * 1024)],
  ['time', shortOrNumber(64)],
  ['url', short(3000)],
  ['id', filled(256)],
  ['labels', isPlainLabels],
  ['monitor', short(256)],
  ['channel', short(64)],
])

/**
 * Recognises a notification that the schema would take as it is. Says no to everything doubtful: the schema decides
 * then, and words what is wrong.
 */
export function isPlainNotification(value: unknown): value is NativeNotification {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'host')) return false
  for (const key in value) {
    const fits = PLAIN.get(key)
    if (fits === undefined || !fits((value as Record<string, unknown>)[key])) return false
  }
  return true
}

function isPlainLabels(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  let count = 0
  for (const label in value) {
    const text = (value as Record<string, unknown>)[label]
    if (
      ++count > 100 ||
      label.length > 256 ||
      label === '__proto__' ||
      typeof text !== 'string' ||
      text.length > 4096
    )
      return false
  }
  return true
}
