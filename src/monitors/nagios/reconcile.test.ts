import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type NagiosStandIn, startNagiosStandIn } from '../../../test/support/monitors/nagios.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import type { MonitorApi, Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import { nagios } from './index.ts'

const clock = new TestClock()
const log = new TestLog()
let api: MonitorApi

function connect(settings: object): MonitorApi {
  const around = { name: 'dc1', clock, system: clock, log, proxy: null }
  const connected = nagios.connect(nagios.config.parse({ kind: 'nagios', ...settings }), around)
  if (connected === null) throw new Error('It is not connected.')
  return connected
}

function target(host: string, service: string | null): Target {
  return { key: keyOfNames(host, service), host, service, episode: null, labels: null }
}

const failure = (code: string, kind: string) => expect.objectContaining({ code, retry: { kind } })

describe('a reading by Livestatus', () => {
  let standIn: NagiosStandIn

  beforeEach(async () => {
    standIn = await startNagiosStandIn({ now: clock.now })
    api = connect(standIn.settings)
  })

  afterEach(async () => {
    await api.close()
    await standIn.close()
    expect(clock.pending).toBe(0)
  })

  it('has every check that was asked for and is there', async () => {
    standIn.set({ host: 'web01', service: null, state: 'UP', hostDisplayName: 'Web server 1' })
    standIn.set({
      host: 'web01',
      service: 'HTTP',
      state: 'WARNING',
      output: 'slow\u0007',
      serviceDisplayName: 'Home page',
    })
    standIn.set({ host: 'web01', service: 'Disk /', state: 'UNKNOWN', hard: false })
    standIn.set({ host: 'zoë', service: null, state: 'UNREACHABLE' })
    standIn.acknowledge('web01', 'HTTP', { author: 'Bob', comment: 'mine', sticky: false })
    standIn.downtime('zoë', null, true)

    const { asOf, checks } = await api.read([
      target('web01', null),
      target('web01', 'HTTP'),
      target('web01', 'Disk /'),
      target('zoë', null),
      target('gone', null),
      target('web01', 'a\n\nGET hosts'),
    ])

    expect(asOf).toBe(clock.now())
    expect([...checks.keys()].sort()).toEqual(['web01', 'web01\u001fDisk /', 'web01\u001fHTTP', 'zoë'])
    expect(checks.get('web01\u001fHTTP')).toEqual({
      key: 'web01\u001fHTTP',
      host: 'web01',
      service: 'HTTP',
      hostDisplayName: 'Web server 1',
      serviceDisplayName: 'Home page',
      state: 'WARNING',
      hard: true,
      output: 'slow',
      since: clock.now(),
      acknowledged: true,
      acknowledgement: { author: 'Bob', comment: 'mine', at: clock.now(), until: null, sticky: false },
      inDowntime: false,
      downtimes: [],
      isFlapping: false,
    })
    expect(checks.get('web01\u001fDisk /')).toMatchObject({
      state: 'UNKNOWN',
      hard: false,
      acknowledgement: null,
    })
    expect(checks.get('zoë')).toMatchObject({
      state: 'UNREACHABLE',
      inDowntime: true,
      downtimes: [{ reference: '2', author: 'operator', comment: 'by hand' }],
    })
    expect(standIn.requests.join('\n')).not.toContain('GET hosts\n\n')
  })

  it('has every problem, and nothing that is well', async () => {
    standIn.set({ host: 'web01', service: null, state: 'DOWN' })
    standIn.set({ host: 'web01', service: 'HTTP', state: 'CRITICAL' })
    standIn.set({ host: 'web01', service: 'Disk /', state: 'OK' })

    expect([...(await api.readProblems()).checks.keys()].sort()).toEqual(['web01', 'web01\u001fHTTP'])
  })

  it('asks for many in parts', async () => {
    const targets = Array.from({ length: 250 }, (_, at) => target(`h${at}`, at % 2 === 0 ? null : 's'))
    for (const { host, service } of targets)
      standIn.set({ host, service, state: service === null ? 'UP' : 'OK' })

    expect((await api.read(targets)).checks.size).toBe(250)
    expect((await api.read([])).checks.size).toBe(0)
  })

  it('takes the newest words of an acknowledgement, and none when only the words are left', async () => {
    standIn.set({ host: 'web01', service: null, state: 'DOWN' })
    standIn.acknowledge('web01', null, { author: 'Ann', comment: 'first' })
    standIn.acknowledge('web01', null, { author: 'Bob', comment: 'second' })
    const read = async () => (await api.read([target('web01', null)])).checks.get('web01')

    expect((await read())?.acknowledgement).toMatchObject({ author: 'Bob', comment: 'second', sticky: true })
    standIn.unacknowledge('web01', null)
    expect(await read()).toMatchObject({ acknowledged: false, acknowledgement: null })
  })

  it.each([
    ['away', 'unavailable', 'later'],
    ['loses-answer', 'unavailable', 'later'],
    ['garbage', 'invalid', 'later'],
    [403, 'unauthorized', 'later'],
    [404, 'rejected', 'never'],
    [503, 'unavailable', 'later'],
  ] as const)('fails when it is %s', async (fault, code, retry) => {
    await standIn.behave(fault)
    await expect(api.readProblems()).rejects.toEqual(failure(code, retry))
    const [finding] = await api.examine()
    expect(finding).toMatchObject({
      what: expect.stringContaining('livestatus'),
      ok: false,
      advice: expect.stringMatching(/./),
    })
    await standIn.behave('well')
    await expect(api.readProblems()).resolves.toBeDefined()
  })

  it('is given up after 10 s', async () => {
    await standIn.behave('hangs')
    const result = api.readProblems().catch((error: unknown) => error)
    await expect.poll(() => standIn.requests.length).toBe(1)
    await clock.advance(10_000, async () => undefined)
    expect(await result).toEqual(failure('timeout', 'later'))
  })

  it.each([
    ['cut in the middle', Buffer.from('200          99\n[["4.4.6"'), 'unavailable'],
    ['empty', Buffer.from(''), 'invalid'],
    ['shorter than its head', Buffer.from('200 '), 'invalid'],
    ['no JSON', Buffer.from('200           3\n[[\n'), 'invalid'],
    ['no list', Buffer.from('200           3\n{}\n'), 'invalid'],
    ['a list of something else', Buffer.from('200           4\n[1]\n'), 'invalid'],
    ['too big', Buffer.from('200     9999999\n[]'), 'invalid'],
    ['refused', Buffer.from('452          10\nbad filter'), 'rejected'],
  ])('fails when an answer is %s', async (_, answer, code) => {
    standIn.answerWith(answer)
    await expect(api.readProblems()).rejects.toMatchObject({ code })
  })

  it('is stopped when it does not end', async () => {
    standIn.answerWith(Buffer.alloc(6 * 1024 * 1024, 'x'))
    await expect(api.readProblems()).rejects.toThrow(/5 MiB/)
  })

  it('does without rows and bytes that make no sense', async () => {
    standIn.set({ host: 'web01', service: null, state: 'DOWN' })
    await api.readProblems()
    const row = (name: unknown, state: unknown): string =>
      JSON.stringify([name, '', state, 1, 1, 0, 0, 0, 'é', 1, 0])
    const text = `[${[row('ok', 1), row('', 1), row(7, 1), row('x', 'down'), '[]', 'null'].slice(0, 5).join()}]`
    const bytes = Buffer.from(text, 'latin1')
    standIn.answerWith(Buffer.concat([Buffer.from(`200 ${String(bytes.length).padStart(11)}\n`), bytes]))
    const { checks } = await api.read([target('ok', null)])

    expect([...checks.values()]).toMatchObject([{ key: 'ok', state: 'DOWN', output: '\ufffd' }])
  })

  it('fails in words or succeeds, whatever comes', async () => {
    const bodies = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
    )
    await fc.assert(
      fc.asyncProperty(bodies, async (text) => {
        const bytes = Buffer.from(text)
        standIn.answerWith(Buffer.concat([Buffer.from(`200 ${String(bytes.length).padStart(11)}\n`), bytes]))
        await api.readProblems().catch((error: unknown) => expect(error).toMatchObject({ name: 'Failure' }))
      }),
      { numRuns: 60 },
    )
  })

  it('is tried by doctor', async () => {
    expect(await api.examine()).toMatchObject([
      { ok: true },
      { what: 'read', ok: false, advice: expect.any(String) },
    ])
    standIn.set({ host: 'web01', service: null, state: 'UP' })
    expect(await api.examine()).toMatchObject([
      { what: 'livestatus', ok: true, found: expect.stringContaining('4.4.6'), advice: null },
      { what: 'read', ok: true, advice: null },
    ])
  })
})

describe('a reading by statusjson.cgi', () => {
  const asked: URLSearchParams[] = []
  let server: Server
  let answer: (query: URLSearchParams) => { status?: number; text: string }
  const PASSWORD = 'p:ä-secret'

  beforeEach(async () => {
    asked.length = 0
    server = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams
      asked.push(query)
      const { status = 200, text } = answer(query)
      response.writeHead(status).end(text)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/nagios4/cgi-bin/statusjson.cgi`
    api = connect({ statusJson: { url, user: 'u', password: PASSWORD } })
  })

  afterEach(async () => {
    await api.close()
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })

  const NOW = 1_795_291_200_000
  const json = (data: object, result: object = {}): { text: string } => ({
    text: JSON.stringify({
      format_version: 0,
      result: {
        query_time: NOW,
        last_data_update: NOW - 4_000,
        type_code: 0,
        type_text: 'Success',
        message: '',
        ...result,
      },
      data,
    }),
  })
  const missing = (what: string): { text: string } =>
    json({}, { type_code: 6, message: `The ${what} could not be found.`, last_data_update: undefined })
  const state = {
    plugin_output: 'broken',
    status: 16,
    has_been_checked: true,
    state_type: 1,
    last_state_change: NOW - 60_000,
    problem_has_been_acknowledged: true,
    acknowledgement_type: 2,
    is_flapping: false,
    scheduled_downtime_depth: 0,
  }
  const comment = {
    comment_id: 3,
    entry_type: 4,
    entry_time: NOW - 1_000,
    expires: false,
    expire_time: 0,
    host_name: 'web01',
    service_description: 'HTTP',
    author: 'Ann',
    comment_data: 'on it',
  }

  it('is as old as the data of the monitor, and a second that both times may hide', async () => {
    answer = () => json({ hostlist: {}, servicelist: {}, commentlist: {}, downtimelist: {} })
    expect((await api.readProblems()).asOf).toBe(clock.now() - 5_000)
    answer = () => json({}, { last_data_update: NOW + 9_000 })
    expect((await api.readProblems()).asOf).toBe(clock.now() - 1_000)
  })

  it('asks for one check and its words, and takes the answer for that check', async () => {
    answer = (query) => {
      if (query.get('query') === 'service')
        return json({ service: { ...state, host_name: 'web01', description: '' } })
      if (query.get('query') === 'commentlist')
        return json({ commentlist: { 3: { ...comment, service_description: '' } } })
      return json({ downtimelist: {} })
    }
    const of = target('web01', 'Größe & = ; +')
    const { checks } = await api.read([of])

    expect(asked.map((query) => query.get('query'))).toEqual(['service', 'commentlist', 'downtimelist'])
    for (const query of asked) expect(query.get('servicedescription')).toBe('Größe & = ; +')
    expect([...checks.values()]).toEqual([
      {
        key: of.key,
        host: 'web01',
        service: 'Größe & = ; +',
        hostDisplayName: null,
        serviceDisplayName: null,
        state: 'CRITICAL',
        hard: true,
        output: 'broken',
        since: NOW - 60_000,
        acknowledged: true,
        acknowledgement: { author: 'Ann', comment: 'on it', at: NOW - 1_000, until: null, sticky: true },
        inDowntime: false,
        downtimes: [],
        isFlapping: false,
      },
    ])
  })

  it.each([
    [1, 'OK', false],
    [2, 'OK', true],
    [4, 'WARNING', true],
    [8, 'UNKNOWN', true],
    [16, 'CRITICAL', true],
  ])('reads the status %i of a service', async (status, is, hard) => {
    answer = () => json({ service: { ...state, status } })
    expect([...(await api.read([target('web01', 'HTTP')])).checks.values()]).toMatchObject([
      { state: is, hard },
    ])
  })

  it.each([
    [1, 'UP', false],
    [2, 'UP', true],
    [4, 'DOWN', true],
    [8, 'UNREACHABLE', true],
  ])('reads the status %i of a host', async (status, is, hard) => {
    answer = () => json({ host: { ...state, status } })
    expect([...(await api.read([target('web01', null)])).checks.values()]).toMatchObject([
      { state: is, hard },
    ])
    answer = () => json({ host: { ...state, status, state_type: 0 } })
    expect([...(await api.read([target('web01', null)])).checks.values()]).toMatchObject([{ hard: false }])
  })

  it('leaves out what is not there, and what has no state that is known', async () => {
    answer = () => missing("service 'x' on host 'y'")
    const reading = await api.read([target('web01', 'HTTP'), target('web02', null)])
    expect(reading.checks.size).toBe(0)
    expect(reading.asOf).toBe(clock.now())
    answer = () => json({ service: { ...state, status: 99 }, host: { ...state, status: 16 } })
    expect((await api.read([target('web01', 'HTTP'), target('web02', null)])).checks.size).toBe(0)
  })

  it('never takes the words of a service whose name is hidden for those of its host', async () => {
    const hidden = { ...comment, service_description: '' }
    const { service_description: _, ...ofHost } = { ...comment, host_name: 'web02' }
    const downtime = {
      downtime_id: 1,
      host_name: 'web01',
      service_description: '',
      author: 'a',
      comment: 'b',
      start_time: 1,
      end_time: 2,
    }
    answer = (query) => {
      switch (query.get('query')) {
        case 'hostlist':
          return json({
            hostlist: {
              web01: { ...state, name: 'web01', status: 4 },
              web02: { ...state, name: 'web02', status: 4 },
            },
          })
        case 'servicelist':
          return json({
            servicelist: { web01: { '(null)': { ...state, host_name: 'web01', description: '' } } },
          })
        case 'commentlist':
          return json({ commentlist: { 1: hidden, 2: ofHost } })
        default:
          return json({ downtimelist: { 1: downtime } })
      }
    }
    const { checks } = await api.readProblems()
    expect([...checks.keys()]).toEqual(['web01', 'web02'])
    expect(checks.get('web01')).toMatchObject({ acknowledged: true, acknowledgement: null, downtimes: [] })
    expect(checks.get('web02')?.acknowledgement).toMatchObject({ author: 'Ann' })
  })

  it('takes long lists page by page', async () => {
    answer = (query) => {
      if (query.get('query') !== 'servicelist') return json({})
      const start = Number(query.get('start'))
      const count = Math.max(0, Math.min(1000, 2500 - start))
      const services = Array.from({ length: count }, (_, at) => [
        `s${start + at}`,
        { ...state, host_name: 'web01', description: `s${start + at}` },
      ])
      return json({ servicelist: { web01: Object.fromEntries(services), web02: {} } })
    }
    expect((await api.readProblems()).checks.size).toBe(2500)
  })

  it.each([
    ['a wrong password', { status: 401, text: '' }, 'unauthorized', /Check user and password/],
    ['no right', { status: 403, text: '' }, 'unauthorized', /Check user and password/],
    ['another address', { status: 404, text: '' }, 'not_found', /has to be that of statusjson\.cgi/],
    ['a page', { text: '<html>' }, 'invalid', /has to be that of statusjson\.cgi/],
    ['other JSON', { text: '{"result":[]}' }, 'invalid', /has to be that of statusjson\.cgi/],
    ['a monitor that does not run', { text: '' }, 'unavailable', /run/],
    ['a program that broke off', { status: 500, text: '' }, 'unavailable', /run/],
    ['an error of its own', json({}, { type_code: 3 }), 'rejected', /statusjson/],
    ['data of no time', json({}, { last_data_update: 0 }), 'unavailable', /run/],
    ['data of a monitor that died', json({}, { last_data_update: NOW - 660_000 }), 'unavailable', /run/],
  ])('fails for %s, and doctor has advice', async (_, given, code, advice) => {
    answer = () => given
    const error = await api.readProblems().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'Failure', code })
    const findings = await api.examine()
    expect(findings.at(-1)).toMatchObject({
      what: expect.stringContaining('statusjson.cgi'),
      ok: false,
      advice: expect.stringMatching(advice),
    })
    const told = JSON.stringify([findings, error, (error as { detail?: string }).detail]) + log.text()
    expect(told).not.toContain('secret')
  })

  it('has advice for a user that may see nothing, and says how old the data is', async () => {
    answer = (query) =>
      query.get('query') === 'hostcount'
        ? json({ count: { up: 0, down: 0 } })
        : json({ programstatus: { version: '4.4.6' } })
    expect((await api.examine()).slice(1)).toMatchObject([
      { ok: true, found: expect.stringMatching(/4\.4\.6.* 4 s old/) },
      { what: 'read', ok: false, advice: expect.stringMatching(/authorized_for_all_hosts/) },
    ])
  })

  it('fails in words or succeeds, whatever comes', async () => {
    const odd = fc.jsonValue()
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('hostlist', 'servicelist', 'commentlist', 'downtimelist', 'host'), odd),
        odd,
        async (data, whole) => {
          answer = (query) =>
            query.get('query') === 'hostlist' ? { text: JSON.stringify(whole) } : json(data)
          await api.readProblems().catch((error: unknown) => expect(error).toMatchObject({ name: 'Failure' }))
          answer = () => json(data)
          await api.readProblems()
          await api.read([target('web01', null)])
        },
      ),
      { numRuns: 60 },
    )
  })
})
