import { describe, expect, it } from 'vitest'
import { PROGRAM, startCommand } from '../support/command.ts'
import { NOTIFY_KEY, startWorld, textOf, type World } from '../support/world.ts'

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Socket timeout' }
const MACROS = {
  NOTIFICATIONTYPE: 'PROBLEM',
  HOSTNAME: 'web01',
  HOSTSTATE: 'UP',
  SERVICEDESC: 'HTTP',
  SERVICESTATE: 'CRITICAL',
  SERVICEOUTPUT: 'Socket timeout',
}

function outcomes(body: { problems: { outcome: string }[] }): string[] {
  return body.problems.map(({ outcome }) => outcome)
}

describe('native notifications', () => {
  it('are answered with what became of each, in their order', async () => {
    const world = await startWorld()

    const { status, body } = await world.notify([
      CRITICAL,
      { ...CRITICAL, state: 'WARNING' },
      { ...CRITICAL, state: 'WARNING', output: 'still slow' },
      { ...CRITICAL, state: 'WARNING', output: 'still slow' },
      { ...CRITICAL, state: 'OK' },
      { ...CRITICAL, state: 'OK', output: 'again' },
      { host: 'db01', state: 'DOWN', time: 1_000_000_000 },
    ])

    expect(status).toBe(202)
    expect(body.accepted).toBe(7)
    expect(outcomes(body)).toEqual([
      'opened',
      'changed',
      'repeated',
      'duplicate',
      'closed',
      'recorded',
      'opened',
    ])
    const [opened, changed] = body.problems
    expect(opened).toEqual({
      id: changed.id,
      host: 'web01',
      service: 'HTTP',
      state: 'CRITICAL',
      outcome: 'opened',
    })
    expect(await world.history('&host=web01&kind=notification')).toHaveLength(6)
  })

  it('are all stored or none', async () => {
    const world = await startWorld()

    const { status, body } = await world.notify([CRITICAL, { host: 'db01' }, { state: 2 }])

    expect(status).toBe(400)
    expect(body).toMatchObject({
      error: 'invalid_notification',
      issues: [
        { path: '[1].state', message: 'is required' },
        { path: '[2].host', message: 'is required' },
      ],
    })
    expect(await world.history()).toEqual([])
    expect(world.messages()).toEqual([])
  })

  it('come up to a thousand at once', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    const many = Array.from({ length: 1_000 }, (_, n) => ({ host: `h${n}`, state: 'UP' }))

    expect((await world.post(many)).body.accepted).toBe(1_000)
    for (const wrong of [[], [...many, CRITICAL]]) {
      const { status, body } = await world.post(wrong)
      expect([status, body.issues]).toEqual([
        400,
        [{ path: '', message: 'has to hold 1 to 1000 notifications' }],
      ])
    }
    expect(await world.history('&host=web01')).toEqual([])
  })

  it('may say for which monitor they speak', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios } }' })

    await world.notify({ ...CRITICAL, monitor: 'dc1' })
    await world.notify({ ...CRITICAL, monitor: 'openitcockpit' })
    await world.notify({ ...CRITICAL, monitor: null })

    expect(world.messages().map(({ text }) => /\((\w+)\)$/.exec(text)?.[1])).toEqual([
      'dc1',
      'openitcockpit',
      'native',
    ])
    const unknown = await world.notify([CRITICAL, { ...CRITICAL, monitor: 'dc9' }])
    expect([unknown.status, unknown.body.error]).toEqual([404, 'unknown_monitor'])
    // The same check as the monitor's own notification: its recovery closes the problem.
    const closed = await world.notify(
      { ...MACROS, NOTIFICATIONTYPE: 'RECOVERY', SERVICESTATE: 'OK' },
      { path: '/notify/dc1' },
    )
    expect(outcomes(closed.body)).toEqual(['closed'])
  })

  it('choose a channel only with a key that permits that channel', async () => {
    const world = await startWorld()
    const { database } = world.playground.channels
    const made = await world.command('keys', 'add', 'dba', '--monitor', '*', '--channel', database)
    const headers = { authorization: `Bearer ${made.stdout.trim()}` }

    expect((await world.notify({ ...CRITICAL, channel: database })).status).toBe(403)
    expect(
      (await world.notify({ ...CRITICAL, channel: world.playground.channels.alerts }, { headers })).status,
    ).toBe(403)
    expect((await world.notify({ ...CRITICAL, channel: database }, { headers })).status).toBe(202)

    expect(world.messages()).toEqual([])
    expect(world.card('web01', database).text).toContain('CRITICAL web01 / HTTP')
  })

  it('with the same id count once, also in one request and after a restart', async () => {
    const world = await startWorld()
    const one = { ...CRITICAL, id: 'n-1' }

    expect(outcomes((await world.notify([one, one])).body)).toEqual(['opened', 'duplicate'])
    await world.restart()
    expect(outcomes((await world.notify(one)).body)).toEqual(['duplicate'])
    await world.advance(25 * 3_600_000)
    expect(outcomes((await world.notify(one)).body)).toEqual(['repeated'])
  })

  it('with odd characters in what identifies them are found again', async () => {
    const world = await startWorld()
    for (const odd of ['\\ud800', '\\u0000', 'İ', '😀', "' OR 1=1 --", '%', '__proto__']) {
      const body = `{"host":"h${odd}","key":"k${odd}","id":"i${odd}","episode":"e${odd}","state":1`

      expect(outcomes((await world.notify(`${body}}`)).body)).toEqual(['opened'])
      expect(outcomes((await world.notify(`${body},"output":"2","id":"2${odd}"}`)).body)).toEqual([
        'repeated',
      ])
      expect(outcomes((await world.notify(`${body},"output":"3"}`)).body)).toEqual(['duplicate'])
    }
  })
})

describe('what a monitor of the Nagios family sends', () => {
  const form = new URLSearchParams(MACROS).toString()
  const cli = {
    cli: 1,
    time: '1795291200.250',
    id: 'r-1',
    type: 'Service',
    notificationtype: 'PROBLEM',
    hostname: 'web01',
    hoststate: '0',
    servicedesc: 'HTTP',
    servicestate: '2',
    output: 'Socket timeout',
  }

  it.each([
    ['nagios', 'JSON of its macros', MACROS, 'application/json'],
    ['nagios', 'a form of its macros', form, 'application/x-www-form-urlencoded'],
    ['nagios', 'a form with a charset', form, 'application/x-www-form-urlencoded; charset=UTF-8'],
    ['nagios', 'JSON without a type', JSON.stringify(MACROS), ''],
    ['nagios', 'the flags of the command', cli, 'application/json'],
    ['openitcockpit', 'JSON of its macros', MACROS, 'application/json; charset=utf-8'],
    ['openitcockpit', 'a form of its macros', form, 'application/x-www-form-urlencoded'],
    ['openitcockpit', 'the flags of the command', cli, 'application/json'],
  ])('becomes a card: %s, %s', async (kind, _what, body, type) => {
    const world = await startWorld()

    const answer = await world.notify(body, { path: `/notify/${kind}`, headers: { 'content-type': type } })

    expect(answer.status).toBe(202)
    expect(answer.body.problems).toMatchObject([
      { host: 'web01', service: 'HTTP', state: 'CRITICAL', outcome: 'opened' },
    ])
    expect(world.card().text).toBe(`CRITICAL web01 / HTTP: Socket timeout (${kind})`)
  })

  it('is stored as far as it is understood; the rest is in the record', async () => {
    const world = await startWorld()

    const { status, body } = await world.notify([MACROS, { HOSTNAME: 'db01' }, 7], { path: '/notify/nagios' })

    expect([status, body.accepted]).toEqual([202, 1])
    expect(await world.history('&kind=rejected')).toMatchObject([
      {
        monitor: 'nagios',
        through: 'monitor',
        outcome: expect.stringContaining('notificationtype is required'),
      },
      { monitor: 'nagios', outcome: expect.stringContaining('has to be an object') },
    ])
    expect(await world.metric('ackbridge_notifications_rejected_total', 'kind="nagios"')).toBe(2)
    expect(await world.metric('ackbridge_notifications_total', 'outcome="opened"')).toBe(1)
  })

  it('adds no more than a hundred lines and a sum to the record, however much is not understood', async () => {
    const world = await startWorld()

    const { status } = await world.notify([MACROS, ...Array(400).fill(7)], { path: '/notify/nagios' })

    expect(status).toBe(202)
    const lines = await world.record({ kinds: ['rejected'] })
    expect(lines).toHaveLength(101)
    expect(lines.at(-1)?.outcome).toBe('300 more were not understood')
    expect(await world.metric('ackbridge_notifications_rejected_total', 'kind="nagios"')).toBe(400)
  })

  it.each([
    ['JSON that says nothing', '{"HOSTNAME":"db01"}', 'notificationtype is required'],
    ['no JSON at all', '{"HOSTNAME":', 'is not JSON'],
  ])(
    'is refused only if nothing of it is understood, and is in the record: %s',
    async (_what, sent, reason) => {
      const world = await startWorld()

      const { status, body } = await world.notify(sent, { path: '/notify/nagios' })

      expect([status, body.error]).toEqual([400, 'invalid_notification'])
      expect(await world.history('&kind=rejected')).toMatchObject([
        { outcome: expect.stringContaining(reason), detail: sent },
      ])
      expect(await world.metric('ackbridge_notifications_rejected_total')).toBe(1)
    },
  )

  it('counts once for all contacts of one notification', async () => {
    const world = await startWorld()
    const sent = { ...MACROS, SERVICENOTIFICATIONID: '17' }

    await world.notify({ ...sent, CONTACTNAME: 'ann' }, { path: '/notify/nagios' })
    const second = await world.notify({ ...sent, CONTACTNAME: 'ben' }, { path: '/notify/nagios' })

    expect(outcomes(second.body)).toEqual(['duplicate'])
    expect(world.messages()).toHaveLength(1)
  })

  it('opens a new problem when the monitor counts a new one', async () => {
    const world = await startWorld()
    await world.notify({ ...MACROS, SERVICEPROBLEMID: '4' }, { path: '/notify/nagios' })
    await world.notify(
      { ...MACROS, SERVICEPROBLEMID: '5', SERVICEOUTPUT: 'again' },
      { path: '/notify/nagios' },
    )

    expect(world.messages()).toHaveLength(2)

    const recovery = { ...MACROS, NOTIFICATIONTYPE: 'RECOVERY', SERVICESTATE: 'OK', SERVICEPROBLEMID: '0' }
    const old = await world.notify({ ...recovery, LASTSERVICEPROBLEMID: '4' }, { path: '/notify/nagios' })
    const now = await world.notify(
      { ...recovery, LASTSERVICEPROBLEMID: '5', SERVICEOUTPUT: 'ok' },
      { path: '/notify/nagios' },
    )
    expect([...outcomes(old.body), ...outcomes(now.body)]).toEqual(['stale', 'closed'])
  })

  it('shows what else it says on the card: an acknowledgement, flapping, a downtime, a word of somebody', async () => {
    const world = await startWorld()
    const say = (type: string, more = {}) =>
      world.notify({ ...MACROS, NOTIFICATIONTYPE: type, ...more }, { path: '/notify/nagios' })
    await say('PROBLEM')

    await say('ACKNOWLEDGEMENT', { NOTIFICATIONAUTHOR: 'Nina', NOTIFICATIONCOMMENT: 'on my way' })
    expect(textOf(world.card())).toContain('Nina has it')
    expect(textOf(world.card())).toContain('on my way')
    for (const type of [
      'FLAPPINGSTART',
      'FLAPPINGSTOP',
      'FLAPPINGDISABLED',
      'DOWNTIMESTART',
      'DOWNTIMEEND',
      'DOWNTIMECANCELLED',
      'CUSTOM',
    ]) {
      await world.advance(61_000)
      expect(outcomes((await say(type)).body)).toEqual(['recorded'])
    }

    expect(world.messages()).toHaveLength(1)
    expect(world.thread()).toHaveLength(8)
  })
})

describe('the monitor in the address', () => {
  const names = (world: World, path: string) =>
    world.post(MACROS, { path }).then(({ status, body }) => [status, body.error])

  it('may be a kind, configured or not, or the name of a configured one', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios } }' })

    await world.notify(MACROS, { path: '/notify/nagios' })
    await world.notify(MACROS, { path: '/notify/dc1' })
    await world.notify(MACROS, { path: '/notify/openitcockpit' })

    // The kind of which one is configured is that one.
    expect(world.messages().map(({ text }) => /\((\w+)\)$/.exec(text)?.[1])).toEqual(['dc1', 'openitcockpit'])
    expect(await names(world, '/notify/dc2')).toEqual([404, 'unknown_monitor'])
    expect(await names(world, '/notify/constructor')).toEqual([404, 'unknown_monitor'])
  })

  it('has to be a name where several are of a kind', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios }, dc2: { kind: nagios } }' })

    const { status, body } = await world.post(MACROS, { path: '/notify/nagios' })

    expect([status, body.error]).toEqual([404, 'unknown_monitor'])
    expect(body.message).toContain('dc1, dc2')
    expect((await world.post(MACROS, { path: '/notify/dc2' })).status).toBe(202)
  })

  it('may be followed by the key, for senders that can set nothing but an address', async () => {
    const world = await startWorld()

    const path = `/notify/nagios/${NOTIFY_KEY}`
    expect((await world.notify(MACROS, { path, key: null })).status).toBe(202)
    expect((await world.notify(MACROS, { path: '/notify/nagios/wrong' })).status).toBe(401)
  })
})

describe('a command line of a monitor', () => {
  const UUID = 'c36b8048-93ce-4385-ac19-ab5c90574b77'
  const SERVICE = '74f14950-a58f-4f18-b6c3-5cfa9dffef4e'
  const HOST_LINE =
    'cake SlackModule.SlackNotification --type Host --notificationtype $NOTIFICATIONTYPE$ --hostname "$HOSTNAME$" --hostaddress "$HOSTADDRESS$" --hoststate "$HOSTSTATEID$" --output "$HOSTOUTPUT$"'
  const SERVICE_LINE =
    'cake SlackModule.SlackNotification --type Service --notificationtype $NOTIFICATIONTYPE$ --hostname "$HOSTNAME$" --hostaddress "$HOSTADDRESS$" --hoststate "$HOSTSTATEID$" --servicedesc "$SERVICEDESC$" --servicestate "$SERVICESTATEID$" --output "$SERVICEOUTPUT$"'
  const VALUES = {
    NOTIFICATIONTYPE: 'PROBLEM',
    HOSTNAME: UUID,
    HOSTADDRESS: '192.0.2.1',
    HOSTSTATEID: '0',
    SERVICEDESC: SERVICE,
    SERVICESTATEID: '2',
    SERVICEOUTPUT: 'HTTP CRITICAL - HTTP/1.1 500',
    HOSTOUTPUT: 'PING CRITICAL - Packet loss = 100%',
  }

  /** Does what the monitoring engine does: fills in the macros and hands the line to a shell. */
  async function runs(world: World, line: string, values: Record<string, string>): Promise<void> {
    const filled = line.replace(/\$([A-Z]+)\$/g, (whole, name: string) => values[name] ?? whole)
    const env = { ACKBRIDGE_URL: world.url, ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY }
    const command = filled.replace(/^cake/, () => `${PROGRAM} notify`)
    const { code, stderr } = await startCommand([command], env, world.folder, ['/bin/sh', '-c']).ended
    expect([code, stderr]).toEqual([0, ''])
    await world.drain()
  }

  it('of openITCOCKPIT for hosts becomes a card, and its recovery ends it', async () => {
    const world = await startWorld()

    await runs(world, HOST_LINE, { ...VALUES, HOSTSTATEID: '1' })
    expect(world.card().text).toBe(`DOWN ${UUID}: PING CRITICAL - Packet loss = 100% (openitcockpit)`)

    await runs(world, HOST_LINE, { ...VALUES, NOTIFICATIONTYPE: 'RECOVERY', HOSTOUTPUT: 'PING OK' })
    expect(world.card().text).toBe(`UP ${UUID}: PING OK (openitcockpit)`)
    expect(JSON.stringify(world.card())).not.toContain('"button"')
  })

  it('of openITCOCKPIT for services becomes a card, with a name where one is given', async () => {
    const world = await startWorld()
    const line = `${SERVICE_LINE} --hostdisplayname '$HOSTDISPLAYNAME$' --servicedisplayname '$SERVICEDISPLAYNAME$'`

    await runs(world, SERVICE_LINE, VALUES)
    expect(world.card().text).toBe(
      `CRITICAL ${UUID} / ${SERVICE}: HTTP CRITICAL - HTTP/1.1 500 (openitcockpit)`,
    )

    const named = {
      HOSTDISPLAYNAME: 'web01',
      SERVICEDISPLAYNAME: 'HTTP',
      SERVICESTATEID: '1',
      HOSTADDRESS: '',
    }
    await runs(world, line, { ...VALUES, ...named })
    expect(world.card().text).toContain('WARNING web01 / HTTP: ')
  })

  it('keeps an output that ends in a backslash, where the line has single quotes', async () => {
    const world = await startWorld()
    const line = SERVICE_LINE.replaceAll('"', "'")

    await runs(world, line, { ...VALUES, SERVICEOUTPUT: 'C:\\' })

    expect(world.card().text).toContain('CRITICAL')
    expect(textOf(world.card())).toContain('C:\\')
  })

  it('may name its monitor', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios } }' })
    const line = SERVICE_LINE.replace('SlackModule.SlackNotification', '--monitor dc1')

    await runs(world, line, VALUES)

    expect(world.card().text).toContain('(dc1)')
  })
})

describe('one notification for several contacts', () => {
  it('counts once, also where the monitor gives no number and each run of the command makes its own id', async () => {
    const world = await startWorld()
    const run = (id: string, output: string) =>
      world.notify(
        { cli: 1, id, type: 'Host', notificationtype: 'PROBLEM', hostname: 'web01', hoststate: '1', output },
        { path: '/notify/nagios' },
      )
    const outcome = async (answer: ReturnType<typeof run>) => (await answer).body.problems[0].outcome

    expect(await outcome(run('0b5c6f0e-7f1c-4d0e-9a57-3f1f2f7f0a01', 'no answer'))).toBe('opened')
    expect(await outcome(run('0b5c6f0e-7f1c-4d0e-9a57-3f1f2f7f0a02', 'no answer'))).toBe('duplicate')
    expect(await outcome(run('0b5c6f0e-7f1c-4d0e-9a57-3f1f2f7f0a03', 'still no answer'))).toBe('repeated')
    expect(await outcome(run('0b5c6f0e-7f1c-4d0e-9a57-3f1f2f7f0a01', 'no answer'))).toBe('duplicate')
  })
})
