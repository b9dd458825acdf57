import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notification } from '../../core/notification.ts'
import type { Intake } from '../monitor.ts'
import { EVENTS_MAX, notify as notifyOf } from './notify.ts'
import { readBody } from './read-body.ts'

type Given = Record<string, unknown>
const at = '2026-11-21T20:00:00.000Z'

const { bodies } = JSON.parse(readFileSync(new URL('./fixtures/bodies.json', import.meta.url), 'utf8')) as {
  bodies: readonly { title: string; body: Given }[]
}

const notify = (value: unknown, settings?: object): Intake =>
  notifyOf({ value }, { monitor: 'ids', settings })
const eve = (more: Given = {}, alert: Given = {}): Given => ({
  timestamp: '2026-11-21T20:00:00.000001+0000',
  flow_id: 1234567890,
  event_type: 'alert',
  src_ip: '203.0.113.7',
  src_port: 51234,
  dest_ip: '10.0.0.5',
  dest_port: 22,
  proto: 'TCP',
  alert: { action: 'allowed', gid: 1, signature_id: 9000001, signature: 'Scan', severity: 2, ...alert },
  ...more,
})
const clc = (more: Given = {}): Given => ({
  hostName: 'web01',
  reason: 'Scan',
  sourceIP: '203.0.113.7',
  sourcePort: '51234',
  destinationIP: '10.0.0.5',
  destinationPort: '22',
  startTime: '2026-11-21T20:00:00Z',
  severity: 'High',
  action: 'Deny',
  ...more,
})
const ds = (more: Given = {}): Given => ({
  EventType: 'PayloadLog',
  EventID: 1,
  TenantID: 7,
  Hostname: 'shop01',
  Reason: 'Scan',
  LogDate: '2026-11-21T20:00:00.000Z',
  SeverityString: 'High',
  SourceIP: '203.0.113.7',
  DestinationIP: '10.0.0.8',
  ...more,
})

function one(value: unknown): Notification {
  const { notifications, rejected } = notify(value)
  expect(rejected).toEqual([])
  expect(notifications).toHaveLength(1)
  return notifications[0] as Notification
}

/** What arrives as text, the way the route hands it in. */
function read(text: string, type = 'application/json', encoding: string | null = null): Intake | null {
  const headers: Record<string, string | null> = { 'content-type': type, 'content-encoding': encoding }
  const body = readBody({ bytes: Buffer.from(text), header: (name) => headers[name] ?? null, now: 0 })
  return body === null ? null : notifyOf(body, { monitor: 'ids' })
}

const sentences = ({ rejected }: Intake): string[] =>
  rejected.flat().map(({ path, message }) => `${path} ${message}`.trim())

describe.each([
  [
    'Suricata',
    eve,
    { src_ip: '198.51.100.1' },
    { dest_ip: '10.0.0.6' },
    { timestamp: '2026-11-21T20:00:01Z' },
  ],
  ['CenturyLink Cloud', clc, { sourceIP: '198.51.100.1' }, { hostName: 'web02' }, { sourcePort: '51235' }],
  ['Deep Security', ds, { SourceIP: '198.51.100.1' }, { Hostname: 'shop02' }, { EventID: 2 }],
])('a flood of %s', (_, event, otherSource, otherHost, next) => {
  const first = one(event())

  it('is one card, of which each event is one of its own', () => {
    const second = one(event(next))
    expect(second.key).toBe(first.key)
    expect(second.id).not.toBe(first.id)
  })

  it('is known again when it is sent again', () => {
    expect(one(event())).toEqual(first)
  })

  it('has a card for each source and each host', () => {
    const keys = [first, one(event(otherSource)), one(event(otherHost))].map(({ key }) => key)
    expect(new Set(keys).size).toBe(3)
  })
})

describe('an event', () => {
  it('that was let through does not hide among those that were blocked', () => {
    const blocked = one(eve({}, { action: 'blocked' }))
    const passed = one(eve({}, { action: 'allowed' }))
    expect(passed.key).not.toBe(blocked.key)
    expect(one(eve({ verdict: { action: 'drop' } })).key).toBe(blocked.key)
  })

  it.each([
    [1, 'CRITICAL'],
    [2, 'WARNING'],
    [3, 'WARNING'],
    [4, 'WARNING'],
    [255, 'WARNING'],
    ['1', 'CRITICAL'],
    [0, 'UNKNOWN'],
    [-1, 'UNKNOWN'],
    [null, 'UNKNOWN'],
    ['odd', 'UNKNOWN'],
  ])('of Suricata with the severity %s is %s', (severity, state) => {
    expect(one(eve({}, { severity })).state).toBe(state)
  })

  it.each([
    ['Critical', 'CRITICAL'],
    ['HIGH', 'CRITICAL'],
    ['medium', 'WARNING'],
    ['Low', 'WARNING'],
    ['4', 'UNKNOWN'],
    ['blue', 'UNKNOWN'],
    [null, 'UNKNOWN'],
  ])('of CenturyLink Cloud with the severity %s is %s', (severity, state) => {
    expect(one(clc({ severity })).state).toBe(state)
  })

  it.each([
    ['Deny', 'blocked'],
    ['Reset', 'blocked'],
    ['Drop', 'blocked'],
    ['Detect Only: Reset', 'let through'],
    ['IDS:Reset', 'let through'],
    ['Log Only', 'let through'],
    ['Allow', 'let through'],
    ['Delete Failed', 'let through'],
    ['Unable to quarantine', 'let through'],
    ['Unknown', 'seen'],
    [undefined, 'seen'],
  ])('whose action is %s was %s', (action, outcome) => {
    expect(one(clc({ action })).output).toBe(`${outcome} 203.0.113.7:51234 -> 10.0.0.5:22`)
  })

  it.each([
    [1, undefined, 'Deny (blocked)'],
    [0x82, undefined, 'Detect Only: Reset (let through)'],
    [6, 'Log Only', 'Log Only (let through)'],
    [99, undefined, undefined],
  ])('of Deep Security with the action %s %s says %s', (Action, ActionString, shown) => {
    const { fields } = one(ds({ Action, ActionString }))
    expect(fields?.find(({ label }) => label === 'Action')?.value).toBe(shown)
  })

  it.each([
    ['2026-11-21T20:00:00Z', 1795291200000],
    ['2026-11-21T21:00:00.25+0100', 1795291200250],
    ['2026-11-21 20:00:00', 1795291200000],
    ['2026-11-21 20:00:00.0 UTC', 1795291200000],
    [1795291200, 1795291200000],
    [1795291200123, 1795291200123],
    ['1795291200123456', 1795291200123],
    ['yesterday', null],
    [0, null],
    [-5, null],
    ['2026-13-41 25:00:00', null],
  ])('that began at %s has the time %s', (startTime, time) => {
    expect(one(clc({ startTime })).time).toBe(time)
  })

  it('stays quiet for as long as the monitor is configured', () => {
    expect(notify(clc()).notifications[0]?.quietMs).toBe(900_000)
    expect(notify(clc(), { quietSeconds: 60 }).notifications[0]?.quietMs).toBe(60_000)
  })

  it('names what is missing', () => {
    expect(sentences(notify({ reason: 'Scan' }))).toEqual(['hostName is required'])
    expect(sentences(notify({ hostName: 'web01' }))).toEqual(['reason is required'])
    expect(sentences(notify([eve(), { event_type: 'alert' }]))).toEqual([
      '[1].alert is required in an event of the type alert',
    ])
    expect(sentences(notify({ alert: {} }))).toEqual(['dest_ip is required where there is no host'])
    expect(sentences(notify({ EventType: 'PayloadLog' }))).toEqual(['Hostname is required'])
    expect(sentences(notify([]))).toEqual(['holds nothing to be told'])
  })

  it('without a time is not taken for one that was sent before', () => {
    expect(one(clc({ startTime: undefined })).id).toBeNull()
    expect(one(eve({ timestamp: undefined })).id).toBeNull()
    expect(one(ds({ EventID: undefined })).id).toBeNull()
  })
})

describe('a stream of Suricata', () => {
  const stats = { event_type: 'stats', timestamp: '2026-11-21T20:00:00.0+0000', stats: { uptime: 8 } }

  it('tells its alerts, and nothing of what else is in it', () => {
    const lines = [
      stats,
      eve(),
      { event_type: 'dns', dns: { rrname: 'a' } },
      { message: JSON.stringify(stats) },
    ]
    expect(notify(lines)).toMatchObject({ notifications: [{ host: '10.0.0.5' }], rejected: [], ignored: 3 })
  })

  it('is read line by line, and the lines that are no JSON are one fault', () => {
    const text = [JSON.stringify(eve()), '', 'broken {', JSON.stringify(stats), '}'].join('\r\n')
    const intake = read(text, 'application/x-ndjson')
    expect(intake).toMatchObject({ notifications: [{ host: '10.0.0.5' }], ignored: 1 })
    expect(sentences(intake as Intake)).toEqual(['line 3 and 1 others are not JSON'])
  })

  it('is split at line breaks, not at what JSON may hold in a text', () => {
    const line = JSON.stringify(eve({}, { signature: 'a\u2028b' }))
    expect(read(`${line}\n${line}`)?.notifications).toMatchObject([{ service: 'a b' }, { service: 'a b' }])
  })

  it('keeps flows of 64 bits apart', () => {
    const flow = (id: string) => JSON.stringify(eve()).replace('1234567890', id)
    const near = ['9223372036854775806', '9223372036854775807']
    for (const lines of [near.map(flow), near.map((id) => JSON.stringify({ message: flow(id) }))]) {
      const { notifications } = read(lines.join('\n')) as Intake
      expect(new Set(notifications.map(({ id }) => id)).size).toBe(2)
      expect(new Set(notifications.map(({ key }) => key)).size).toBe(1)
    }
  })

  it.each([
    'application/json',
    'text/plain; charset=UTF-8',
    '',
    'application/x-ndjson',
    'application/octet-stream',
  ])('is read as %j', (type) => {
    expect(read(`\ufeff${JSON.stringify(eve())}\n`, type)?.notifications).toHaveLength(1)
  })

  it('is left to others where it is compressed or says that it is something else', () => {
    expect(read('x', 'application/x-www-form-urlencoded')).toBeNull()
    expect(read('x', 'image/png')).toBeNull()
    expect(read('x', 'application/json', 'gzip')).toBeNull()
  })

  it.each(['', 'hello', '{"event_type":"alert"', '[', '['.repeat(500_000), '{\n"a": 1,\n"b": 2\n'])(
    'that is cut off or no JSON is refused (%#)',
    (text) => {
      const intake = read(text) as Intake
      expect(intake.notifications).toEqual([])
      expect(intake.rejected).toHaveLength(1)
    },
  )
})

describe('a forwarder', () => {
  const line = JSON.stringify(eve())

  it.each([
    ['Filebeat', { '@timestamp': at, message: line, event: { module: 'x' }, host: { name: 'edge' } }, 'edge'],
    ['Vector', { file: '/eve.json', host: 'edge', message: line, source_type: 'file' }, 'edge'],
    ['Fluent Bit', { date: 1795291200.5, log: `${line}\n` }, '10.0.0.5'],
    ['Fluentd in a container', { log: line, stream: 'stdout', kubernetes: { host: 'node1' } }, '10.0.0.5'],
    ['Logstash, which parsed it', { ...eve(), host: { name: 'edge' }, event: { original: line } }, 'edge'],
    ["Splunk's collector", { time: 1795291200, host: 'edge', sourcetype: 'eve', event: eve() }, 'edge'],
    ['Elasticsearch', { _index: 'i', _source: { message: line, host: { hostname: 'edge' } } }, 'edge'],
    ['Wazuh', { rule: { id: 86601 }, agent: { name: 'edge' }, data: eve() }, '10.0.0.5'],
    ['a nested object', { suricata: { eve: eve() } }, '10.0.0.5'],
    ['syslog', { message: `<134>1 ${at} ids01 suricata 412 - [x y="z"] @cee: ${line}` }, '10.0.0.5'],
    ['a list in a list', [[eve()]], '10.0.0.5'],
  ])('such as %s hands over the alert that it wraps', (_, wrapped, host) => {
    expect(one(wrapped)).toMatchObject({ host, service: 'Scan', time: 1795291200000, address: '10.0.0.5' })
  })

  it('lets the sensor keep its own name', () => {
    expect(one({ host: 'edge', message: JSON.stringify(eve({ host: 'ids01' })) }).host).toBe('ids01')
  })
})

describe('one request', () => {
  it(`takes ${EVENTS_MAX} events, and says how many it did not take`, () => {
    const intake = notify(Array.from({ length: EVENTS_MAX + 7 }, (_, n) => clc({ sourcePort: String(n) })))
    expect(intake.notifications).toHaveLength(EVENTS_MAX)
    expect(sentences(intake)).toEqual([expect.stringContaining('7 were not taken')])
  })

  it('of nothing but faults tells twenty of them, and how many more there are', () => {
    const intake = notify(Array.from({ length: 3_000 }, () => 1))
    expect(intake.rejected).toHaveLength(21)
    expect(sentences(intake).at(-1)).toBe('holds 2980 more that cannot be read')
  })

  it('of more faults than a body holds events is not read to its end, and says so', () => {
    const intake = notify([...Array.from({ length: 3_000 }, () => 1), eve()])
    expect(intake.notifications).toEqual([])
    expect(sentences(intake).at(-1)).toBe(
      'holds 2980 more that cannot be read; what follows them was not read',
    )
  })

  it('of more broken lines than a body holds events is not read to its end, and says so', () => {
    const text = [...Array.from({ length: 3_000 }, () => '{x}'), JSON.stringify(eve()), '{x}'].join('\n')
    expect(sentences(read(text, 'application/x-ndjson') as Intake)).toEqual([
      'holds 2 more lines, which were not read',
      'is not JSON',
    ])
  })

  it('nested without an end is refused', () => {
    let deep: unknown = eve()
    for (let n = 0; n < 5_000; n++) deep = { message: [deep] }
    expect(sentences(notify(deep))).toEqual([expect.stringContaining('is nested too deep')])
  })
})

describe('Amazon SNS', () => {
  const envelope = {
    MessageId: 'm1',
    TopicArn: 'arn:aws:sns:eu-west-1:000000000000:deep-security',
    Token: 'EXAMPLE-TOKEN',
    SubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=EXAMPLE-TOKEN',
  }

  it('hands over the events of its message, also by Lambda', () => {
    const message = { ...envelope, Type: 'Notification', Message: JSON.stringify([ds(), ds({ EventID: 2 })]) }
    expect(notify(message).notifications).toHaveLength(2)
    expect(notify({ Records: [{ EventSource: 'aws:sns', Sns: message }] }).notifications).toHaveLength(2)
  })

  it('that asks for a confirmation is told what to do, and the address to open is kept', () => {
    const intake = notify({ ...envelope, Type: 'SubscriptionConfirmation', Message: 'You have chosen …' })
    expect(intake.notifications).toEqual([])
    expect(sentences(intake)).toEqual([expect.stringContaining('open the SubscribeURL')])
    expect(intake.excerpt).toContain(envelope.SubscribeURL)
  })
})

describe('packets and passwords', () => {
  const SECRET = 'SECRETSECRETSECRET'
  const hidden = {
    data: SECRET,
    packet: SECRET,
    payload: SECRET,
    payload_printable: SECRET,
    password: SECRET,
    http: { http_request_body: SECRET, url: `/?q=${SECRET}`, http_user_agent: SECRET },
    packet_info: { linktype: 1, data: SECRET },
    LogEntry: SECRET,
  }

  it.each(bodies)('of $title are neither kept nor shown', ({ body }) => {
    expect(JSON.stringify(notify({ ...body, ...hidden, data: SECRET }))).not.toContain(SECRET)
  })

  it.each([
    [[{ ...hidden }]],
    [{ event_type: 'alert', ...hidden }],
    [{ message: SECRET }],
    [{ message: { ...hidden } }],
    [SECRET],
    [[[[[hidden]]]]],
  ])('of what is not understood are not kept either (%#)', (value) => {
    const intake = notify(value)
    expect(intake.rejected).toHaveLength(1)
    expect(intake.excerpt).toBeDefined()
    expect(JSON.stringify(intake)).not.toContain(SECRET)
  })

  it('of a line that is cut off are not kept either', () => {
    const intake = read(`{"event_type":"alert","payload":"${SECRET}`)
    expect(intake?.excerpt).toBeDefined()
    expect(JSON.stringify(intake)).not.toContain(SECRET)
  })
})

describe('whatever arrives', () => {
  it('as bytes is read or refused, and never throws', () => {
    const texts = bodies.map(({ body }) => JSON.stringify(body))
    const damaged = fc
      .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(20), fc.string({ unit: 'binary' }))
      .map(([text, at, cut, more]) => {
        const place = at % (text.length + 1)
        return text.slice(0, place) + more + text.slice(place + cut)
      })
    fc.assert(
      fc.property(fc.array(damaged, { minLength: 1, maxLength: 3 }), (lines) => {
        const { notifications, rejected, ignored = 0 } = read(lines.join('\n')) as Intake
        expect(notifications.length + rejected.length + ignored).toBeGreaterThan(0)
        for (const { host, output, key } of notifications) {
          expect(host).not.toBe('')
          expect(key).toMatch(/^[0-9a-f]{32}$/)
          expect(output).not.toMatch(/[\n\r\u0000]/)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('in any place of any event never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), fc.jsonValue(), ({ body }, at, odd) => {
        const changed = structuredClone(body)
        const places = placesOf(changed)
        const [within, name] = places[at % places.length] ?? [changed, '']
        within[name] = odd
        const { notifications, rejected, ignored = 0 } = notify(changed)
        expect(notifications.length + rejected.length + ignored).toBeGreaterThan(0)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** Every name of an object, and of the objects in it. */
function placesOf(value: Given): [Given, string][] {
  return Object.entries(value).flatMap(([name, one]) => [
    [value, name] as [Given, string],
    ...(typeof one === 'object' && one !== null && !Array.isArray(one) ? placesOf(one as Given) : []),
  ])
}
