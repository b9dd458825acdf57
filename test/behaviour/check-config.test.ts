import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ended, runCommand } from '../support/command.ts'

const SLACK = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's', SLACK_CHANNEL: 'C0ALERTS01' }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-check-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function check(yaml: string, env: Record<string, string> = SLACK): Promise<Ended> {
  writeFileSync(join(folder, 'ackbridge.yml'), yaml)
  return runCommand(['check-config'], env, folder)
}

describe('ackbridge check-config', () => {
  it('says of each monitor what it takes, and opens nothing', async () => {
    let connections = 0
    const server = createServer().on('connection', () => connections++)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo

    const { code, stdout, stderr } = await check(`
monitors:
  dc1: { kind: nagios }
  told: { kind: nagios, commandFile: /var/lib/nagios4/rw/nagios.cmd }
  read: { kind: nagios, livestatus: "tcp:127.0.0.1:${port}", pollSeconds: 30 }
  shop: { kind: icinga2, url: "http://127.0.0.1:${port}", user: ackbridge, password: hunter2hunter2 }
`)
    server.close()

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('dc1 (nagios): kept here only; no way to talk back is configured\n')
    expect(stdout).toMatch(/told \(nagios\): takes acknowledgements, .*; is not read: whether it did/)
    expect(stdout).toMatch(/read \(nagios\): .*; is read every 30 s/)
    expect(stdout).toMatch(/shop \(icinga2\): takes acknowledgements, removals, .*; is read every 60 s/)
    expect(stdout).toContain('The settings are fine.')
    expect(stdout).not.toContain('hunter2')
    expect(connections).toBe(0)
  })

  it('says everything that is wrong at once, of the environment and of the file, and ends with 2', async () => {
    const { code, stdout, stderr } = await check(
      `slack: { channel: general }
monitors:
  dc1: { kind: nagios, livestats: "unix:/run/live" }
  dc2: { kind: nagois }
  shop:
    kind: icinga2
    url: https://u:hunter2hunter2@shop
    pollSeconds: 1
    user: ackbridge
    password: "$\{NOT_SET}"
`,
      { ...SLACK, PORT: 'x', SLACK_BOT_TOKEN: 'hunter2hunter2' },
    )

    expect([code, stdout]).toEqual([2, ''])
    const said = stderr.trim().split('\n')
    expect(said).toEqual(
      expect.arrayContaining([
        'PORT has to be a number from 0 to 65535.',
        expect.stringMatching(/^SLACK_BOT_TOKEN is no bot token/),
        expect.stringMatching(/^ackbridge\.yml:1: slack\.channel: has to be the id/),
        'ackbridge.yml:3: monitors.dc1.livestats is not known. Did you mean livestatus?',
        expect.stringMatching(
          /^ackbridge\.yml:4: monitors\.dc2\.kind: there is no kind nagois\. Did you mean nagios\?/,
        ),
        expect.stringMatching(/^ackbridge\.yml:7: monitors\.shop\.url: has to be without user and password/),
        'ackbridge.yml:8: monitors.shop.pollSeconds: has to be a number from 5 to 3600.',
        'ackbridge.yml:10: monitors.shop.password takes its value from NOT_SET, which is not set.',
      ]),
    )
    expect(said).toHaveLength(8)
    expect(stderr).not.toContain('hunter2')
  })

  it('names a file of certificates that cannot be read', async () => {
    const { code, stderr } = await check(
      'monitors:\n  shop: { kind: icinga2, url: "https://shop", user: a, password: bcde, ca: /nonexistent }\n',
    )
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^The monitor shop names \/nonexistent .*ENOENT/),
    ])
  })

  it('warns of a rule for a monitor that is not there, and ends with 0', async () => {
    const { code, stdout, stderr } = await check(
      'monitors: { dc1: { kind: nagios } }\nroutes:\n  - { match: { monitor: dc2 }, channels: [C0DB00001] }\n',
    )
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^ackbridge\.yml:3: routes\.0\.match\.monitor: no monitor is called so\. There are dc1, /,
      ),
    ])
    expect(stdout).toContain('The settings are fine.')
  })

  it('refuses a database that it could not open', async () => {
    const { code, stderr } = await check('', { ...SLACK, DATABASE_URL: 'postgres://x/y' })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^DATABASE_URL has to be file:/)])
  })

  it('takes the example as it is, once its secrets are set', async () => {
    const example = readFileSync('ackbridge.example.yml', 'utf8')
    const names = [...example.replaceAll(/#.*/g, '').matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)

    const { code, stderr } = await check(example, {
      ...SLACK,
      ...Object.fromEntries(names.map((name) => [name, 'a-secret'])),
    })

    expect([code, stderr]).toEqual([0, ''])
    expect(names.length).toBeGreaterThan(0)
  })
})

describe('ackbridge check-config --try', () => {
  const MAP = `
monitors:
  app:
    kind: generic
    map: { each: alerts, host: host, service: { text: Queue }, state: status, output: text, labels: tags, fields: [{ label: Team, value: team }] }
routes:
  - { match: { labels: { env: prod } }, channels: [C0PROD0001, C0PROD0002] }
`
  const ALERT = {
    host: 'app01',
    status: 'firing',
    text: 'full\u001b[31m',
    tags: { env: 'prod' },
    team: 'Shop',
  }

  function tryOut(body: unknown, args: readonly string[], yaml = MAP): Promise<Ended> {
    writeFileSync(join(folder, 'ackbridge.yml'), yaml)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    writeFileSync(join(folder, 'payload'), text)
    return runCommand(['check-config', '--try', 'payload', ...args], SLACK, folder)
  }

  it('says what each notification would be and where it would be shown, and what is wrong with the rest', async () => {
    const alerts = [
      ALERT,
      { ...ALERT, status: 'resolved', tags: {} },
      { ...ALERT, tags: {} },
      { status: 'firing' },
    ]
    const { code, stdout, stderr } = await tryOut({ alerts }, ['--monitor', 'app'])

    expect([code, stderr]).toEqual([0, ''])
    const said = stdout.replaceAll(/ +/g, ' ')
    expect(said).toMatch(
      /^app \(generic\): 3 notifications, 1 not understood\. The sender would be answered 202\.\n/,
    )
    for (const row of [
      '\n1. type PROBLEM\n host app01\n service Queue\n state CRITICAL\n key app01 + Queue\n output full[31m\n',
      ' label env = prod\n field Team = Shop\n absent episode, id, ',
      ' shown in C0PROD0001, C0PROD0002\n',
      '\n2. type RECOVERY\n',
      ' shown no card of its own; on the card of its check, if a problem is open\n',
      ' shown in C0ALERTS01\n',
      '\nNot understood:\n alerts[3].host is not there: alerts[3] holds status (for host)\n',
    ])
      expect(said).toContain(row)
    expect(readdirSync(folder).sort()).toEqual(['ackbridge.yml', 'payload'])
  })

  it.each([
    ['an implicit kind', ['--monitor', 'native'], { host: 'h', state: 'DOWN' }, 0, 'state DOWN'],
    [
      'a preset',
      ['--monitor', 'healthchecks'],
      { name: 'x', status: 'down', n_pings: 1 },
      0,
      'host healthchecks',
    ],
    [
      'a form',
      ['--monitor', 'nagios', '--type', 'application/x-www-form-urlencoded'],
      'notificationtype=PROBLEM&hostname=h&hoststate=DOWN',
      0,
      'host h',
    ],
    [
      'headers',
      [
        '--monitor',
        'cloudevents',
        '--type',
        'text/plain',
        '--header',
        'ce-id: 1',
        'ce-source: /s',
        'ce-type: t',
        'ce-specversion: 1.0',
      ],
      'words',
      0,
      'output words',
    ],
    [
      'what is all or nothing',
      ['--monitor', 'native'],
      [{ host: 'h', state: 1 }, {}],
      2,
      'nothing would be. The sender would be answered 400',
    ],
    [
      'what is not understood',
      ['--monitor', 'app'],
      { alarms: 1 },
      2,
      'alerts is not there: the body holds alarms',
    ],
    ['what is no JSON', ['--monitor', 'app'], '{', 2, 'The body is not JSON.'],
    ['a type that nobody reads', ['--monitor', 'app', '--type', 'image/png'], '{}', 2, 'answered 415'],
    ['what is too large', ['--monitor', 'app'], 'x'.repeat(1_048_577), 2, 'larger than 1 MiB'],
  ] as const)('takes %s', async (_what, args, body, ends, said) => {
    const { code, stdout } = await tryOut(body, args)
    expect([code, stdout.replaceAll(/ +/g, ' ')]).toEqual([ends, expect.stringContaining(said)])
  })

  it.each([
    [
      ['--monitor', 'aap'],
      /^No monitor of that name is configured.* There are app, alertmanager, .*uptime-kuma/,
    ],
    [[], /^--try FILE and --monitor NAME go together/],
    [['--monitor', 'app', '--header', 'x'], /^--header has to be of the form/],
    [['--monitor', 'app', '--try', 'nothing'], /^nothing cannot be read \(ENOENT\)\./],
  ])('%j is wrong use', async (args, said) => {
    const { code, stdout, stderr } = await tryOut({}, args)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(said)])
  })

  it('names what is wrong with the settings first', async () => {
    const { code, stderr } = await tryOut({}, ['--monitor', 'app'], MAP.replace('status,', 'sta tus,'))
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^ackbridge\.yml:5: monitors\.app\.map\.state: has to be a path/),
    ])
  })
})
