import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { commonSettings } from '../monitors/config.ts'
import { type Config, ConfigFault } from './config.ts'
import type { RawEnv } from './env.ts'
import { checkConfig, loadConfig } from './load.ts'
import type { Kinds } from './monitors.ts'

const SLACK = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'secret' }
const KINDS: Kinds = new Map(
  ['nagios', 'native'].map((kind) => [kind, z.strictObject({ ...commonSettings, kind: z.literal(kind) })]),
)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-load-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function load(env: RawEnv, yaml?: string): Config {
  if (yaml !== undefined) writeFileSync(join(folder, 'ackbridge.yml'), yaml)
  return loadConfig(env, folder, KINDS)
}

function faults(env: RawEnv, yaml?: string): readonly string[] {
  try {
    load(env, yaml)
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults
    throw error
  }
  return []
}

describe('the playground', () => {
  it('is what runs when nothing is said of Slack and monitors, on a database of its own', () => {
    expect(load({ DATABASE_URL: 'file:/srv/real.db', SLACK_BOT_TOKEN: '', PORT: '1' })).toMatchObject({
      slack: null,
      database: 'file:data/playground.db',
    })
  })

  it.each([
    'SLACK_BOT_TOKEN',
    'SLACK_SIGNING_SECRET',
    'SLACK_APP_TOKEN',
    'SLACK_CHANNEL',
    'SLACK_API_URL',
    'SLACK_TOKEN',
    'SLACK_WEBHOOK',
  ])('is never what runs when %s alone is set', (name) => {
    const all = faults({ [name]: 'x' })
    expect(all.length).toBeGreaterThan(0)
    expect(all.join(' ')).toContain('SLACK_BOT_TOKEN')
    expect(all.join(' ')).toMatch(/\.$/)
  })

  it('is never what runs when monitors are configured', () => {
    expect(faults({}, 'monitors: { dc1: { kind: nagios } }')[0]).toMatch(
      /^Monitors are configured, but SLACK_BOT_TOKEN is not/,
    )
  })
})

describe('Slack', () => {
  it('is reached by HTTP with a signing secret, by Socket Mode with an app token', () => {
    expect(load(SLACK).slack).toEqual({
      botToken: 'xoxb-1',
      signingSecret: 'secret',
      appToken: null,
      apiUrl: 'https://slack.com/api/',
    })
    expect(load({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }).slack).toMatchObject({
      appToken: 'xapp-1',
    })
    expect(load({ ...SLACK, SLACK_API_URL: 'http://127.0.0.1:1/api' }).slack?.apiUrl).toBe(
      'http://127.0.0.1:1/api/',
    )
  })

  it.each([
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, /^Set SLACK_SIGNING_SECRET .* or SLACK_APP_TOKEN/],
    [{ SLACK_BOT_TOKEN: 'xoxp-1', SLACK_SIGNING_SECRET: 's' }, /^SLACK_BOT_TOKEN is no bot token/],
    [{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xoxb-2' }, /^SLACK_APP_TOKEN is no app-level token/],
    [{ ...SLACK, SLACK_API_URL: 'not an address' }, /^SLACK_API_URL has to be an address/],
    [{ ...SLACK, TLS_CERT: 'c.pem' }, /^TLS_CERT and TLS_KEY .* go together/],
    [{ ...SLACK, TLS_CERT: '/nonexistent', TLS_KEY: '/nonexistent' }, /cannot be read \(ENOENT\)/],
    [
      { ...SLACK, ACKBRIDGE_CONFIG: 'other.yml' },
      /^The configuration file other.yml cannot be read \(ENOENT\)/,
    ],
  ])('%j is refused in a sentence', (env, sentence) => {
    expect(faults(env)).toEqual([expect.stringMatching(sentence)])
  })
})

describe('the configuration', () => {
  it('has its defaults', () => {
    expect(load(SLACK)).toMatchObject({
      channel: null,
      commandPrefix: '',
      notifyKey: null,
      database: 'file:data/ackbridge.db',
      http: { host: '127.0.0.1', port: 3000, tls: null, trustProxy: false },
      logLevel: 'info',
      proxy: null,
      storm: { threshold: 10, windowSeconds: 10 },
      retention: { historyDays: 400 },
      monitors: [],
      routes: [],
      permissions: [],
    })
  })

  it('takes the channel of the environment before that of the file', () => {
    const yaml = 'slack: { channel: C0FILE00001 }'
    expect(load(SLACK, yaml).channel).toBe('C0FILE00001')
    expect(load({ ...SLACK, SLACK_CHANNEL: 'C0ENV000001' }, yaml).channel).toBe('C0ENV000001')
  })

  it('knows its kinds, and gives each monitor what its kind makes of it', () => {
    expect(load(SLACK, 'monitors: { dc1: { kind: nagios, pollSeconds: 30 } }').monitors).toEqual([
      { name: 'dc1', kind: 'nagios', settings: { kind: 'nagios', pollSeconds: 30, adopt: false } },
    ])
    expect(faults(SLACK, 'monitors: { dc1: { kind: nagois } }')).toEqual([
      'ackbridge.yml:1: monitors.dc1.kind: there is no kind nagois. Did you mean nagios? Known are nagios, native.',
    ])
  })

  it('warns of rules that name a monitor which is not there, and takes them', () => {
    const yaml = `
monitors: { dc1: { kind: nagios } }
routes:
  - { match: { monitor: "dc*" }, channels: [C0DB00001] }
  - { match: { monitor: native }, channels: [C0DB00001] }
  - match:
      monitor: nagios
    channels: [C0DB00001]
permissions:
  - { match: { monitor: dc2 }, acknowledge: [U0ANN0001] }
  - { match: { monitor: kuma }, acknowledge: [U0ANN0001] }
`
    writeFileSync(join(folder, 'ackbridge.yml'), yaml)

    expect(checkConfig(SLACK, folder, KINDS, ['kuma']).warnings).toEqual([
      'ackbridge.yml:7: routes.2.match.monitor: no monitor is called so. There are dc1, native, kuma.',
      'ackbridge.yml:10: permissions.0.match.monitor: no monitor is called so. There are dc1, native, kuma.',
    ])
  })

  it('says everything that is wrong at once, of the environment and the file together', () => {
    const all = faults({ SLACK_BOT_TOKEN: 'wrong' }, 'monitors: { a: { kind: x }, b: { kind: y } }')
    expect(all).toHaveLength(4)
  })

  it('says what is wrong with the environment and with the file together, and nothing twice', () => {
    const env = { PORT: 'x', SLACK_BOT_TOKEN_FILE: '/nonexistent', SLACK_SIGNING_SECRET: 's' }
    expect(faults(env, 'strom: {}\nmonitors: { a: { kind: nagios, adpot: true } }')).toEqual([
      'SLACK_BOT_TOKEN_FILE names /nonexistent, which cannot be read (ENOENT).',
      'PORT has to be a number from 0 to 65535.',
      'ackbridge.yml:1: strom is not known. Did you mean storm?',
      'ackbridge.yml:2: monitors.a.adpot is not known. Did you mean adopt?',
    ])
    // A monitor counts as configured also where it is not well.
    expect(faults({}, 'monitors: { a: { kind: x } }').join(' ')).toContain('SLACK_BOT_TOKEN is not')
  })
})
