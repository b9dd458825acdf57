import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { TestLog } from '../../test/support/test-log.ts'
import { Failure } from '../core/failure.ts'
import type { MonitorApi } from '../core/monitor-api.ts'
import type { Chat, Claimed, Lane, Outbox, Settlement } from '../core/ports.ts'
import { Worker, type WorkerOptions } from './worker.ts'

it('does not miss what becomes due while the store is asked', async () => {
  const clock = new TestClock()
  const lane = 'monitor:dc1' as Lane
  const due = clock.now() + 1_000
  let claims = 0
  const outbox = {
    onWork: () => {},
    lanes: () => [{ lane, due }],
    // Decides by when it is asked; its commit takes a while.
    claimOrders: async () => {
      claims++
      if (claims === 1) await clock.advance(1_005, async () => {})
      return []
    },
    nextDue: (_: Lane, after: number) => (due > after ? due : null),
    nextProbe: () => null,
    stale: () => [],
    version: () => 1,
  } as unknown as Outbox
  const worker = new Worker({ outbox, clock, system: clock } as unknown as WorkerOptions)
  worker.start()
  await worker.drain()
  await clock.advance(10, () => worker.drain())
  expect(claims).toBeGreaterThan(1)
  await worker.stop()
})

const NEVER = new Promise<never>(() => {})
const HANGING_CHAT: Partial<Chat> = { post: () => NEVER, update: () => NEVER }
/** More of Slack's channels, or of monitors, than are served at once. */
const MANY = 20

type Waiting = { readonly row: number; readonly lane: Lane; due: number; attempts: number }

/** One effect in each lane: a comment for a monitor, or the card of a channel. */
class Delivery {
  readonly clock = new TestClock()
  readonly log = new TestLog()
  readonly settled: { lane: Lane; settlement: Settlement }[] = []
  readonly worker: Worker
  readonly #waiting: Waiting[]
  #ring: (lanes: ReadonlySet<Lane>) => void = () => {}
  /** Thrown by each attempt to settle, for so many of them. */
  unwritable = 0

  constructor(lanes: readonly Lane[], chat: Partial<Chat>, api: Partial<MonitorApi>) {
    const { clock, log } = this
    this.#waiting = lanes.map((lane, row) => ({ row, lane, due: clock.now(), attempts: 0 }))
    const capable = { capabilities: { comment: true }, ...api } as MonitorApi
    this.worker = new Worker({
      outbox: this.#outbox(),
      chat: chat as Chat,
      monitors: { api: () => capable, heard: () => {} },
      clock,
      log,
      meter: { count: () => {}, observe: () => {} },
      defaultChannel: null,
      system: new TestClock(),
    })
  }

  /** Something new to do. */
  add(lane: Lane): void {
    this.#waiting.push({ row: this.#waiting.length, lane, due: this.clock.now(), attempts: 0 })
    this.#ring(new Set([lane]))
  }

  /** Resolves when all that can happen now has happened. */
  async soon(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done))
  }

  #outbox(): Outbox {
    const of = (lane: Lane): Waiting[] => this.#waiting.filter((one) => one.lane === lane)
    const claim = (lane: Lane, most: number): Claimed[] => {
      const found = of(lane).filter(({ due }) => due <= this.clock.now())
      return found.slice(0, most).map((one) => {
        one.due = Number.POSITIVE_INFINITY
        one.attempts++
        return claimed(one)
      })
    }
    const outbox: Partial<Outbox> = {
      onWork: (listener) => {
        this.#ring = listener
      },
      nextProbe: () => null,
      stale: () => [],
      version: () => 1,
      lanes: () => this.#waiting,
      nextDue: (lane, after) =>
        of(lane)
          .map(({ due }) => due)
          .filter((due) => due > after && due < Number.POSITIVE_INFINITY)
          .sort((a, b) => a - b)[0] ?? null,
      claim: async (lane) => claim(lane, 1)[0] ?? null,
      claimOrders: async (lane, _leaseMs, { most }) => claim(lane, most),
      settle: async ({ row, lane }, settlement) => {
        if (this.unwritable-- > 0) throw new Failure('unavailable', { kind: 'later' }, 'The disk is full.')
        this.settled.push({ lane, settlement })
        const settled = this.#waiting.find((one) => one.row === row)
        if (settled !== undefined && 'at' in settlement) settled.due = settlement.at
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

const channels = Array.from({ length: MANY }, (_, n) => `C${n}` as Lane)
const monitors = Array.from({ length: MANY }, (_, n) => `monitor:dc${n}` as Lane)

describe('Slack and the monitors do not wait for each other', () => {
  it('when every channel hangs, a monitor gets its order', async () => {
    const told: string[] = []
    const comment: MonitorApi['comment'] = async ({ host }) => void told.push(host)
    const delivery = new Delivery([...channels, 'monitor:dc1'], HANGING_CHAT, { comment })
    delivery.worker.start()
    await delivery.soon()

    expect(told).toEqual(['web01'])
    expect(delivery.settled).toMatchObject([{ lane: 'monitor:dc1', settlement: { kind: 'done' } }])
  })

  it('when every monitor hangs, a channel gets its card', async () => {
    const chat: Partial<Chat> = { update: async () => {} }
    const delivery = new Delivery([...monitors, 'C1'], chat, { comment: () => NEVER })
    delivery.worker.start()
    await delivery.soon()

    expect(delivery.settled).toMatchObject([{ lane: 'C1', settlement: { kind: 'done' } }])
  })
})

describe('an order', () => {
  it('that was carried out and could not be written down is written down later, and not carried out twice', async () => {
    let told = 0
    const comment: MonitorApi['comment'] = async () => void told++
    const delivery = new Delivery(['monitor:dc1'], {}, { comment })
    delivery.unwritable = 3
    delivery.worker.start()
    await delivery.soon()
    expect(delivery.settled).toEqual([])
    await delivery.clock.advance(60_000, () => delivery.soon())

    expect(delivery.settled).toMatchObject([{ settlement: { kind: 'done' } }])
    expect(told).toBe(1)
    await delivery.worker.stop()
    expect(delivery.clock.pending).toBe(0)
  })

  it('goes out while the monitor hangs at another one', async () => {
    let told = 0
    const comment: MonitorApi['comment'] = () => (++told === 2 ? NEVER : Promise.resolve())
    const lane: Lane = 'monitor:dc1'
    const delivery = new Delivery([lane, lane], {}, { comment })
    delivery.worker.start()
    await delivery.soon()
    expect([told, delivery.settled.length]).toEqual([2, 1])

    delivery.add(lane)
    await delivery.soon()
    expect([told, delivery.settled.length]).toEqual([3, 2])
  })

  it('waits as long as the monitor asks for', async () => {
    let asked = 0
    const comment: MonitorApi['comment'] = async () => {
      asked++
      throw new Failure('rate_limited', { kind: 'after', ms: 60_000 }, 'dc1 asked us to slow down (429).')
    }
    const lanes = Array.from({ length: 4 }, () => 'monitor:dc1' as Lane)
    const delivery = new Delivery(lanes, {}, { comment })
    delivery.worker.start()
    await delivery.soon()
    await delivery.clock.advance(59_000, () => delivery.soon())
    expect(asked).toBe(1)

    await delivery.clock.advance(2_000, () => delivery.soon())
    expect(asked).toBe(2)
    await delivery.worker.stop()
  })
})
