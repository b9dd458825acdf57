import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  startZabbixStandIn,
  type ZabbixOptions,
  type ZabbixStandIn,
} from '../../../test/support/monitors/zabbix.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { Failure } from '../../core/failure.ts'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, MonitorApi, Target } from '../../core/monitor-api.ts'
import { systemClock } from '../../system/clock.ts'
import { config } from './config.ts'
import { zabbix } from './index.ts'

const MARKER = markerOf('0198c0de-0000-7000-8000-0123456789ab')
const ORDER: AcknowledgeOrder = {
  author: 'Ann Li',
  comment: 'on it',
  marker: MARKER,
  sticky: false,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function talk(options: ZabbixOptions = {}) {
  const clock = new TestClock()
  const monitor = await startZabbixStandIn({ now: clock.now, ...options })
  monitor.set({ host: 'web01', service: 'Disk', state: 'CRITICAL', output: '97 %' })
  const around = { name: 'zbx', clock, system: systemClock, log: new TestLog(), proxy: null }
  const api = zabbix.connect(config.parse(monitor.settings), around) as MonitorApi
  ends.push(async () => {
    await api.close()
    await monitor.close()
  })
  return { monitor, api, clock, target: targetOf(monitor) }
}

function targetOf(monitor: ZabbixStandIn): Target {
  return { key: monitor.key('web01', 'Disk'), host: 'web01', service: 'Disk', episode: null, labels: null }
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error,
  )
  if (!(error instanceof Failure)) throw error
  return error
}

const errorOf = (code: number, data: string, message = 'Application error.') =>
  JSON.stringify({ jsonrpc: '2.0', error: { code, message, data }, id: 1 })

describe('a take-over in Zabbix', () => {
  it('that stops half way says whose acknowledgement is gone', async () => {
    const { monitor, api, target } = await talk()
    await api.acknowledge(target, ORDER)
    monitor.answerOnce('event.acknowledge', errorOf(-32500, 'SQL statement execution has failed.'), 1)

    const { message } = await failureOf(api.acknowledge(target, { ...ORDER, replace: true }))
    expect(message).toMatch(/The former acknowledgement is taken away there already\.$/)
  })
})

describe('the token of a Zabbix', () => {
  it('stands in the body before 6.4, and is not sent with the question for the release', async () => {
    const { monitor, api, target } = await talk({ version: '6.2.9' })
    await api.read([target])

    expect(monitor.calls.map(({ method }) => method)).toEqual(['apiinfo.version', 'event.get', 'problem.get'])
    for (const { headers } of monitor.calls) expect(headers['authorization']).toBeUndefined()
    expect(monitor.received[0]).not.toContain(monitor.secrets[0])
    expect(monitor.received[1]).toContain(monitor.secrets[0])
  })

  it.each(['6.4.0', '7.0.12', '7.2.0', '8.0.0alpha1'])('stands in a header of %s', async (version) => {
    const { monitor, api, target } = await talk({ version })
    await api.read([target])

    for (const text of monitor.received) expect(text).not.toContain(monitor.secrets[0])
    expect(monitor.calls.at(-1)?.headers['authorization']).toBe(`Bearer ${monitor.secrets[0]}`)
  })

  it('is sent where it belongs again after an upgrade, one failure later', async () => {
    const { monitor, api, target } = await talk({ version: '6.0.14' })
    await api.read([target])
    monitor.become('7.4.0')

    const { code, retry } = await failureOf(api.acknowledge(target, ORDER))
    expect([code, retry.kind]).toEqual(['unauthorized', 'later'])
    expect(await api.acknowledge(target, ORDER)).toBe('taken')
    expect(api.capabilities.downtime).toBe(true)
  })

  it('is asked about once by several at a time', async () => {
    const { monitor, api, target } = await talk()
    await Promise.all([api.read([target]), api.readProblems(), api.read([target])])

    expect(monitor.calls.filter(({ method }) => method === 'apiinfo.version')).toHaveLength(1)
  })
})

describe('what the API of Zabbix refuses', () => {
  it.each([
    [errorOf(-32602, 'Not authorized.'), 'unauthorized', 'later'],
    [errorOf(-32602, 'Session terminated, re-login, please.'), 'unauthorized', 'later'],
    [errorOf(-32500, 'API token expired.'), 'unauthorized', 'later'],
    [errorOf(-32500, 'No permissions to referred object or it does not exist!'), 'not_found', 'never'],
    [
      errorOf(-32602, 'Incorrect value for field "action": no permissions to acknowledge problems.'),
      'unauthorized',
      'never',
    ],
    [errorOf(-32602, 'No permissions to call "event.acknowledge".'), 'unauthorized', 'never'],
    [errorOf(-32602, 'Incorrect arguments passed to function.'), 'rejected', 'never'],
    [errorOf(-32500, 'SQL statement execution has failed.'), 'unavailable', 'ambiguous'],
    [errorOf(1, '', 'Error connecting to database: x'), 'unavailable', 'ambiguous'],
    ['{"jsonrpc":"2.0"}', 'invalid', 'ambiguous'],
    ['{"error":"x"}', 'invalid', 'ambiguous'],
    ['{"result":{"eventids":[]}}', 'invalid', 'ambiguous'],
    ['[]', 'invalid', 'ambiguous'],
    ['<html>', 'invalid', 'ambiguous'],
  ])('%s', async (text, code, retry) => {
    const { monitor, api, target } = await talk()
    monitor.answerOnce('event.acknowledge', text)
    const failure = await failureOf(api.acknowledge(target, ORDER))

    expect([failure.code, failure.retry.kind]).toEqual([code, retry])
    expect(failure.message).toMatch(/^zbx .*[.?]$/)
  })

  it('was certainly not done where not even the release was told', async () => {
    const { monitor, api, target } = await talk()
    for (const text of ['<html>', '{"result":null}', '{"result":"new"}', '{}', errorOf(-32500, 'x')]) {
      monitor.answerOnce('apiinfo.version', text)
      expect((await failureOf(api.acknowledge(target, ORDER))).retry.kind).toBe('later')
    }
    expect(monitor.orders).toEqual([])
  })
})

describe('an order to Zabbix', () => {
  it.each(['', '0', '-1', '1e3', '1 or 1', '01', '9'.repeat(25), 'web01\u001fDisk', '[1]', '1\n'])(
    'is not sent about %j, which is no event',
    async (key) => {
      const { monitor, api, target } = await talk({ version: '7.4.0' })
      const odd = { ...target, key }
      const known = { ...ORDER, from: 0, until: 1, reference: null }
      for (const call of [
        () => api.acknowledge(odd, ORDER),
        () => api.removeAcknowledgement(odd, 'Ann', null),
        () => api.comment(odd, ORDER),
        () => api.scheduleDowntime(odd, { ...ORDER, from: 0, until: 1 }),
        () => api.removeDowntime(odd, known),
      ])
        expect((await failureOf(call())).code).toBe('not_found')
      expect((await api.read([odd])).checks.size).toBe(0)
      expect(monitor.received).toEqual([])
    },
  )

  it('names the person who takes an acknowledgement away', async () => {
    const { monitor, api, target } = await talk()
    monitor.acknowledge('web01', 'Disk', { author: 'jane', comment: 'mine' })
    await api.removeAcknowledgement(target, 'Ann: Li\n', null)

    expect(monitor.calls.at(-1)?.params).toEqual({
      eventids: [target.key],
      action: 20,
      message: 'Ann Li: acknowledgement removed',
    })
  })

  it('that acknowledges what somebody has leaves it to them', async () => {
    const { monitor, api, target } = await talk()
    monitor.acknowledge('web01', 'Disk', { author: 'jane', comment: 'mine' })
    await api.acknowledge(target, ORDER)

    expect((await api.read([target])).checks.get(target.key)?.acknowledgement).toMatchObject({
      author: 'jane',
      comment: 'mine',
    })
  })

  it('is never longer than the database takes, and never loses the mark', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 3_000 }),
        fc.string(),
        async (comment, author) => {
          const { monitor, api, target } = await talk()
          await api.comment(target, { ...ORDER, comment: comment.repeat(3), author })
          expect(monitor.orders[0]?.comment?.endsWith(` ${MARKER}`)).toBe(true)
          expect([...(monitor.orders[0]?.comment ?? '')].length).toBeLessThanOrEqual(2048)
          await ends.pop()?.()
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('a downtime in Zabbix', () => {
  const downtimeOf = (clock: TestClock, inMs = 0) => ({
    ...ORDER,
    from: clock.now() + inMs,
    until: clock.now() + inMs + 3_600_000,
  })

  it('is a suppression from 6.2 on, until the time', async () => {
    const { monitor, api, clock, target } = await talk({ version: '6.2.0' })
    const order = downtimeOf(clock)
    await api.scheduleDowntime(target, order)

    expect(monitor.calls.at(-1)?.params).toMatchObject({
      action: 36,
      suppress_until: Math.ceil(order.until / 1000),
    })
    const reading = (await api.read([target])).checks.get(target.key)
    expect(reading?.downtimes).toEqual([
      expect.objectContaining({ reference: 'suppressed', until: Math.ceil(order.until / 1000) * 1000 }),
    ])
  })

  it('is refused before 6.2, and for a time to come', async () => {
    const old = await talk({ version: '6.0.14' })
    expect((await failureOf(old.api.scheduleDowntime(old.target, downtimeOf(old.clock)))).message).toBe(
      'zbx is Zabbix 6.0.14, which cannot suppress a single problem (6.2 and later can).',
    )
    const { api, monitor, clock, target } = await talk({ version: '7.0.0' })
    const failure = await failureOf(api.scheduleDowntime(target, downtimeOf(clock, 3_600_000)))
    expect([failure.code, failure.retry.kind]).toEqual(['rejected', 'never'])
    expect(monitor.orders).toEqual([])
  })

  it('of somebody else is not ended in the place of ours', async () => {
    const { api, monitor, clock, target } = await talk({ version: '7.0.0' })
    const other = { ...downtimeOf(clock), marker: markerOf('0198c0de-0000-7000-8000-00000000beef') }
    await api.scheduleDowntime(target, other)
    await api.removeDowntime(target, { ...downtimeOf(clock), reference: 'suppressed' })

    expect(monitor.inDowntime('web01', 'Disk')).toBe(true)
  })
})

describe('a reading of Zabbix', () => {
  it('has what is over as over, whoever has acknowledged it', async () => {
    const { monitor, api, target } = await talk()
    monitor.acknowledge('web01', 'Disk', { author: 'jane', comment: 'mine' })
    monitor.set({ host: 'web01', service: 'Disk', state: 'OK', output: '41 %' })

    expect((await api.read([target])).checks.get(target.key)).toMatchObject({
      state: 'OK',
      hard: true,
      output: '41 %',
      acknowledged: false,
      acknowledgement: null,
      since: null,
    })
  })

  it('has the next problem of a trigger as another', async () => {
    const { monitor, api, target } = await talk()
    monitor.set({ host: 'web01', service: 'Disk', state: 'OK' })
    monitor.set({ host: 'web01', service: 'Disk', state: 'WARNING' })
    const next = targetOf(monitor)
    const { checks } = await api.read([target, next])

    expect(next.key).not.toBe(target.key)
    expect([checks.get(target.key)?.state, checks.get(next.key)?.state]).toEqual(['OK', 'WARNING'])
    expect([...(await api.readProblems()).checks.keys()]).toEqual([next.key])
  })

  it('has the words of whoever acknowledged last, not those of comments after it', async () => {
    const { monitor, api, target } = await talk()
    await api.acknowledge(target, ORDER)
    monitor.acknowledge('web01', 'Disk', { author: 'jane', comment: 'mine now' })
    await api.comment(target, { ...ORDER, comment: 'a word' })

    expect((await api.read([target])).checks.get(target.key)?.acknowledgement).toMatchObject({
      author: 'jane',
      comment: 'mine now',
    })
  })

  it('has no name for somebody who may not be seen', async () => {
    const { monitor, api, target } = await talk()
    monitor.acknowledge('web01', 'Disk', { author: 'jane', comment: 'mine' })
    for (const text of ['{"result":[]}', errorOf(-32602, 'No permissions to call "user.get".')]) {
      monitor.answerOnce('user.get', text)
      const { checks } = await api.read([target])
      expect(checks.get(target.key)?.acknowledgement).toMatchObject({ author: null, comment: 'mine' })
    }
  })

  it('of a problem that ended while it was read is no failure', async () => {
    const { monitor, api, target } = await talk()
    monitor.answerOnce('problem.get', '{"result":[]}')

    expect((await api.read([target])).checks.get(target.key)).toMatchObject({
      state: 'CRITICAL',
      acknowledged: false,
    })
  })

  it('is a list or a failure, whatever is answered', async () => {
    const { monitor, api, target } = await talk()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('event.get', 'problem.get', 'trigger.get'),
        fc.jsonValue(),
        async (method, result) => {
          monitor.answerOnce(method, JSON.stringify({ jsonrpc: '2.0', result, id: 1 }))
          for (const read of [() => api.read([target]), () => api.readProblems()]) {
            const answer = await read().catch((error: unknown) => error)
            if (answer instanceof Error) expect(answer).toBeInstanceOf(Failure)
            else expect(answer).toHaveProperty('checks')
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('leaves out what it does not understand, and keeps the rest', async () => {
    const { monitor, api, target } = await talk()
    const good = {
      eventid: target.key,
      name: 'Disk',
      severity: '5',
      r_eventid: '0',
      hosts: [{ host: 'web01' }],
    }
    const result = [null, 7, {}, { eventid: 'x' }, { ...good, hosts: [] }, { ...good, name: 7 }, good]
    monitor.answerOnce('event.get', JSON.stringify({ result }))

    expect((await api.read([target])).checks.get(target.key)).toMatchObject({
      state: 'CRITICAL',
      host: 'web01',
    })
  })
})
