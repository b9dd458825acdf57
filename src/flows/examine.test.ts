import { describe, expect, it } from 'vitest'
import type { Clock } from '../core/ports.ts'
import { examine, type Observation } from './examine.ts'

const WELL: Observation = {
  part: 'a',
  what: 'reach',
  ok: true,
  found: 'It answers.',
  advice: null,
  mayPass: false,
  isGrave: false,
}

/** A clock whose timers fire when told. */
function handClock(): Clock & { fire(): void; readonly pending: number } {
  const timers = new Set<() => void>()
  return {
    now: () => 0,
    monotonic: () => 0,
    timer: (_ms, fire) => {
      timers.add(fire)
      return () => timers.delete(fire)
    },
    fire: () => {
      for (const fire of timers) fire()
    },
    get pending() {
      return timers.size
    },
  }
}

describe('examining', () => {
  it('gives what was found in the order of the trials, and leaves no timer', async () => {
    const clock = handClock()
    const slow = (part: string, ticks: number) => ({
      part,
      run: async () => {
        for (let i = 0; i < ticks; i++) await Promise.resolve()
        return [{ ...WELL, part }]
      },
    })
    const found = await examine([slow('a', 5), slow('b', 1), slow('c', 3)], clock, 1_000)
    expect(found.map(({ part }) => part)).toEqual(['a', 'b', 'c'])
    expect(clock.pending).toBe(0)
  })

  it('does not wait for what hangs, and keeps what others found', async () => {
    const clock = handClock()
    const hangs = { part: 'b', run: () => new Promise<never>(() => undefined) }
    const found = examine([{ part: 'a', run: async () => [WELL] }, hangs], clock, 12_000)
    await Promise.resolve()
    clock.fire()
    expect(await found).toEqual([
      WELL,
      expect.objectContaining({
        part: 'b',
        ok: false,
        mayPass: true,
        found: expect.stringContaining('12 seconds'),
      }),
    ])
  })

  it('survives a trial that breaks, and does not repeat what it says', async () => {
    const found = await examine(
      [
        { part: 'a', run: () => Promise.reject(new TypeError('token xoxb-secret')) },
        {
          part: 'b',
          run: () => {
            throw new Error('xoxb-secret')
          },
        },
      ],
      handClock(),
      1_000,
    )
    expect(found.map(({ part, ok, mayPass }) => [part, ok, mayPass])).toEqual([
      ['a', false, false],
      ['b', false, false],
    ])
    expect(JSON.stringify(found)).not.toContain('xoxb')
  })
})
