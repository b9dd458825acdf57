import { cleanName } from '../shared/clean-text.ts'
import { parseTime } from '../shared/parse-time.ts'

/** An object of a body. Nothing of what is in it is certain. */
export type Given = Readonly<Record<string, unknown>>

/** @returns true for what has names and values */
export function isGiven(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @returns what stands under that name, undefined where nothing does */
export function partOf(given: Given, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined
}

/** @returns the object under that name, an empty one where there is none */
export function givenOf(given: Given, name: string): Given {
  const value = partOf(given, name)
  return isGiven(value) ? value : {}
}

/** @returns the first of these names that holds a text or a number, as one clean line of a name's length; null without */
export function lineOf(given: Given, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = partOf(given, name)
    if (typeof value !== 'string' && typeof value !== 'number') continue
    const line = cleanName(String(value))
    if (line !== '') return line
  }
  return null
}

/** @returns the number under that name, also where it is written as text; null without */
export function numberOf(given: Given, name: string): number | null {
  const line = lineOf(given, name)
  const number = Number(line ?? Number.NaN)
  return Number.isFinite(number) ? number : null
}

/** Below this a count since 1970 is one of seconds, then one of milliseconds, then one of microseconds. */
const MILLISECONDS_FROM = 1e11
const MICROSECONDS_FROM = 1e14
const DATE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i

/**
 * Reads the first of these names that holds a time: a date as in ISO 8601, with or without the T, the seconds and the zone
 * (without it UTC is meant), or seconds, milliseconds or microseconds since 1970.
 *
 * @returns epoch ms, null when none of them does
 */
export function timeOf(given: Given, ...names: readonly string[]): number | null {
  for (const name of names) {
    const time = readTime(lineOf(given, name) ?? '')
    if (time !== null) return time
  }
  return null
}

function readTime(line: string): number | null {
  if (/^\d{1,17}(\.\d+)?$/.test(line)) {
    const count = Number(line)
    // What is told before anything happened is no time: it stands for none.
    if (count === 0) return null
    return parseTime(count < MILLISECONDS_FROM ? count : count / (count < MICROSECONDS_FROM ? 1e3 : 1e6))
  }
  const [found, day, minute, second = ':00', fraction = '', zone = 'Z'] = DATE.exec(line) ?? []
  if (found === undefined) return null
  const offset = /^[a-z]/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`
  return parseTime(`${day}T${minute}${second}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`)
}
