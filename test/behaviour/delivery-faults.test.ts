import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/playground/server.ts'
import { openStoreBeside } from '../../src/store/open.ts'
import { startWorld, type World } from '../support/world.ts'

/*
 * Whatever Slack does for a while, and whatever happens meanwhile: in the end each problem is on exactly one card, that
 * card is true, and nothing is left behind.
 */

const METHODS = [
  'chat.postMessage',
  'chat.update',
  'conversations.history',
  'conversations.join',
  '*',
] as const
const WORDS = [
  'internal_error',
  'ratelimited',
  'message_limit_exceeded',
  'is_archived',
  'channel_not_found',
  'not_in_channel',
  'restricted_action',
  'invalid_blocks',
  'msg_too_long',
  'brand_new_error',
  'message_not_found',
  'service_unavailable',
] as const

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Fault>({ kind: 'reset' }, { kind: 'lost' }, { kind: 'html' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Fault>(
      { kind: 'status', status: 500 },
      { kind: 'status', status: 429, retryAfterSeconds: 7 },
      { kind: 'status', status: 429 },
    ),
  },
  { weight: 4, arbitrary: fc.constantFrom(...WORDS).map((error): Fault => ({ kind: 'error', error })) },
)

const HOSTS = ['db1', 'db2', 'web1', 'web2'] as const

type Step =
  | { readonly do: 'fault'; readonly method: string; readonly fault: Fault; readonly times: number }
  | { readonly do: 'notify'; readonly host: string; readonly state: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' }
  | { readonly do: 'archive' | 'unarchive' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      method: fc.constantFrom(...METHODS),
      fault,
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('notify' as const),
      host: fc.constantFrom(...HOSTS),
      state: fc.constantFrom('DOWN', 'UNREACHABLE', 'UP'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 3_000, 70_000) }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'restart' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'archive' }, { do: 'unarchive' }) },
)

async function take(
  world: World,
  one: Step,
  opened: Map<string, number>,
  open: Map<string, string>,
): Promise<void> {
  const { playground } = world
  switch (one.do) {
    case 'fault':
      return playground.faults.next(one.method, one.fault, one.times)
    case 'notify': {
      await world.notify({ host: one.host, state: one.state })
      if (one.state === 'UP') {
        open.delete(one.host)
        return
      }
      if (!open.has(one.host)) opened.set(one.host, (opened.get(one.host) ?? 0) + 1)
      open.set(one.host, one.state)
      return
    }
    case 'wait':
      return world.advance(one.ms)
    case 'restart':
      return world.restart()
    case 'archive':
      return playground.archive(playground.channels.database)
    case 'unarchive':
      return playground.unarchive(playground.channels.database)
  }
}

describe('whatever goes wrong for a while', () => {
  it('no first card is ever lost, and every open problem is on one card that is true', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const yaml = `
storm: { threshold: 0 }
routes: [{ match: { host: "db*" }, channels: [C0PGDATAB02] }]
`
        const world = await startWorld({ yaml })
        world.expectRefusal(
          ...WORDS,
          'fault: reset',
          'fault: html',
          'fault: status',
          'fault: lost',
          'thread_not_found',
        )
        const opened = new Map<string, number>()
        const open = new Map<string, string>()
        for (const one of steps) await take(world, one, opened, open)
        world.playground.faults.clear()
        world.playground.unarchive(world.playground.channels.database)
        // Parked for its channel: tried again within ten minutes.
        await world.advance(45 * 60_000)
        retryAll(world)
        await world.restart()
        await world.advance(10 * 60_000)
        await check(world, opened, open)
        world.log.lines.splice(0)
      }),
      { numRuns: Number(process.env['DELIVERY_RUNS'] ?? 25), endOnFailure: false },
    )
  }, 300_000)
})

async function check(
  world: World,
  opened: ReadonlyMap<string, number>,
  open: ReadonlyMap<string, string>,
): Promise<void> {
  const { workspace, channels } = world.playground
  const all = [channels.alerts, channels.database].flatMap((channel) =>
    workspace.messages(channel).filter(({ threadTs, isTombstone }) => threadTs === undefined && !isTombstone),
  )
  for (const [host, times] of opened) {
    const cards = all.filter(({ text }) => text.includes(` ${host} (`))
    // Each problem was shown at least once.
    expect([host, cards.length >= times]).toEqual([host, true])
    const state = open.get(host)
    if (state === undefined) continue
    const { body } = await world.get('/api/problems', { 'x-api-key': await keyOf(world) })
    const { id } = body.problems.find((one: { host: string }) => one.host === host)
    const response = await fetch(`${world.url}/problems/${id}`, { redirect: 'manual' })
    const [, channel, ts] = /archives\/(\w+)\/p(\d+)$/.exec(response.headers.get('location') ?? '') ?? []
    const live = all.find((one) => one.channel === channel && one.ts.replace('.', '') === ts)
    expect([host, live?.text]).toEqual([host, expect.stringMatching(`^${state} ${host} `)])
  }
  expect(await world.metric('ackbridge_outbox_waiting')).toBe(0)
  expect(await world.metric('ackbridge_outbox_parked')).toBe(0)
}

/** What nobody could show, not even in bare words, is the operator's to try again. */
function retryAll(world: World): void {
  const store = openStoreBeside(`file:${world.database}`)
  const ids = store.outbox.list(1_000, 'parked').map(({ id }) => id)
  store.outbox.retry(ids, world.clock.now())
  store.close()
}

const keys = new WeakMap<World, Promise<string>>()
function keyOf(world: World): Promise<string> {
  const known = keys.get(world) ?? world.readKey()
  keys.set(world, known)
  return known
}
