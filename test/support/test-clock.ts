import type { Clock } from '../../src/core/ports.ts'

type Timer = { readonly at: number; readonly order: number; readonly fire: () => void }

/** Time that stands still until a test moves it. */
export class TestClock implements Clock {
  /** Ms since the test began; never steps back. */
  #elapsed = 0
  /** What the clock on the wall showed then, as far as it is known now. */
  #base: number
  #order = 0
  readonly #timers = new Set<Timer>()

  constructor(start = Date.parse('2026-11-21T20:00:00Z')) {
    this.#base = start
  }

  now = (): number => this.#base + this.#elapsed

  monotonic = (): number => this.#elapsed

  timer = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, fire }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that have neither fired nor been cancelled; each is a leak once everything has stopped. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time by `ms`, firing what is due on the way, and waits after each for `settle`. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const target = this.#elapsed + ms
    await settle()
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ at }) => at <= target)
        .sort((a, b) => a.at - b.at || a.order - b.order)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#elapsed = Math.max(this.#elapsed, next.at)
      next.fire()
      await settle()
    }
    this.#elapsed = target
    await settle()
  }

  /** Sets the clock on the wall, as an operator or NTP would; timers stay as far away as they were. */
  step(ms: number): void {
    this.#base += ms
  }
}
