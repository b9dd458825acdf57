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
import { carriesMarker, markerOf } from '../../core/marker.ts'
import type { MonitorApi, Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import { systemClock } from '../../system/clock.ts'
import { checkmk } from './index.ts'

const ID = '0198c0de-0000-7000-8000-0123456789ab'

let site: CheckmkStandIn
let api: MonitorApi
let clock: TestClock

beforeEach(() => open())
afterEach(async () => {
  await api.close()
  await site.close()
})

async function open(options: CheckmkOptions = {}): Promise<void> {
  if (site !== undefined) await Promise.all([site.close(), api.close()])
  site = await startCheckmk(options)
  clock = new TestClock()
  const around = { name: 'cmk', clock, system: systemClock, log: new TestLog(), proxy: null }
  const connected = checkmk.connect(checkmk.config.parse(site.settings), around)
  if (connected === null) throw new Error('not connected')
  api = connected
  site.set({ host: 'web01', service: null, state: 'DOWN', hostDisplayName: 'Web server 1' })
  site.set({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'refused (!!)' })
  site.set({ host: 'web01', service: 'Load', state: 'OK' })
}

function target(host: string, service: string | null): Target {
  return { key: keyOfNames(host, service), host, service, episode: null, labels: null }
}

const HTTP = target('web01', 'HTTP')
const HOST = target('web01', null)

describe('reading back from Checkmk', () => {
  it('tells how a check is', async () => {
    site.set({ host: 'web01', service: 'soft', state: 'WARNING', hard: false })
    const soft = target('web01', 'soft')
    const { asOf, checks } = await api.read([HTTP, HOST, soft, target('web01', 'gone')])

    expect(asOf).toBe(clock.now())
    expect([...checks.keys()].sort()).toEqual([HOST.key, HTTP.key, soft.key].sort())
    expect(checks.get(HTTP.key)).toEqual({
      key: HTTP.key,
      host: 'web01',
      service: 'HTTP',
      hostDisplayName: 'Web server 1',
      serviceDisplayName: 'HTTP',
      state: 'CRITICAL',
      hard: true,
      output: 'refused (!!)',
      since: expect.any(Number),
      acknowledged: false,
      acknowledgement: null,
      inDowntime: false,
      downtimes: [],
      isFlapping: false,
    })
    expect(checks.get(HTTP.key)?.since).toBeGreaterThan(1.7e12)
    expect(checks.get(HOST.key)).toMatchObject({
      state: 'DOWN',
      service: null,
      hostDisplayName: 'Web server 1',
    })
    expect(checks.get(soft.key)).toMatchObject({ state: 'WARNING', hard: false })
  })

  it('finds its own acknowledgement by its mark, under the name of the automation user', async () => {
    const order = { sticky: true, persistent: false, notify: false, until: null, replace: false }
    await api.acknowledge(HTTP, { ...order, author: 'Ann', comment: 'on it', marker: markerOf(ID) })
    const { checks } = await api.read([HTTP])
    const { acknowledgement } = checks.get(HTTP.key)!

    expect(acknowledgement).toMatchObject({ author: 'slackbridge', sticky: true, until: null })
    expect(carriesMarker(acknowledgement!.comment, ID)).toBe(true)
    expect(acknowledgement?.at).toBeGreaterThan(1.7e12)
  })

  it('tells the newest acknowledgement, and no other comment', async () => {
    site.acknowledge('web01', null, { author: 'old', comment: 'first' })
    site.acknowledge('web01', null, { author: 'bob', comment: 'mine <@U1>', sticky: false })
    const words = { author: 'Ann', comment: 'a comment', marker: markerOf(ID) }
    await api.comment(HOST, words)
    const { checks } = await api.read([HOST])

    expect(checks.get(HOST.key)?.acknowledgement).toMatchObject({
      author: 'bob',
      comment: 'mine <@U1>',
      sticky: false,
    })
    site.unacknowledge('web01', null)
    expect((await api.read([HOST])).checks.get(HOST.key)).toMatchObject({
      acknowledged: false,
      acknowledgement: null,
    })
  })

  it('tells downtimes', async () => {
    site.downtime('web01', 'HTTP', true)
    const { checks } = await api.read([HTTP])

    expect(checks.get(HTTP.key)).toMatchObject({
      inDowntime: true,
      downtimes: [{ reference: expect.any(String), author: 'cmkadmin', comment: 'work' }],
    })
    const [downtime] = checks.get(HTTP.key)?.downtimes ?? []
    expect((downtime?.until ?? 0) - (downtime?.from ?? 0)).toBe(3_600_000)
  })

  it('tells everything that is not well, without downtimes', async () => {
    site.acknowledge('web01', 'HTTP', { author: 'bob', comment: 'mine' })
    const { checks } = await api.readProblems()

    expect([...checks.keys()].sort()).toEqual([HOST.key, HTTP.key])
    expect(checks.get(HTTP.key)).toMatchObject({ downtimes: null, acknowledgement: { author: 'bob' } })
  })

  it('asks for many in few calls, and for none in none', async () => {
    const many = Array.from({ length: 250 }, (_, at) => target(`h${at}`, `s${at}`))
    for (const { host, service } of many) site.set({ host, service, state: 'OK' })

    expect((await api.read(many)).checks.size).toBe(250)
    expect(site.requests.filter(({ path }) => path !== '/version')).toHaveLength(3)
    site.forget('h7', null)
    expect((await api.read(many)).checks.size).toBe(249)
    const before = site.requests.length
    expect((await api.read([])).checks.size).toBe(0)
    expect(site.requests).toHaveLength(before)
  })

  it('lets no name into the query that would add a line to it', async () => {
    const { checks } = await api.read([
      target('web01\nOr: 2', null),
      target('web01', 'HTTP\r\n\r\nGET x'),
      HTTP,
    ])

    expect([...checks.keys()]).toEqual([HTTP.key])
  })

  it('asks an older release in its own way, and then stays with it', async () => {
    await open({ version: '2.2.0p9', listsByGet: true, unknownColumns: ['downtimes_with_extra_info'] })
    site.acknowledge('web01', 'HTTP', { author: 'bob', comment: 'mine' })
    const many = Array.from({ length: 150 }, (_, at) => target('web01', `disk ${at} & more=1`))
    for (const { host, service } of many) site.set({ host, service, state: 'OK' })

    const { checks } = await api.read([HTTP, HOST, ...many])
    expect(checks.size).toBe(152)
    expect(checks.get(HTTP.key)).toMatchObject({
      acknowledged: true,
      acknowledgement: { author: 'bob' },
      downtimes: null,
    })
    const before = site.requests.length
    await api.read([HTTP])
    expect(site.requests.slice(before).map(({ method }) => method)).toEqual(['GET'])
    expect((await api.readProblems()).checks.size).toBe(2)
    for (const { path } of site.requests) expect(path.length).toBeLessThan(8_000)
  })

  it('does without the words of an acknowledgement where they are not told', async () => {
    await open({ unknownColumns: ['downtimes_with_extra_info', 'comments_with_extra_info'] })
    site.acknowledge('web01', 'HTTP', { author: 'bob', comment: 'mine' })

    for (const reading of [await api.read([HTTP]), await api.readProblems()])
      expect(reading.checks.get(HTTP.key)).toMatchObject({ acknowledged: true, acknowledgement: null })
    expect((await api.examine()).map(({ what }) => what)).toContain('columns')
  })

  it.each<[Fault, string]>([
    ['away', 'later'],
    ['garbage', 'ambiguous'],
    ['loses-answer', 'ambiguous'],
    [401, 'later'],
    [403, 'never'],
    [404, 'never'],
    [500, 'ambiguous'],
    [503, 'later'],
  ])('does not take %s for an empty site', async (fault, retry) => {
    await site.behave(fault)
    for (const reading of [api.read([HTTP]), api.readProblems()]) {
      const failure = await reading.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(failure).toBeInstanceOf(Failure)
      expect((failure as Failure).retry.kind).toBe(retry)
      for (const secret of site.secrets)
        expect(`${(failure as Failure).message} ${(failure as Failure).detail}`).not.toContain(secret)
    }
  })

  it.each(['{}', '[]', 'null', '{"value":7}', '{"value":[7]}', '{"value":{"a":1}}', ''])(
    'does not take the answer %j for an empty site',
    async (body) => {
      site.answerOnce(body)
      await expect(api.read([HTTP])).rejects.toBeInstanceOf(Failure)
    },
  )

  it('refuses an answer beyond all bounds', async () => {
    site.answerOnce(JSON.stringify({ value: [], filler: 'x'.repeat(6 * 1024 * 1024) }))
    await expect(api.read([HTTP])).rejects.toThrow('5 MiB')
  })

  it('makes something of a row as long as it says which check it is and how it is', async () => {
    const row = (extensions: unknown) => JSON.stringify({ value: [{ extensions }, { extensions: null }, {}] })
    site.answerOnce(row({ host_name: 'web01', description: 'HTTP', state: '2' }))
    const { checks } = await api.read([HTTP])

    expect(checks.get(HTTP.key)).toMatchObject({
      state: 'CRITICAL',
      hard: true,
      output: '',
      since: null,
      acknowledged: false,
      downtimes: null,
      isFlapping: null,
    })
    site.answerOnce(row({ host_name: 'web01', description: 'HTTP', state: 9 }))
    expect((await api.read([HTTP])).checks.size).toBe(0)
  })

  it('survives rows of any shape', async () => {
    const columns = fc.dictionary(
      fc.constantFrom(
        'host_name',
        'description',
        'state',
        'acknowledged',
        'comments_with_extra_info',
        'downtimes_with_extra_info',
        'last_state_change',
        'plugin_output',
        'is_flapping',
      ),
      fc.oneof(
        fc.jsonValue(),
        fc.constantFrom('web01', 'HTTP', 0, 1, '1'),
        fc.constant([[1, 'a\u0000', 'b\n', 4, 5, 6, 7]]),
      ),
    )
    await fc.assert(
      fc.asyncProperty(columns, async (extensions) => {
        const known = { host_name: 'web01', description: 'HTTP', state: 1, acknowledged: 1 }
        site.answerOnce(
          JSON.stringify({ value: [{ extensions }, { extensions: { ...known, ...extensions } }] }),
        )
        const { checks } = await api.read([HTTP])
        for (const { output, acknowledgement } of checks.values()) {
          expect(Buffer.byteLength(output)).toBeLessThanOrEqual(8_192)
          expect(acknowledgement?.author ?? '').not.toMatch(/[\u0000-\u001f]/)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('examining a Checkmk', () => {
  it('says what works, without changing anything', async () => {
    const findings = await api.examine()

    expect(findings.map(({ what, ok }) => [what, ok])).toEqual([
      ['reach', true],
      ['credentials', true],
      ['release', true],
      ['read', true],
      ['right to acknowledge', true],
    ])
    expect(findings.map(({ found }) => found).join(' ')).toContain('2.4.0p12')
    expect(findings.find(({ what }) => what === 'read')?.found).toContain('2 problems')
    expect(site.orders).toEqual([])
    expect(api.capabilities.expires).toBe(true)
  })

  it.each<[Fault, string]>([
    ['away', 'reach'],
    ['garbage', 'reach'],
    [401, 'credentials'],
    [403, 'credentials'],
    [404, 'reach'],
    [500, 'reach'],
  ])('says what to do when it is %s', async (fault, what) => {
    await site.behave(fault)
    const findings = await api.examine()
    const wrong = findings.filter(({ ok }) => !ok)

    expect(wrong.map((finding) => finding.what)).toEqual([what])
    expect(wrong[0]?.advice).toMatch(/\w/)
    for (const secret of site.secrets) expect(JSON.stringify(findings)).not.toContain(secret)
  })
})
