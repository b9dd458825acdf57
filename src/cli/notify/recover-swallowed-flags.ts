/*
 * Monitors drop quotes and dollars from plugin output, but not backslashes. In `--output "$SERVICEOUTPUT$" --servicestate "2"`
 * an output that ends in a backslash escapes the closing quote, and the shell glues the flags that follow onto the output:
 * `C:\" --servicestate 2`. A quote before a known flag is the mark of this, because the monitor would have dropped any other.
 */

/** Without the quote as evidence, only a flag with one of these values is believed: plugins print usage texts, too. */
const plausibleValues = new Map<string, RegExp>([
  ['type', /^(?:host|service)$/i],
  ['notificationtype', /^[A-Z]+$/],
  ['hoststate', /^(?:[0-2]|UP|DOWN|UNREACHABLE)$/],
  ['servicestate', /^(?:[0-3]|OK|WARNING|CRITICAL|UNKNOWN)$/],
  ['state', /^(?:[0-3]|UP|DOWN|UNREACHABLE|OK|WARNING|CRITICAL|UNKNOWN)$/],
])

interface Swallowed {
  readonly key: string
  readonly start: number
  readonly valueStart: number
  readonly quoted: boolean
}

/**
 * Takes flags that a trailing backslash has glued onto the value before them out of that value again, in place.
 * A flag that is also given on its own keeps the value given.
 *
 * @param values flag name to value, changed in place
 * @param strayWords words that followed a flag's value without a flag of their own; parts of a swallowed value with blanks
 * @param isDataFlag says which names are flags whose value is sent
 */
export function recoverSwallowedFlags(
  values: Map<string, string>,
  strayWords: ReadonlyMap<string, readonly string[]>,
  isDataFlag: (key: string) => boolean,
): void {
  for (const [key, value] of [...values]) {
    if (!value.includes(' --')) continue
    const found = findSwallowed(value, isDataFlag)
    const first = found.findIndex(
      (flag) => !values.has(flag.key) && (flag.quoted || isPlausible(flag, value, found)),
    )
    if (first < 0) continue
    const swallowed = found.slice(first)
    const head = value.slice(0, swallowed[0]?.start)
    values.set(key, swallowed[0]?.quoted === true ? `${head}\\` : head)
    for (const [index, flag] of swallowed.entries()) {
      const next = swallowed[index + 1]
      const words = next === undefined ? (strayWords.get(key) ?? []) : []
      const text = [value.slice(flag.valueStart, next?.start), ...words].join(' ').trim()
      const whole = text.endsWith('"') || next?.quoted === true ? `${text.replace(/"$/, '')}\\` : text
      if (!values.has(flag.key) && whole !== '') values.set(flag.key, whole)
    }
  }
}

function findSwallowed(value: string, isDataFlag: (key: string) => boolean): Swallowed[] {
  const found: Swallowed[] = []
  for (const match of value.matchAll(/("?) --([a-z]{1,40})[ =]/gi)) {
    const key = (match[2] ?? '').toLowerCase()
    if (!isDataFlag(key)) continue
    found.push({
      key,
      start: match.index,
      valueStart: match.index + match[0].length,
      quoted: match[1] === '"',
    })
  }
  return found
}

function isPlausible(flag: Swallowed, value: string, found: readonly Swallowed[]): boolean {
  const next = found.find((other) => other.start >= flag.valueStart)
  return plausibleValues.get(flag.key)?.test(value.slice(flag.valueStart, next?.start).trim()) === true
}
