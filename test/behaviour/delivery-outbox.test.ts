import { describe, expect, it } from 'vitest'
import type { Call, Message } from '../../src/playground/server.ts'
import { until } from '../support/command.ts'
import { type Json, startWorld, textOf, type World } from '../support/world.ts'

/*
 * What could not be delivered: said in bare words where that helps, else parked, visible, and in the operator's hands.
 */

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Socket timeout' }
const WARNING = { ...CRITICAL, state: 'WARNING', output: 'slow' }
const OK = { ...CRITICAL, state: 'OK', output: 'fine' }
const REFUSED = /Slack takes no message for the channel/

function calls(world: World, method: string): Call[] {
  return world.playground.workspace.calls.filter((call) => call.method === method)
}

function cards(world: World): readonly Message[] {
  return world.messages().filter(({ threadTs }) => threadTs === undefined)
}

describe('a card that Slack refuses as it is drawn', () => {
  it.each(['invalid_blocks', 'msg_blocks_too_long', 'msg_too_long', 'invalid_attachments'])(
    '(%s) is said in bare words, and drawn again when it changes',
    async (word) => {
      const world = await startWorld()
      world.expectRefusal(word)
      world.log.announce(/said in bare words/)
      world.playground.faults.next('chat.postMessage', { kind: 'error', error: word })

      await world.notify({ ...CRITICAL, output: '*bold* <!channel> @here `x` & more' })

      const bare = world.card()
      expect(bare.blocks).toEqual([])
      expect(bare.text).toContain(
        'CRITICAL web01 / HTTP: ∗bold∗ &lt;!channel&gt; @here ˋxˋ &amp; more (native)',
      )
      expect(bare.text).toContain('Nobody has it yet.')
      expect(bare.parse).toBe('none')
      expect((await world.history('&kind=delivery')).map(({ outcome }) => outcome)).toEqual([
        'posted',
        'plain',
      ])

      await world.as('ann').types('/ack web01 HTTP')
      expect(textOf(world.card())).toContain('ann has it since')
      expect(world.card().blocks).not.toEqual([])
      expect(await world.metric('ackbridge_outbox_parked')).toBe(0)
    },
  )

  it('on an edit shows the truth in bare words rather than old news', async () => {
    const world = await startWorld()
    world.expectRefusal('msg_too_long')
    world.log.announce(/said in bare words/)
    await world.notify(CRITICAL)
    world.playground.faults.always('chat.update', null)
    world.playground.faults.next('chat.update', { kind: 'error', error: 'msg_too_long' })

    await world.notify(OK)

    expect(world.card()).toMatchObject({ blocks: [], attachments: [] })
    expect(world.card().text).toMatch(/^OK web01/)
    expect(world.thread()).toHaveLength(1)
  })

  it('even in bare words is parked where the operator sees it, and is not dropped', async () => {
    const world = await startWorld()
    world.expectRefusal('invalid_blocks')
    world.log.announce(/parked/)
    world.playground.faults.always('chat.postMessage', { kind: 'error', error: 'invalid_blocks' })
    await world.notify(CRITICAL)
    await world.advance(3_600_000)

    expect(calls(world, 'chat.postMessage')).toHaveLength(2)
    expect(await world.metric('ackbridge_outbox_parked')).toBe(1)
    expect(await world.as('ann').types('/problems')).toContain(
      '1 message could not be delivered: 1 × invalid_blocks in C0PGALERTS1. The operator sees them',
    )
    world.playground.faults.clear()
    await world.notify(WARNING)
    expect(world.card('WARNING web01').blocks).not.toEqual([])
  })

  it('for its metadata is posted without', async () => {
    const world = await startWorld()
    world.expectRefusal('metadata_must_be_sent_from_app')
    world.playground.faults.next('chat.postMessage', {
      kind: 'error',
      error: 'metadata_must_be_sent_from_app',
    })

    await world.notify(CRITICAL)

    expect(world.card().blocks).not.toEqual([])
    expect(world.card().metadata).toBeUndefined()
  })
})

/** Two cards and a line of a thread are parked, because nothing may be posted. */
async function parked(): Promise<World> {
  const world = await startWorld()
  world.expectRefusal('cannot_reply_to_message', 'is_archived')
  world.log.announce(/parked/)
  await world.notify(CRITICAL)
  world.playground.faults.next('chat.postMessage', { kind: 'error', error: 'cannot_reply_to_message' })
  await world.notify(WARNING)
  world.playground.archive(world.playground.channels.alerts)
  await world.notify({ host: 'db01', state: 'DOWN', output: '\u001b[31mred' })
  await world.notify({ host: 'db02', state: 'DOWN' })
  await world.advance(60_000)
  return world
}

async function listed(world: World, ...args: string[]): Promise<Json[]> {
  const { code, stdout, stderr } = await world.command('outbox', 'list', '--format', 'json', ...args)
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

describe('ackbridge outbox list', () => {
  it('shows what could not be delivered and why, lines of threads too, as table and JSON', async () => {
    const world = await parked()

    const rows = await listed(world)
    expect(rows).toMatchObject([
      {
        state: 'parked',
        lane: 'C0PGALERTS1',
        what: 'thread',
        host: 'web01',
        service: 'HTTP',
        error: 'cannot_reply_to_message',
        attempts: 1,
        due: null,
      },
      { state: 'parked', what: 'post', host: 'db01', error: 'is_archived' },
      { state: 'parked', what: 'post', host: 'db02', error: 'is_archived' },
    ])
    expect(rows[0].ageSeconds).toBeGreaterThanOrEqual(0)
    expect(rows[1].due).toMatch(/^\d{4}-/)
    expect(rows[0].problem).toMatch(/^[0-9a-f-]{36}$/)

    const { code, stdout } = await world.command('outbox', 'list', '--parked', '--limit', '2')
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]?.split(/ {2,}/)).toEqual([
      'id',
      'state',
      'age',
      'lane',
      'what',
      'problem',
      'attempts',
      'error',
    ])
    expect(lines).toHaveLength(3)
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    expect((await world.history('&kind=delivery')).map(({ outcome }) => outcome)).toEqual([
      'posted',
      'parked',
      'parked',
      'parked',
    ])
  })

  it('shows what waits behind it, and nothing where nothing waits', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: reset')
    expect(await listed(world)).toEqual([])
    world.playground.faults.always('*', { kind: 'reset' })
    await world.notify(CRITICAL)
    await world.notify(WARNING)

    expect(await listed(world)).toMatchObject([
      { state: 'waiting', what: 'post', error: expect.stringMatching(/./) },
      { state: 'blocked', what: 'thread' },
    ])
    expect(await listed(world, '--parked')).toEqual([])
    world.playground.faults.clear()
    await world.advance(60_000)
  })
})

describe('ackbridge outbox retry', () => {
  it('lets the running server try again within a second or so', async () => {
    const world = await parked()
    world.playground.unarchive(world.playground.channels.alerts)

    const { code, stdout } = await world.command('outbox', 'retry', '--all')

    expect([code, stdout]).toEqual([0, '3 of 3 tried again.\n'])
    const began = performance.now()
    await until(() => cards(world).length === 3)
    await until(() => world.thread(world.card('web01')).length === 1)
    expect(performance.now() - began).toBeLessThan(2_500)
    await world.drain()
    expect(await listed(world)).toEqual([])
    const outcomes = (await world.history('&kind=delivery')).map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === 'retried')).toHaveLength(3)
    expect(outcomes.filter((outcome) => outcome === 'posted')).toHaveLength(3)
  })

  it('of one that fails again parks it again, visibly', async () => {
    const world = await parked()
    const [, card] = await listed(world)
    const before = calls(world, 'chat.postMessage').length

    expect((await world.command('outbox', 'retry', card.id)).code).toBe(0)
    await until(() => calls(world, 'chat.postMessage').length > before)
    await world.drain()

    expect((await listed(world)).map(({ state }) => state)).toEqual(['parked', 'parked', 'parked'])
  })
})

describe('ackbridge outbox drop', () => {
  it('gives up what is named, and the next change of the problem is shown again', async () => {
    const world = await parked()
    const [line, card] = await listed(world)

    const ended = await world.command('outbox', 'drop', line.id, card.id)
    expect([ended.code, ended.stdout]).toEqual([0, '2 of 2 given up.\n'])
    expect((await listed(world)).map(({ host }) => host)).toEqual(['db02'])
    expect((await world.history('&kind=delivery')).map(({ outcome }) => outcome).slice(-2)).toEqual([
      'given up',
      'given up',
    ])

    world.playground.unarchive(world.playground.channels.alerts)
    await world.notify({ host: 'db01', state: 'UNREACHABLE' })
    await world.advance(5_000)
    expect(world.card('db01').text).toContain('UNREACHABLE db01')
    expect((await world.command('outbox', 'drop', '--all-parked')).code).toBe(0)
  })

  it('of everything leaves nothing parked, and says so a second time', async () => {
    const world = await parked()

    expect((await world.command('outbox', 'drop', '--all-parked')).stdout).toBe('3 of 3 given up.\n')
    expect((await world.command('outbox', 'drop', '--all-parked')).stdout).toBe('0 of 0 given up.\n')
    expect(await world.metric('ackbridge_outbox_parked')).toBe(0)
    world.playground.unarchive(world.playground.channels.alerts)
    await world.advance(1_200_000)
    expect(cards(world)).toHaveLength(1)
  })

  it('leaves alone what is on its way by itself', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: reset')
    world.playground.faults.always('*', { kind: 'reset' })
    await world.notify(CRITICAL)
    const [{ id }] = await listed(world)

    const ended = await world.command('outbox', 'drop', id)
    expect([ended.code, ended.stderr]).toEqual([2, `${id} is not parked: it is on its way by itself.\n`])
    world.playground.faults.clear()
    await world.advance(60_000)
    expect(world.card().text).toContain('CRITICAL web01')
  })
})

describe('the outbox commands', () => {
  it('say what is wrong with how they are used, and change nothing', async () => {
    const world = await parked()
    const [line] = await listed(world)

    for (const wrong of [
      ['retry'],
      ['drop'],
      ['retry', '--all', line.id],
      ['drop', '--all'],
      ['retry', 'nonsense\u001b[2J'],
      ['drop', '01a1ffb1-ba00-7eff-8000-0000000fffff'],
      ['drop', line.id.replace('7eff', '74a1')],
      ['list', '--format', 'csv'],
      ['list', '--limit', '0'],
      ['nonsense'],
      [],
    ]) {
      const { code, stderr } = await world.command('outbox', ...wrong)
      expect([wrong, code]).toEqual([wrong, 2])
      expect(stderr).toMatch(/\w/)
      expect(stderr).not.toMatch(/^\s+at |[\u0000-\u0009\u000b-\u001f]/m)
    }
    expect(await listed(world)).toHaveLength(3)
  })

  it('do what they can of several ids, and exit 2 for the others', async () => {
    const world = await parked()
    const [line] = await listed(world)

    const ended = await world.command('outbox', 'drop', line.id, 'nonsense', line.id)

    expect([ended.code, ended.stdout]).toEqual([2, '1 of 2 given up.\n'])
    expect(ended.stderr).toContain('Nothing of the id nonsense is in the outbox.')
  })

  it('come back later (exit 1) while another program holds the database', async () => {
    const { default: Database } = await import('better-sqlite3')
    const world = await parked()
    const other = new Database(world.database)
    other.exec('BEGIN IMMEDIATE')

    const { code, stderr } = await world.command('outbox', 'retry', '--all')
    other.exec('ROLLBACK')
    other.close()

    expect([code, stderr]).toEqual([1, 'Another program holds a lock on the database.\n'])
  })
})

describe('a thread whose line is parked', () => {
  it('goes on, and the line comes when it is tried again', async () => {
    const world = await startWorld()
    world.expectRefusal('restricted_action_thread_locked')
    world.log.announce(/parked/)
    await world.notify(CRITICAL)
    world.playground.faults.next('chat.postMessage', {
      kind: 'error',
      error: 'restricted_action_thread_locked',
    })
    await world.notify(WARNING)
    await world.notify(OK)
    await world.advance(5_000)
    expect(world.thread()).toEqual([expect.stringContaining('recovered')])

    await world.command('outbox', 'retry', '--all')
    await until(() => world.thread().length === 2)
    await world.drain()
    expect(await listed(world)).toEqual([])
  })
})

it('where nothing can be delivered anywhere, doctor names the channel', async () => {
  const world = await startWorld()
  world.expectRefusal('is_archived', 'missing_scope')
  world.log.announce(REFUSED)
  world.playground.archive(world.playground.channels.alerts)
  await world.notify(CRITICAL)
  const env = { ...world.environment(), PORT: String(world.app.port) }

  const { runCommand } = await import('../support/command.ts')
  const { code, stdout } = await runCommand(['doctor', '--plugin'], env, world.folder)

  expect(code).toBe(2)
  expect(stdout).toContain('Slack takes no messages there (is_archived)')
  expect(stdout).toContain('`ackbridge outbox list` says why')
})

it('a private answer whose address Slack takes no more is dropped, and history says so', async () => {
  const world = await startWorld()
  world.expectRefusal('fault: status')
  await world.notify(CRITICAL)
  world.playground.faults.next('response_url', { kind: 'status', status: 404 })
  await world.as('guest').click('Acknowledge')
  await world.advance(60_000)

  expect((await world.history('&kind=delivery')).at(-1)).toMatchObject({
    outcome: 'dropped',
    detail: 'reply: expired_url',
  })
  expect((await world.get('/readyz')).body).toMatchObject({ parked: 0, oldestUndeliveredSeconds: null })
})
