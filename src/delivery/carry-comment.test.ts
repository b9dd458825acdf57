import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { Failure, type RetryClass } from '../core/failure.ts'
import { type Result, SETTLE_MS } from '../core/hand-over.ts'
import { markerOf } from '../core/marker.ts'
import type { MonitorApi } from '../core/monitor-api.ts'
import type { Claimed, Loaded, OrderWork } from '../core/ports.ts'
import { carryOrder } from './carry-order.ts'
import { COMMENT_ATTEMPTS_MAX } from './limits.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')
const ID = '01938f2e-0000-7000-8000-0000000000aa'
const LOST = new Failure('timeout', { kind: 'ambiguous' }, 'dc1 did not answer in time.')

type Finds = Awaited<ReturnType<NonNullable<MonitorApi['findComment']>>>

/** A comment on its way to a monitor, attempt by attempt. */
class Comment {
  readonly clock = new TestClock(NOW)
  readonly looked: string[] = []
  readonly api: MonitorApi
  sent = 0
  /** What sending comes to. */
  fails: Failure | null = null
  finds: Finds | Failure | null = null
  #order: Claimed<OrderWork>

  constructor(ambiguousSince: number | null = null) {
    const by = { id: 'U1', name: 'ann' }
    const check = { monitor: 'dc1', key: 'web01', host: 'web01', service: null, labels: null }
    const order = { what: 'comment', id: ID, by, comment: 'disk ordered' }
    const work = { kind: 'order', order, check, view: null, progress: null }
    this.#order = { row: 1, lane: 'monitor:dc1', attempts: 0, created: NOW, ambiguousSince, work } as never
    this.api = {
      capabilities: { comment: true, read: true },
      comment: async () => {
        this.sent++
        if (this.fails !== null) throw this.fails
      },
      findComment: async (_: unknown, marker: string) => {
        this.looked.push(marker)
        if (this.finds instanceof Failure) throw this.finds
        return this.finds
      },
    } as unknown as MonitorApi
  }

  /** The process ends while it is under way, and another goes on with it. */
  async isInterrupted(): Promise<void> {
    this.#order = { ...this.#order, ambiguousSince: this.clock.now() }
    await this.clock.advance(2 * SETTLE_MS, async () => {})
  }

  /** @returns how it ended; null when it goes on, and time has passed until then */
  async goesOn(): Promise<Result['is'] | null> {
    const { api, clock } = this
    this.#order = { ...this.#order, attempts: this.#order.attempts + 1 }
    const way = { api, read: () => api.read([]), turn: async () => true }
    const { settlement, follow } = await carryOrder(this.#order, way, clock)
    if (settlement.kind !== 'go-on') {
      const { history } = follow?.decide({} as Loaded, clock.now()) ?? { history: [] }
      return history[0]?.outcome as Result['is']
    }
    const work = { ...this.#order.work, progress: settlement.progress }
    this.#order = { ...this.#order, ambiguousSince: null, work }
    await clock.advance(settlement.at - clock.now(), async () => {})
    return null
  }

  async ends(): Promise<Result['is'] | null> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const end = await this.goesOn()
      if (end !== null) return end
    }
    return null
  }
}

describe('a comment whose answer was lost', () => {
  it('is looked for by its mark, and not sent again when it is there', async () => {
    const comment = new Comment()
    Object.assign(comment, { fails: LOST, finds: 'there' })

    expect(await comment.ends()).toBe('sent')
    expect(comment.sent).toBe(1)
    expect(comment.looked).toEqual([markerOf(ID)])
  })

  it('is sent again when it is not there', async () => {
    const comment = new Comment()
    Object.assign(comment, { fails: LOST, finds: 'absent' })
    await comment.goesOn()
    comment.fails = null

    expect(await comment.ends()).toBe('sent')
    expect(comment.sent).toBe(2)
  })

  it('is looked for as long as the monitor does not say, and is not lost by that', async () => {
    const comment = new Comment()
    Object.assign(comment, { fails: LOST, finds: LOST })
    for (let attempt = 0; attempt < 20; attempt++) expect(await comment.goesOn()).toBeNull()
    expect(comment.sent).toBe(1)
    Object.assign(comment, { fails: null, finds: 'absent' })

    expect(await comment.ends()).toBe('sent')
    expect(comment.sent).toBe(2)
  })

  it.each<[string, Finds | RetryClass]>([
    ['cannot be looked for', 'unknown'],
    ['may not be looked for', { kind: 'never' }],
    ['is never there', 'absent'],
  ])('is sent a few times where it %s, and then has failed', async (_, finds) => {
    const comment = new Comment()
    comment.fails = LOST
    comment.finds = typeof finds === 'string' ? finds : new Failure('unauthorized', finds, 'No.')

    expect(await comment.ends()).toBe('failed')
    expect(comment.sent).toBe(COMMENT_ATTEMPTS_MAX)
  })

  it('is sent a few times where nothing can be looked for, and then has failed', async () => {
    const comment = new Comment()
    comment.fails = LOST
    Reflect.deleteProperty(comment.api, 'findComment')

    expect(await comment.ends()).toBe('failed')
    expect(comment.sent).toBe(COMMENT_ATTEMPTS_MAX)
  })
})

describe('a comment that was on its way when a process ended', () => {
  it('is looked for before it is sent', async () => {
    const comment = new Comment(NOW - SETTLE_MS)
    comment.finds = 'there'
    expect([await comment.goesOn(), comment.sent]).toEqual(['sent', 0])
  })

  it('is sent however often that happened, because it may never have been sent', async () => {
    const comment = new Comment()
    for (let time = 0; time < 2 * COMMENT_ATTEMPTS_MAX; time++) {
      await comment.isInterrupted()
      comment.finds = LOST
      expect([await comment.goesOn(), comment.sent]).toEqual([null, 0])
    }
    await comment.isInterrupted()
    comment.finds = 'absent'
    expect([await comment.goesOn(), comment.sent]).toEqual(['sent', 1])
  })

  it('is not missed before it can be there', async () => {
    const comment = new Comment(NOW)
    comment.finds = 'absent'
    expect([await comment.goesOn(), comment.sent]).toEqual([null, 0])
    expect(comment.clock.now()).toBe(NOW + SETTLE_MS)
    expect([await comment.goesOn(), comment.sent]).toEqual(['sent', 1])
  })
})

it('a comment that the monitor was never told is not looked for', async () => {
  const comment = new Comment()
  comment.fails = new Failure('unavailable', { kind: 'later' }, 'dc1 cannot be reached.')
  for (let attempt = 0; attempt < 5; attempt++) await comment.goesOn()
  comment.fails = null

  expect(await comment.ends()).toBe('sent')
  expect([comment.sent, comment.looked]).toEqual([6, []])
})
