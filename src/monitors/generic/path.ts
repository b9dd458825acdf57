import { cleanName } from '../shared/clean-text.ts'

/** A place in a body: names and numbers, one below the other. */
export type Path = {
  /** As it is written. */
  readonly text: string
  /** Begins at the top of the body, whatever it is read for. */
  readonly fromTop: boolean
  readonly steps: readonly string[]
}

/** Where paths begin. */
export type Around = {
  /** What one notification is made of. */
  readonly item: unknown
  /** The whole body. */
  readonly top: unknown
  /** How `item` is called in a fault, such as `alerts[2]`; empty when it is the body. */
  readonly at: string
}

/** What stands at a path, or where it stops and what is there instead. */
export type Found =
  | { readonly is: 'there'; readonly at: string; readonly value: unknown }
  | { readonly is: 'missing'; readonly at: string; readonly instead: string }

export const PATH_MAX_CHARS = 256
const STEPS_MAX = 20
/** Names of a section that a fault lists, and characters of each. */
const NAMES_MAX = 8
const NAME_MAX_CHARS = 40

/**
 * One step: a name, a name in quotes, or a number or name in brackets. A plain name holds nothing that a text or another
 * step could begin with.
 */
const STEP = /(?:^|\.)(?:"([^"]*)"|'([^']*)'|([^\s.[\]{}"'$@]+))|\[(?:(\d{1,9})|"([^"]*)"|'([^']*)')\]/y

/**
 * Reads a path: names with dots between them, `[0]` for places in a list, quotes around odd names. `$` is the whole body,
 * `@` what the notification is made of.
 *
 * @returns null when it is none
 */
export function parsePath(text: string): Path | null {
  if (text.length > PATH_MAX_CHARS || text === '' || text.startsWith('.')) return null
  const fromTop = text.startsWith('$')
  let at = fromTop || text.startsWith('@') ? 1 : 0
  if (at === 1 && text.length > 1 && text[1] !== '.' && text[1] !== '[') return null
  const steps: string[] = []
  while (at < text.length) {
    STEP.lastIndex = at
    const match = STEP.exec(text)
    const [whole = '', ...parts] = match ?? []
    const step = parts.find((part) => part !== undefined)
    if (step === undefined || steps.length === STEPS_MAX) return null
    steps.push(step)
    at += whole.length
  }
  return { text, fromTop, steps }
}

/** Looks a path up. Only what the sender wrote is found, never what every object has. */
export function follow(path: Path, { item, top, at }: Around): Found {
  let value = path.fromTop ? top : item
  let been = path.fromTop ? '' : at
  for (const step of path.steps) {
    const here = below(been, step, Array.isArray(value))
    const next = stepInto(value, step)
    if (next === undefined || next === null) {
      const instead = next === null ? 'it is null' : `${been === '' ? 'the body' : been} ${describe(value)}`
      return { is: 'missing', at: here, instead }
    }
    value = next
    been = here
  }
  return value === undefined || value === null
    ? { is: 'missing', at: been, instead: 'it is null' }
    : { is: 'there', at: been, value }
}

/** @returns what stands under a name of a section, or at a place of a list; undefined when nothing does */
export function stepInto(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return /^\d{1,9}$/.test(step) ? value[Number(step)] : undefined
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (value as Record<string, unknown>)[step]
    : undefined
}

/** @returns the path of what stands below another, as a person writes it */
export function below(at: string, step: string, isPlace = false): string {
  if (isPlace && /^\d+$/.test(step)) return `${at}[${step}]`
  const name = /^[^\s.[\]{}"'$@]+$/.test(step) ? cleanName(step) : `"${cleanName(step).replaceAll('"', '')}"`
  return at === '' ? name : `${at}.${name}`
}

/** @returns what a value is, for a fault: names of a section, never what stands under them */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'is null'
  if (Array.isArray(value)) return value.length === 0 ? 'is an empty list' : `is a list of ${value.length}`
  if (typeof value !== 'object') return typeof value === 'string' ? 'is a text' : `is a ${typeof value}`
  const names = Object.keys(value)
  const shown = names.slice(0, NAMES_MAX).map((name) => cleanName(name.slice(0, NAME_MAX_CHARS)) || '""')
  const more = names.length - shown.length
  if (names.length === 0) return 'is empty'
  return `holds ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
