import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { TestLog } from '../../test/support/test-log.ts'
import { Failure, type RetryClass } from '../core/failure.ts'
import type { MonitorApi } from '../core/monitor-api.ts'
import type { Chat, Claimed, Lane, Outbox } from '../core/ports.ts'
import { Worker } from './worker.ts'

/*
 * A monitor that is down while very many acknowledgements wait for it.
 */

const ORDERS = 1_000
const HANGS_MS = 10_000
const MINUTE = 60_000

type Waiting = { readonly row: number; readonly lane: Lane; due: number; attempts: number }

/** Orders for `dc1`, which hangs each time until its call is given up; one for `dc2`, and a card for a channel. */
class Down {
  readonly clock = new TestClock()
  readonly log = new TestLog()
  readonly done: Lane[] = []
  readonly worker: Worker
  readonly #waiting: Waiting[]
  calls = 0
  isWell = false

  constructor(retry: RetryClass) {
    const { clock, log } = this
    const lanes: Lane[] = [...Array<Lane>(ORDERS).fill('monitor:dc1'), 'monitor:dc2', 'C1']
    this.#waiting = lanes.map((lane, row) => ({ row, lane, due: clock.now(), attempts: 0 }))
    const hangs: MonitorApi['comment'] = () => {
      this.calls++
      if (this.isWell) return Promise.resolve()
      return new Promise((_, fail) => {
        clock.timer(HANGS_MS, () => fail(new Failure('unavailable', retry, 'dc1 did not answer in 10 s.')))
      })
    }
    const api = (comment: MonitorApi['comment']) =>
      ({ capabilities: { comment: true }, comment }) as MonitorApi
    this.worker = new Worker({
      outbox: this.#outbox(),
      chat: { update: async () => {} } as unknown as Chat,
      monitors: { api: (name) => api(name === 'dc1' ? hangs : async () => {}), heard: () => {} },
      clock,
      system: clock,
      log,
      meter: { count: () => {}, observe: () => {} },
      defaultChannel: null,
    })
    this.worker.start()
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms, async () => {
      for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done))
    })
  }

  #outbox(): Outbox {
    const waiting = this.#waiting
    const claim = (lane: Lane, most: number): Claimed[] => {
      const found = waiting.filter((one) => one.lane === lane && one.due <= this.clock.now())
      return found.slice(0, most).map((one) => {
        one.due = Number.POSITIVE_INFINITY
        one.attempts++
        return claimed(one)
      })
    }
    const outbox: Partial<Outbox> = {
      onWork: () => {},
      nextProbe: () => null,
      stale: () => [],
      version: () => 1,
      hurry: async (lane) => {
        for (const one of waiting) if (one.lane === lane) one.due = Math.min(one.due, this.clock.now())
      },
      lanes: () => ['monitor:dc1', 'monitor:dc2', 'C1'].map((lane) => ({ lane, due: 0 })),
      nextDue: (lane, after) =>
        waiting.reduce<number | null>(
          (next, one) =>
            one.lane === lane && one.due > after && one.due < (next ?? Number.POSITIVE_INFINITY)
              ? one.due
              : next,
          null,
        ),
      claim: async (lane) => claim(lane, 1)[0] ?? null,
      claimOrders: async (lane, _leaseMs, { most }) => claim(lane, most),
      settle: async ({ row, lane }, settlement) => {
        const one = waiting[row]
        if (one === undefined) return
        if ('at' in settlement) one.due = settlement.at
        else this.done.push(lane)
      },
    }
    return outbox as Outbox
  }
}

function claimed({ row, lane, attempts }: Waiting): Claimed {
  const by = { id: 'U1', name: 'ann' }
  const check = { monitor: lane.replace('monitor:', ''), key: 'web01', host: 'web01', service: null }
  const order = { what: 'comment', id: '01938f2e-0000-7000-8000-0000000000aa', by, comment: 'on it' }
  const work = lane.startsWith('monitor:')
    ? { kind: 'order', order, check, view: null, progress: null }
    : { kind: 'update', card: {}, view: {} }
  return { row, id: 'e', lane, attempts, created: 0, ambiguousSince: null, work } as unknown as Claimed
}

describe.each<[string, RetryClass]>([
  ['cannot be reached', { kind: 'later' }],
  ['may have taken what it does not answer', { kind: 'ambiguous' }],
])('a monitor that %s, with a thousand orders waiting', (_what, retry) => {
  it('holds up neither another monitor nor Slack', async () => {
    const down = new Down(retry)
    await down.advance(1)

    expect([...down.done].sort()).toEqual(['C1', 'monitor:dc2'])
    expect(down.calls).toBe(1)
    down.isWell = true
    await down.advance(HANGS_MS)
    await down.worker.stop()
  })

  it('is tried by one order at a time, at most once in 30 s after its first minutes', async () => {
    const down = new Down(retry)
    await down.advance(5 * MINUTE)
    const before = down.calls
    await down.advance(10 * MINUTE)

    // Each try hangs 10 s and is followed by 30 s of rest.
    expect(down.calls - before).toBeGreaterThanOrEqual(14)
    expect(down.calls - before).toBeLessThanOrEqual(16)
    down.isWell = true
    await down.advance(MINUTE)
    await down.worker.stop()
  })

  it('gets all that waits at once after it was read well', async () => {
    const down = new Down(retry)
    await down.advance(5 * MINUTE)
    down.isWell = true
    await down.advance(HANGS_MS)
    await down.worker.release('monitor:dc1')
    for (let turn = 0; turn < 200 && down.done.length < ORDERS; turn++) await down.advance(1)

    const lost = down.done.filter((lane) => lane === 'monitor:dc1').length
    expect(lost).toBeGreaterThan(ORDERS - 10)
    await down.worker.stop()
  })
})
