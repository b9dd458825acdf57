import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type CheckmkOptions,
  type CheckmkStandIn,
  startCheckmk,
} from '../../../test/support/monitors/checkmk.ts'
import type { Fault } from '../../../test/support/monitors/stand-in.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { Failure } from '../../core/failure.ts'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, MonitorApi, Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import { systemClock } from '../../system/clock.ts'
import { checkmk } from './index.ts'

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
const FROM = Date.parse('2026-11-21T20:00:00.400Z')

let site: CheckmkStandIn
let api: MonitorApi

beforeEach(() => open())
afterEach(async () => {
  await api.close()
  await site.close()
})

async function open(options: CheckmkOptions = {}): Promise<void> {
  if (site !== undefined) await Promise.all([site.close(), api.close()])
  site = await startCheckmk(options)
  api = connect()
  site.set({ host: 'web01', service: null, state: 'DOWN' })
  site.set({ host: 'web01', service: 'HTTP', state: 'CRITICAL' })
}

function connect(more: object = {}): MonitorApi {
  const around = { name: 'cmk', clock: new TestClock(), system: systemClock, log: new TestLog(), proxy: null }
  const connected = checkmk.connect(checkmk.config.parse({ ...site.settings, ...more }), around)
  if (connected === null) throw new Error('not connected')
  return connected
}

function target(host: string, service: string | null): Target {
  return { key: keyOfNames(host, service), host, service, episode: null, labels: null }
}

const HTTP = target('web01', 'HTTP')
const HOST = target('web01', null)

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failure)
  const failure = error as Failure
  for (const secret of site.secrets) {
    expect(`${failure.message} ${failure.detail} ${failure.stack}`).not.toContain(secret)
  }
  return failure
}

describe('acknowledging in Checkmk', () => {
  it('says everything that has a default there, and names the person in the comment', async () => {
    expect(await api.acknowledge(HTTP, ORDER)).toBe('taken')
    expect(await api.acknowledge(HOST, { ...ORDER, sticky: false, persistent: true, notify: true })).toBe(
      'taken',
    )

    expect(site.requests.map(({ body }) => body)).toEqual([
      {
        acknowledge_type: 'service',
        host_name: 'web01',
        service_description: 'HTTP',
        sticky: true,
        persistent: false,
        notify: false,
        comment: `Ann Li: on it ${MARKER}`,
      },
      {
        acknowledge_type: 'host',
        host_name: 'web01',
        sticky: false,
        persistent: true,
        notify: true,
        comment: `Ann Li: on it ${MARKER}`,
      },
    ])
    expect(site.acknowledged('web01', 'HTTP')).toMatchObject({ author: 'slackbridge', sticky: true })
    expect(api.capabilities.author).toBe(false)
  })

  it('takes the place of another acknowledgement by acknowledging again', async () => {
    site.acknowledge('web01', 'HTTP', { author: 'bob', comment: 'mine' })

    expect(await api.acknowledge(HTTP, { ...ORDER, replace: true })).toBe('taken')
    expect(site.acknowledged('web01', 'HTTP')?.comment).toBe(`Ann Li: on it ${MARKER}`)
  })

  it('knows that there is no problem', async () => {
    site.set({ host: 'web01', service: 'HTTP', state: 'OK' })
    site.set({ host: 'web01', service: null, state: 'UP' })

    expect(await api.acknowledge(HTTP, ORDER)).toBe('not_a_problem')
    expect(await api.acknowledge(HOST, ORDER)).toBe('not_a_problem')
    expect(site.orders).toEqual([])
  })

  it.each([
    ['an unknown host', target('nowhere', null)],
    ['an unknown service', target('web01', 'nothing')],
    ['a name with a new line in it', target('web01\nAnd: 0', 'HTTP')],
    ['an empty name', target('', null)],
  ])('parks what is about %s', async (_, about) => {
    const failure = await failureOf(api.acknowledge(about, ORDER))

    expect(failure).toMatchObject({ code: 'not_found', retry: { kind: 'never' } })
    expect(failure.message).toContain('cmk')
  })

  it.each([
    '50%25',
    '100%',
    '%',
    '%%41',
    'a%2Fb',
    '%FF',
    '%C3%BC',
    'a+b & c?d=e#f/g',
    'Füllstand %zz 😀',
    '../../etc',
    '"quoted" \\ back',
    'C:\\temp',
  ])('means the service %j and no other', async (service) => {
    site.set({ host: 'web/01 %41', service, state: 'WARNING' })
    const about = target('web/01 %41', service)

    await api.acknowledge(about, ORDER)
    await api.comment(about, ORDER)
    await api.scheduleDowntime(about, { ...ORDER, from: FROM, until: FROM + 60_000 })
    const { checks } = await api.read([about])
    expect(site.acknowledged('web/01 %41', service)).not.toBeNull()
    expect(site.comments('web/01 %41', service)).toHaveLength(2)
    expect(checks.get(about.key)).toMatchObject({ acknowledged: true, inDowntime: true })

    await api.removeDowntime(about, { ...ORDER, from: FROM, until: FROM + 60_000, reference: null })
    await api.removeAcknowledgement(about, 'Ann', null)
    expect(site.acknowledged('web/01 %41', service)).toBeNull()
    expect(site.inDowntime('web/01 %41', service)).toBe(false)
    expect(site.orders).toHaveLength(5)
  })

  it('means any service it is told, whatever its name', async () => {
    const names = fc
      .string({ unit: fc.constantFrom(...'%%%2541FfCc3 ü😀/+;"\'\\') })
      .map((name) => name.trim())
      .filter((name) => name !== '')
    await fc.assert(
      fc.asyncProperty(names, async (service) => {
        site.set({ host: 'web01', service, state: 'UNKNOWN' })
        await api.acknowledge(target('web01', service), ORDER)
        expect(site.acknowledged('web01', service)).not.toBeNull()
      }),
      { numRuns: 150 },
    )
  })

  it('lets no comment or name begin another command, shift its fields, or reach a shell', async () => {
    const hostile = fc.string({ unit: fc.constantFrom(...';`~$&|\'"<>\\\r\n\0\u0085\u2028 ax:[]\ud800') })
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (author, comment) => {
        await api.acknowledge(HTTP, { ...ORDER, author, comment })
        const written = site.orders.at(-1)?.comment ?? ''
        expect(written).toMatch(/^[^:]+: .+ \[ackbridge:23456789ab\]$/)
        expect(written).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029;`~$&|'"<>\\]/)
        expect(written.isWellFormed()).toBe(true)
        expect(site.acknowledged('web01', 'HTTP')?.comment).toBe(written)
      }),
      { numRuns: 150 },
    )
  })

  it('keeps our mark whole behind a long comment, and only ours', async () => {
    await api.acknowledge(HTTP, {
      ...ORDER,
      author: `Bob ${OTHER}`,
      comment: `${'ü'.repeat(9_000)} ${OTHER}`,
    })

    const written = site.orders[0]?.comment ?? ''
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(2_000)
    expect(written.startsWith('Bob: ü')).toBe(true)
    expect(written.endsWith(`… ${MARKER}`)).toBe(true)
    expect(written).not.toContain(OTHER)
  })

  it('takes an acknowledgement away, also one that is not there', async () => {
    site.acknowledge('web01', 'HTTP', { author: 'bob', comment: 'x' })

    expect(await api.removeAcknowledgement(HTTP, 'Ann', null)).toBe('taken')
    expect(await api.removeAcknowledgement(HTTP, 'Ann', null)).toBe('taken')
    expect(await api.removeAcknowledgement(HOST, 'Ann', null)).toBe('taken')
    expect(site.acknowledged('web01', 'HTTP')).toBeNull()
  })
})

describe('the end of an acknowledgement in Checkmk', () => {
  const until = Date.parse('2026-11-22T06:30:00.250Z')

  it.each([
    { version: '2.4.0p8', edition: 'cee', expires: true },
    { version: '2.4.0p30', edition: 'cce', expires: true },
    { version: '2.5.0', edition: 'ultimate', expires: true },
    { version: '2.10.0p1', edition: 'pro', expires: true },
    { version: '2.4.0p12', edition: 'cre', expires: false },
    { version: '2.5.0p1', edition: 'community', expires: false },
    { version: '2.4.0p1', edition: 'cee', expires: false },
    { version: '2.4.0b3', edition: 'cee', expires: false },
    { version: '2.3.0p40', edition: 'cee', expires: false },
    { version: 'something', edition: 'cee', expires: false },
  ])('is kept by $version.$edition: $expires', async ({ version, edition, expires }) => {
    await open({ version, edition })
    const { capabilities } = api
    expect(capabilities.expires).toBe(false)

    await api.read([HTTP])
    expect(capabilities.expires).toBe(expires)
    await api.readProblems()
    expect(site.requests.filter(({ path }) => path === '/version')).toHaveLength(1)
  })

  it('is told where it is kept', async () => {
    await api.readProblems()
    await api.acknowledge(HTTP, { ...ORDER, until })

    expect(site.expiry('web01', 'HTTP')).toBe('2026-11-22T06:30:01Z')
  })

  it('is left out for good once the site has refused it', async () => {
    await open({ version: '2.3.0', edition: 'cee' })

    const failure = await failureOf(api.acknowledge(HTTP, { ...ORDER, until }))
    expect(failure.retry).toEqual({ kind: 'later' })
    expect(api.capabilities.expires).toBe(false)
    expect(site.orders).toEqual([])
    expect(await api.acknowledge(HTTP, ORDER)).toBe('taken')
  })
})

describe('comments and downtimes in Checkmk', () => {
  it('writes a comment that a restart of the core does not take away', async () => {
    await api.comment(HTTP, ORDER)
    await api.comment(HOST, ORDER)

    expect(site.requests[0]?.body).toEqual({
      comment_type: 'service',
      host_name: 'web01',
      service_description: 'HTTP',
      comment: `Ann Li: on it ${MARKER}`,
      persistent: true,
    })
    expect(site.comments('web01', null)).toMatchObject([{ type: 1 }])
  })

  it('schedules a fixed downtime that covers what was ordered, to the second', async () => {
    const reference = await api.scheduleDowntime(HTTP, { ...ORDER, from: FROM, until: FROM + 3_600_000 })
    await api.scheduleDowntime(HOST, { ...ORDER, from: FROM, until: FROM + 3_600_000 })

    expect(reference).toBeNull()
    expect(site.requests.map(({ body }) => body)).toEqual([
      {
        downtime_type: 'service',
        host_name: 'web01',
        service_descriptions: ['HTTP'],
        start_time: '2026-11-21T20:00:00Z',
        end_time: '2026-11-21T21:00:01Z',
        recur: 'fixed',
        comment: `Ann Li: on it ${MARKER}`,
      },
      expect.objectContaining({ downtime_type: 'host', host_name: 'web01' }),
    ])
  })

  it('removes its own downtime and nobody else’s', async () => {
    site.set({ host: 'web02', service: 'HTTP', state: 'OK' })
    for (const about of [HTTP, HOST, target('web02', 'HTTP')]) {
      site.downtime(about.host, about.service, true)
      for (const marker of [MARKER, OTHER])
        await api.scheduleDowntime(about, { ...ORDER, marker, from: FROM, until: FROM + 3_600_000 })
    }
    await api.removeDowntime(HTTP, { ...ORDER, from: FROM, until: FROM + 3_600_000, reference: '1' })

    const left = (host: string, service: string | null) =>
      site.downtimes(host, service).map(({ comment }) => comment.replace('Ann Li: on it ', ''))
    expect(left('web01', 'HTTP')).toEqual(['work', OTHER])
    expect(left('web01', null)).toEqual(['work', MARKER, OTHER])
    expect(left('web02', 'HTTP')).toEqual(['work', MARKER, OTHER])
    await api.removeDowntime(HOST, { ...ORDER, from: FROM, until: FROM + 3_600_000, reference: null })
    expect(left('web01', null)).toEqual(['work', OTHER])
  })

  it('never removes a downtime without knowing its mark', async () => {
    for (const marker of ['', '.*', '[ackbridge:.*]', 'x'])
      await expect(
        api.removeDowntime(HTTP, { ...ORDER, marker, from: 0, until: 1, reference: '1' }),
      ).rejects.toThrow('mark')
    expect(site.requests).toEqual([])
  })
})

describe('an order that Checkmk does not take', () => {
  const ORDERS: readonly (readonly [string, (api: MonitorApi) => Promise<unknown>])[] = [
    ['acknowledge', (to) => to.acknowledge(HTTP, ORDER)],
    ['remove', (to) => to.removeAcknowledgement(HTTP, 'Ann', null)],
    ['comment', (to) => to.comment(HTTP, ORDER)],
    ['downtime', (to) => to.scheduleDowntime(HTTP, { ...ORDER, from: FROM, until: FROM + 1 })],
    ['remove downtime', (to) => to.removeDowntime(HTTP, { ...ORDER, from: 0, until: 1, reference: null })],
  ]

  describe.each(ORDERS)('%s', (_, order) => {
    it.each<[Fault, string, string]>([
      ['away', 'unavailable', 'later'],
      ['garbage', 'invalid', 'ambiguous'],
      [401, 'unauthorized', 'later'],
      [403, 'unauthorized', 'never'],
      [404, 'not_found', 'never'],
      [409, 'invalid', 'never'],
      [429, 'rate_limited', 'after'],
      [500, 'unavailable', 'ambiguous'],
      [503, 'unavailable', 'later'],
    ])('fails once when the site is %s: %s, %s', async (fault, code, retry) => {
      await site.behave(fault)
      const failure = await failureOf(order(api))

      expect(failure.code).toBe(code)
      expect(failure.retry.kind).toBe(retry)
      expect(failure.message).toContain('cmk')
      expect(site.orders).toEqual([])
      expect(site.requests.length).toBe(fault === 'away' ? 0 : 1)
    })

    it('is not known when the answer is lost', async () => {
      await site.behave('loses-answer')
      const failure = await failureOf(order(api))

      expect(failure.retry.kind).toBe('ambiguous')
      expect(site.requests).toHaveLength(1)
    })
  })

  it('is of a site that is not at the address', async () => {
    const elsewhere = connect({ url: `${String(site.settings['url'])}2` })
    const failure = await failureOf(elsewhere.acknowledge(HTTP, ORDER))
    await elsewhere.close()

    expect(failure.code).toBe('not_found')
    expect(failure.message).toContain('Check the url')
  })

  it('is of an address copied from the user interface, which works', async () => {
    const copied = connect({
      url: `${String(site.settings['url'])}/check_mk/index.py?start_url=dashboard.py`,
    })

    expect(await copied.acknowledge(HTTP, ORDER)).toBe('taken')
    await copied.close()
  })
})
