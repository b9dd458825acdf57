import { parseTime } from '../shared/parse-time.ts'

/** @returns a time in seconds as epoch ms; null where it is none, such as the 0 of what never happened */
export function epochMs(seconds: number | null): number | null {
  return seconds === null || seconds <= 0 ? null : parseTime(seconds)
}
