import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type OpenitcockpitStandIn,
  startOpenitcockpit,
} from '../../../test/support/monitors/openitcockpit.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { Failure } from '../../core/failure.ts'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, MonitorApi, Target } from '../../core/monitor-api.ts'
import { namesOfKey } from '../../core/notification.ts'
import { systemClock } from '../../system/clock.ts'
import { openitcockpit } from './index.ts'

const HOST = '0b3f4c1e-1111-4aaa-8bbb-0123456789ab'
const SERVICE = 'd1e2f3a4-2222-4ccc-9ddd-ba9876543210'
const OTHER = '77777777-3333-4eee-8fff-000000000001'
const marker = markerOf('0198c0de-0000-7000-8000-0123456789ab')
const words = { author: 'Ann Example', comment: 'on it', marker }
const order: AcknowledgeOrder = {
  ...words,
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}

const clock = new TestClock()
const log = new TestLog()
let standIn: OpenitcockpitStandIn
let api: MonitorApi

beforeEach(async () => {
  standIn = await startOpenitcockpit(clock.now)
  const connected = openitcockpit.connect(standIn.settings, {
    name: 'oitc',
    clock,
    system: systemClock,
    log,
    proxy: null,
  })
  if (connected === null) throw new Error('not connected')
  api = connected
  standIn.set({ host: HOST, service: null, state: 'DOWN', hostDisplayName: 'web01' })
  standIn.set({ host: HOST, service: SERVICE, state: 'CRITICAL', serviceDisplayName: 'HTTP' })
})

afterEach(async () => {
  await api.close()
  await standIn.close()
})

function target(host: string, service: string | null): Target {
  const key = standIn.key(host, service)
  return { key, ...namesOfKey(key), episode: null, labels: null }
}

/** Lets the queue hand its lines to the engine. */
async function queue(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

function sent(): Record<string, unknown>[] {
  return standIn.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body))
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

describe('an order for openITCOCKPIT', () => {
  it('acknowledges a service by UUIDs, with exactly the parameters of the command', async () => {
    expect(await api.acknowledge(target(HOST, SERVICE), order)).toBe('taken')
    await queue()

    expect(sent()).toEqual([
      {
        command: 'ACKNOWLEDGE_SVC_PROBLEM',
        hostUuid: HOST,
        serviceUuid: SERVICE,
        sticky: 2,
        notify: 0,
        persistent: 0,
        author: 'Ann Example',
        comment: `on it ${marker}`,
      },
    ])
    expect(standIn.acknowledged(HOST, SERVICE)).toMatchObject({
      author: 'Ann Example',
      comment: `on it ${marker}`,
    })
    expect(standIn.acknowledged(HOST, null)).toBeNull()
  })

  it('acknowledges a host, as sticky, persistent and loud as it is asked to', async () => {
    await api.acknowledge(target(HOST, null), { ...order, sticky: false, persistent: true, notify: true })
    await queue()

    expect(standIn.lines).toEqual([`ACKNOWLEDGE_HOST_PROBLEM;${HOST};0;1;1;Ann Example;on it ${marker}`])
  })

  it('is taken even for what is well or gone: only reading tells what came of it', async () => {
    standIn.set({ host: HOST, service: SERVICE, state: 'OK' })
    expect(await api.acknowledge(target(HOST, SERVICE), order)).toBe('taken')
    expect(await api.acknowledge(target(OTHER, null), order)).toBe('taken')
    await queue()

    expect(standIn.orders).toEqual([])
  })

  it('takes an acknowledgement away', async () => {
    standIn.acknowledge(HOST, SERVICE, { author: 'Bob', comment: 'x' })
    standIn.acknowledge(HOST, null, { author: 'Bob', comment: 'x' })
    expect(await api.removeAcknowledgement(target(HOST, SERVICE), 'Ann', null)).toBe('taken')
    expect(await api.removeAcknowledgement(target(HOST, null), 'Ann', null)).toBe('taken')
    await queue()

    expect(standIn.lines).toEqual([
      `REMOVE_SVC_ACKNOWLEDGEMENT;${HOST};${SERVICE}`,
      `REMOVE_HOST_ACKNOWLEDGEMENT;${HOST}`,
    ])
    expect(standIn.acknowledged(HOST, SERVICE)).toBeNull()
  })

  it('sets a downtime that lasts as long as it says', async () => {
    const from = clock.now() + 500
    expect(
      await api.scheduleDowntime(target(HOST, SERVICE), { ...words, from, until: from + 3_600_000 }),
    ).toBeNull()
    await api.scheduleDowntime(target(HOST, null), { ...words, from, until: from + 60_000 })
    await queue()

    const start = Math.floor(from / 1000)
    expect(standIn.lines).toEqual([
      `SCHEDULE_SVC_DOWNTIME;${HOST};${SERVICE};${start};${start + 3601};1;0;3601;Ann Example;on it ${marker}`,
      `SCHEDULE_HOST_DOWNTIME;${HOST};${start};${start + 61};1;0;61;Ann Example;on it ${marker}`,
    ])
    await clock.advance(1_000, queue)
    expect(standIn.inDowntime(HOST, SERVICE)).toBe(true)
  })

  it.each([null, SERVICE])(
    'removes only the downtime that carries our mark (service %s)',
    async (service) => {
      const from = clock.now() - 1_000
      const downtime = { ...words, from, until: from + 3_600_000 }
      standIn.downtime(HOST, service, true)
      standIn.downtime(HOST, null, true)
      await api.scheduleDowntime(target(HOST, service), downtime)
      await api.scheduleDowntime(target(HOST, service === null ? SERVICE : null), downtime)
      await queue()

      // The number is one of theirs: it is not believed.
      await api.removeDowntime(target(HOST, service), { ...downtime, reference: '1' })
      await queue()

      const removed = standIn.orders.filter(({ what }) => what === 'remove-downtime')
      expect(removed).toMatchObject([{ host: HOST, service, comment: `on it ${marker}` }])
      expect(standIn.inDowntime(HOST, service)).toBe(true)
      await api.removeDowntime(target(HOST, service), { ...downtime, reference: null })
      await queue()
      expect(standIn.orders.filter(({ what }) => what === 'remove-downtime')).toHaveLength(1)
      if (service !== null) return
      standIn.downtime(HOST, null, false)
      expect(standIn.inDowntime(HOST, SERVICE)).toBe(true)
    },
  )

  it('is never a comment of its own', async () => {
    const failure = await failureOf(api.comment(target(HOST, SERVICE), words))

    expect(failure.retry).toEqual({ kind: 'never' })
    expect(standIn.requests).toEqual([])
  })

  it('is not given by name, because the first host of that name would get it', async () => {
    for (const key of [
      'web01',
      `${HOST}\u001fHTTP`,
      `web01\u001f${SERVICE}`,
      `${HOST};1`,
      `${HOST}\u001f`,
      '',
    ]) {
      const named: Target = { key, host: HOST, service: SERVICE, episode: null, labels: null }
      for (const call of [
        () => api.acknowledge(named, order),
        () => api.removeAcknowledgement(named, 'Ann', null),
        () => api.scheduleDowntime(named, { ...words, from: 0, until: 1 }),
        () => api.removeDowntime(named, { ...words, from: 0, until: 1, reference: '1' }),
        () => api.read([named]),
      ]) {
        const failure = await failureOf(call())
        expect(failure.retry).toEqual({ kind: 'never' })
        expect(failure.message).toContain("--hostname '$HOSTNAME$'")
      }
    }
    expect(standIn.requests).toEqual([])
  })
})

describe('what people write into openITCOCKPIT', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    fc.string({
      unit: fc.constantFrom(...';\n\r\0\u0085\u2028\u2029`$"\\\'<>|&~[] ab1😀\ud800'),
      minLength: 1,
    }),
    fc.constantFrom(
      'x\n[1795291200] DISABLE_NOTIFICATIONS;1',
      'x;0;1;1;Someone Else;y',
      '$(reboot)',
      '[img]https://evil.example/pixel[/img]',
      '[ackbridge:ffffffffff]',
      'é'.repeat(3_000),
    ),
  )

  it('is one line of the right fields, whole mark included', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, fc.boolean(), async (author, comment, isDowntime) => {
        const before = standIn.lines.length
        const text = { author, comment, marker }
        if (isDowntime)
          await api.scheduleDowntime(target(HOST, SERVICE), { ...text, from: 1e12, until: 2e12 })
        else await api.acknowledge(target(HOST, SERVICE), { ...order, ...text })
        await queue()

        const [line = '', ...more] = standIn.lines.slice(before)
        expect(more).toEqual([])
        expect(line.split(';')).toHaveLength(isDowntime ? 10 : 8)
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029`~$&|'"<>\\]/)
        const [name = '', said = ''] = line.split(';').slice(-2)
        expect(name).not.toBe('')
        expect(name.length).toBeLessThanOrEqual(200)
        expect(said.endsWith(marker)).toBe(true)
        expect(said.slice(0, -marker.length)).not.toMatch(/[[\]]/)
        expect(Buffer.byteLength(said)).toBeLessThanOrEqual(1_000)
        expect(standIn.orders.at(-1)).toMatchObject({ author: name, comment: said, raw: line })
      }),
      { numRuns: 200 },
    )
  })
})

describe('an openITCOCKPIT that does not take an order', () => {
  it.each([
    [401, { kind: 'later' }, 'unauthorized'],
    [403, { kind: 'never' }, 'unauthorized'],
    [404, { kind: 'never' }, 'not_found'],
    [409, { kind: 'never' }, 'invalid'],
    [422, { kind: 'never' }, 'invalid'],
    [429, { kind: 'after', ms: 7_000 }, 'rate_limited'],
    [500, { kind: 'ambiguous' }, 'unavailable'],
    [503, { kind: 'later' }, 'unavailable'],
    ['away', { kind: 'later' }, 'unavailable'],
    ['loses-answer', { kind: 'ambiguous' }, 'unavailable'],
    ['garbage', { kind: 'ambiguous' }, 'invalid'],
  ] as const)('says what that means: %s', async (fault, retry, code) => {
    await standIn.behave(fault)
    const failure = await failureOf(api.acknowledge(target(HOST, SERVICE), order))

    expect(failure).toMatchObject({ retry, code })
    expect(sent().length).toBe(fault === 'away' ? 0 : 1)
    for (const text of [failure.message, failure.detail ?? '', String(failure.cause), log.text()])
      for (const secret of standIn.secrets) expect(text).not.toContain(secret)
  })

  it('may have taken it all the same, when only its answer was lost', async () => {
    await standIn.behave('loses-answer')
    await failureOf(api.acknowledge(target(HOST, SERVICE), order))
    await queue()

    expect(standIn.acknowledged(HOST, SERVICE)?.author).toBe('Ann Example')
  })

  it('keeps the key out of what its own errors repeat', async () => {
    standIn.answerWith((path) => ({ path, trace: `Authorization: X-OITC-API ${standIn.secrets[0]}` }))
    standIn.forbid('/nagios_module')
    const failure = await failureOf(api.acknowledge(target(HOST, SERVICE), order))

    expect(failure.detail).toContain('X-OITC-API …')
    expect(failure.detail).not.toContain(standIn.secrets[0])
  })

  it('gets the key in a header only, and orders by POST only', async () => {
    await api.acknowledge(target(HOST, SERVICE), order)
    await api.read([target(HOST, SERVICE), target(HOST, null)])
    await api.readProblems()
    await api.removeDowntime(target(HOST, SERVICE), { ...words, from: 0, until: 1, reference: '1' })
    await api.examine()

    for (const { method, url, authorization, body } of standIn.requests) {
      expect(authorization).toBe(`X-OITC-API ${standIn.secrets[0]}`)
      expect(url + body).not.toContain(standIn.secrets[0])
      if (url.includes('submit')) expect(method).toBe('POST')
      else expect(method).toBe('GET')
    }
  })
})
