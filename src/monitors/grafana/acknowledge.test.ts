import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type GrafanaOptions,
  type GrafanaStandIn,
  pinning,
  startGrafana,
} from '../../../test/support/monitors/grafana.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { Failure } from '../../core/failure.ts'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, MonitorApi, Target } from '../../core/monitor-api.ts'
import { systemClock } from '../../system/clock.ts'
import { grafana as kind } from './index.ts'

const MARKER = markerOf('0198c0de-0000-7000-8000-0123456789ab')
const ORDER: AcknowledgeOrder = {
  author: 'Ann Li',
  comment: 'on it',
  marker: MARKER,
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}
const MINUTE = 60_000

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function connect(settings: object, clock: TestClock): MonitorApi {
  const around = { name: 'g1', clock, system: systemClock, log: new TestLog(), proxy: null }
  const api = kind.connect(kind.config.parse(settings), around)
  if (api === null) throw new Error('not connected')
  closers.push(() => api.close())
  return api
}

type All = {
  readonly api: MonitorApi
  readonly there: GrafanaStandIn
  readonly clock: TestClock
  readonly target: Target
}

async function open(options: GrafanaOptions = {}, settings: object = {}): Promise<All> {
  const clock = new TestClock()
  const there = await startGrafana(clock.now, options)
  closers.push(() => there.close())
  there.set({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'refused' })
  const key = there.key('web01', 'HTTP')
  const labels = there.labels?.('web01', 'HTTP') ?? null
  const target: Target = { key, host: 'web01', service: 'HTTP', episode: null, labels }
  return { api: connect({ ...there.settings, ...settings }, clock), there, clock, target }
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const threw = await call.then(
    () => null,
    (error: unknown) => error,
  )
  if (!(threw instanceof Failure)) throw new Error('It threw no Failure.', { cause: threw })
  return threw
}

/** Answers a list of one alert, and anything else as told. */
async function answering(status: number, body: string, silences: readonly object[] = []): Promise<string> {
  const alert = { fingerprint: 'f1', labels: { alertname: 'A' }, annotations: {}, status: { silencedBy: [] } }
  const server: Server = createServer((request, response) => {
    const isList = request.method === 'GET'
    const list = request.url?.endsWith('/alerts') === true ? [alert] : silences
    response.writeHead(isList ? 200 : status).end(isList ? JSON.stringify(list) : body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const SILENCE = {
  id: 's1',
  status: { state: 'active' },
  matchers: [{ name: 'alertname', value: 'A', isRegex: false, isEqual: true }],
  startsAt: '2026-11-22T10:00:00.000Z',
  endsAt: '2036-11-22T10:00:00.000Z',
  createdBy: 'Ann Li',
  comment: `on it ${MARKER}`,
}
const OF_ONE: Target = { key: 'f1', host: 'A', service: null, episode: null, labels: { alertname: 'A' } }

describe('silencing in Grafana', () => {
  it('names the labels that Grafana hides, so that another rule with the same visible ones is heard', async () => {
    const { api, there, target } = await open()
    const twin = there.fire({ ...target.labels, __alert_rule_uid__: 'another' })
    expect(await api.acknowledge(target, ORDER)).toBe('taken')

    const { checks } = await api.readProblems()
    expect(checks.get(target.key)?.acknowledged).toBe(true)
    expect(checks.get(twin)?.acknowledged).toBe(false)
  })

  it('leaves labels what they are, also where the token stands in one', async () => {
    const { there, clock, target } = await open()
    const token = String(there.settings['token'])
    const api = connect(there.settings, clock)
    const labels = { alertname: `about ${token}`, host: 'web01' }
    const key = there.fire(labels)
    expect(await api.acknowledge({ ...target, key, labels }, ORDER)).toBe('taken')
    expect((await api.readProblems()).checks.get(key)?.acknowledged).toBe(true)
  })

  it('lasts as long as it is set to, and is the same silence when it is prolonged', async () => {
    const { api, there, target, clock } = await open({}, { silenceMinutes: 40 })
    expect(api.capabilities.silences).toEqual({ lastsMs: 40 * MINUTE })
    await api.acknowledge(target, ORDER)
    await clock.advance(20 * MINUTE, async () => {})
    await api.acknowledge(target, { ...ORDER, comment: 'still on it' })

    expect(there.silences).toHaveLength(1)
    expect(there.silences[0]).toMatchObject({ endsAt: clock.now() + 40 * MINUTE, createdBy: 'Ann Li' })
    expect(there.silences[0]?.comment).toBe(`still on it ${MARKER}`)
  })

  it('of what does not fire is not done, also for a key that is none', async () => {
    const { api, there, target } = await open()
    for (const key of ['', 'ffff', 'toString', '../silences'])
      expect(await api.acknowledge({ ...target, key }, ORDER)).toBe('not_a_problem')
    there.set({ host: 'web01', service: 'HTTP', state: 'OK' })
    expect(await api.acknowledge(target, ORDER)).toBe('not_a_problem')
    expect(there.orders).toEqual([])
  })

  it('of the rule of a dashboard is refused, without a question', async () => {
    const { api, there, target } = await open()
    const legacy = { ...target, key: 'legacy:1:7' }
    for (const call of [
      () => api.acknowledge(legacy, ORDER),
      () => api.removeAcknowledgement(legacy, 'Ann', null),
      () => api.removeAcknowledgement(legacy, 'Ann', MARKER),
    ])
      expect(await failureOf(call())).toMatchObject({
        retry: { kind: 'never' },
        message: expect.stringMatching(/dashboard/),
      })
    expect(there.requests).toEqual([])
  })

  it('is ended by its mark when the alert is gone, and nobody else’s with it', async () => {
    const { api, there, target, clock } = await open()
    await api.acknowledge(target, ORDER)
    there.silence(pinning(target.labels ?? {}), { author: 'jane', comment: 'mine' })
    there.set({ host: 'web01', service: 'HTTP', state: 'OK' })
    expect(await api.removeAcknowledgement(target, 'Ann', MARKER)).toBe('taken')

    const left = there.silences.filter(({ endsAt }) => endsAt > clock.now())
    expect(left).toMatchObject([{ createdBy: 'jane' }])
  })

  it.each([200, 201, 202])('is taken when the answer is %s with the id', async (status) => {
    const api = connect(
      { kind: 'grafana', url: await answering(status, '{"silenceID":"s1"}'), token: 't0k3n' },
      new TestClock(),
    )
    expect(await api.acknowledge(OF_ONE, ORDER)).toBe('taken')
  })

  it.each([
    [200, ''],
    [200, '{}'],
    [202, '{"silenceID":""}'],
    [202, '[]'],
    [200, '<!doctype html><title>Grafana</title>'],
    [204, ''],
  ])('is nothing to rely on when the answer is %s %s', async (status, body) => {
    const url = await answering(status, body)
    const api = connect({ kind: 'grafana', url, token: 't0k3n' }, new TestClock())
    const { retry } = await failureOf(api.acknowledge(OF_ONE, ORDER))
    expect(retry.kind).toBe(status === 204 ? 'never' : 'ambiguous')
  })

  it.each([
    [200, '{"message":"silence deleted"}', 'taken'],
    [200, '', 'taken'],
    [404, '{"message":"silence not found"}', 'taken'],
    [200, '<!doctype html>', 'ambiguous'],
    [500, '{"message":"silence already expired"}', 'ambiguous'],
    [409, '{"message":"not ready"}', 'later'],
    [403, '{"message":"no"}', 'never'],
  ])('is ended when the answer is %s %s: %s', async (status, body, expected) => {
    const url = await answering(status, body, [SILENCE])
    const api = connect({ kind: 'grafana', url, token: 't0k3n' }, new TestClock())
    const became = await api
      .removeAcknowledgement(OF_ONE, 'Ann', MARKER)
      .catch((error: Failure) => error.retry.kind)
    expect(became).toBe(expected)
  })

  it.each([
    ['viewer', /create silences \(403\)/],
    ['folders', null],
    ['editor', null],
  ] as const)('with the rights of %s', async (rights, refusal) => {
    const { api, there, target } = await open({ rights })
    if (refusal === null) expect(await api.acknowledge(target, ORDER)).toBe('taken')
    else {
      const failure = await failureOf(api.acknowledge(target, ORDER))
      expect(failure).toMatchObject({
        code: 'unauthorized',
        retry: { kind: 'never' },
        message: expect.stringMatching(refusal),
      })
      expect(there.orders).toEqual([])
    }
  })
})

describe('an examination of Grafana', () => {
  const found = async (options: GrafanaOptions, settings: object = {}) => {
    const { api } = await open(options, settings)
    return Object.fromEntries((await api.examine()).map(({ what, ok }) => [what, ok]))
  }

  it('tells what the token may do', async () => {
    const well = { reach: true, credentials: true, read: true }
    expect(await found({})).toEqual({ ...well, 'right to silence': true })
    expect(await found({ rights: 'folders' })).toEqual({ ...well, 'right to silence': true })
    expect(await found({ rights: 'viewer' })).toEqual({ ...well, 'right to silence': false })
    expect(await found({ tellsNoRights: true })).toEqual({ ...well, 'right to silence': true })
  })

  it('tells a wrong token, and a wrong path, from each other', async () => {
    expect(await found({}, { token: 'wrong' })).toEqual({ reach: true, credentials: false })
    const { there } = await open({ path: '/grafana' })
    const api = connect(
      { ...there.settings, url: String(there.settings['url']).replace('/grafana', '') },
      new TestClock(),
    )
    expect(await api.examine()).toMatchObject([
      { what: 'reach', ok: false, advice: expect.stringMatching(/path/) },
    ])
  })
})

describe('what Grafana sends and what it lists', () => {
  it('is one check: by key, names and state', async () => {
    const { api, there, target } = await open()
    const all = [
      { alertname: 'DatasourceNoData', rulename: 'Latency', host: 'web01', __alert_rule_uid__: 'a' },
      { alertname: 'DatasourceError', rulename: 'Latency', __alert_rule_uid__: 'b' },
      { alertname: 'Latency', grafana_folder: 'Shop', __alert_rule_uid__: 'c' },
      { alertname: 'Latency', grafana_folder: 'Shop', severity: 'critical', instance: 'web01:9100' },
    ]
    for (const labels of all) {
      const fingerprint = there.fire(labels, { Error: 'refused', __orgId__: '1' })
      const sent = { status: 'firing', labels, annotations: { Error: 'refused' }, fingerprint }
      const [told] = kind.notify({ value: { version: '1', alerts: [sent] } }, { monitor: 'g1' }).notifications
      const { checks } = await api.read([{ ...target, key: fingerprint }])
      expect([...checks.keys()]).toEqual([told?.key])
      const { host, service, state, output } = checks.get(fingerprint) ?? {}
      expect({ host, service, state, output }).toEqual({
        host: told?.host,
        service: told?.service,
        state: told?.state,
        output: told?.output,
      })
    }
  })
})
