/** The middle of a series, and its ends. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number }

/** @throws Error for an empty series */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [upper, lower] = [sorted[middle], sorted[sorted.length % 2 === 0 ? middle - 1 : middle]]
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (upper === undefined || lower === undefined || min === undefined || max === undefined) {
    throw new Error('A series without values.')
  }
  return { median: (upper + lower) / 2, min, max }
}
