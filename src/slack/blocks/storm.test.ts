import { describe, expect, test } from 'vitest'
import type { CardRef } from '../../core/ports.ts'
import type { StormView } from '../../core/storm.ts'
import { stormCard } from './storm.ts'

const NOW = Date.parse('2026-11-21T03:00:00Z')
const REF: CardRef = { id: 's', channel: 'C1', ts: null, mention: [], quiet: false }

function storm(over: Partial<StormView> = {}): StormView {
  const open = over.open ?? 11
  return {
    id: 's',
    began: NOW - 10_000,
    all: open,
    open,
    left: 0,
    untaken: open,
    byState: [{ state: 'CRITICAL', open, untaken: open }],
    hosts: [{ check: 1, monitor: 'm', host: 'db01', name: 'db01', open, untaken: open }],
    hostCount: 1,
    worst: [],
    oldestUntaken: NOW - 10_000,
    taken: [],
    calm: null,
    ended: null,
    ...over,
  }
}
const text = (over: Partial<StormView>): string => stormCard(REF, storm(over), NOW).text
const body = (over: Partial<StormView>): string => JSON.stringify(stormCard(REF, storm(over), NOW))

describe('what a lock screen shows of a storm', () => {
  test.each<[Partial<StormView>, string]>([
    [
      {
        open: 9_933,
        byState: [
          { state: 'DOWN', open: 33, untaken: 33 },
          { state: 'CRITICAL', open: 9_900, untaken: 9_900 },
        ],
        hostCount: 140,
      },
      'STORM  9\u202f933 problems open, nobody has them. 33 DOWN, 9\u202f900 CRITICAL on 140 hosts',
    ],
    [{ open: 500, untaken: 63 }, 'STORM  500 problems open, nobody has 63. 500 CRITICAL on 1 host'],
    [{ open: 11, untaken: 0 }, 'STORM  11 problems open, each of them taken. 11 CRITICAL on 1 host'],
    [{ open: 1 }, 'STORM  1 problem open, nobody has it. 1 CRITICAL on 1 host'],
    [{ open: 1, untaken: 0 }, 'STORM  1 problem open, taken. 1 CRITICAL on 1 host'],
    [{ open: 0, all: 40, ended: NOW }, 'STORM OVER  all 40 problems ended after 10 s'],
    [{ open: 0, all: 8, left: 8, ended: NOW }, 'STORM OVER  all 8 problems got a card of their own'],
    [
      { open: 0, all: 433, left: 20, ended: NOW },
      'STORM OVER  413 of 433 problems ended, 20 got a card of their own',
    ],
    [
      { open: 0, all: 12, left: 1, ended: NOW },
      'STORM OVER  11 of 12 problems ended, 1 got a card of its own',
    ],
  ])('%#', (over, expected) => expect(text(over)).toBe(expected))

  test('is at most 150 characters, whatever there is', () => {
    const byState = (['DOWN', 'UNREACHABLE', 'CRITICAL', 'UNKNOWN', 'WARNING', null] as const).map(
      (state) => ({
        state,
        open: 1_000_000,
        untaken: 0,
      }),
    )
    expect(text({ open: 6_000_000, byState, hostCount: 1_000_000 }).length).toBeLessThanOrEqual(150)
  })
})

describe('the facts of a storm', () => {
  test('do not say how long it lasts before that means something', () => {
    expect(body({})).not.toContain('(10 s)')
    expect(body({ began: NOW - 600_000 })).toContain('(10 min)')
  })

  test('say since when the oldest is nobody’s only where that is another time', () => {
    expect(body({})).not.toContain('oldest that nobody has')
    expect(body({ began: NOW - 600_000, oldestUntaken: NOW - 60_000 })).toContain('oldest that nobody has')
  })
})
