/** A run of digits that may be an integer which a number cannot hold: 2^53 has 16 digits. */
const LONG_DIGITS = /\d{16}/
const INTEGER = /^-?\d+$/

/** What a reviver is told of a value besides its key; the text it was written as (ES2026). */
type Context = { readonly source?: string }

/**
 * Parses JSON as `JSON.parse` does, but keeps integers that a number cannot hold exactly, such as 64-bit ids, as their
 * digits in a string.
 *
 * @throws SyntaxError when it is not JSON, RangeError when it is nested too deep
 */
export function parseJsonExact(text: string): unknown {
  // Looking at each value costs several times what parsing does, and few bodies need it.
  return LONG_DIGITS.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
}

function keepDigits(this: unknown, _: string, value: unknown, context?: Context): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && INTEGER.test(source) ? source : value
}
