import { parseTime } from '../shared/parse-time.ts'

/** Milliseconds since 1970 have 12 digits since 1973, and 13 until 2286; seconds have 10. */
const MS_MIN = 100_000_000_000
const MS_MAX = 4_102_444_800_000
const WITHOUT_ZONE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)$/
const WITH_ZONE = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(Z|UTC|[+-]\d\d:?\d\d)$/

/**
 * Reads a time as senders write it: ISO 8601 also with a blank in it, without a zone in UTC, or seconds or milliseconds
 * since 1970.
 *
 * @returns epoch ms, null when it is none of these
 */
export function readTime(text: string): number | null {
  const plain = text.trim()
  if (/^\d{12,13}$/.test(plain)) {
    const ms = Number(plain)
    return ms >= MS_MIN && ms <= MS_MAX ? ms : null
  }
  const bare = WITHOUT_ZONE.exec(plain)
  if (bare !== null) return parseTime(`${bare[1]}T${bare[2]}Z`)
  const zoned = WITH_ZONE.exec(plain)
  if (zoned !== null) return parseTime(`${zoned[1]}T${zoned[2]}${zoned[3] === 'UTC' ? 'Z' : zoned[3]}`)
  return parseTime(plain)
}
