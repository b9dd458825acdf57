import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type OpenitcockpitStandIn,
  startOpenitcockpit,
} from '../../../test/support/monitors/openitcockpit.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { Failure } from '../../core/failure.ts'
import type { MonitorApi, Reading, Target } from '../../core/monitor-api.ts'
import { namesOfKey } from '../../core/notification.ts'
import { systemClock } from '../../system/clock.ts'
import { openitcockpit } from './index.ts'

const HOST = '0b3f4c1e-1111-4aaa-8bbb-0123456789ab'
const SERVICE = 'd1e2f3a4-2222-4ccc-9ddd-ba9876543210'
const marker = '[ackbridge:0123456789]'

const clock = new TestClock()
let standIn: OpenitcockpitStandIn
let api: MonitorApi

beforeEach(async () => {
  standIn = await startOpenitcockpit(clock.now)
  const around = { name: 'oitc', clock, system: systemClock, log: new TestLog(), proxy: null }
  const connected = openitcockpit.connect(standIn.settings, around)
  if (connected === null) throw new Error('not connected')
  api = connected
  standIn.set({ host: HOST, service: null, state: 'UP', hostDisplayName: 'web01' })
  standIn.set({
    host: HOST,
    service: SERVICE,
    state: 'CRITICAL',
    serviceDisplayName: 'HTTP',
    output: 'refused',
  })
})

afterEach(async () => {
  await api.close()
  await standIn.close()
})

function target(host: string, service: string | null): Target {
  const key = standIn.key(host, service)
  return { key, ...namesOfKey(key), episode: null, labels: null }
}

function only({ checks }: Reading) {
  expect(checks.size).toBe(1)
  return [...checks.values()][0]
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

describe('reading one check of openITCOCKPIT', () => {
  it('tells its state and its names for people', async () => {
    const reading = await api.read([target(HOST, SERVICE)])

    expect(reading.asOf).toBe(clock.now())
    expect(only(reading)).toEqual({
      key: standIn.key(HOST, SERVICE),
      host: HOST,
      service: SERVICE,
      hostDisplayName: 'web01',
      serviceDisplayName: 'HTTP',
      state: 'CRITICAL',
      hard: true,
      output: 'refused',
      since: null,
      acknowledged: false,
      acknowledgement: null,
      inDowntime: false,
      downtimes: [],
      isFlapping: false,
    })
    expect(only(await api.read([target(HOST, null)]))).toMatchObject({
      host: HOST,
      service: null,
      state: 'UP',
    })
  })

  it('tells who acknowledged, in plain text, the newest first', async () => {
    standIn.acknowledge(HOST, SERVICE, { author: 'Bob', comment: 'earlier' })
    standIn.acknowledge(HOST, SERVICE, { author: 'Jörg', comment: `"prüft" <das> & [b]mehr[/b]… ${marker}` })
    standIn.set({ host: HOST, service: null, state: 'DOWN' })
    standIn.acknowledge(HOST, null, { author: 'Ann', comment: `host ${marker}`, sticky: false })
    const { checks } = await api.read([target(HOST, SERVICE), target(HOST, null)])

    expect(checks.get(standIn.key(HOST, SERVICE))).toMatchObject({
      acknowledged: true,
      acknowledgement: {
        author: 'Jörg',
        comment: `"prüft" <das> & mehr… ${marker}`,
        at: null,
        until: null,
        sticky: true,
      },
    })
    expect(checks.get(HOST)?.acknowledgement).toMatchObject({
      author: 'Ann',
      comment: `host ${marker}`,
      sticky: false,
    })
  })

  it('does not take the words of an acknowledgement that is over', async () => {
    standIn.acknowledge(HOST, SERVICE, { author: 'Bob', comment: 'old' })
    standIn.unacknowledge(HOST, SERVICE)

    expect(only(await api.read([target(HOST, SERVICE)]))).toMatchObject({
      acknowledged: false,
      acknowledgement: null,
    })
  })

  it('tells downtimes that stand, those to come included, and none that was removed or of another', async () => {
    const from = clock.now() + 90 * 86_400_000
    const words = { author: 'Ann', comment: 'move', marker }
    await api.scheduleDowntime(target(HOST, SERVICE), { ...words, from, until: from + 3_600_000 })
    standIn.downtime(HOST, null, true)
    await new Promise((resolve) => setImmediate(resolve))
    const planned = only(await api.read([target(HOST, SERVICE)]))
    expect(planned).toMatchObject({
      inDowntime: false,
      downtimes: [{ author: 'Ann', comment: `move ${marker}` }],
    })

    standIn.downtime(HOST, SERVICE, true)
    expect(only(await api.read([target(HOST, SERVICE)]))?.downtimes).toHaveLength(2)
    standIn.downtime(HOST, SERVICE, false)
    expect(only(await api.read([target(HOST, SERVICE)]))).toMatchObject({ inDowntime: false, downtimes: [] })
    expect(only(await api.read([target(HOST, null)]))).toMatchObject({ inDowntime: true, downtimes: [{}] })
  })

  it('is nothing where it does not exist, is hidden from us, or belongs to another host', async () => {
    standIn.forget(HOST, SERVICE)
    const elsewhere = target('77777777-3333-4eee-8fff-000000000001', null)

    expect((await api.read([target(HOST, SERVICE), elsewhere])).checks.size).toBe(0)
    standIn.set({ host: elsewhere.key, service: SERVICE, state: 'CRITICAL' })
    expect((await api.read([target(HOST, SERVICE)])).checks.size).toBe(0)
    expect((await api.read([])).checks.size).toBe(0)
  })

  it('leaves out what is known by name beside what is known by UUID', async () => {
    const named: Target = { key: 'web01', host: 'web01', service: null, episode: null, labels: null }

    expect([...(await api.read([named, target(HOST, null)])).checks.keys()]).toEqual([HOST])
  })

  it('understands the names of other versions, and numbers as dates', async () => {
    standIn.acknowledge(HOST, SERVICE, { author: 'Bob', comment: 'x' })
    standIn.answerWith((path, body) => {
      const [row] = (body as { all_services?: { Host: object; Service: object }[] }).all_services ?? []
      if (!path.startsWith('/services') || row === undefined) return body
      const Servicestatus = {
        current_state: '1',
        problem_has_been_acknowledged: '1',
        scheduled_downtime_depth: '1',
        is_flapping: '1',
        state_type: '1',
        last_state_change: '1795291200',
        output: 'a\u0000\u2028b',
      }
      // PHP makes an object of a list with a hole.
      return { all_services: { 3: { ...row, Servicestatus } } }
    })

    expect(only(await api.read([target(HOST, SERVICE)]))).toMatchObject({
      state: 'WARNING',
      hard: true,
      acknowledged: true,
      inDowntime: true,
      isFlapping: true,
      since: 1_795_291_200_000,
      output: 'ab',
    })
  })

  it.each([
    ['no row of it', null],
    ['an empty row', []],
    ['a row that says so', { currentState: null, isHardstate: true, isInMonitoring: false }],
    ['an exit code that is no state', { currentState: 255, isHardstate: false, isInMonitoring: true }],
  ])('is unknown and not sure where it is not in monitoring: %s', async (_, Servicestatus) => {
    standIn.answerWith((_path, body) => {
      const { all_services: rows } = body as { all_services?: object[] }
      return rows === undefined ? body : { all_services: rows.map((row) => ({ ...row, Servicestatus })) }
    })

    expect(only(await api.read([target(HOST, SERVICE)]))).toMatchObject({ state: 'UNKNOWN', hard: false })
  })

  it('is a soft state while it makes sure', async () => {
    standIn.set({ host: HOST, service: SERVICE, state: 'WARNING', hard: false })

    expect(only(await api.read([target(HOST, SERVICE)]))).toMatchObject({ state: 'WARNING', hard: false })
  })

  it('says less where the API user may see less', async () => {
    standIn.acknowledge(HOST, SERVICE, { author: 'Bob', comment: 'x' })
    standIn.forbid('/acknowledgements', '/downtimes')

    expect(only(await api.read([target(HOST, SERVICE)]))).toMatchObject({
      acknowledged: true,
      acknowledgement: null,
      downtimes: null,
    })
    standIn.forbid('/services')
    expect((await failureOf(api.read([target(HOST, SERVICE)]))).code).toBe('unauthorized')
  })

  it('does not call gone what a filter that was ignored has hidden', async () => {
    standIn.set({ host: HOST, service: 'another', state: 'OK' })
    standIn.answerWith((_path, body) => {
      const { all_services: rows } = body as { all_services?: { Service: object }[] }
      if (rows === undefined) return body
      return { all_services: rows.map((row) => ({ ...row, Service: { ...row.Service, uuid: HOST } })) }
    })

    expect((await failureOf(api.read([target(HOST, SERVICE)]))).retry).toEqual({ kind: 'later' })
  })

  it('asks for a few at once, and for each once', async () => {
    const services = Array.from({ length: 40 }, (_, index) => `service ${index}`)
    for (const service of services) standIn.set({ host: HOST, service, state: 'WARNING' })
    const targets = services.map((service) => target(HOST, service))
    const { checks } = await api.read([...targets, ...targets])

    expect([...checks.keys()]).toEqual(targets.map(({ key }) => key))
    expect(standIn.requests.filter(({ url }) => url.startsWith('/services'))).toHaveLength(40)
    expect(standIn.requests.filter(({ url }) => url.startsWith('/downtimes'))).toHaveLength(1)
  })
})

describe('reading all problems of openITCOCKPIT', () => {
  it('finds hosts and services that are not well, page by page', async () => {
    standIn.set({ host: 'db01', service: null, state: 'UNREACHABLE' })
    for (let index = 0; index < 250; index++)
      standIn.set({ host: HOST, service: `s${index}`, state: index % 2 === 0 ? 'WARNING' : 'OK' })
    standIn.acknowledge(HOST, 's0', { author: 'Bob', comment: 'x' })
    const { checks, asOf } = await api.readProblems()

    expect(asOf).toBe(clock.now())
    expect(checks.size).toBe(1 + 1 + 125)
    expect(checks.get(standIn.key('db01', null))).toMatchObject({
      state: 'UNREACHABLE',
      hostDisplayName: 'db01',
    })
    expect(checks.get(standIn.key(HOST, 's0'))).toMatchObject({
      acknowledged: true,
      acknowledgement: null,
      downtimes: null,
    })
    expect(checks.has(HOST)).toBe(false)
  })

  it.each([
    ['does not say whether a page follows', (body: object) => ({ ...body, scroll: undefined }), 231],
    ['gives fewer rows than asked for', cutTo(10), 30],
  ])('reads to the end where it %s', async (_, change, rows) => {
    for (let index = 0; index < 230; index++)
      standIn.set({ host: HOST, service: `s${index}`, state: 'WARNING' })
    standIn.answerWith((path, body) => (path.startsWith('/services') ? change(body as object) : body))

    expect((await api.readProblems()).checks.size).toBe(rows)
  })

  it('does not read a list for ever that ignores the page', async () => {
    standIn.answerWith((path, body) => {
      if (!path.startsWith('/services')) return body
      const Host = { id: 1, uuid: HOST, hostname: 'web01' }
      const row = { Host, Service: { id: 2, uuid: SERVICE }, Servicestatus: { currentState: 2 } }
      return { all_services: [row], scroll: { hasNextPage: true } }
    })

    expect((await api.readProblems()).checks.size).toBe(1)
    expect(standIn.requests.filter(({ url }) => url.startsWith('/services'))).toHaveLength(2)
  })

  it.each([401, 403, 404, 429, 500, 503, 'away', 'loses-answer', 'garbage'] as const)(
    'fails as a whole where the API fails: %s',
    async (fault) => {
      await standIn.behave(fault)
      const failure = await failureOf(api.readProblems())

      for (const secret of standIn.secrets)
        expect(`${failure.message}${failure.detail}`).not.toContain(secret)
    },
  )

  it('takes any JSON for an answer without falling over it', async () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(null, '', [], {}, [[]], 1e300, 'x'.repeat(1e5)))
    const row = fc.record(
      {
        Host: odd,
        Service: odd,
        Servicestatus: odd,
        Hoststatus: odd,
        DowntimeService: odd,
        AcknowledgedService: odd,
      },
      { requiredKeys: [] },
    )
    const rows = fc.oneof(odd, fc.array(fc.oneof(odd, row)))
    await fc.assert(
      fc.asyncProperty(rows, odd, async (list, scroll) => {
        standIn.answerWith((path) => ({
          [path.startsWith('/hosts') ? 'all_hosts' : 'all_services']: list,
          all_service_downtimes: list,
          all_acknowledgements: list,
          scroll,
        }))
        for (const call of [() => api.readProblems(), () => api.read([target(HOST, SERVICE)])]) {
          const error = await call().then(
            () => null,
            (thrown: unknown) => thrown,
          )
          if (error !== null) expect(error).toBeInstanceOf(Failure)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('examining openITCOCKPIT', () => {
  it('finds all well, and says what it could not try', async () => {
    const findings = await api.examine()

    expect(findings.every(({ ok }) => ok)).toBe(true)
    expect(findings.map(({ what }) => what)).toEqual([
      'reach',
      'credentials',
      'right to acknowledge',
      'read hosts',
      'read services',
      'read acknowledgements',
      'read downtimes',
    ])
    expect(findings[2]?.found).toContain('cannot be tried')
    expect(standIn.lines).toEqual([])
    expect(standIn.requests.some(({ url }) => url.includes('submit'))).toBe(false)
  })

  it.each([
    ['away', 'reach'],
    ['garbage', 'reach'],
    [404, 'reach'],
    [500, 'reach'],
    [401, 'credentials'],
    [403, 'read hosts'],
  ] as const)('says where it ends: %s at %s', async (fault, what) => {
    await standIn.behave(fault)
    const wrong = (await api.examine()).find((finding) => !finding.ok && finding.what === what)

    expect(wrong?.advice).not.toBeNull()
    for (const secret of standIn.secrets) expect(JSON.stringify(wrong)).not.toContain(secret)
  })

  it('names the right that is missing', async () => {
    standIn.forbid('/nagios_module', '/downtimes')
    const wrong = (await api.examine()).filter(({ ok }) => !ok)

    expect(wrong.map(({ advice }) => advice)).toEqual([
      'Let the role of the API user use NagiosModule / Cmd / index and submit.',
      'Let the role of the API user use Downtimes / host and service.',
    ])
  })

  it('sees when it is shown nothing', async () => {
    standIn.forget(HOST, null)
    const hosts = (await api.examine()).find(({ what }) => what === 'read hosts')

    expect(hosts).toMatchObject({ ok: false, advice: 'Give the API user containers that hold the hosts.' })
  })
})

function cutTo(rows: number) {
  return (body: object) => {
    const { all_services: all = [] } = body as { all_services?: unknown[] }
    return { all_services: all.slice(0, rows) }
  }
}
