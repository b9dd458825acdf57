import type { Clock } from '../core/ports.ts'

/** Longest delay of Node's timers; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer: (ms, fire) => {
    const timer = setTimeout(fire, Math.min(ms, TIMER_MAX_MS))
    return () => clearTimeout(timer)
  },
}
