import { afterEach, describe, expect, it } from 'vitest'
import {
  type GrafanaOptions,
  type GrafanaStandIn,
  signed,
  startGrafana,
} from '../support/monitors/grafana.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

/*
 * The circle with Grafana: as with Alertmanager acknowledging is silencing, but labels are hidden, rights are many, and what
 * it sends may be signed. Time is moved by the test.
 */

const NOW = Date.now()
const HOST = 'web01'
const SERVICE = 'HTTP'
const MINUTE = 60_000
const SECRET = 'kM2-secret-of-the-contact-point'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

type All = { readonly grafana: GrafanaStandIn; readonly world: World }

async function start(settings: object = {}, options: GrafanaOptions = {}): Promise<All> {
  let world: World | null = null
  const grafana = await startGrafana(() => world?.clock.now() ?? NOW, options)
  closers.push(() => grafana.close())
  const monitors = { g1: { ...grafana.settings, pollSeconds: 15, silenceMinutes: 2, ...settings } }
  world = await startWorld({ yaml: JSON.stringify({ monitors }), now: NOW })
  return { grafana, world }
}

async function breaks({ grafana, world }: All): Promise<void> {
  grafana.set({ host: HOST, service: SERVICE, state: 'CRITICAL', output: 'Connection refused' })
  await tells(world, grafana.webhook(HOST, SERVICE))
}

async function tells(world: World, body: object): Promise<void> {
  expect((await world.notify(body, { path: '/notify/g1' })).status).toBe(200)
}

const card = (world: World): string => textOf(world.messages()[0])
const active = ({ grafana: { silences }, world }: All) =>
  silences.filter(({ endsAt }) => endsAt > world.clock.now())

describe('an acknowledgement in Grafana', () => {
  it('is a short silence on exactly this alert, labels that Grafana does not send included', async () => {
    const all = await start()
    const { grafana, world } = all
    await breaks(all)
    expect(card(world)).toContain('Values')
    await world.as('ann').types('/ack web01 HTTP on it')
    await world.advance(2_000)

    expect(card(world)).toContain('Confirmed by g1.')
    const [silence, ...others] = grafana.silences
    expect(others).toEqual([])
    expect(silence).toMatchObject({ createdBy: 'ann', comment: expect.stringMatching(/^on it \[/) })
    expect(silence?.matchers.map(({ name }) => name).sort()).toEqual([
      '__alert_rule_namespace_uid__',
      '__alert_rule_uid__',
      'alertname',
      'grafana_folder',
      'host',
      'severity',
    ])
    for (const matcher of silence?.matchers ?? [])
      expect(matcher).toMatchObject({ isRegex: false, isEqual: true })
    expect((silence?.endsAt ?? 0) - world.clock.now()).toBeLessThanOrEqual(2 * MINUTE)
  })

  it('is prolonged as one silence, and ended when the alert is not listed any more', async () => {
    const all = await start()
    const { grafana, world } = all
    await breaks(all)
    await world.as('ann').click('Acknowledge')
    for (let minutes = 0; minutes < 10; minutes++) {
      await world.advance(MINUTE)
      expect(grafana.acknowledged(HOST, SERVICE)?.author).toBe('ann')
    }
    expect(grafana.silences).toHaveLength(1)
    grafana.set({ host: HOST, service: SERVICE, state: 'OK' })
    await world.advance(6 * MINUTE)

    expect(card(world)).toContain('Recovered')
    expect(active(all)).toEqual([])
  })

  it('is ended with the message that all is well', async () => {
    const all = await start()
    await breaks(all)
    await all.world.as('ann').click('Acknowledge')
    await all.world.advance(2_000)
    all.grafana.set({ host: HOST, service: SERVICE, state: 'OK' })
    await tells(all.world, all.grafana.webhook(HOST, SERVICE, 'resolved'))
    await all.world.advance(5_000)

    expect(card(all.world)).toContain('Recovered')
    expect(active(all)).toEqual([])
  })

  it('is removed here, and there', async () => {
    const all = await start()
    await breaks(all)
    await all.world.as('ann').click('Acknowledge')
    await all.world.advance(2_000)
    await all.world.as('ann').click('Remove acknowledgement')
    await all.world.advance(3_000)

    expect(active(all)).toEqual([])
    expect(card(all.world)).toContain('Nobody has it yet.')
  })

  it('needs rights on the folder of the rule only', async () => {
    const all = await start({}, { rights: 'folders' })
    await breaks(all)
    await all.world.as('ann').click('Acknowledge')
    await all.world.advance(2_000)
    expect(card(all.world)).toContain('Confirmed by g1.')
    await all.world.as('ann').click('Remove acknowledgement')
    await all.world.advance(3_000)
    expect(active(all)).toEqual([])
  })

  it('that Grafana does not permit fails, and says which right is missing', async () => {
    const all = await start({}, { rights: 'viewer' })
    await breaks(all)
    await all.world.as('ann').click('Acknowledge')
    await all.world.advance(2_000)

    expect(card(all.world)).toContain('FAILED: g1 does not let the service account create silences (403).')
    for (const secret of all.grafana.secrets) expect(card(all.world)).not.toContain(secret)
    expect(all.grafana.silences).toEqual([])
  })

  it('waits while its Alertmanager is being started', async () => {
    const all = await start()
    await breaks(all)
    all.grafana.ready(false)
    await all.world.as('ann').click('Acknowledge')
    await all.world.advance(2_000)
    expect(card(all.world)).toContain('FAILED: The Alertmanager of g1 is not ready (409).')
    all.grafana.ready(true)
    await all.world.advance(2 * MINUTE)

    expect(card(all.world)).toContain('Confirmed by g1.')
    expect(all.grafana.silences).toHaveLength(1)
  })

  it('finds its way below a path, and to its organisation', async () => {
    const all = await start({}, { path: '/tools/grafana', orgId: 7 })
    await breaks(all)
    await all.world.as('ann').click('Acknowledge')
    await all.world.advance(2_000)

    expect(card(all.world)).toContain('Confirmed by g1.')
    for (const { line, headers } of all.grafana.requests) {
      expect(line).toMatch(/^[A-Z]+ \/tools\/grafana\/api\//)
      expect(headers['x-grafana-org-id']).toBe('7')
    }
  })

  it('somebody makes there is on the card after the next look', async () => {
    const all = await start()
    await breaks(all)
    all.grafana.acknowledge(HOST, SERVICE, { author: 'jane', comment: 'mine' })
    await all.world.advance(15_000)
    expect(card(all.world)).toContain('jane has it since')
    all.grafana.unacknowledge(HOST, SERVICE)
    await all.world.advance(15_000)

    expect(card(all.world)).toContain('Nobody has it yet.')
    expect(all.grafana.orders).toEqual([])
  })
})

describe('what Grafana does not have', () => {
  it('such as the alert of its button Test, is over after a while', async () => {
    const all = await start()
    const { world } = all
    await breaks(all)
    const test = { alertname: 'TestAlert', instance: 'Grafana' }
    const { alerts, ...group } = all.grafana.webhook(HOST, SERVICE) as { alerts: object[] }
    await tells(world, {
      ...group,
      alerts: [{ ...alerts[0], labels: test, fingerprint: '57c6d9296de2ad39' }],
    })
    expect(textOf(world.card('TestAlert'))).toContain('Nobody has it yet.')
    await world.advance(11 * MINUTE)

    expect(textOf(world.card('TestAlert'))).toContain('Recovered')
    expect(card(world)).toContain('Nobody has it yet.')
  })

  it('such as what it has not evaluated since its start, is not over before it answered for ten minutes', async () => {
    const all = await start()
    await breaks(all)
    await all.world.advance(20 * MINUTE)
    await all.grafana.behave('away')
    await all.world.advance(MINUTE)
    await all.grafana.behave('well')
    all.grafana.forget(HOST, SERVICE)
    await all.world.advance(9 * MINUTE)
    expect(card(all.world)).toContain('Nobody has it yet.')
    await all.world.advance(2 * MINUTE)

    expect(card(all.world)).toContain('Recovered')
  })

  it('such as the rule of a dashboard, cannot be acknowledged there, and the card says so', async () => {
    const { world } = await start()
    await tells(world, { ruleId: 7, ruleName: 'CPU', state: 'alerting', message: 'Too busy' })
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)

    expect(card(world)).toContain('FAILED: g1 ')
  })

  it('such as a body of somebody’s own making, is refused with a sentence', async () => {
    const { world, grafana } = await start()
    for (const body of [{ text: 'hello' }, { ...grafana.webhook(HOST, SERVICE), version: '4' }, {}]) {
      const { status, body: answer } = await world.notify(body, { path: '/notify/g1' })
      expect([status, answer.error]).toEqual([400, 'invalid_notification'])
    }
    expect(world.messages()).toEqual([])
  })
})

describe('where Grafana is to sign what it sends', () => {
  const SIGNED = { hmacSecret: SECRET, hmacTimestampHeader: 'X-Signed-At' }

  async function posts(
    { world }: All,
    body: string,
    headers: Record<string, string>,
    path = '/notify/g1',
  ): Promise<number> {
    const { status, body: answer } = await world.notify(body, { path, headers })
    if (status === 401) {
      expect(answer.error).toBe('unauthorized')
      expect(answer.message).toMatch(/^[A-Z].{20,}\.$/)
      expect(JSON.stringify(answer)).not.toContain(SECRET)
    }
    return status
  }
  const at = (all: All, away = 0) => ({
    header: 'X-Signed-At',
    seconds: Math.floor(all.world.clock.now() / 1000) + away,
  })

  it('only that is taken, with its key', async () => {
    const all = await start(SIGNED)
    const body = JSON.stringify(all.grafana.webhook('wëb🔥', SERVICE))
    const good = signed(body, SECRET, at(all))

    expect(await posts(all, body, {})).toBe(401)
    expect(await posts(all, body, signed(body, 'another', at(all)))).toBe(401)
    expect(await posts(all, body, signed(body, SECRET))).toBe(401)
    expect(await posts(all, `${body} `, good)).toBe(401)
    expect(await posts(all, body.replace('firing', 'fIring'), good)).toBe(401)
    expect(await posts(all, body, { ...good, 'X-Signed-At': String(at(all, 1).seconds) })).toBe(401)
    expect(await posts(all, body, signed(body, SECRET, at(all, -301)))).toBe(401)
    expect(await posts(all, body, signed(body, SECRET, at(all, 301)))).toBe(401)
    expect((await all.world.notify(body, { path: '/notify/g1', headers: good, key: null })).status).toBe(401)
    expect(all.world.messages()).toEqual([])
    expect(await all.world.history()).toEqual([])

    expect(await posts(all, body, good)).toBe(200)
    expect(card(all.world)).toContain('wëb🔥')
    await all.world.advance(5 * MINUTE + 1_000)
    expect(await posts(all, body, good)).toBe(401)
    expect(all.world.log.text()).toContain('What was sent for g1 was refused.')
    expect(all.world.log.text()).not.toContain(SECRET)
  })

  it('there is no way around it: not by its kind, not by the native format, not in a list', async () => {
    const all = await start(SIGNED)
    const body = JSON.stringify(all.grafana.webhook(HOST, SERVICE))
    const native = { host: HOST, service: SERVICE, state: 'OK', monitor: 'g1' }
    const other = { host: 'db01', state: 'DOWN' }

    expect(await posts(all, body, {}, '/notify/grafana')).toBe(401)
    expect(await posts(all, JSON.stringify(native), {}, '/notify')).toBe(401)
    expect(await posts(all, JSON.stringify({ ...native, monitor: 'grafana' }), {}, '/notify')).toBe(401)
    expect(await posts(all, JSON.stringify([other, native]), {}, '/notify')).toBe(401)
    expect(await posts(all, JSON.stringify(native), {}, '/notify/native')).toBe(202)
    expect(await all.world.history('&monitor=g1')).toEqual([])
    expect(await all.world.history('&host=db01')).toEqual([])

    const many = JSON.stringify(Array.from({ length: 1_000 }, () => native))
    expect(await posts(all, many, signed(many, SECRET, at(all)), '/notify')).toBe(202)
  })

  it('a body that is no JSON is refused before it is read, and afterwards for what it is', async () => {
    const all = await start({ hmacSecret: SECRET })
    expect(await posts(all, '{', {})).toBe(401)
    expect(await posts(all, '{', signed('{', SECRET))).toBe(400)
    expect(await posts(all, '', signed('', SECRET))).toBe(400)
  })
})
