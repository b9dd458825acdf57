import { describe, expect, it } from 'vitest'
import type { Call, Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

/*
 * Channels that take no messages: the bot is no member, they are archived, deleted, or may not be posted to.
 */

const DOWN = { host: 'db01', state: 'DOWN', output: 'no route' }
const UP = { ...DOWN, state: 'UP', output: 'fine' }
const YAML = 'routes: [{ match: { host: "db*" }, channels: [C0PGDATAB02], mention: [S0PGOPS0001] }]'
const RANDOM = 'routes: [{ match: { host: "db*" }, channels: [C0PGRANDM03] }]'
const REFUSED = /Slack takes no message for the channel/

function cards(world: World, channel?: string): readonly Message[] {
  return world.messages(channel).filter(({ threadTs }) => threadTs === undefined)
}

function calls(world: World, method: string): Call[] {
  return world.playground.workspace.calls.filter((call) => call.method === method)
}

function errors(world: World): number {
  return world.log.lines.filter(({ level }) => level === 'error').length
}

function withoutScope(world: World, ...without: string[]): void {
  const { workspace } = world.playground
  workspace.scopes = workspace.scopes.filter((scope) => !without.includes(scope))
}

describe('a public channel that the bot is no member of', () => {
  it('is joined where it may not post otherwise, and gets the card', async () => {
    const world = await startWorld({ yaml: RANDOM })
    world.expectRefusal('not_in_channel')
    withoutScope(world, 'chat:write.public')
    const { random } = world.playground.channels

    await world.notify(DOWN)
    await world.notify(UP)

    expect(world.card('', random).text).toContain('UP db01')
    expect(calls(world, 'conversations.join')).toHaveLength(1)
    expect(world.messages()).toEqual([])
  })

  it('is joined to look for a card whose answer was lost, so that it does not appear twice', async () => {
    const world = await startWorld({ yaml: RANDOM })
    world.expectRefusal('not_in_channel')
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })

    await world.notify(DOWN)
    await world.advance(60_000)

    expect(cards(world, world.playground.channels.random)).toHaveLength(1)
    expect(calls(world, 'chat.postMessage')).toHaveLength(1)
  })

  it('and cannot be joined without the scope is a channel that takes nothing', async () => {
    const world = await startWorld({ yaml: RANDOM })
    world.expectRefusal('not_in_channel', 'missing_scope')
    world.log.announce(/where it|Invite the bot there/)
    withoutScope(world, 'chat:write.public', 'channels:join')

    await world.notify(DOWN)

    expect(textOf(world.card('db01'))).toContain(
      'meant for <#C0PGRANDM03> (C0PGRANDM03), where ackbridge is not',
    )
    expect(world.messages(world.playground.channels.random)).toEqual([])
    expect((await world.get('/readyz')).body.slack).toBe('http')
  })

  it('is joined later when Slack puts that off, and then gets the card once', async () => {
    const world = await startWorld({ yaml: RANDOM })
    world.expectRefusal('not_in_channel', 'fault: status', 'fault: reset')
    withoutScope(world, 'chat:write.public')
    const { faults, channels } = world.playground
    faults.next('conversations.join', { kind: 'status', status: 429, retryAfterSeconds: 20 })
    faults.next('conversations.join', { kind: 'reset' })

    await world.notify(DOWN)
    await world.advance(10_000)
    expect(calls(world, 'conversations.join')).toHaveLength(1)
    await world.advance(60_000)

    expect(cards(world, channels.random)).toHaveLength(1)
    expect(world.messages()).toEqual([])
  })
})

describe('a channel that takes nothing', () => {
  it.each([
    ['is archived', 'is_archived', (world: World) => world.playground.archive('C0PGDATAB02'), 'archived'],
    [
      'is deleted',
      'channel_not_found',
      (world: World) => world.playground.deleteChannel('C0PGDATAB02'),
      'gone',
    ],
    [
      'may only be read',
      'restricted_action_read_only_channel',
      (world: World) => {
        const refusal = { kind: 'error', error: 'restricted_action_read_only_channel' } as const
        world.playground.faults.next('chat.postMessage', refusal)
      },
      'restricted_action_read_only_channel',
    ],
    [
      'forbids posting in a way nobody knows yet',
      'restricted_action_of_tomorrow',
      (world: World) => {
        const refusal = { kind: 'error', error: 'restricted_action_of_tomorrow' } as const
        world.playground.faults.next('chat.postMessage', refusal)
      },
      'restricted_action_of_tomorrow',
    ],
  ])('because it %s: the card goes to the default channel and says so', async (_how, word, breakIt, said) => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal(word)
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    breakIt(world)

    await world.notify(DOWN)

    const card = world.card('db01')
    expect(textOf(card)).toContain('meant for <#C0PGDATAB02> (C0PGDATAB02)')
    expect(textOf(card)).toContain(said)
    expect(textOf(card)).not.toContain('late')
    expect(JSON.stringify(card)).toContain('S0PGOPS0001')
    expect(await world.history('&kind=delivery')).toMatchObject([
      { outcome: 'moved', host: 'db01', detail: expect.stringContaining(word) },
      { outcome: 'posted', detail: expect.stringContaining('C0PGALERTS1') },
    ])
  })

  it('is told once to the operator, in the log, the metrics, /readyz and /problems', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived')
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    world.playground.archive('C0PGDATAB02')

    for (let n = 0; n < 4; n++) await world.notify({ ...DOWN, host: `db${n}` })
    await world.advance(30_000)

    expect(cards(world)).toHaveLength(4)
    expect(errors(world)).toBe(1)
    expect(await world.metric('ackbridge_channels_refused')).toBe(1)
    expect(await world.metric('ackbridge_deliveries_total', 'result="move"')).toBe(4)
    const { body } = await world.get('/readyz')
    expect(body).toMatchObject({
      status: 'ready',
      parked: 0,
      refusedChannels: { C0PGDATAB02: 'is_archived' },
    })
    expect(await world.as('ann').types('/problems')).toContain(
      'Slack takes no messages for C0PGDATAB02 (is_archived)',
    )
  })

  it('takes all its open problems along: each is on exactly one card, also those that do not change', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived')
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    for (let n = 0; n < 5; n++) await world.notify({ ...DOWN, host: `db${n}` })
    await world.notify({ ...UP, host: 'db4' })
    await world.advance(20_000)
    world.playground.archive('C0PGDATAB02')

    await world.notify({ ...DOWN, host: 'db0', state: 'UNREACHABLE' })
    await world.advance(30_000)

    expect(cards(world).map(({ text }) => text.split(':')[0])).toEqual([
      'UNREACHABLE db0',
      'DOWN db1',
      'DOWN db2',
      'DOWN db3',
    ])
    expect(world.thread(world.card('db0'))).toEqual([expect.stringContaining('UNREACHABLE')])
    const updates = calls(world, 'chat.update').length
    await world.as('ann').click('Acknowledge', world.card('db2'))
    expect(textOf(world.card('db2'))).toContain('ann has it')
    expect(calls(world, 'chat.update')).toHaveLength(updates + 1)
    expect(cards(world)).toHaveLength(4)
  })

  it('is left alone when it takes messages again: what was moved stays, what is new goes there', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived')
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    const { database } = world.playground.channels
    world.playground.archive(database)
    await world.notify(DOWN)
    world.playground.unarchive(database)

    await world.notify({ ...DOWN, state: 'UNREACHABLE' })
    await world.notify({ ...DOWN, host: 'db02' })
    await world.notify(UP)
    await world.advance(10_000)

    expect(cards(world).map(({ text }) => text.split(':')[0])).toEqual(['UP db01'])
    expect(cards(world, database).map(({ text }) => text.split(':')[0])).toEqual(['DOWN db02'])
    expect(await world.metric('ackbridge_channels_refused')).toBe(0)
    expect((await world.get('/readyz')).body.refusedChannels).toBeUndefined()
  })

  it('adds no second card where the problem has one in the default channel already', async () => {
    const yaml = 'routes: [{ match: {}, channels: [C0PGDATAB02, C0PGALERTS1] }]'
    const world = await startWorld({ yaml })
    world.expectRefusal('is_archived')
    world.log.announce(REFUSED)
    await world.notify(DOWN)
    world.playground.archive('C0PGDATAB02')

    await world.notify({ ...DOWN, state: 'UNREACHABLE' })
    await world.advance(10_000)
    await world.notify(DOWN)
    await world.advance(10_000)

    expect(cards(world)).toHaveLength(1)
    expect(textOf(cards(world)[0])).toContain('meant for <#C0PGDATAB02>')
    expect(world.thread(cards(world)[0])).toHaveLength(2)
  })

  it('with a problem that is over leaves it at that, and history says so', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived')
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    await world.notify(DOWN)
    world.playground.archive('C0PGDATAB02')

    await world.notify(UP)
    await world.advance(10_000)

    expect(world.messages()).toEqual([])
    expect((await world.history('&kind=delivery')).map(({ outcome }) => outcome)).toEqual([
      'posted',
      'dropped',
      'dropped',
    ])
    expect((await world.get('/readyz')).body).toMatchObject({ parked: 0, oldestUndeliveredSeconds: null })
  })

  it('takes its open problems along also when the first that it refuses is over', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived')
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    for (let n = 0; n < 4; n++) await world.notify({ ...DOWN, host: `db${n}` })
    await world.advance(20_000)
    world.playground.archive('C0PGDATAB02')

    await world.notify({ ...UP, host: 'db0' })
    await world.advance(30_000)

    expect(cards(world).map(({ text }) => text.split(':')[0])).toEqual(['DOWN db1', 'DOWN db2', 'DOWN db3'])
    expect(errors(world)).toBe(1)
  })

  it.each([false, true])(
    'and takes messages again gets what it missed of problems that are over (after a restart: %s)',
    async (isRestarted) => {
      const world = await startWorld({ yaml: YAML })
      world.expectRefusal('is_archived')
      world.expectMention(/.*/)
      world.log.announce(REFUSED)
      const { database } = world.playground.channels
      await world.notify(DOWN)
      world.playground.archive(database)
      await world.notify(UP)
      await world.advance(30_000)
      if (isRestarted) await world.restart()
      world.playground.unarchive(database)
      expect(cards(world, database).map(({ text }) => text.split(':')[0])).toEqual(['DOWN db01'])

      await world.notify({ ...DOWN, host: 'db02' })
      await world.advance(30_000)

      expect(cards(world, database).map(({ text }) => text.split(':')[0])).toEqual(['UP db01', 'DOWN db02'])
      expect(world.messages()).toEqual([])
    },
  )

  it('never loses a problem that is over before anybody saw it', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived', 'fault: reset')
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    world.playground.archive('C0PGDATAB02')
    world.playground.faults.next('chat.postMessage', { kind: 'reset' }, 2)

    await world.notify(DOWN)
    await world.notify(UP)
    await world.advance(60_000)

    expect(world.card('db01').text).toContain('UP db01')
    expect(world.thread(world.card('db01'))).toHaveLength(1)
  })

  it('stays what it is after a restart: no card is made twice', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived')
    world.expectMention(/.*/)
    world.log.announce(REFUSED)
    world.playground.archive('C0PGDATAB02')
    await world.notify(DOWN)

    await world.restart()
    await world.notify({ ...DOWN, state: 'UNREACHABLE' })
    await world.notify(UP)
    await world.advance(10_000)

    expect(world.card('db01').text).toContain('UP db01')
    expect(calls(world, 'chat.postMessage').filter(({ ok }) => !ok)).toHaveLength(1)
  })

  it('that is only renamed is the same channel', async () => {
    const world = await startWorld({ yaml: YAML })
    world.expectMention(/.*/)
    const { database } = world.playground.channels
    await world.notify(DOWN)
    world.playground.renameChannel(database, 'databases-and-more')

    await world.notify({ ...DOWN, state: 'UNREACHABLE' })
    await world.notify({ ...DOWN, host: 'db02' })
    await world.advance(10_000)

    expect(cards(world, database)).toHaveLength(2)
    expect(world.messages()).toEqual([])
  })

  it('takes a line of a thread only where the channel, not the thread, is closed', async () => {
    const world = await startWorld()
    world.expectRefusal('restricted_action_thread_locked')
    world.log.announce(/is parked/)
    await world.notify(DOWN)
    world.playground.faults.next('chat.postMessage', {
      kind: 'error',
      error: 'restricted_action_thread_locked',
    })

    await world.notify({ ...DOWN, state: 'UNREACHABLE' })
    await world.notify(UP)
    await world.advance(10_000)

    expect(world.card().text).toContain('UP db01')
    expect(world.thread()).toEqual([expect.stringContaining('recovered')])
    expect(await world.metric('ackbridge_outbox_parked')).toBe(1)
    expect((await world.history('&kind=delivery')).map(({ outcome }) => outcome)).toEqual([
      'posted',
      'parked',
    ])
  })
})

describe('when the default channel itself takes nothing', () => {
  const broken = async (env: Record<string, string> = {}): Promise<World> => {
    const world = await startWorld({ env })
    world.expectRefusal('is_archived')
    world.log.announce(REFUSED)
    world.playground.archive(world.playground.channels.alerts)
    await world.notify(DOWN)
    await world.notify({ ...DOWN, state: 'UNREACHABLE' })
    await world.notify({ host: 'web01', state: 'DOWN' })
    return world
  }

  it('its cards are parked where the operator sees them, and tried again every ten minutes by one', async () => {
    const world = await broken()

    expect(await world.metric('ackbridge_outbox_parked')).toBe(2)
    expect(await world.as('ann').types('/problems')).toContain(
      '2 messages could not be delivered: 2 × is_archived in C0PGALERTS1.',
    )
    const before = calls(world, 'chat.postMessage').length
    await world.advance(3_600_000)
    expect(calls(world, 'chat.postMessage').length - before).toBe(6)
    expect(errors(world)).toBe(1)
    expect((await world.history('&kind=delivery')).map(({ outcome }) => outcome)).toEqual([
      'parked',
      'parked',
    ])

    world.playground.unarchive(world.playground.channels.alerts)
    await world.advance(11 * 60_000)

    expect(cards(world)).toHaveLength(2)
    expect(world.card('db01').text).toContain('UNREACHABLE')
    expect(textOf(world.card('web01'))).toMatch(/delivered 1 h \d+ min late/)
    expect(world.thread(world.card('db01'))).toHaveLength(1)
    expect(await world.metric('ackbridge_outbox_parked')).toBe(0)
  })

  it('a restart tries them at once', async () => {
    const world = await broken()
    world.playground.unarchive(world.playground.channels.alerts)

    await world.restart()
    await world.advance(5_000)

    expect(cards(world)).toHaveLength(2)
    expect(world.thread(world.card('db01'))).toHaveLength(1)
  })

  it('lines of a thread come in their order when it works again', async () => {
    const world = await startWorld()
    world.expectRefusal('is_archived')
    world.log.announce(REFUSED)
    const { alerts } = world.playground.channels
    await world.notify({ host: 'web01', service: 'HTTP', state: 'WARNING', output: 'one' })
    world.playground.archive(alerts)
    for (const [state, output] of [
      ['CRITICAL', 'two'],
      ['WARNING', 'three'],
      ['UNKNOWN', 'four'],
    ])
      await world.notify({ host: 'web01', service: 'HTTP', state, output })
    await world.advance(60_000)
    world.playground.unarchive(alerts)
    await world.advance(11 * 60_000)

    const thread = world.thread(cards(world)[0])
    expect(thread.map((line) => /two|three|four/.exec(line)?.[0])).toEqual(['two', 'three', 'four'])
    expect(cards(world)[0]?.text).toContain('UNKNOWN')
    expect(await world.metric('ackbridge_outbox_parked')).toBe(0)
  })

  it('and another is configured, they go there', async () => {
    const env: Record<string, string> = {}
    const world = await broken(env)
    await world.stop()
    env['SLACK_CHANNEL'] = world.playground.channels.database
    await world.start()
    await world.advance(5_000)

    const { database } = world.playground.channels
    expect(cards(world, database)).toHaveLength(2)
    expect(textOf(world.card('db01', database))).toContain('meant for <#C0PGALERTS1>')
  })
})
