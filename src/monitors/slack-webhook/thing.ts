/** Any object of a body; what is in it has to be looked at before it is used. */
export type Thing = Readonly<Record<string, unknown>>

/** @returns true for an object that is no list */
export function isObject(value: unknown): value is Thing {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @returns the list, or an empty one for what is none */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** @returns the text of that name, a number as its digits; empty where there is none. What has another type says nothing */
export function textOf(of: Thing, name: string): string {
  const value = Object.hasOwn(of, name) ? of[name] : undefined
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' ? value : ''
}
