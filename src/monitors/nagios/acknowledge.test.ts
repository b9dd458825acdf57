import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type NagiosStandIn,
  type NagiosStandInOptions,
  startNagiosStandIn,
} from '../../../test/support/monitors/nagios.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, MonitorApi, Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import { nagios } from './index.ts'

const marker = markerOf('019ac000-0000-7000-8000-00a1b2c3d4e5')
const clock = new TestClock()
const log = new TestLog()
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
  expect(clock.pending).toBe(0)
})

function connect(settings: object): MonitorApi {
  const api = nagios.connect(nagios.config.parse({ kind: 'nagios', ...settings }), {
    name: 'dc1',
    clock,
    system: clock,
    log,
    proxy: null,
  })
  if (api === null) throw new Error('It is not connected.')
  open.unshift(api)
  return api
}

async function start(
  options: NagiosStandInOptions = {},
): Promise<{ standIn: NagiosStandIn; api: MonitorApi }> {
  const standIn = await startNagiosStandIn({ now: clock.now, ...options })
  open.push(standIn)
  standIn.set({ host: 'web01', service: null, state: 'DOWN' })
  standIn.set({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'HTTP CRITICAL' })
  return { standIn, api: connect(standIn.settings) }
}

function target(host: string, service: string | null): Target {
  return { key: keyOfNames(host, service), host, service, episode: null, labels: null }
}

const http = target('web01', 'HTTP')
const host = target('web01', null)
const order: AcknowledgeOrder = {
  author: 'José',
  comment: 'on it; “now”',
  marker,
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}
const failure = (code: string, kind: string, message = /dc1/) =>
  expect.objectContaining({ code, retry: { kind }, message: expect.stringMatching(message) })

describe.each([http, host])('an order about $key by Livestatus', (of) => {
  it('acknowledges and takes back', async () => {
    const { standIn, api } = await start()

    expect(await api.acknowledge(of, order)).toBe('taken')
    expect(standIn.acknowledged(of.host, of.service)).toEqual({
      author: 'José',
      comment: `on it, “now” ${marker}`,
      sticky: true,
    })
    expect(await api.removeAcknowledgement(of, 'Ann', null)).toBe('taken')
    expect(standIn.acknowledged(of.host, of.service)).toBeNull()
  })

  it('takes the place of another acknowledgement', async () => {
    const { standIn, api } = await start()
    standIn.acknowledge(of.host, of.service, { author: 'Bob', comment: 'mine', sticky: false })

    expect(await api.acknowledge(of, { ...order, replace: true })).toBe('taken')
    const check = (await api.read([of])).checks.get(of.key)
    expect(check?.acknowledgement).toMatchObject({ author: 'José', sticky: true })
    expect(check?.acknowledgement?.comment).toContain(marker)
  })

  it('comments', async () => {
    const { standIn, api } = await start()
    await api.comment(of, order)

    expect(standIn.orders).toMatchObject([
      { what: 'comment', author: 'José', comment: `on it, “now” ${marker}` },
    ])
  })

  it('schedules a downtime and removes that one only', async () => {
    const { standIn, api } = await start()
    standIn.downtime(of.host, of.service, true)
    const downtime = { ...order, from: clock.now(), until: clock.now() + 60_000 }

    expect(await api.scheduleDowntime(of, downtime)).toBeNull()
    const [, ours] = (await api.read([of])).checks.get(of.key)?.downtimes ?? []
    expect(ours).toMatchObject({ author: 'José', from: downtime.from, until: downtime.until })
    await api.removeDowntime(of, { ...downtime, reference: '1' })

    expect(standIn.orders.at(-1)).toMatchObject({ what: 'remove-downtime' })
    expect(standIn.orders.at(-1)?.comment).toContain(marker)
    expect(standIn.orders.at(-1)?.raw).toMatch(/DEL_(HOST|SVC)_DOWNTIME;2$/)
    expect((await api.read([of])).checks.get(of.key)?.downtimes).toHaveLength(1)
  })

  it('removes a downtime by its words while it cannot be looked up', async () => {
    const { standIn, api } = await start()
    const downtime = { ...order, from: clock.now(), until: clock.now() + 60_000 }
    await api.scheduleDowntime(of, downtime)
    standIn.answerWith(Buffer.from('nonsense'))
    await api.removeDowntime(of, { ...downtime, reference: null })

    expect(standIn.orders.at(-1)).toMatchObject({ what: 'remove-downtime' })
    expect(standIn.orders.at(-1)?.raw).toContain('DEL_DOWNTIME_BY_HOST_NAME;')
  })
})

describe('an order by Livestatus', () => {
  it('is one line of one request, whatever people write', async () => {
    const { standIn, api } = await start()
    const hostile = 'x\n\nCOMMAND [1] SHUTDOWN_PROGRAM\\n[1] RESTART_PROGRAM\u2028;y'
    await api.acknowledge(http, { ...order, author: hostile, comment: hostile })

    expect(standIn.requests).toHaveLength(1)
    expect(standIn.requests[0]?.split('\n')).toHaveLength(1)
    expect(standIn.requests[0]).not.toContain('\\')
    expect(standIn.orders).toHaveLength(1)
  })

  it('is taken about what is well, which then is not acknowledged', async () => {
    const { standIn, api } = await start()
    standIn.set({ host: 'web01', service: 'HTTP', state: 'OK' })

    expect(await api.acknowledge(http, order)).toBe('taken')
    expect((await api.read([http])).checks.get(http.key)).toMatchObject({ state: 'OK', acknowledged: false })
  })

  it('is never sent about a name that cannot be sent', async () => {
    const { standIn, api } = await start()
    for (const name of ['HT;TP', 'HT\nTP', 'HTTP ', 'C:\\new']) {
      const of = target('web01', name)
      const never = failure('invalid', 'never', /name of this check/)
      await expect(api.acknowledge(of, order)).rejects.toEqual(never)
      await expect(api.removeAcknowledgement(of, 'Ann', null)).rejects.toEqual(never)
      await expect(api.comment(of, order)).rejects.toEqual(never)
      const downtime = { ...order, from: 1, until: 2 }
      await expect(api.scheduleDowntime(of, downtime)).rejects.toEqual(never)
      await expect(api.removeDowntime(of, { ...downtime, reference: '1' })).rejects.toEqual(never)
    }
    expect(standIn.requests).toEqual([])
  })

  it('is refused in words by a naemon-livestatus', async () => {
    const { api } = await start({ outspoken: true })

    await expect(api.acknowledge(target('web02', null), order)).rejects.toEqual(failure('rejected', 'never'))
    expect(await api.acknowledge(http, order)).toBe('taken')
  })

  it.each([
    ['away', 'unavailable', 'later'],
    ['loses-answer', 'unavailable', 'ambiguous'],
    ['garbage', 'invalid', 'ambiguous'],
    [403, 'rejected', 'never'],
    [500, 'unavailable', 'ambiguous'],
  ] as const)('fails when it is %s', async (fault, code, retry) => {
    const { standIn, api } = await start()
    await standIn.behave(fault)

    await expect(api.acknowledge(http, order)).rejects.toEqual(failure(code, retry))
    expect(standIn.acknowledged('web01', 'HTTP') !== null).toBe(fault === 'loses-answer')
    await standIn.behave('well')
    expect(await api.acknowledge(http, order)).toBe('taken')
  })

  it('is given up after 10 s, and may have been done', async () => {
    const { standIn, api } = await start()
    await standIn.behave('hangs')
    const result = api.acknowledge(http, order).catch((error: unknown) => error)
    await expect.poll(() => standIn.requests.length).toBe(1)
    await clock.advance(9_999, async () => undefined)
    expect(clock.pending).toBe(1)
    await clock.advance(1, async () => undefined)

    expect(await result).toEqual(failure('timeout', 'ambiguous'))
  })

  it('fails when everything is closed meanwhile', async () => {
    const { standIn, api } = await start()
    await standIn.behave('hangs')
    const result = api.acknowledge(http, order).catch((error: unknown) => error)
    await expect.poll(() => standIn.requests.length).toBe(1)
    await api.close()

    expect(await result).toEqual(failure('unavailable', 'ambiguous'))
  })

  it('goes over a unix socket just as well', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ackbridge-live-'))
    const { standIn, api } = await start({ socket: join(folder, 'live') })
    expect(await api.acknowledge(http, order)).toBe('taken')
    expect(standIn.acknowledged('web01', 'HTTP')).not.toBeNull()
    await standIn.behave('away')
    await expect(api.acknowledge(http, order)).rejects.toEqual(failure('unavailable', 'later'))
    rmSync(folder, { recursive: true })
  })
})

describe('an acknowledgement with an end', () => {
  const until = clock.now() + 3_600_000

  it.each(['1.4.2', '1.5.0-naemon', '1.10.0'])('is ended by Naemon %s itself', async (version) => {
    const { api } = await start({ version })
    expect(api.capabilities.expires).toBe(false)
    await api.readProblems()
    expect(api.capabilities.expires).toBe(true)

    await api.acknowledge(http, { ...order, until })
    expect((await api.read([http])).checks.get(http.key)?.acknowledgement?.until).toBe(until)
  })

  it.each(['4.4.6', '4.5.9', '3.5.1', '1.3.1', '1.0.6-naemon', 'Check_MK 2.3.0', '2.4', ''])(
    'is not taken by %j',
    async (version) => {
      const { standIn, api } = await start({ version })
      await api.readProblems()
      expect(api.capabilities.expires).toBe(false)

      await expect(api.acknowledge(http, { ...order, until })).rejects.toEqual(failure('rejected', 'never'))
      expect(standIn.orders).toEqual([])
    },
  )

  it('is asked for before it is ordered, when nothing is known yet', async () => {
    const { standIn, api } = await start({ version: '1.4.0' })
    await standIn.behave('away')
    await expect(api.acknowledge(http, { ...order, until })).rejects.toEqual(failure('unavailable', 'later'))
    await standIn.behave('well')
    expect(await api.acknowledge(http, { ...order, until })).toBe('taken')
    expect(standIn.orders[0]?.raw).toContain('_EXPIRE;')
  })
})

describe('what is configured', () => {
  it('decides what can be done', async () => {
    const file = { commandFile: '/nonexistent/nagios.cmd' }
    const json = { statusJson: { url: 'http://127.0.0.1:1/statusjson.cgi', user: 'u', password: 'p' } }
    const live = { livestatus: 'unix:/nonexistent/live' }
    expect(
      nagios.connect(nagios.config.parse({ kind: 'nagios' }), {
        name: 'dc1',
        clock,
        system: clock,
        log,
        proxy: null,
      }),
    ).toBeNull()
    for (const [settings, acknowledge, read] of [
      [file, true, false],
      [json, false, true],
      [live, true, true],
      [{ ...file, ...json }, true, true],
    ] as const)
      expect(connect(settings).capabilities).toMatchObject({
        acknowledge,
        remove: acknowledge,
        read,
        expires: false,
      })

    await expect(connect(json).acknowledge(http, order)).rejects.toEqual(
      failure('rejected', 'never', /reading only/),
    )
    await expect(connect(file).read([http])).rejects.toEqual(failure('rejected', 'never', /cannot be read/))
    await expect(connect(file).acknowledge(http, { ...order, until: 1 })).rejects.toEqual(
      failure('rejected', 'never'),
    )
  })

  it('writes into the command file as people spell, unless statusjson.cgi has to read it back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ackbridge-cmd-'))
    const commandFile = join(folder, 'nagios.cmd')
    execFileSync('mkfifo', [commandFile])
    const reader = openSync(commandFile, constants.O_RDONLY | constants.O_NONBLOCK)
    const line = (): string => {
      const buffer = Buffer.alloc(8192)
      return buffer.toString('utf8', 0, readSync(reader, buffer))
    }
    await connect({ commandFile }).acknowledge(http, order)
    expect(line()).toMatch(/;José;on it, “now” \[/)
    const statusJson = { url: 'http://127.0.0.1:1/statusjson.cgi', user: 'u', password: 'p' }
    await connect({ commandFile, statusJson }).acknowledge(http, order)
    expect(line()).toMatch(/;Jose;on it, now \[/)
    closeSync(reader)
    rmSync(folder, { recursive: true })
  })

  it.each([
    [{ livestatus: 'live' }, /unix:\/path.*tcp:host:port/],
    [{ livestatus: 'tcp:host' }, /tcp:host:port/],
    [{ livestatus: 'tcp:host:99999' }, /tcp:host:port/],
    [{ livestatus: `unix:/${'x'.repeat(107)}` }, /107/],
    [{ commandFile: 'nagios.cmd' }, /whole path/],
    [{ statusJson: { url: 'https://u:p@host/statusjson.cgi', user: 'u', password: 'p' } }, /without user/],
    [{ statusJson: { url: 'https://host/cgi-bin/', user: 'u', password: 'p' } }, /statusjson\.cgi/],
    [{ statusJson: { url: 'https://host/statusjson.cgi', user: 'u' } }, /./],
    [{ commandfile: '/x' }, /commandfile/],
  ])('is refused when it cannot be used: %j', (settings, sentence) => {
    const result = nagios.config.safeParse({ kind: 'nagios', ...settings })
    expect(result.error?.issues.map(({ message }) => message).join()).toMatch(sentence)
  })

  it.each(['unix:/run/live', 'tcp:10.0.0.1:6557', 'tcp:[::1]:6557', 'tcp:naemon.example.com:6557'])(
    'takes %s',
    (livestatus) => {
      expect(nagios.config.safeParse({ kind: 'nagios', livestatus }).success).toBe(true)
    },
  )
})
