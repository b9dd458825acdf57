/** Later than this (the year 2100) a number of seconds is taken for something else. */
const SECONDS_MAX = 4_102_444_800

/**
 * Reads a time as senders write it: ISO 8601, or seconds since 1970 as a number or its digits.
 *
 * @returns epoch ms, null when it is neither
 */
export function parseTime(value: string | number): number | null {
  const seconds = typeof value === 'number' ? value : /^\d{1,11}(\.\d+)?$/.test(value) ? Number(value) : null
  if (seconds !== null) {
    return Number.isFinite(seconds) && seconds >= 0 && seconds <= SECONDS_MAX
      ? Math.round(seconds * 1000)
      : null
  }
  if (!/^\d{4}-\d\d-\d\dT/.test(String(value))) return null
  const ms = Date.parse(String(value))
  return Number.isNaN(ms) || ms < 0 || ms > SECONDS_MAX * 1000 ? null : ms
}
