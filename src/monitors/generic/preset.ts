import type { Issue } from '../monitor.ts'
import type { Draft } from './draft.ts'
import { stepInto } from './path.ts'

/** What one sort of sender sends. */
export type Preset = {
  /** What it takes for success, where it is another than the kind's. */
  readonly accepted?: 200
  /** @returns true when a body is of this sort, also where something is missing from it */
  readonly isLike: (item: unknown) => boolean
  /** Never throws. */
  readonly read: (item: unknown, context: PresetContext) => PresetReading
}

export type PresetContext = {
  readonly monitor: string
  /** The monitor's own map gives the state: what a preset would only take for an event is a problem then. */
  readonly isStateMapped: boolean
}

/** What is known of one notification, and what a map may see: nothing that is a credential. */
export type PresetReading =
  | { readonly draft: Draft; readonly view: { readonly item: unknown; readonly top: unknown } }
  | { readonly issues: readonly Issue[] }

/** @returns a text that stands there, also a number; undefined when there is none */
export function textAt(value: unknown, ...steps: readonly string[]): string | undefined {
  const found = steps.reduce<unknown>(stepInto, value)
  if (typeof found === 'string') return found.trim() === '' ? undefined : found
  return typeof found === 'number' ? String(found) : undefined
}

/** @returns true for what holds something by names */
export function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @returns a section with only these of its names */
export function only(
  section: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(section, name)).map((name) => [name, section[name]]),
  )
}
