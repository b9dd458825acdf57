import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AlertmanagerStandIn,
  fingerprintOf,
  type Labels,
  startAlertmanager,
} from '../../../test/support/monitors/alertmanager.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { Failure } from '../../core/failure.ts'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, MonitorApi, Target } from '../../core/monitor-api.ts'
import { systemClock } from '../../system/clock.ts'
import { alertmanager } from './index.ts'

const MARKER = markerOf('0198c0de-0000-7000-8000-0123456789ab')
const OTHER = markerOf('0198c0de-0000-7000-8000-00000000beef')
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
const LABELS = { alertname: 'Down', host: 'web01', severity: 'critical' }
const MORE = { ...LABELS, path: '/login', zone: 'a' }

let clock: TestClock
let am: AlertmanagerStandIn
let api: MonitorApi

beforeEach(async () => {
  clock = new TestClock()
  am = await startAlertmanager(clock.now, { members: 2 })
  api = connect()
})
afterEach(async () => {
  await api.close()
  await am.close()
})

function connect(more: object = {}): MonitorApi {
  const around = { name: 'am', clock, system: systemClock, log: new TestLog(), proxy: null }
  const connected = alertmanager.connect(alertmanager.config.parse({ ...am.settings, ...more }), around)
  if (connected === null) throw new Error('not connected')
  return connected
}

function target(labels: Labels = LABELS): Target {
  return { key: fingerprintOf(labels), host: 'web01', service: 'Down', episode: null, labels }
}

const standing = () => am.silences.filter(({ endsAt }) => endsAt > clock.now())
const pass = (ms: number) => clock.advance(ms, async () => {})

async function failure(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Failure)) throw new Error('It did not fail.')
  return error
}

describe('a silence', () => {
  it('lasts as long as it is set to, from now on by a clock that is ahead, too', async () => {
    am.fire(LABELS)
    const ahead = new TestClock(clock.now() + 300_000)
    const around = { name: 'am', clock: ahead, system: systemClock, log: new TestLog(), proxy: null }
    const other = alertmanager.connect(
      alertmanager.config.parse({ ...am.settings, silenceMinutes: 30 }),
      around,
    )
    expect(other?.capabilities.silences).toEqual({ lastsMs: 1_800_000 })
    await other?.acknowledge(target(), ORDER)
    await other?.close()

    expect((await api.read([target()])).checks.get(target().key)?.acknowledged).toBe(true)
    expect(am.silences[0]?.endsAt).toBe(clock.now() + 300_000 + 1_800_000)
  })

  it('asks for labels to be absent that other alerts have besides', async () => {
    am.fire(LABELS)
    am.fire(MORE)
    am.fire({ ...LABELS, host: 'web02', rack: '7' })
    await api.acknowledge(target(), ORDER)

    expect(am.silences[0]?.matchers.filter(({ value }) => value === '').map(({ name }) => name)).toEqual([
      'path',
      'zone',
    ])
    const { checks } = await api.readProblems()
    expect([...checks.values()].filter(({ acknowledged }) => acknowledged).map(({ key }) => key)).toEqual([
      target().key,
    ])
    // Told again it is prolonged as it is, and it is known as one on exactly this alert.
    await pass(60_000)
    await api.acknowledge(target(), ORDER)
    expect(am.silences).toHaveLength(1)
    expect(await api.removeAcknowledgement(target(), 'Ann Li', null)).toBe('taken')
    expect(standing()).toEqual([])
  })

  it('is made anew where ours ended, under its mark', async () => {
    am.fire(LABELS)
    await api.acknowledge(target(), ORDER)
    await pass(16 * 60_000)
    expect(standing()).toEqual([])
    expect(await api.acknowledge(target(), ORDER)).toBe('taken')
    expect(standing()).toHaveLength(1)
  })

  it('of somebody else is not prolonged, though it carries our mark on more than this alert', async () => {
    am.fire(LABELS)
    am.silence([{ name: 'host', value: 'web.*', isRegex: true }], {
      author: 'x',
      comment: `copied ${MARKER}`,
    })
    expect(await api.acknowledge(target(), ORDER)).toBe('taken')
    expect(standing()).toHaveLength(2)
    expect(await api.removeAcknowledgement(target(), 'Ann Li', MARKER)).toBe('taken')
    expect(standing()).toMatchObject([{ createdBy: 'x' }])
  })

  it('is ended by its mark in every copy, and when the alert is gone', async () => {
    am.fire(LABELS)
    const matchers = Object.entries(LABELS).map(([name, value]) => ({ name, value, isRegex: false }))
    for (let n = 0; n < 2; n++) am.silence(matchers, { author: 'Ann Li', comment: `on it ${MARKER}` })
    am.silence(matchers, { author: 'Ben', comment: `mine ${OTHER}` })
    am.resolve(LABELS)
    expect(await api.removeAcknowledgement(target(), 'Ann Li', MARKER)).toBe('taken')
    expect(standing()).toMatchObject([{ createdBy: 'Ben' }])
    // Again, and without labels, does no harm.
    expect(await api.removeAcknowledgement({ ...target(), labels: null }, 'Ann Li', MARKER)).toBe('taken')
    expect(standing()).toHaveLength(1)
  })

  it('of ours does not keep another of ours from being made', async () => {
    am.fire(LABELS)
    await api.acknowledge(target(), ORDER)
    expect(await api.acknowledge(target(), { ...ORDER, marker: OTHER })).toBe('taken')
    expect(standing()).toHaveLength(2)
    expect(
      await api.acknowledge(target(), { ...ORDER, marker: markerOf('x'.repeat(20)), replace: true }),
    ).toBe('taken')
    expect(standing()).toHaveLength(1)
  })

  it('names the labels that Alertmanager has, and none where ours are others', async () => {
    am.fire(LABELS)
    const other = { ...target(), labels: { ...LABELS, severity: 'critical', path: 'x"' } }
    const { retry, message } = await failure(api.acknowledge(other, ORDER))
    expect(retry.kind).toBe('never')
    expect(message).toContain('other labels')
    expect(await api.acknowledge({ ...target(), labels: null }, ORDER)).toBe('taken')
    expect(am.silences).toHaveLength(1)
  })

  it('on more than an alert is not ended, and whose it is can be said safely', async () => {
    am.fire(LABELS)
    am.silence([{ name: 'severity', value: 'critical', isRegex: false }], {
      author: '<!channel> *jane*\n`@x`',
      comment: 'x',
    })
    const { retry, message } = await failure(api.removeAcknowledgement(target(), 'Ann Li', null))
    expect(retry.kind).toBe('never')
    expect(message).toBe(
      'It is silenced by a rule for more than this alert (created by !channel jane x). End it in am.',
    )
    expect(standing()).toHaveLength(1)
  })

  it('that Alertmanager refuses is a Failure for good, with its reason in the log only', async () => {
    am.fire(LABELS)
    const behind = new TestClock(clock.now() - 3_600_000)
    const around = { name: 'am', clock: behind, system: systemClock, log: new TestLog(), proxy: null }
    const other = alertmanager.connect(alertmanager.config.parse(am.settings), around) as MonitorApi
    const { retry, message, detail } = await failure(other.acknowledge(target(), ORDER))
    await other.close()
    expect(retry.kind).toBe('never')
    expect(message).not.toContain('past')
    expect(detail).toContain("end time can't be in the past")
  })
})

describe('a cluster', () => {
  it('is asked at the member that answered last', async () => {
    am.fire(LABELS)
    await api.readProblems()
    await am.member(0, false)
    await api.readProblems()
    await am.member(0, true)
    await api.readProblems()
    expect(am.requests.map(({ member }) => member).join('')).toMatch(/^0+1+$/)
  })

  it('is told by one member only, also where that breaks after it was told', async () => {
    am.fire(LABELS)
    await am.behave(500)
    expect((await failure(api.acknowledge(target(), ORDER))).code).toBe('unavailable')
    await am.behave('loses-answer')
    await failure(api.acknowledge(target(), ORDER))
    await am.behave('well')
    await api.acknowledge(target(), ORDER)
    expect(am.orders).toHaveLength(1)
  })

  it('that is away altogether is a Failure that may be tried again', async () => {
    await am.behave('away')
    const { retry, code } = await failure(api.acknowledge(target(), ORDER))
    expect([code, retry.kind]).toEqual(['unavailable', 'later'])
    await am.behave('well')
    expect((await api.readProblems()).checks.size).toBe(0)
  })

  it('gets our credentials, each member of it and nobody else', async () => {
    await api.examine()
    expect(am.requests.every(({ authorization }) => authorization.startsWith('Basic '))).toBe(true)
    expect(new Set(am.requests.map(({ member }) => member))).toEqual(new Set([0, 1]))
    const bearing = connect({ user: undefined, password: undefined, bearer: 'word' })
    expect((await failure(bearing.readProblems())).code).toBe('unauthorized')
    await bearing.close()
    expect(am.requests.at(-1)?.authorization).toBe('Bearer word')
  })

  it('is examined member by member', async () => {
    await am.member(1, false)
    const findings = await api.examine()
    expect(findings.filter(({ ok }) => !ok)).toMatchObject([{ what: 'reach', advice: expect.any(String) }])
    expect(findings.map(({ what }) => what)).toContain('right to acknowledge')
    await am.member(1, true)
  })
})

describe('what a question asks', () => {
  it('narrows to the alert where its labels need no quoting, and finds it all the same where they do', async () => {
    const odd = { alertname: 'a"b\\c\n', host: 'web01', 'not-plain': 'x', severity: 'critical' }
    am.fire(odd)
    am.fire(LABELS)
    expect((await api.read([target(odd)])).checks.get(target(odd).key)).toMatchObject({ state: 'CRITICAL' })
    const { url } = am.requests.at(-1) ?? { url: '' }
    expect(new URL(url, 'http://am').searchParams.getAll('filter')).toEqual([
      'host="web01"',
      'severity="critical"',
    ])
  })

  it('stays short, whatever the labels', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`label_${n}`, 'x'.repeat(100)]))
    am.fire(many)
    expect((await api.read([target(many)])).checks.size).toBe(1)
    expect(am.requests.at(-1)?.url.length).toBeLessThan(2_200)
  })

  it('is about everything where several are meant, and about the receiver where one is named', async () => {
    am.fire(LABELS)
    am.fire({ ...LABELS, team: 'other' })
    expect((await api.readProblems()).checks.size).toBe(2)
    const narrowed = connect({ receiver: 'ackbridge' })
    expect([...(await narrowed.readProblems()).checks.keys()]).toEqual([target().key])
    // One that is ours is found by name wherever it is routed.
    expect((await narrowed.read([target({ ...LABELS, team: 'other' })])).checks.size).toBe(1)
    await narrowed.close()
  })
})
