import type { Check, Problem } from './problem.ts'

/** A problem nobody took rings again at most this often, however often the monitor repeats it. */
export const REMINDER_EVERY_MS = 30 * 60 * 1000

/** @returns true when a repeat of an open problem should ring: nobody has it, no downtime, and the last ring is long ago. */
export function isReminderDue(check: Check, problem: Problem, now: number): boolean {
  if (problem.acknowledgement !== null || check.inDowntime || problem.isEvent) return false
  return check.tally.rang === null || now - check.tally.rang >= REMINDER_EVERY_MS
}
