import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Method } from '../core/ports.ts'
import { createPace } from './pace.ts'

const START = 1_795_291_200_000

describe('the pace', () => {
  it('lets three messages into a channel at once, then one a second, and asks other channels nothing', () => {
    const pace = createPace()
    for (let n = 0; n < 3; n++) {
      expect(pace.exhausted('C1', START).methods).toEqual([])
      pace.spend('C1', n === 1 ? 'thread' : 'post', START)
    }

    expect(pace.exhausted('C1', START)).toEqual({ methods: ['post', 'thread'], until: START + 1_000 })
    expect(pace.exhausted('C2', START).methods).toEqual([])
    expect(pace.exhausted('C1', START + 1_000).methods).toEqual([])
  })

  it('counts edits for all channels together, and messages not among them', () => {
    const pace = createPace()
    for (let n = 0; n < 10; n++) pace.spend(`C${n}`, 'update', START)

    expect(pace.exhausted('C99', START)).toEqual({ methods: ['update'], until: START + 1_200 })
    expect(pace.exhausted('C99', START + 1_200).methods).toEqual([])
  })

  it('holds a channel, a method or everything until Slack said, the later of two', () => {
    const pace = createPace()
    pace.holdLane('C1', START + 5_000)
    pace.holdLane('C1', START + 2_000)
    expect([pace.ready('C1', START), pace.ready('C2', START)]).toEqual([START + 5_000, START])

    pace.holdMethod('update', START + 9_000)
    expect(pace.exhausted('C2', START)).toEqual({ methods: ['update'], until: START + 9_000 })

    pace.holdAll(START + 60_000)
    expect(pace.ready('C2', START)).toBe(START + 60_000)
  })

  it('rings a channel every half minute at most', () => {
    const pace = createPace()
    expect(pace.mayRing('C1', START)).toBe(true)
    pace.rang('C1', START)

    expect([0, 29_999, 30_000].map((ms) => pace.mayRing('C1', START + ms))).toEqual([false, false, true])
    expect(pace.mayRing('C2', START + 1)).toBe(true)
  })

  it('is never faster than the limits, whatever comes when', () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom<Method>('post', 'thread', 'update'), fc.integer({ min: 0, max: 3_000 })),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(steps, (wanted) => {
        const pace = createPace()
        let now = START
        const sent: Record<string, number[]> = { messages: [], edits: [] }
        for (const [method, later] of wanted) {
          now += later
          if (pace.exhausted('C1', now).methods.includes(method)) continue
          pace.spend('C1', method, now)
          sent[method === 'update' ? 'edits' : 'messages']?.push(now)
        }
        for (const [times, burst, everyMs] of [
          [sent['messages'], 3, 1_000],
          [sent['edits'], 10, 1_200],
        ] as const) {
          for (const [from, first] of (times ?? []).entries())
            for (const [to, last] of (times ?? []).entries())
              if (to > from)
                expect(to - from + 1).toBeLessThanOrEqual(burst + (last - first) / everyMs + 1e-9)
        }
      }),
      { numRuns: 100 },
    )
  })
})
