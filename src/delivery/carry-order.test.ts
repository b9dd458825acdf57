import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { NO_CHANGES } from '../core/changes.ts'
import { Failure } from '../core/failure.ts'
import { markerOf } from '../core/marker.ts'
import type { MonitorApi } from '../core/monitor-api.ts'
import type { Claimed, OrderWork } from '../core/ports.ts'
import { carryOrder as carry } from './carry-order.ts'

const ANN = '01938f2e-0000-7000-8000-0000000000aa'
const BEN = '01938f2e-0000-7000-8000-0000000000bb'
const NOW = Date.parse('2026-11-21T20:00:00Z')

function orderFor(given: object): Claimed<OrderWork> {
  const check = { monitor: 'am', key: 'f1', host: 'web01', service: 'HTTP', labels: {}, downtime: null }
  const acknowledgement = {
    id: BEN,
    by: { id: 'U2', name: 'ben' },
    handOver: 'confirmed',
    foreign: false,
    ending: null,
    replaces: { ids: [ANN] },
    ...given,
  }
  const problem = { id: 'p1', state: 'CRITICAL', closed: NOW, acknowledgement, episode: null }
  const work = {
    kind: 'order',
    order: { what: 'acknowledgement' },
    check,
    view: { problem, check },
    progress: null,
  }
  return {
    row: 1,
    id: 'e1',
    lane: 'monitor:am',
    attempts: 1,
    created: NOW,
    ambiguousSince: null,
    work,
  } as never
}

/** Alone with the monitor. */
const carryOrder = (order: Claimed<OrderWork>, api: MonitorApi, clock: TestClock) =>
  carry(order, { api, read: (target) => api.read([target]), turn: async () => true }, clock)

function start(capabilities: object) {
  const removed: (string | null)[] = []
  const api = {
    capabilities: { acknowledge: true, remove: true, read: true, ...capabilities },
    removeAcknowledgement: async (_target: unknown, _by: string, marker: string | null) => {
      removed.push(marker)
      return 'taken'
    },
    read: async () => {
      throw new Error('Nobody has to look.')
    },
  } as unknown as MonitorApi
  return { api, removed, clock: new TestClock(NOW) }
}

describe('an acknowledgement whose problem is over', () => {
  it('is taken away where it silences, with what it took the place of', async () => {
    const { api, removed, clock } = start({ silences: { lastsMs: 900_000 }, absence: 'over' })
    const { settlement } = await carryOrder(orderFor({}), api, clock)

    expect(removed).toEqual([markerOf(BEN), markerOf(ANN)])
    expect(settlement.kind).toBe('go-on')
  })

  it('is taken away three times: a member of a cluster may list late what another was told', async () => {
    const { api, removed, clock } = start({ silences: { lastsMs: 900_000 }, absence: 'over' })
    const at: number[] = []
    let order = orderFor({ replaces: null })
    for (let looks = 0; looks < 10; looks++) {
      const { settlement } = await carryOrder(order, api, clock)
      if (removed.length > at.length) at.push(clock.now() - NOW)
      if (settlement.kind !== 'go-on') break
      order = { ...order, work: { ...order.work, progress: settlement.progress } }
      await clock.advance(settlement.at - clock.now(), async () => {})
    }
    expect(at).toEqual([0, 10_000, 30_000])
  })

  it('has ended by itself after its time, and nothing is asked for', async () => {
    const { api, removed, clock } = start({ silences: { lastsMs: 900_000 }, absence: 'over' })
    await clock.advance(900_001, async () => {})
    expect((await carryOrder(orderFor({}), api, clock)).settlement.kind).toBe('done')
    expect(removed).toEqual([])
  })

  it('is left to the monitor where it ends there by itself', async () => {
    const { api, removed, clock } = start({})
    expect((await carryOrder(orderFor({}), api, clock)).settlement.kind).toBe('done')
    expect(removed).toEqual([])
  })

  it('that was made there is not ours to take away', async () => {
    const { api, removed, clock } = start({ silences: { lastsMs: 900_000 }, absence: 'over' })
    await carryOrder(orderFor({ foreign: true }), api, clock)
    expect(removed).toEqual([])
  })
})

describe('an acknowledgement that a reading has confirmed meanwhile', () => {
  const open = (given: object) => {
    const order = orderFor(given)
    const view = order.work.view
    return {
      ...order,
      work: { ...order.work, view: view && { ...view, problem: { ...view.problem, closed: null } } },
    }
  }

  it('is not sent again by an order that is still tried', async () => {
    const { api, clock } = start({})
    expect(await carryOrder(open({}), api, clock)).toMatchObject({
      settlement: { kind: 'done' },
      follow: null,
    })
  })

  it('is not denied by an order that fails afterwards', async () => {
    const { api, clock } = start({})
    const away = async () => {
      throw new Failure('unavailable', { kind: 'later' }, 'am is away.')
    }
    const order = open({ handOver: 'requested' })
    const { follow } = await carryOrder(order, { ...api, read: away }, clock)
    const confirmed = open({ handOver: 'confirmed' }).work.view
    const loaded = { problem: () => confirmed } as never

    expect(follow?.decide(loaded, NOW)).toEqual(NO_CHANGES)
  })
})
