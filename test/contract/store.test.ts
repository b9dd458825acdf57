import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_CHANGES } from '../../src/core/changes.ts'
import { receive } from '../../src/core/lifecycle.ts'
import type { Notification } from '../../src/core/notification.ts'
import { laneOfMonitor, type OrdersWanted } from '../../src/core/ports.ts'
import type { OpenStore } from '../../src/store/open.ts'
import { openStore } from '../../src/store/open.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createUuid7 } from '../../src/system/uuid7.ts'
import { UNSAID } from '../support/notification.ts'
import { TestClock } from '../support/test-clock.ts'
import { TestLog } from '../support/test-log.ts'

const newId = createUuid7()
let folder: string
let clock: TestClock
let log: TestLog
let opened: OpenStore[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-store-'))
  clock = new TestClock()
  log = new TestLog()
  opened = []
})

afterEach(async () => {
  for (const store of opened) await store.close()
  rmSync(folder, { recursive: true, force: true })
  expect(log.faults()).toEqual([])
})

function open(owner = 'first', file = 'test.db'): OpenStore {
  const url = `file:${join(folder, file)}`
  const store = openStore(url, {
    clock,
    system: systemClock,
    log,
    arrivals: () => 0,
    owner,
    pid: process.pid,
    newId,
    storm: { threshold: 0, windowMs: 10_000 },
  })
  opened.push(store)
  return store
}

async function reopen(store: OpenStore, owner: string): Promise<OpenStore> {
  await store.close()
  opened.splice(opened.indexOf(store), 1)
  return open(owner)
}

function notification(over: Partial<Notification> = {}): Notification {
  return {
    monitor: 'native',
    key: over.host ?? 'web01',
    type: 'PROBLEM',
    host: 'web01',
    service: null,
    state: 'DOWN',
    output: 'no answer',
    ...UNSAID,
    ...over,
  }
}

function hear({ store }: OpenStore, n: Notification, channels = ['C1']): Promise<string> {
  return store.decide({ notifications: [n] }, (loaded, now) => {
    const route = () => channels.map((channel) => ({ channel, mention: [], quiet: false }))
    const { changes, outcome } = receive(loaded.check(n), loaded.seenAt(n), n, {
      now,
      newId: () => newId(now),
      route,
    })
    return { changes, answer: outcome }
  })
}

describe('a unit of work', () => {
  it('does not take its neighbours along when it fails', async () => {
    const store = open()

    const results = await Promise.allSettled([
      hear(store, notification({ host: 'a' })),
      store.store.decide({}, () => {
        throw new Error('a bug')
      }),
      hear(store, notification({ host: 'b' })),
    ])

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(store.store.counts({}).open).toBe(2)
  })

  it('leaves nothing of itself when it fails half-way', async () => {
    const store = open()
    const n = notification()

    const failing = store.store.decide({ notifications: [n] }, (loaded, now) => {
      const context = { now, newId: () => newId(now), route: () => [] }
      const { changes } = receive(loaded.check(n), null, n, context)
      // A line that the schema refuses comes last, when everything else is written.
      const broken = { ...changes.history[0], outcome: null } as unknown as (typeof changes.history)[number]
      return { changes: { ...changes, history: [...changes.history, broken] }, answer: null }
    })

    await expect(failing).rejects.toThrow()
    expect(store.store.counts({}).open).toBe(0)
    expect(store.store.history({}, 10).rows).toEqual([])
  })

  it('sees what units before it in the same commit did', async () => {
    const store = open()

    const outcomes = await Promise.all([
      hear(store, notification()),
      hear(store, notification({ output: 'still no answer' })),
      hear(store, notification({ state: 'UP' })),
      hear(store, notification({ output: 'gone again' })),
    ])

    expect(outcomes).toEqual(['opened', 'repeated', 'closed', 'opened'])
  })

  it('recognises the sender’s id for 24 hours, also over midnight and a restart', async () => {
    let store = open()
    const n = notification({ id: 'n1' })
    await hear(store, n)

    clock.step(20 * 3_600_000)
    store = await reopen(store, 'second')

    expect(await hear(store, n)).toBe('duplicate')
    clock.step(5 * 3_600_000)
    expect(await hear(store, n)).toBe('repeated')
  })

  it('does a person’s action once, also after a restart', async () => {
    let store = open()
    const ask = (s: OpenStore) =>
      s.store.decide({ interaction: 'trigger.1' }, ({ repeated }) => ({
        changes: { checks: [], problems: [], cards: [], history: [], effects: [] },
        answer: repeated,
      }))

    expect(await ask(store)).toBe(false)
    expect(await ask(store)).toBe(true)
    store = await reopen(store, 'second')
    expect(await ask(store)).toBe(true)
  })
})

describe('the outbox', () => {
  it('gives an effect to one owner at a time, and as doubtful to the next start', async () => {
    let store = open('first')
    await hear(store, notification())

    const claimed = await store.outbox.claim('C1', [], 60_000)
    expect(claimed?.work.kind).toBe('post')
    expect(claimed?.ambiguousSince).toBeNull()
    expect(await store.outbox.claim('C1', [], 60_000)).toBeNull()
    const attempted = clock.now()
    store = await reopen(store, 'second')

    // What the first start sent may still be on its way.
    expect(await store.outbox.claim('C1', [], 60_000)).toBeNull()
    clock.step(2_000)
    const again = await store.outbox.claim('C1', [], 60_000)
    expect(again?.work.kind).toBe('post')
    expect(again?.ambiguousSince).toBe(attempted)
  })

  it('keeps one waiting effect a card, whatever happens while another is on its way', async () => {
    let store = open('first')
    await hear(store, notification())
    await store.outbox.claim('C1', [], 60_000)
    await hear(store, notification({ state: 'UNREACHABLE' }))
    await hear(store, notification({ state: 'DOWN' }))

    expect(store.outbox.list(10).filter(({ kind }) => kind === 'post')).toHaveLength(2)
    store = await reopen(store, 'second')

    const left = store.outbox.list(10).filter(({ kind }) => kind === 'post')
    expect(left).toHaveLength(1)
    clock.step(2_000)
    expect((await store.outbox.claim('C1', [], 60_000))?.ambiguousSince).not.toBeNull()
  })

  it('holds lines of the thread back until the card is there, then gives them in order', async () => {
    const store = open()
    await hear(store, notification())
    await hear(store, notification({ state: 'UNREACHABLE' }))
    await hear(store, notification({ state: 'UP' }))

    const post = await store.outbox.claim('C1', [], 60_000)
    expect(await store.outbox.claim('C1', [], 60_000)).toBeNull()
    if (post !== null) await store.outbox.settle(post, { kind: 'done', ts: '1.1' })

    const first = await store.outbox.claim('C1', [], 60_000)
    expect(first?.work).toMatchObject({ kind: 'thread', event: { what: 'changed' } })
    expect(await store.outbox.claim('C1', [], 60_000)).toBeNull()
    if (first !== null) await store.outbox.settle(first, { kind: 'done', ts: '1.2' })
    expect((await store.outbox.claim('C1', [], 60_000))?.work).toMatchObject({
      kind: 'thread',
      event: { what: 'closed' },
    })
  })

  const lane = laneOfMonitor('native')

  /** Somebody comments on these hosts in one go. */
  function comment(store: OpenStore, ...hosts: readonly string[]): Promise<null> {
    const checks = hosts.map((key) => ({ monitor: 'native', key }))
    return store.store.decide({ checks }, (loaded, now) => {
      const effects = checks.map((name) => {
        const check = loaded.check(name)?.check
        if (check === undefined) throw new Error('There is no such check.')
        const by = { id: 'U1', name: 'ann' }
        const order = { what: 'comment', id: newId(now), by, comment: 'on it' } as const
        return { kind: 'order', check, problem: null, order, severity: 1 } as const
      })
      return { changes: { ...NO_CHANGES, effects }, answer: null }
    })
  }

  async function takeOrders(store: OpenStore, most: number, of: OrdersWanted['of'] = 'all') {
    const claimed = await store.outbox.claimOrders(lane, 60_000, { most, of })
    return claimed.map((one) => ({ one, host: one.work.kind === 'order' ? one.work.check.host : null }))
  }

  const nothingYet = { of: 'x', sentAt: null, certain: false, before: null, reads: 0 }

  it('gives what somebody orders alone before what is ordered for many, and that alone where it is asked for', async () => {
    const store = open()
    const many = Array.from({ length: 20 }, (_, n) => `web${n}`)
    for (const host of [...many, 'db']) await hear(store, notification({ host }))
    await comment(store, ...many)
    await comment(store, 'db')

    expect((await takeOrders(store, 100, 'urgent')).map(({ host }) => host)).toEqual(['db'])
    expect(await takeOrders(store, 100, 'urgent')).toEqual([])
    await comment(store, 'db')
    expect(await takeOrders(store, 100)).toHaveLength(many.length)
  })

  it('gives what was tried least first, so that what always fails holds up nothing', async () => {
    const store = open()
    for (const host of ['bad', 'good']) await hear(store, notification({ host }))
    await comment(store, 'bad')
    for (const { one } of await takeOrders(store, 1))
      await store.outbox.settle(one, { kind: 'go-on', at: clock.now(), progress: nothingYet, error: 'no' })
    await comment(store, 'good')
    expect((await takeOrders(store, 1, 'least-tried')).map(({ host }) => host)).toEqual(['good'])
  })

  it('never gives an order at once that is to wait for a time far ahead, as after the clock was set back', async () => {
    const store = open()
    await hear(store, notification({ host: 'a' }))
    await comment(store, 'a')
    const inAnHour = clock.now() + 3_600_000
    for (const { one } of await takeOrders(store, 1))
      await store.outbox.settle(one, { kind: 'go-on', at: inAnHour, progress: nothingYet, error: null })
    expect(await takeOrders(store, 1)).toEqual([])
  })

  it('gives orders of a monitor together, and of each check one at a time', async () => {
    const store = open()
    for (const host of ['a', 'b', 'c']) await hear(store, notification({ host }))
    for (const host of ['a', 'a', 'b', 'c']) await comment(store, host)
    const take = (most: number) => takeOrders(store, most)

    const first = await take(2)
    expect(first.map(({ host }) => host)).toEqual(['a'])
    const others = await take(10)
    expect(others.map(({ host }) => host)).toEqual(['b', 'c'])
    expect(await take(10)).toEqual([])

    const later = { kind: 'go-on', at: clock.now() + 5_000, progress: nothingYet, error: null } as const
    for (const { one } of others) await store.outbox.settle(one, later)
    for (const { one } of first) await store.outbox.settle(one, { kind: 'done', ts: null })
    expect((await take(10)).map(({ host }) => host)).toEqual(['a'])
    clock.step(5_000)
    expect((await take(1)).map(({ host }) => host)).toEqual(['b'])
  })

  it('takes people’s actions first, then first cards, worst first', async () => {
    const store = open()
    await hear(store, notification({ host: 'a', service: 'x', key: 'a', state: 'WARNING' }))
    await hear(store, notification({ host: 'b' }))

    const order: string[] = []
    for (;;) {
      const next = await store.outbox.claim('C1', [], 60_000)
      if (next === null || !('view' in next.work) || next.work.kind === 'order') break
      order.push(next.work.view.check.host)
      await store.outbox.settle(next, { kind: 'done', ts: `1.${order.length}` })
    }

    expect(order).toEqual(['b', 'a'])
  })
})

describe('the file', () => {
  it('is refused to a second server, naming the first', () => {
    open()

    expect(() => open('second')).toThrow(new RegExp(`process ${process.pid}\\) is running`))
  })

  it('is refused when it is of a newer version', async () => {
    const store = open()
    await store.close()
    opened.pop()
    const db = new Database(join(folder, 'test.db'))
    db.pragma('user_version = 99')
    db.close()

    expect(() => open()).toThrow(/schema 99.*Start the newer ackbridge/)
  })

  it('is given back when the server ends', async () => {
    const store = open()
    await reopen(store, 'second')

    expect(opened).toHaveLength(1)
  })

  it('is flushed to disk before an answer, and not once for each', () => {
    const script = `
      import { openStore } from '${join(process.cwd(), 'src/store/open.ts')}'
      import { systemClock } from '${join(process.cwd(), 'src/system/clock.ts')}'
      import { createUuid7 } from '${join(process.cwd(), 'src/system/uuid7.ts')}'
      import Database from 'better-sqlite3'
      const log = { debug() {}, info() {}, warn() {}, error() {} }
      const store = openStore('file:${join(folder, 'sync.db')}', { clock: systemClock, system: systemClock, log, arrivals: () => 0, owner: 'x', pid: 1, newId: createUuid7(), storm: { threshold: 0, windowMs: 1 } })
      await store.probe()
      console.log(store.synchronous())
      await store.close()
    `
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
    })

    expect(stderr).toBe('')
    // 2 is FULL. It is asked after a write, because a database in WAL mode can fall to NORMAL with the first one.
    expect(stdout.trim()).toBe('2')
  })
})
