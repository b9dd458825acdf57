import { describe, expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { Failure } from '../core/failure.ts'
import type { MonitorApi, Reading } from '../core/monitor-api.ts'
import { type Claimed, laneOfMonitor, type OrderWork } from '../core/ports.ts'
import { MONITOR_FAILURES_IN_A_ROW, ORDERS_AT_ONCE, TOLD_AT_ONCE, TURN_WAIT_MAX_MS } from './limits.ts'
import { createPace } from './pace.ts'
import { createTellMonitors } from './tell-monitors.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')
const MANY = 100
const DC1 = laneOfMonitor('dc1')

function orderOf(n: number, order: object, monitor = 'dc1'): Claimed<OrderWork> {
  const check = { monitor, key: `web${n}`, host: `web${n}`, service: null, labels: null, downtime: null }
  const acknowledgement = {
    id: `01938f2e-0000-7000-8000-${String(n).padStart(12, '0')}`,
    by: { id: 'U1', name: 'ann' },
    comment: null,
    handOver: 'requested',
    foreign: false,
    ending: null,
    replaces: null,
  }
  const problem = { id: `p${n}`, state: 'DOWN', closed: null, opened: NOW, changed: NOW, acknowledgement }
  const work = { kind: 'order', order, check, view: { problem, check }, progress: null }
  const lane = laneOfMonitor(monitor)
  return {
    row: n,
    id: `e${n}`,
    lane,
    priority: 2,
    attempts: 1,
    created: NOW,
    ambiguousSince: null,
    work,
  } as never
}

const acknowledgement = { what: 'acknowledgement' }
const comment = (n: number) => ({
  what: 'comment',
  id: `01938f2e-0000-7000-8000-${String(n).padStart(12, '0')}`,
  by: { id: 'U1', name: 'ann' },
  comment: 'on it',
})
const many = (make: (n: number) => object, monitor = 'dc1') =>
  Array.from({ length: MANY }, (_, n) => orderOf(n, make(n), monitor))

async function soon(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done))
}

function start(given: Readonly<Record<string, Partial<MonitorApi>>>) {
  const clock = new TestClock(NOW)
  const heard: (Failure | null)[] = []
  const apis = Object.entries(given).map(([name, api]) => {
    const capabilities = { acknowledge: true, remove: true, comment: true, read: true }
    return [name, { capabilities, ...api } as MonitorApi] as const
  })
  const monitors = {
    api: (name: string) => new Map(apis).get(name) ?? null,
    heard: (_: string, failure: Failure | null) => void heard.push(failure),
  }
  return { tell: createTellMonitors({ monitors, pace: createPace(), clock }), heard, clock }
}

/** Counts how many are told something at the same time. */
function counter(each: (host: string) => Promise<void>) {
  const seen = { calls: 0, most: 0 }
  let now = 0
  const tell: MonitorApi['comment'] = async ({ host }) => {
    seen.calls++
    seen.most = Math.max(seen.most, ++now)
    await each(host).finally(() => now--)
  }
  return { seen, comment: tell }
}

describe('many orders of one monitor', () => {
  it('look at it in one reading', async () => {
    const asked: number[] = []
    const read: MonitorApi['read'] = async (targets): Promise<Reading> => {
      asked.push(targets.length)
      const checks = targets.map(({ key }) => [key, { key, state: 'DOWN', hard: true, acknowledged: false }])
      return { asOf: NOW, checks: new Map(checks as never) }
    }
    const told: string[] = []
    const acknowledge: MonitorApi['acknowledge'] = async ({ key }) => {
      told.push(key)
      return 'taken'
    }
    const { tell } = start({ dc1: { read, acknowledge } })
    const carried = await Promise.all(many(() => acknowledgement).map((order) => tell.carry(order)))

    expect(asked).toEqual([MANY])
    expect(new Set(told).size).toBe(MANY)
    expect(told).toHaveLength(MANY)
    expect(new Set(carried.map(({ settlement }) => settlement.kind))).toEqual(new Set(['go-on']))
  })

  it('are told to it a few at a time', async () => {
    const { seen, comment: tellOne } = counter(async () => soon())
    const { tell } = start({ dc1: { comment: tellOne } })
    await Promise.all(many(comment).map((order) => tell.carry(order)))

    expect(seen).toEqual({ calls: MANY, most: TOLD_AT_ONCE })
  })

  it('do not wait for one that it is slow with, nor does another monitor', async () => {
    const { seen, comment: tellOne } = counter((host) =>
      host === 'web1' ? new Promise(() => {}) : Promise.resolve(),
    )
    const other = counter(() => Promise.resolve())
    const { tell } = start({ dc1: { comment: tellOne }, dc2: { comment: other.comment } })
    let done = 0
    for (const order of [...many(comment), ...many(comment, 'dc2')]) void tell.carry(order).then(() => done++)
    for (let turn = 0; turn < MANY; turn++) await soon()

    expect(done).toBe(2 * MANY - 1)
    expect([seen.calls, other.seen.calls]).toEqual([MANY, MANY])
  })
})

it('at a stop, orders that were not told go on at the next start, and have not failed', async () => {
  let end = (): void => {}
  const { seen, comment: tellOne } = counter(() => new Promise((done) => (end = done)))
  const { tell, clock } = start({ dc1: { comment: tellOne } })
  const all = many(comment).map((order) => tell.carry(order))
  await soon()
  tell.stop()
  end()
  const [first, ...others] = await Promise.all(all)

  expect(seen.calls).toBe(1)
  expect(first?.settlement.kind).toBe('done')
  for (const { settlement, follow } of others) {
    expect(settlement).toMatchObject({ kind: 'go-on', at: clock.now(), error: null })
    expect(follow).toBeNull()
  }
})

it('tells what a person does alone before the many that wait', async () => {
  const told: string[] = []
  let end = (): void => {}
  const tellOne: MonitorApi['comment'] = async ({ host }) => {
    told.push(host)
    if (told.length === 1) await new Promise<void>((done) => (end = done))
  }
  const { tell } = start({ dc1: { comment: tellOne } })
  const all = many(comment).map((one) => tell.carry(one))
  const alone = { ...orderOf(MANY, comment(MANY)), priority: 0 as const }
  all.push(tell.carry(alone))
  await soon()
  end()
  await Promise.all(all)

  expect(told.slice(0, 2)).toEqual(['web0', `web${MANY}`])
})

it('tells nothing that has waited too long for its turn, but lets it look again, and nothing has failed', async () => {
  let end = (): void => {}
  const { seen, comment: tellOne } = counter(() => new Promise((done) => (end = done)))
  const { tell, clock } = start({ dc1: { comment: tellOne } })
  const [first, ...others] = many(comment).map((order) => tell.carry(order))
  await clock.advance(TURN_WAIT_MAX_MS + 1, soon)
  end()

  expect((await first)?.settlement.kind).toBe('done')
  for (const { settlement, follow } of await Promise.all(others)) {
    expect(settlement).toMatchObject({ kind: 'go-on', at: clock.now(), error: null })
    expect(follow).toBeNull()
  }
  expect(seen.calls).toBe(1)
  expect(tell.atOnce(DC1)).toBe(ORDERS_AT_ONCE)
})

it('says nothing of a monitor for an order that needed nothing of it', async () => {
  const { tell, heard } = start({ dc1: {} })
  const order = orderOf(0, acknowledgement)
  await tell.carry({ ...order, work: { ...order.work, view: null } })
  expect(heard).toEqual([])
})

describe('when a monitor fails', () => {
  const away = new Failure('unavailable', { kind: 'later' }, 'dc1 cannot be reached.')

  it('those that wait for their turn are not told to it, and it has failed once', async () => {
    const { seen, comment: tellOne } = counter(() => Promise.reject(away))
    const { tell, heard, clock } = start({ dc1: { comment: tellOne } })
    const carried = await Promise.all(many(comment).map((order) => tell.carry(order)))

    expect(seen.calls).toBe(1)
    expect(heard).toEqual([away])
    expect(tell.atOnce(DC1)).toBe(1)
    for (const { settlement } of carried) expect(settlement).toMatchObject({ at: clock.now() + 1_000 })
  })

  it('at a reading that many share, it has failed once', async () => {
    let readings = 0
    const read: MonitorApi['read'] = async () => {
      readings++
      throw away
    }
    const { tell, heard } = start({ dc1: { read } })
    await Promise.all(many(() => acknowledgement).map((order) => tell.carry(order)))
    expect([readings, heard.length, tell.atOnce(DC1)]).toEqual([1, 1, 1])
  })

  it('one order at a time shows whether it is well again, and then they go together', async () => {
    let isWell = false
    const { comment: tellOne } = counter(() => (isWell ? Promise.resolve() : Promise.reject(away)))
    const { tell } = start({ dc1: { comment: tellOne } })
    expect(tell.atOnce(DC1)).toBe(ORDERS_AT_ONCE)
    await tell.carry(orderOf(0, comment(0)))
    expect(tell.atOnce(DC1)).toBe(1)
    isWell = true
    tell.forgive(DC1)
    expect(tell.atOnce(DC1)).toBe(ORDERS_AT_ONCE)
  })

  const bad = new Failure('unavailable', { kind: 'ambiguous' }, 'dc1 did not answer.')

  it('at one order each time, the others are told', async () => {
    const { tell, heard } = start({ dc1: { comment: () => Promise.reject(bad) } })
    for (let turn = 0; turn < 20; turn++) await tell.carry(orderOf(0, comment(0)))
    expect([tell.atOnce(DC1), heard]).toEqual([ORDERS_AT_ONCE, []])
  })

  it('at a few orders one after the other, it is left alone', async () => {
    const { tell } = start({ dc1: { comment: () => Promise.reject(bad) } })
    for (let n = 0; n < MONITOR_FAILURES_IN_A_ROW; n++) await tell.carry(orderOf(n, comment(n)))
    expect(tell.atOnce(DC1)).toBe(1)
  })
})
