import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { CONFIG_SCHEMAS } from '../../src/monitors/registry.ts'
import { NOTIFY_KEY, startWorld, textOf, type World } from '../support/world.ts'

/*
 * Attacks as people meet them: the three products, each as it or its forwarder sends, to a card that says what happened, what
 * was done, and from where to where.
 */

const SECRET = 'U0VDUkVULVBBQ0tFVA=='
const PATH = '/notify/ips'
const at = (n: number): string => new Date(Date.UTC(2026, 10, 21, 20, 0, 0, n)).toISOString()

const suricata = (n: number, more: object = {}): object => ({
  timestamp: at(n).replace('Z', '+0000'),
  flow_id: 1_000_000 + n,
  event_type: 'alert',
  host: 'ids01',
  src_ip: '203.0.113.7',
  src_port: 40_000 + n,
  dest_ip: '10.0.0.5',
  dest_port: 22,
  proto: 'TCP',
  alert: { action: 'blocked', gid: 1, signature_id: 9000001, signature: 'SSH scan', severity: 1 },
  payload: SECRET,
  payload_printable: 'password=SECRET',
  ...more,
})
const centuryLink = {
  hostName: 'WEB01',
  reason: 'SSH brute force',
  action: 'Reset',
  severity: 'High',
  sourceIP: '203.0.113.7',
  sourcePort: '51234',
  destinationIP: '10.0.0.5',
  destinationPort: '22',
  protocol: 'TCP',
  direction: 'Incoming',
  startTime: at(0),
  data: SECRET,
}
const deepSecurity = {
  EventType: 'PayloadLog',
  EventID: 41,
  TenantID: 7,
  Hostname: 'shop01',
  Reason: '1000128 - HTTP decoding',
  ActionString: 'Detect Only: Reset',
  SeverityString: 'Critical',
  SourceIP: '198.51.100.9',
  SourcePort: 40000,
  DestinationIP: '10.0.0.8',
  DestinationPort: 443,
  ProtocolString: 'TCP',
  DirectionString: 'Incoming',
  LogDate: at(0),
}
const flow = { event_type: 'flow', timestamp: at(0), src_ip: '10.0.0.1', flow: { pkts_toserver: 3 } }

async function posts(world: World, body: object | string, headers: Record<string, string> = {}) {
  return world.notify(body, { path: PATH, headers })
}

/** All that is kept of what was sent, and all that Slack got. */
async function everything(world: World): Promise<string> {
  return JSON.stringify([world.messages(), await world.record()])
}

describe('an attack', () => {
  it.each([
    [
      'Suricata',
      suricata(0),
      ['CRITICAL', 'ids01 / SSH scan', 'blocked 203.0.113.7:40000 -> 10.0.0.5:22 TCP'],
      ['Action: blocked', 'Source: 203.0.113.7:40000', 'Destination: 10.0.0.5:22', 'Severity: 1 (high)'],
    ],
    [
      'CenturyLink Cloud',
      centuryLink,
      ['CRITICAL', 'WEB01 / SSH brute force', 'blocked 203.0.113.7:51234 -> 10.0.0.5:22 TCP inbound'],
      ['Action: Reset (blocked)', 'Source: 203.0.113.7:51234', 'Destination: 10.0.0.5:22', 'Severity: High'],
    ],
    [
      'Deep Security',
      [deepSecurity],
      [
        'CRITICAL',
        'shop01 / 1000128 - HTTP decoding',
        'let through 198.51.100.9:40000 -> 10.0.0.8:443 TCP inbound',
      ],
      [
        'Action: Detect Only: Reset (let through)',
        'Source: 198.51.100.9:40000',
        'Destination: 10.0.0.8:443',
        'Severity: Critical',
      ],
    ],
  ])(
    'that %s tells is a card with its rule, action, severity, ends and host',
    async (_, body, head, fields) => {
      const world = await startWorld()

      const { status, body: answer } = await posts(world, body)

      expect(status).toBe(202)
      expect(answer).toMatchObject({ accepted: 1, problems: [{ outcome: 'opened', state: 'CRITICAL' }] })
      const card = world.card()
      for (const words of [...head, ...fields]) expect(textOf(card)).toContain(words)
      expect(card.text).toContain(head.at(-1)?.replace('>', '&gt;'))
      expect(await everything(world)).not.toMatch(/SECRET|U0VDUkVU/)
    },
  )

  it('of three hundred events from one source is one card that counts them', async () => {
    const world = await startWorld()
    const lines = Array.from({ length: 300 }, (_, n) => JSON.stringify(suricata(n)))

    for (let n = 0; n < 300; n += 100) {
      const batch = lines.slice(n, n + 100).join('\n')
      const { body } = await posts(world, batch, { 'content-type': 'application/x-ndjson' })
      expect(body.accepted).toBe(100)
    }
    await world.advance(60_000)

    expect(textOf(world.card())).toContain('300 notifications')
    const again = await posts(world, lines.join('\n'), { 'content-type': 'application/x-ndjson' })
    expect(again.body.problems.every(({ outcome }: { outcome: string }) => outcome === 'duplicate')).toBe(
      true,
    )
  })

  it('from a second source, on a second host, or let through, is another card', async () => {
    const world = await startWorld()

    await posts(world, suricata(0))
    await posts(world, suricata(1, { src_ip: '198.51.100.1' }))
    await posts(world, suricata(2, { dest_ip: '10.0.0.6' }))
    await posts(world, suricata(3, { alert: { ...alertOf(suricata(0)), action: 'allowed' } }))
    await world.advance(5_000)

    expect(world.messages().map(textOf)).toEqual([
      expect.stringContaining('203.0.113.7:40000 -> 10.0.0.5:22'),
      expect.stringContaining('198.51.100.1:40001 -> 10.0.0.5:22'),
      expect.stringContaining('203.0.113.7:40002 -> 10.0.0.6:22'),
      expect.stringContaining('let through 203.0.113.7:40003 -> 10.0.0.5:22'),
    ])
  })

  it('is done when somebody takes it', async () => {
    const world = await startWorld()
    await posts(world, centuryLink)

    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)

    expect(textOf(world.card())).toContain('DONE')
    expect(textOf(world.card())).toContain('ann had it')
  })

  it('that goes on belongs to what somebody took, until it paused; another one does not', async () => {
    const world = await startWorld({ yaml: 'monitors: { ips: { kind: ips, quietSeconds: 60 } }' })
    await posts(world, suricata(0))
    await world.as('ann').click('Acknowledge')
    await world.advance(2_000)

    for (let n = 1; n <= 3; n++) {
      await world.advance(50_000)
      await posts(world, suricata(n))
    }
    expect(world.messages()).toHaveLength(1)
    await posts(world, suricata(4, { src_ip: '198.51.100.1' }))
    expect(world.messages()).toHaveLength(2)
    await world.advance(61_000)
    await posts(world, suricata(5))
    await world.advance(2_000)
    expect(world.messages()).toHaveLength(3)
  })
})

describe('what is no attack', () => {
  it('in a stream of Suricata is answered with success, and leaves no card and no trace', async () => {
    const world = await startWorld()

    const { status, body } = await posts(world, [flow, flow])

    expect(status).toBe(202)
    expect(body).toEqual({ accepted: 0, problems: [], ignored: 2 })
    expect(world.messages()).toEqual([])
    expect(await world.record()).toEqual([])
  })

  it('beside an attack does not hinder it', async () => {
    const world = await startWorld()

    const { status, body } = await posts(world, [flow, { message: JSON.stringify(suricata(0)) }, flow])

    expect(status).toBe(202)
    expect(body).toMatchObject({ accepted: 1, ignored: 2 })
    expect(world.messages()).toHaveLength(1)
  })

  it('and no JSON is refused, and nothing of its packets is kept', async () => {
    const world = await startWorld()

    const cut = JSON.stringify(suricata(0, { aaa: 1 })).slice(0, -30)
    expect((await posts(world, cut)).status).toBe(400)
    expect((await posts(world, { odd: true, payload: SECRET, data: SECRET })).status).toBe(400)

    const record = await world.record()
    expect(record.map(({ kind }) => kind)).toEqual(['rejected', 'rejected'])
    expect(await everything(world)).not.toMatch(/SECRET|U0VDUkVU/)
  })

  it('but a question of Amazon SNS is refused with what to do, and its address can be looked up', async () => {
    const world = await startWorld()
    const url = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc'
    const question = { Type: 'SubscriptionConfirmation', TopicArn: 'arn:aws:sns:x', SubscribeURL: url }

    const { status, body } = await world.notify(JSON.stringify(question), {
      path: `${PATH}/${NOTIFY_KEY}`,
      key: null,
      headers: { 'content-type': 'text/plain; charset=UTF-8' },
    })

    expect(status).toBe(400)
    expect(body.message).toContain('open the SubscribeURL')
    const [row] = await world.record()
    expect(row?.detail).toContain(url)
  })
})

describe('the README', () => {
  const readme = readFileSync('src/monitors/ips/README.md', 'utf8')
  const blocks = [...readme.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', type, text = '']) => ({
      type,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
  const block = (type: string, word: string): string =>
    blocks.find((one) => one.type === type && one.text.includes(word))?.text ?? ''

  it('has a configuration that is accepted', async () => {
    const world = await startWorld({ yaml: block('yaml', 'monitors:') })
    const config = loadConfig(world.environment(), world.folder, CONFIG_SCHEMAS)

    expect(config.monitors).toMatchObject([{ name: 'ips', settings: { kind: 'ips', quietSeconds: 900 } }])
    expect((await posts(world, centuryLink)).status).toBe(202)
  })

  it('has an address for CenturyLink Cloud that takes its events', async () => {
    const world = await startWorld()
    const [{ typeCode, url }] = JSON.parse(block('json', 'typeCode'))
    const { pathname } = new URL(url)

    expect(typeCode).toBe('WEBHOOK')
    const path = pathname.replace('KEY', NOTIFY_KEY)
    expect((await world.notify(centuryLink, { path, key: null })).status).toBe(202)
    expect(world.messages()).toHaveLength(1)
  })

  it('has a sink of Vector that sends what is understood', async () => {
    const world = await startWorld()
    const { sinks, transforms } = parse(block('yaml', 'sinks:'))
    const { type, uri, encoding, inputs, auth } = sinks.ackbridge
    expect([type, encoding.codec, auth.strategy]).toEqual(['http', 'json', 'bearer'])
    expect(inputs.every((name: string) => name in transforms)).toBe(true)
    expect(transforms.alerts.condition).toContain(`r'"event_type":\\s*"alert"'`)

    // With this encoding Vector sends a list of the lines that it read.
    const line = { file: '/var/log/suricata/eve.json', host: 'edge', source_type: 'file', timestamp: at(1) }
    const body = [0, 1].map((n) => ({ ...line, message: JSON.stringify(suricata(n)) }))
    expect((await world.notify(body, { path: new URL(uri).pathname })).body.accepted).toBe(2)
  })

  it('has an output of Fluent Bit that sends what is understood', async () => {
    const world = await startWorld()
    const output = block('ini', '[OUTPUT]').split('[OUTPUT]')[1] ?? ''
    const settings = new Map(
      [...output.matchAll(/^ +(\S+) +(.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
    )
    expect(settings.get('Format')).toBe('json')
    expect(settings.get('Header')).toBe('Authorization Bearer KEY')

    const body = [0, 1].map((n) => ({ date: 1795291200.5 + n, log: JSON.stringify(suricata(n)) }))
    expect((await world.notify(body, { path: settings.get('URI') ?? '' })).body.accepted).toBe(2)
  })

  it('has an event to try it with', async () => {
    const world = await startWorld()
    const [, event = ''] = /-d '(.+)'/.exec(block('sh', 'curl')) ?? []

    expect((await posts(world, event)).status).toBe(202)
    expect(textOf(world.card())).toContain('web01 / A try')
  })
})

function alertOf(event: object): object {
  return (event as { alert: object }).alert
}
