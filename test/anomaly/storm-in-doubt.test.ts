import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { receive } from '../../src/core/lifecycle.ts'
import type { Notification } from '../../src/core/notification.ts'
import type { Claimed, Settlement } from '../../src/core/ports.ts'
import { type OpenStore, openStore } from '../../src/store/open.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createUuid7 } from '../../src/system/uuid7.ts'
import { UNSAID } from '../support/notification.ts'
import { TestClock } from '../support/test-clock.ts'
import { TestLog } from '../support/test-log.ts'

/*
 * What a storm does with what was on its way when a process ended or a connection broke, step by step.
 */

const SECOND = 1_000
const CHANNEL = 'C1'
/** Problems of each of two storms. */
const BESIDE = 4_000
const newId = createUuid7()
let folder: string
let clock: TestClock
let opened: OpenStore[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-storm-'))
  clock = new TestClock()
  opened = []
})

afterEach(async () => {
  for (const store of opened) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(owner = 'first'): OpenStore {
  const store = openStore(`file:${join(folder, 'storm.db')}`, {
    clock,
    system: systemClock,
    log: new TestLog(),
    arrivals: () => 0,
    owner,
    pid: process.pid,
    newId,
    storm: { threshold: 3, windowMs: 10 * SECOND },
  })
  opened.push(store)
  return store
}

/** The process ends in the middle of everything, and the next one begins. */
async function crash(store: OpenStore, owner: string): Promise<OpenStore> {
  await store.close()
  opened.splice(opened.indexOf(store), 1)
  return open(owner)
}

function problemOf(host: string, state: 'DOWN' | 'UNREACHABLE' = 'DOWN'): Notification {
  return {
    monitor: 'native',
    key: host,
    type: 'PROBLEM',
    host,
    service: null,
    state,
    output: 'no answer',
    ...UNSAID,
  }
}

function hear(
  { store }: OpenStore,
  host: string,
  state?: 'DOWN' | 'UNREACHABLE',
  channel = CHANNEL,
): Promise<string> {
  const n = problemOf(host, state)
  return store.decide({ notifications: [n] }, (loaded, now) => {
    const route = () => [{ channel, mention: [], quiet: false }]
    const context = { now, newId: () => newId(now), route }
    const { changes, outcome } = receive(loaded.check(n), loaded.seenAt(n), n, context)
    return { changes, answer: outcome }
  })
}

async function claim({ outbox }: OpenStore): Promise<Claimed> {
  const claimed = await outbox.claim(CHANNEL, [], 60 * SECOND)
  if (claimed === null) throw new Error('Nothing is due.')
  return claimed
}

const lost = (): Settlement => ({ kind: 'retry', at: clock.now() + SECOND, ambiguous: true, error: 'lost' })
const done = (ts: string): Settlement => ({ kind: 'done', ts })
const pass = (ms: number): Promise<void> => clock.advance(ms, async () => {})

/** A storm whose card is there, and a line that rings, on its way, with a newer one behind it. */
async function untilItRings(store: OpenStore): Promise<Claimed> {
  for (const host of ['a', 'b', 'c', 'd']) await hear(store, host)
  const card = await claim(store)
  expect(card.work.kind).toBe('storm')
  await store.outbox.settle(card, done('1.0'))
  await hear(store, 'e')
  await pass(31 * SECOND)
  const claims = [await claim(store), await claim(store)]
  const line = claims.find(({ work }) => work.kind === 'storm-line')
  const edit = claims.find(({ work }) => work.kind === 'storm')
  if (line === undefined || edit === undefined) throw new Error('It does not ring.')
  await store.outbox.settle(edit, done('1.0'))
  await hear(store, 'f')
  return line
}

it('looks for the very line that may have got there, though a newer one waits', async () => {
  const store = open()
  const line = await untilItRings(store)
  await store.outbox.settle(line, lost())
  await pass(31 * SECOND)
  const again = [await claim(store), await claim(store)].filter(({ work }) => work.kind === 'storm-line')

  expect(again.map(({ id }) => id)).toEqual([line.id])
  expect(again[0]?.ambiguousSince).not.toBeNull()
})

it('looks for the very line that may have got there also after a crash', async () => {
  const store = open()
  const line = await untilItRings(store)
  const next = await crash(store, 'second')
  await pass(31 * SECOND)
  const again = [await claim(next), await claim(next)].filter(({ work }) => work.kind === 'storm-line')

  expect(again.map(({ id }) => id)).toEqual([line.id])
  expect(again[0]?.ambiguousSince).not.toBeNull()
})

it.each(['a lost answer', 'a crash'])('leaves a card alone that may be in Slack, after %s', async (how) => {
  let store = open()
  await hear(store, 'a', 'UNREACHABLE')
  const first = await claim(store)
  await hear(store, 'a', 'DOWN')
  if (how === 'a crash') store = await crash(store, 'second')
  else await store.outbox.settle(first, lost())
  for (const host of ['b', 'c', 'd', 'e']) await hear(store, host)
  await pass(5 * SECOND)
  const claims = [await claim(store), await claim(store)]

  const card = claims.find(({ work }) => work.kind === 'post')
  expect(card?.work).toMatchObject({ card: { id: first.work.kind === 'post' ? first.work.card.id : '' } })
  expect(card?.ambiguousSince).not.toBeNull()
  const storm = claims.find(({ work }) => work.kind === 'storm')
  expect(storm?.work).toMatchObject({ storm: { open: 4 } })
})

it('is looked for no sooner than planned, however many problems come', async () => {
  const store = open()
  for (const host of ['a', 'b', 'c', 'd']) await hear(store, host)
  expect((await claim(store)).work.kind).toBe('storm')
  const next = await crash(store, 'second')
  await hear(next, 'e')

  expect(await next.outbox.claim(CHANNEL, [], 60 * SECOND)).toBeNull()
  await pass(3 * SECOND)
  expect((await claim(next)).ambiguousSince).not.toBeNull()
})

it('counts once what a failed transaction made it count twice', async () => {
  const store = open()
  const both = [hear(store, 'a'), hear(store, 'b')]
  const broken = store.store.decide({ notifications: [problemOf('z')] }, () => {
    throw new Error('this one fails')
  })
  await Promise.all([...both, broken.catch(() => undefined)])
  await hear(store, 'c')

  expect((await claim(store)).work.kind).toBe('post')
  expect(store.storms.any()).toBe(false)
})

it('writes down once that a channel takes nothing, however often it is tried', async () => {
  const store = open()
  for (const host of ['a', 'b', 'c', 'd']) await hear(store, host)
  for (let attempt = 0; attempt < 3; attempt++) {
    const again = clock.now() + 600 * SECOND
    await store.outbox.settle(await claim(store), { kind: 'park', error: 'is_archived', again })
    await hear(store, `later${attempt}`)
    expect(await store.outbox.claim(CHANNEL, [], 60 * SECOND)).toBeNull()
    await pass(601 * SECOND)
    await store.outbox.probe(clock.now() + 600 * SECOND)
  }

  const { rows } = store.store.history({ kinds: ['delivery'] }, 100)
  expect(rows.map(({ outcome }) => outcome)).toEqual(['parked'])
})

it('is drawn and listed as fast beside another whose problems are worse', async () => {
  const store = open()
  const many = Array.from({ length: BESIDE }, (_, n) => n)
  await Promise.all(many.map((n) => hear(store, `a${n}`, 'DOWN', 'C2')))
  await Promise.all(many.map((n) => hear(store, `b${n}`, 'UNREACHABLE')))
  const began = performance.now()
  const { work } = await claim(store)
  if (work.kind !== 'storm') throw new Error(`It is a ${work.kind}.`)
  const listed = store.stormStore.list(work.card.id, 20, 20)
  const took = performance.now() - began

  expect(work.storm.worst.map(({ check }) => check.host)).toEqual(['b0', 'b1', 'b2', 'b3', 'b4'])
  expect(listed.map(({ check }) => check.host)).toEqual(many.slice(20, 40).map((n) => `b${n}`))
  // Looked for one by one in the other, they take ten times as long.
  expect(took).toBeLessThan(300)
})
