import { describe, expect, it } from 'vitest'
import type { Call, Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Socket timeout' }
const WARNING = { ...CRITICAL, state: 'WARNING', output: 'slow' }
const OK = { ...CRITICAL, state: 'OK', output: 'fine' }

/** Cards, without the lines of a thread that are shown in the channel too. */
function cards(world: World, channel?: string): readonly Message[] {
  return world.messages(channel).filter(({ threadTs }) => threadTs === undefined)
}

function calls(world: World, method: string): Call[] {
  return world.playground.workspace.calls.filter((call) => call.method === method)
}

describe('when Slack has a bad day', () => {
  it('and asks to wait, it is asked again when that time is over and not before', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: status')
    world.playground.faults.next('chat.postMessage', { kind: 'status', status: 429, retryAfterSeconds: 30 })

    await world.notify(CRITICAL)
    await world.advance(29_000)
    expect(calls(world, 'chat.postMessage')).toHaveLength(1)

    await world.advance(1_500)
    expect(world.card().text).toContain('CRITICAL web01')
  })

  it.each([
    ['fails with 500', { kind: 'status', status: 500 }],
    ['fails with 503 and a page', { kind: 'status', status: 503, body: '<html>busy</html>' }],
    ['breaks the connection', { kind: 'reset' }],
    ['is behind a portal that answers with its own page', { kind: 'html' }],
    ['fails half-way', { kind: 'error', error: 'internal_error' }],
    ['says an error nobody knows', { kind: 'error', error: 'brand_new_error' }],
    ['asks to wait without saying how long', { kind: 'status', status: 429 }],
  ] as const)('and %s, the card comes later, once, with its story', async (_how, fault) => {
    const world = await startWorld()
    world.expectRefusal(fault.kind === 'error' ? fault.error : `fault: ${fault.kind}`)
    world.playground.faults.next('chat.postMessage', fault, 2)

    await world.notify(CRITICAL)
    await world.notify(WARNING)
    expect(world.messages()).toEqual([])
    await world.advance(60_000)

    expect(world.card().text).toContain('WARNING web01')
    expect(world.thread()).toEqual([expect.stringContaining('WARNING')])
  })

  it('and hides an answer, then will not let us look, it is not posted again blindly', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: lost', 'fault: status')
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })
    world.playground.faults.next('conversations.history', {
      kind: 'status',
      status: 429,
      retryAfterSeconds: 5,
    })
    world.playground.faults.next('conversations.history', { kind: 'status', status: 503 }, 2)

    await world.notify(CRITICAL)
    await world.advance(120_000)

    expect(cards(world)).toHaveLength(1)
    expect(calls(world, 'chat.postMessage')).toHaveLength(1)
  })

  it('and does what was asked but its answer gets lost, nothing appears twice', async () => {
    const world = await startWorld()
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })

    await world.notify(CRITICAL)
    await world.advance(60_000)
    expect(world.messages()).toHaveLength(1)
    expect(calls(world, 'chat.postMessage')).toHaveLength(1)

    world.playground.faults.next('chat.postMessage', { kind: 'lost' })
    await world.notify(WARNING)
    await world.advance(60_000)
    expect(world.thread()).toHaveLength(1)

    world.playground.faults.next('chat.update', { kind: 'lost' })
    await world.notify(OK)
    await world.advance(60_000)
    expect(world.card().text).toContain('OK web01')
    expect(world.thread()).toHaveLength(2)
  })

  it('and its answer gets lost where we may not look, the card is posted again rather than never', async () => {
    const world = await startWorld()
    const { workspace, faults } = world.playground
    world.expectRefusal('missing_scope')
    workspace.scopes = workspace.scopes.filter(
      (scope) => scope !== 'channels:history' && scope !== 'groups:history',
    )
    faults.next('chat.postMessage', { kind: 'lost' })

    await world.notify(CRITICAL)
    await world.advance(60_000)

    expect(world.messages()).toHaveLength(2)
    await world.notify(OK)
    await world.advance(5_000)
    expect(world.messages().at(-1)?.text).toContain('OK web01')
  })

  it('and refuses our token, everything waits, the operator is told once, and it goes on when that is put right', async () => {
    const world = await startWorld()
    world.expectRefusal('invalid_auth')
    world.log.announce(/Slack refuses our token/)
    world.playground.faults.always('*', { kind: 'error', error: 'invalid_auth' })

    await world.notify(CRITICAL)
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.advance(10 * 60_000)

    expect(world.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
    expect(calls(world, 'chat.postMessage').length).toBeLessThan(15)
    expect((await world.get('/readyz')).body).toMatchObject({ status: 'ready', slack: 'invalid_auth' })
    world.playground.faults.clear()
    await world.advance(90_000)
    expect(world.messages()).toHaveLength(2)
    expect((await world.get('/readyz')).body.slack).toBe('http')
  })
})

describe('a card', () => {
  it('that somebody deletes is posted again, and its story goes on there', async () => {
    const world = await startWorld()
    world.expectRefusal('message_not_found', 'thread_not_found')
    const { alerts } = world.playground.channels
    await world.notify(CRITICAL)
    world.playground.deleteMessage(alerts, world.card().ts)

    await world.notify(WARNING)
    await world.advance(5_000)

    expect(world.card().text).toContain('WARNING web01')
    expect(world.thread()).toHaveLength(1)
    await world.notify(OK)
    await world.advance(5_000)
    expect(world.card().text).toContain('OK web01')
    expect(world.thread()).toHaveLength(2)
    expect((await world.history('&kind=delivery')).map(({ outcome }) => outcome)).toEqual([
      'posted',
      'gone',
      'posted',
    ])
  })

  it('keeps the order of its thread while one line fails', async () => {
    const world = await startWorld()
    await world.notify(CRITICAL)
    await world.advance(10_000)
    world.expectRefusal('fault: reset')
    world.playground.faults.next('chat.postMessage', { kind: 'reset' }, 3)

    await world.notify(WARNING)
    await world.notify({ ...CRITICAL, output: 'worse' })
    await world.notify(OK)
    await world.advance(120_000)

    const thread = world.thread(cards(world)[0])
    expect(thread).toHaveLength(3)
    expect(thread[0]).toContain('WARNING')
    expect(thread[1]).toContain('worse')
    expect(thread[2]).toContain('OK')
    expect(cards(world)).toHaveLength(1)
  })

  it('is edited once for many changes, and the last edit is true', async () => {
    const world = await startWorld()
    await world.notify(CRITICAL)
    world.playground.faults.next('chat.update', { kind: 'slow', ms: 100 })

    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        world.post({ ...CRITICAL, state: n % 2 === 0 ? 'WARNING' : 'UNKNOWN', output: `change ${n}` }),
      ),
    )
    await world.drain()
    await world.advance(60_000)

    expect(calls(world, 'chat.update').length).toBeLessThanOrEqual(5)
    const [{ state, output }] = (await world.get('/api/problems', { 'x-api-key': await world.readKey() }))
      .body.problems
    expect(cards(world)[0]?.text).toBe(`${state} web01 / HTTP: ${output} (native)`)
  })

  it('of another problem does not wait for a count that only rises', async () => {
    const world = await startWorld()
    for (let n = 0; n < 12; n++) await world.notify({ host: `h${n}`, state: 'DOWN' })
    await world.advance(60_000)
    await world.advance(60_000)
    const before = calls(world, 'chat.update').length
    // More counts than a minute has edits.
    for (let round = 0; round < 6; round++)
      for (let n = 0; n < 12; n++)
        await world.post({ host: `h${n}`, state: 'DOWN', output: `round ${round}` })
    await world.drain()

    const first = calls(world, 'chat.update').length
    await world.notify({ host: 'h3', state: 'UP' })
    await world.as('ann').click('Acknowledge', world.card('DOWN h5'))
    await world.advance(3_000)

    expect(first - before).toBeLessThanOrEqual(12)
    expect(world.card('UP h3').text).toContain('UP h3')
    expect(textOf(world.card('DOWN h5'))).toContain('ann has it')
  })

  it('appears without waiting for any timer', async () => {
    const world = await startWorld()

    const began = performance.now()
    await world.notify(CRITICAL)

    expect(world.card().text).toContain('CRITICAL web01')
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('several channels', () => {
  const yaml = `
routes:
  - { match: { host: "db*" }, channels: [C0PGDATAB02, C0PGALERTS1] }
`

  it('show the same problem each on its own card', async () => {
    const world = await startWorld({ yaml })
    const { alerts, database } = world.playground.channels

    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify({ host: 'web01', state: 'DOWN' })
    await world.as('ann').click('Acknowledge', world.card('db01', database), database)

    expect(world.messages(database)).toHaveLength(1)
    expect(world.messages(alerts)).toHaveLength(2)
    for (const channel of [alerts, database])
      expect(textOf(world.card('db01', channel))).toContain('ann has it')
  })

  it('do not wait for each other', async () => {
    const world = await startWorld({ yaml })
    const { alerts, database } = world.playground.channels
    world.expectRefusal('fault: status')
    world.playground.faults.next('chat.postMessage', { kind: 'status', status: 429, retryAfterSeconds: 60 })

    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify({ host: 'db02', state: 'DOWN' })

    const shown = [alerts, database].map((channel) => world.messages(channel).length).sort()
    expect(shown).toEqual([0, 2])
    await world.advance(65_000)
    for (const channel of [alerts, database]) expect(world.messages(channel)).toHaveLength(2)
  })
})

describe('the pace', () => {
  it('keeps within what Slack allows, and gets everything out', async () => {
    const world = await startWorld({ rates: 'slack', yaml: 'storm: { threshold: 0 }' })

    for (let n = 0; n < 30; n++) {
      await world.notify({ host: `h${n}`, state: 'DOWN' })
      if (n % 3 === 0) await world.notify({ host: `h${n}`, state: 'UNREACHABLE' })
      if (n % 4 === 0) await world.as('ann').types(`/ack h${n} on it`)
    }
    await world.advance(240_000)

    expect(world.playground.workspace.calls.filter(({ status }) => status === 429)).toEqual([])
    expect(cards(world)).toHaveLength(30)
    expect(await world.metric('ackbridge_outbox_waiting')).toBe(0)
  })
})

describe('a doubt', () => {
  it('ends with the message it was about: a card that may not be edited any more is posted afresh, once', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: status', 'edit_window_closed')
    await world.notify(CRITICAL)
    world.playground.faults.next('chat.update', { kind: 'status', status: 503 })
    world.playground.faults.next('chat.update', { kind: 'error', error: 'edit_window_closed' })

    await world.as('ann').click('Acknowledge')
    await world.advance(300_000)

    expect(calls(world, 'chat.update').length).toBeLessThan(6)
    expect(cards(world)).toHaveLength(2)
    expect(textOf(cards(world)[1])).toContain('ann has it since')
  })

  it('is kept while our token is refused, however long that takes', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: lost', 'token_revoked')
    world.log.announce(/Slack refuses our token/)
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })
    world.playground.faults.next('conversations.history', { kind: 'error', error: 'token_revoked' }, 2)

    await world.notify(CRITICAL)
    await world.advance(600_000)

    expect(cards(world)).toHaveLength(1)
    expect(calls(world, 'chat.postMessage')).toHaveLength(1)
  })
})

describe('what waits', () => {
  it('does not grow older behind a card that is parked for good', async () => {
    const world = await startWorld({ env: { SLACK_CHANNEL: 'C0NOWHERE1' } })
    world.expectRefusal('channel_not_found')
    world.log.announce(/Slack takes no message for the channel/)
    await world.notify(CRITICAL)
    await world.as('ann').types('/ack web01')
    await world.advance(540_000)

    const { body } = await world.get('/readyz')
    expect(body).toMatchObject({ parked: 1, oldestUndeliveredSeconds: null })
  })
})

describe('a ring', () => {
  const shownInChannel = (world: World) => world.messages().filter(({ threadTs }) => threadTs !== undefined)
  const worsen = async (world: World, host: string) => {
    await world.notify({ host, service: 'HTTP', state: 'WARNING', output: 'slow' })
    await world.notify({ host, service: 'HTTP', state: 'CRITICAL', output: 'timeout' })
  }

  it('comes once in half a minute for a channel, however much gets worse', async () => {
    const world = await startWorld()

    await worsen(world, 'web01')
    await worsen(world, 'web02')
    await world.advance(20_000)
    expect(shownInChannel(world)).toHaveLength(1)

    await world.advance(30_000)
    await worsen(world, 'web03')
    await world.advance(10_000)
    expect(shownInChannel(world)).toHaveLength(2)
  })

  it('is not lost when Slack puts it off', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: status')
    await world.notify({ host: 'web01', service: 'HTTP', state: 'WARNING', output: 'slow' })
    world.playground.faults.next('chat.postMessage', { kind: 'status', status: 429, retryAfterSeconds: 5 })

    await world.notify({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'timeout' })
    await world.advance(10_000)

    expect(shownInChannel(world)).toHaveLength(1)
  })
})

describe('after an outage of Slack', () => {
  it('cards say how late they are; what was said before, or moved, or posted again does not', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: status', 'message_not_found')
    const { faults, channels } = world.playground
    await world.notify({ host: 'web00', state: 'DOWN' })
    faults.always('*', { kind: 'status', status: 503 })
    await world.notify(CRITICAL)
    await world.notify({ host: 'web00', state: 'UNREACHABLE' })
    await world.advance(3 * 3_600_000)
    faults.clear()
    await world.advance(6 * 60_000)

    expect(textOf(world.card('web01'))).toMatch(/delivered 3 h( \d min)? late/)
    expect(textOf(world.card('web00'))).not.toContain('late')
    await world.advance(3_600_000)
    world.playground.deleteMessage(channels.alerts, world.card('web01').ts)
    await world.notify(WARNING)
    await world.advance(10_000)
    expect(textOf(world.card('WARNING web01'))).not.toContain('late')
  })

  it('does not call a problem late that began long ago and was told just now', async () => {
    const world = await startWorld()
    const alert = {
      status: 'firing',
      labels: { alertname: 'Full', instance: 'db01' },
      startsAt: new Date(world.clock.now() - 5 * 3_600_000).toISOString(),
      fingerprint: 'abc1',
    }

    await world.notify(
      { version: '4', groupKey: 'g', status: 'firing', alerts: [alert] },
      { path: '/notify/alertmanager' },
    )

    expect(textOf(world.card())).toContain('5 h')
    expect(textOf(world.card())).not.toContain('late')
  })

  it('people’s answers and first cards go before news of what is known, worst first, oldest first', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    world.expectRefusal('fault: status')
    await world.notify({ host: 'old', service: 'x', state: 'WARNING' })
    await world.notify({ host: 'taken', service: 'x', state: 'WARNING' })
    await world.advance(60_000)
    const { workspace, faults } = world.playground
    for (const method of ['chat.postMessage', 'chat.update'])
      faults.always(method, { kind: 'status', status: 503 })
    await world.notify({ host: 'old', service: 'x', state: 'WARNING', output: 'again' })
    await world.notify({ host: 'w1', service: 'x', state: 'WARNING' })
    await world.notify({ host: 'd1', state: 'DOWN' })
    await world.notify({ host: 'c1', service: 'x', state: 'CRITICAL' })
    await world.notify({ host: 'd2', state: 'DOWN' })
    await world.as('ann').click('Acknowledge', world.card('taken'))
    await world.advance(60_000)
    faults.clear()
    const from = workspace.calls.length
    await world.advance(6 * 60_000)

    const order = workspace.calls.slice(from).flatMap(({ method, args, ok }) => {
      if (!ok || !method.startsWith('chat.') || args['thread_ts'] !== undefined) return []
      return [
        `${method === 'chat.update' ? 'edit' : 'post'} ${/(old|taken|w1|d1|c1|d2)/.exec(String(args['text']))?.[0]}`,
      ]
    })
    expect(order[0]).toBe('edit taken')
    // Edits have a rate of their own: they need not wait for the last of the cards.
    expect(order.filter((one) => one.startsWith('post'))).toEqual([
      'post d1',
      'post d2',
      'post c1',
      'post w1',
    ])
    expect(order.indexOf('edit old')).toBeGreaterThan(order.indexOf('post d2'))
  })
})

describe('a reminder', () => {
  it('of what nobody has rings every half an hour at most, and not where somebody has it, or the route is quiet', async () => {
    const yaml = `
routes:
  - { match: { host: "loud*" }, channels: [C0PGALERTS1] }
  - { match: { host: "quiet*" }, channels: [C0PGDATAB02], quiet: true }
`
    const world = await startWorld({ yaml })
    const hosts = ['loud1', 'quiet1']
    const rings = (channel: string) =>
      world.messages(channel).filter(({ threadTs }) => threadTs !== undefined)
    const { alerts, database } = world.playground.channels
    for (const host of hosts) await world.notify({ host, state: 'UNREACHABLE' })
    for (let minute = 5; minute <= 95; minute += 5) {
      await world.advance(5 * 60_000)
      for (const host of hosts) await world.notify({ host, state: 'UNREACHABLE' })
    }
    expect(rings(alerts)).toHaveLength(3)
    expect(rings(database)).toHaveLength(0)

    for (const host of hosts) await world.notify({ host, state: 'DOWN' })
    await world.advance(60_000)
    expect(rings(alerts)).toHaveLength(4)
    expect(rings(database)).toHaveLength(0)
    await world.as('ann').click('Acknowledge', cards(world)[0])
    for (let minute = 0; minute < 60; minute += 10) {
      await world.advance(10 * 60_000)
      await world.notify({ host: 'loud1', state: 'DOWN' })
    }
    expect(rings(alerts)).toHaveLength(4)
  })
})
