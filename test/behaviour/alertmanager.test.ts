import { afterEach, describe, expect, it } from 'vitest'
import { type AlertmanagerStandIn, group, startAlertmanager } from '../support/monitors/alertmanager.ts'
import { NOTIFY_KEY, startWorld, textOf, type World } from '../support/world.ts'

/*
 * The circle with Alertmanager, where acknowledging is silencing: what has to be renewed, what has to be taken away again, and
 * what nobody tells. Time is moved by the test.
 */

const NOW = Date.now()
const HOST = 'web01'
const SERVICE = 'HTTP'
const MINUTE = 60_000

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function start(
  settings: object = {},
  members = 1,
): Promise<{ readonly am: AlertmanagerStandIn; readonly world: World }> {
  let world: World | null = null
  const am = await startAlertmanager(() => world?.clock.now() ?? NOW, { members })
  closers.push(() => am.close())
  const monitors = { am: { ...am.settings, pollSeconds: 15, silenceMinutes: 2, ...settings } }
  world = await startWorld({ yaml: JSON.stringify({ monitors }), now: NOW })
  return { am, world }
}

async function breaks({ am, world }: { am: AlertmanagerStandIn; world: World }): Promise<void> {
  am.set({ host: HOST, service: SERVICE, state: 'CRITICAL', output: 'Connection refused' })
  await tells(world, am.webhook(HOST, SERVICE))
}

async function tells(world: World, body: object): Promise<void> {
  expect((await world.notify(body, { path: '/notify/am' })).status).toBe(200)
}

const card = (world: World): string => textOf(world.messages()[0])
const active = ({ silences }: AlertmanagerStandIn, now: number) =>
  silences.filter(({ endsAt }) => endsAt > now)

describe('an acknowledgement in Alertmanager', () => {
  it('is a short silence on exactly this alert, in the name of the person', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await world.as('ann').types('/ack web01 HTTP on "it"')
    await world.advance(2_000)

    expect(card(world)).toContain('ann has it since')
    expect(card(world)).toContain('Confirmed by am.')
    const [silence, ...others] = am.silences
    expect(others).toEqual([])
    expect(silence).toMatchObject({ createdBy: 'ann', comment: expect.stringMatching(/^on "it" \[/) })
    expect(silence?.matchers).toEqual([
      { name: 'alertname', value: SERVICE, isRegex: false, isEqual: true },
      { name: 'host', value: HOST, isRegex: false, isEqual: true },
      { name: 'severity', value: 'critical', isRegex: false, isEqual: true },
    ])
    expect((silence?.endsAt ?? 0) - world.clock.now()).toBeLessThanOrEqual(2 * MINUTE)
  })

  it('is prolonged as long as the alert fires, as one and the same silence', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    for (let minutes = 0; minutes < 30; minutes++) {
      await world.advance(MINUTE)
      expect(am.acknowledged(HOST, SERVICE)?.author).toBe('ann')
    }
    expect(am.silences).toHaveLength(1)
    expect(am.orders.length).toBeGreaterThan(20)
    expect(am.orders.length).toBeLessThan(45)
    expect(card(world)).toContain('Confirmed by am.')
    expect(world.thread()).toHaveLength(1)
  })

  it('lapses when ackbridge stays away for longer: nobody is silenced by a bridge that is not there', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)
    await world.stop()
    world.clock.step(3 * MINUTE)
    expect(am.acknowledged(HOST, SERVICE)).toBeNull()
    await world.start()
    await world.advance(MINUTE)

    expect(card(world)).toContain('Nobody has it yet.')
  })

  it('is taken away with its problem, so that the next firing is heard', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)
    am.set({ host: HOST, service: SERVICE, state: 'OK' })
    await tells(world, am.webhook(HOST, SERVICE, 'resolved'))
    await world.advance(5_000)

    expect(card(world)).toContain('Recovered')
    expect(active(am, world.clock.now())).toEqual([])
  })

  it('is over when a silent alert has not been listed for five minutes: nobody tells', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)
    am.set({ host: HOST, service: SERVICE, state: 'OK' })
    await world.advance(4 * MINUTE)
    expect(card(world)).not.toContain('Recovered')
    await world.advance(2 * MINUTE)

    expect(card(world)).toContain('Recovered')
    expect(active(am, world.clock.now())).toEqual([])
  })

  it('is not over because Alertmanager was started again', async () => {
    const all = await start({ silenceMinutes: 30 })
    const { am, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)
    am.restart()
    await world.advance(8 * MINUTE)
    expect(card(world)).toContain('ann has it since')
    am.set({ host: HOST, service: SERVICE, state: 'CRITICAL', output: 'Connection refused' })
    await world.advance(10 * MINUTE)

    expect(card(world)).toContain('ann has it since')
    expect(am.silences).toHaveLength(1)
  })

  it('waits for an alert that a start of Alertmanager has put out of sight', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    am.restart()
    await world.as('ann').click('Acknowledge')
    expect(card(world)).toContain('FAILED: am does not list this alert at the moment.')
    am.set({ host: HOST, service: SERVICE, state: 'CRITICAL', output: 'Connection refused' })
    await world.advance(MINUTE)

    expect(card(world)).toContain('Confirmed by am.')
    expect(active(am, world.clock.now())).toHaveLength(1)
  })

  it('arrives once, whichever time Alertmanager was away', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await am.behave('away')
    await world.as('ann').click('Acknowledge')
    await world.advance(3_000)
    expect(card(world)).toContain('FAILED: am cannot be reached')
    await am.behave('well')
    await world.advance(30_000)

    expect(card(world)).toContain('Confirmed by am.')
    expect(am.silences).toHaveLength(1)
  })

  it('arrives once, though the answer was lost', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await am.behave('loses-answer')
    await world.as('ann').click('Acknowledge')
    await world.advance(3_000)
    await am.behave('well')
    await world.advance(60_000)

    expect(card(world)).toContain('Confirmed by am.')
    expect(am.silences).toHaveLength(1)
  })

  it('is removed here, and there', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)
    await world.as('ann').click('Remove acknowledgement')
    await world.advance(3_000)

    expect(active(am, world.clock.now())).toEqual([])
    expect(card(world)).toContain('Nobody has it yet.')
  })

  it('is taken over: ben’s takes the place of ann’s', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)
    await world.as('ben').types('/ack web01 HTTP mine now')
    const held = world.playground.workspace.ephemerals(world.playground.people.ben).at(-1)
    await world.as('ben').clickPrivate('Take over', held?.ts ?? '')
    await world.advance(5_000)

    expect(card(world)).toContain('ben has it since')
    expect(card(world)).toContain('Confirmed by am.')
    expect(active(am, world.clock.now())).toMatchObject([{ createdBy: 'ben' }])
  })

  it('leaves alone what fires with the same labels and more', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    const more = { alertname: SERVICE, host: HOST, severity: 'critical', path: '/login' }
    am.fire(more)
    await tells(world, group([{ status: 'firing', labels: more, annotations: {}, startsAt: NOW }]))
    const [first] = world.messages()
    await world
      .as('ann')
      .raw.click({ channel: world.playground.channels.alerts, ts: first?.ts ?? '' }, { text: 'Acknowledge' })
    await world.advance(20_000)

    expect(world.messages().map(textOf)).toEqual([
      expect.stringContaining('ann has it since'),
      expect.stringContaining('Nobody has it yet.'),
    ])
  })
})

describe('what fires and was not told', () => {
  it.each([
    ['what was never heard of is taken over', { adopt: true, receiver: 'ackbridge' }],
    ['it is not', {}],
  ])(
    'is shown when it fires again after it ended silently, though nobody tells it a second time: %s',
    async (_case, settings) => {
      const all = await start(settings)
      const { am, world } = all
      await breaks(all)
      await world.as('ann').click('Acknowledge')
      await world.advance(2_000)
      am.set({ host: HOST, service: SERVICE, state: 'OK' })
      await world.advance(6 * MINUTE)
      expect(card(world)).toContain('Recovered')
      am.set({ host: HOST, service: SERVICE, state: 'CRITICAL', output: 'Refused again' })
      await world.advance(MINUTE)

      expect(textOf(world.messages().at(-1))).toContain('Refused again')
      expect(textOf(world.messages().at(-1))).toContain('Nobody has it yet.')
      await world.as('ben').types('/ack web01 HTTP')
      await world.advance(5_000)
      expect(active(am, world.clock.now())).toMatchObject([{ createdBy: 'ben' }])
    },
  )

  it('is not shown when it is silenced, inhibited or meant for others', async () => {
    const { am, world } = await start({ adopt: true, receiver: 'ackbridge' })
    const labels = (alertname: string) => ({ alertname, host: HOST })
    am.fire(labels('Silent'))
    am.silence([{ name: 'alertname', value: 'Silent', isRegex: false }], { author: 'jane', comment: 'x' })
    am.fire(labels('Inhibited'))
    am.inhibit(labels('Inhibited'), true)
    am.fire({ ...labels('Foreign'), team: 'other' })
    await world.advance(MINUTE)
    expect(world.messages()).toEqual([])

    am.fire(labels('Ours'))
    await world.advance(MINUTE)
    expect(world.messages().map(textOf)).toEqual([expect.stringContaining('web01 / Ours')])
    await world.as('ann').click('Acknowledge')
    await world.advance(5_000)
    expect(card(world)).toContain('Confirmed by am.')
    expect(am.silences.at(-1)?.matchers).toMatchObject([
      { name: 'alertname', value: 'Ours' },
      { name: 'host' },
    ])
  })
})

describe('what happens in Alertmanager', () => {
  it('is on the card after the next look: silenced by jane, and no longer', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    am.acknowledge(HOST, SERVICE, { author: 'jane', comment: 'mine & only mine' })
    await world.advance(15_000)
    expect(card(world)).toContain('jane has it since')
    expect(card(world)).toContain('Acknowledged in am.')
    am.unacknowledge(HOST, SERVICE)
    await world.advance(15_000)

    expect(card(world)).toContain('Nobody has it yet.')
    expect(am.orders).toEqual([])
  })

  it('is hers: a click says so and makes no second silence', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    am.silence([{ name: 'host', value: 'web.*', isRegex: true }], { author: 'jane', comment: 'moving' })
    await world.as('ann').click('Acknowledge')
    await world.advance(3_000)

    expect(card(world)).toContain('am had it acknowledged already, by jane: “moving”.')
    expect(am.silences).toHaveLength(1)
  })

  it('is ended there where it silences more than this alert', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    am.silence([{ name: 'host', value: 'web.*', isRegex: true }], { author: 'jane', comment: 'moving' })
    await world.advance(15_000)
    await world.as('ann').click('Remove acknowledgement')
    await world.advance(3_000)

    expect(am.acknowledged(HOST, SERVICE)?.author).toBe('jane')
    const said = [card(world), ...world.thread()].join('\n')
    expect(said).toContain(
      'It is silenced by a rule for more than this alert (created by jane). End it in am.',
    )
  })

  it('is no acknowledgement when it is only inhibited', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    am.inhibit(am.labels?.(HOST, SERVICE) ?? {}, true)
    await world.advance(MINUTE)

    expect(card(world)).toContain('Nobody has it yet.')
    expect(card(world)).not.toContain('Recovered')
  })

  it('counts once when several members tell it', async () => {
    const all = await start()
    const { am, world } = all
    await breaks(all)
    await tells(world, am.webhook(HOST, SERVICE))
    await tells(world, am.webhook(HOST, SERVICE))

    expect(world.messages()).toHaveLength(1)
    expect(world.thread()).toEqual([])
  })

  it('is told of in groups: what resolves in one ends, what is missing from it does not', async () => {
    const { am, world } = await start()
    const labels = (n: number) => ({ alertname: SERVICE, host: `web${n}`, severity: 'warning' })
    const alert = (n: number, status: string) => ({
      status,
      labels: labels(n),
      annotations: {},
      startsAt: NOW,
    })
    for (const n of [1, 2, 3]) am.fire(labels(n))
    await tells(world, group([1, 2, 3].map((n) => alert(n, 'firing'))))
    am.resolve(labels(1))
    await tells(world, group([alert(1, 'resolved'), alert(2, 'firing')]))
    await world.advance(MINUTE)

    expect(world.messages().map((message) => textOf(message).includes('Recovered'))).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe('a cluster of Alertmanagers', () => {
  it('is one monitor: what one member cannot take another does, once', async () => {
    const all = await start({}, 3)
    const { am, world } = all
    await breaks(all)
    await am.member(0, false)
    await world.as('ann').click('Acknowledge')
    await world.advance(3_000)
    expect(card(world)).toContain('Confirmed by am.')
    expect(am.silences).toHaveLength(1)

    await am.member(1, false)
    await world.as('ann').click('Remove acknowledgement')
    await world.advance(3_000)
    expect(active(am, world.clock.now())).toEqual([])
    expect(new Set(am.requests.map(({ member }) => member))).toEqual(new Set([0, 1, 2]))

    await am.member(2, false)
    await world.advance(MINUTE)
    expect(await world.as('ann').types('/problems')).toContain('am')
    await am.member(0, true)
    await world.advance(MINUTE)
  })
})

describe('a webhook', () => {
  it('of another version is refused with a sentence that says what would be right', async () => {
    const { am, world } = await start()
    const { status, body } = await world.notify(
      { ...am.webhook(HOST, SERVICE), version: '3' },
      { path: '/notify/am' },
    )

    expect(status).toBe(400)
    expect(body.message).toContain('version has to be "4"')
  })

  it('that left alerts out is taken, and that it did stands in the record', async () => {
    const { am, world } = await start()
    await tells(world, { ...am.webhook(HOST, SERVICE), truncatedAlerts: 7 })
    const rows = await world.record()

    expect(world.messages()).toHaveLength(1)
    expect(rows.filter(({ kind }) => kind === 'rejected').map(({ outcome }) => outcome)).toEqual([
      expect.stringContaining('left out 7 alerts'),
    ])
  })

  it('needs the key', async () => {
    const { am, world } = await start()
    expect(NOTIFY_KEY).not.toBe('')
    const { status } = await world.notify(am.webhook(HOST, SERVICE), { path: '/notify/am', key: 'wrong' })
    expect(status).toBe(401)
  })
})
