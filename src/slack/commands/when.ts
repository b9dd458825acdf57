import { DateTime, IANAZone } from 'luxon'

/** An end as a person gave it, and what followed it. */
export type When =
  | { readonly kind: 'none'; readonly rest: string }
  /** `assumedUtc`: it was a time of day or a date, and the person's zone is not known. */
  | { readonly kind: 'until'; readonly at: number; readonly rest: string; readonly assumedUtc: boolean }
  | { readonly kind: 'unclear'; readonly text: string }

const INTRODUCED = /^(for|until)(?:\s+|$)/i
/** `2h`, `1h30m`, `90 min`, `2 days`: at least one number with a unit, several without blanks between or with. */
const SPAN = /^(?:\d{1,5}(?:[.,]\d)?\s*(?:weeks?|days?|hours?|hrs?|minutes?|mins?|w|d|h|m)(?![a-z])[\s,]*)+/i
/** Shortest and longest acknowledgement that a span may ask for. */
const SPAN_MIN_MS = 60_000
const SPAN_MAX_MS = 366 * 24 * 3_600_000
const PART_OF_DAY = /tonight|night|evening|morning|afternoon|midnight|noon/i
const UNIT_MS: Readonly<Record<string, number>> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000 }

/**
 * Reads `for SPAN` or `until TIME` at the beginning of a text; what follows is the comment.
 *
 * @param zone IANA name of the person's zone; UTC when it is not known
 * @param now epoch ms
 */
export async function parseWhen(text: string, zone: string | null, now: number): Promise<When> {
  const word = INTRODUCED.exec(text)
  if (word === null) return { kind: 'none', rest: text }
  const after = text.slice(word[0].length)
  const found = word[1]?.toLowerCase() === 'for' ? parseSpan(after, now) : await parseTime(after, zone, now)
  return found ?? { kind: 'unclear', text: text.split(/\s+/, 3).join(' ') }
}

function parseSpan(text: string, now: number): When | null {
  const span = SPAN.exec(text)
  if (span === null) return null
  let ms = 0
  for (const [, count, unit] of span[0].matchAll(/(\d+(?:[.,]\d)?)\s*([a-z])[a-z]*/gi)) {
    ms += Number(count?.replace(',', '.')) * (UNIT_MS[unit?.toLowerCase() ?? ''] ?? 0)
  }
  if (ms < SPAN_MIN_MS || ms > SPAN_MAX_MS) return null
  return { kind: 'until', at: now + ms, rest: text.slice(span[0].length).trim(), assumedUtc: false }
}

/**
 * Reads a time of day or a date in words, in the person's zone. The parts come from chrono; the moment is worked out by
 * luxon, which knows when clocks change.
 */
async function parseTime(text: string, zone: string | null, now: number): Promise<When | null> {
  const { en } = await import('chrono-node')
  const known = zone !== null && IANAZone.isValidZone(zone)
  const place = known ? zone : 'UTC'
  const here = DateTime.fromMillis(now, { zone: place })
  const [found] = en.GB.parse(text, { instant: new Date(now), timezone: here.offset }, { forwardDate: true })
  if (found === undefined || found.index !== 0) return null
  const { start } = found
  const rest = text.slice(found.text.length).trim()
  // A zone that was typed along wins over the person's.
  if (start.isCertain('timezoneOffset'))
    return { kind: 'until', at: found.date().getTime(), rest, assumedUtc: false }
  // A date alone means that morning at nine; words for a part of the day bring their own hour.
  const timed = start.isCertain('hour') || PART_OF_DAY.test(found.text)
  const part = (name: 'year' | 'month' | 'day' | 'hour' | 'minute'): number => start.get(name) ?? 0
  let moment = DateTime.fromObject(
    {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: timed ? part('hour') : 9,
      minute: timed ? part('minute') : 0,
    },
    { zone: place },
  )
  // A time of day that is over means tomorrow's.
  if (moment.toMillis() <= now && !start.isCertain('day') && !start.isCertain('weekday'))
    moment = moment.plus({ days: 1 })
  if (!moment.isValid) return null
  return { kind: 'until', at: moment.toMillis(), rest, assumedUtc: !known }
}
