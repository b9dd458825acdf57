import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ConfigSchema, caFile, commonSettings, filled, webAddress } from '../monitors/config.ts'
import { type ConfigFile, parseConfigFile } from './file.ts'
import type { Kinds } from './monitors.ts'

/** Kinds with one of each sort of setting. */
const KINDS: Kinds = new Map<string, ConfigSchema>([
  [
    'icinga2',
    z
      .strictObject({
        ...commonSettings,
        kind: z.literal('icinga2'),
        url: webAddress,
        user: filled,
        password: filled,
        ca: caFile,
        insecure: z.boolean().default(false),
      })
      .superRefine(({ ca, insecure }, context) => {
        if (ca !== undefined && insecure)
          context.addIssue({ code: 'custom', path: ['insecure'], message: 'does not go with ca' })
      }),
  ],
  [
    'nagios',
    z.strictObject({
      ...commonSettings,
      kind: z.literal('nagios'),
      livestatus: z
        .union([
          z.string().regex(/^unix:/, 'has to begin with unix:'),
          z.strictObject({ host: z.string(), port: z.number().int().min(1).max(65_535) }),
        ])
        .optional(),
      statusJson: z.strictObject({ url: webAddress, password: filled.optional() }).optional(),
      mode: z.enum(['fast', 'slow']).optional(),
      urls: z.array(webAddress).min(1).optional(),
    }),
  ],
])

function read(text: string, env: Record<string, string> = {}): ConfigFile {
  const { file, faults } = parseConfigFile(text, 'ackbridge.yml', env, KINDS)
  expect(faults).toEqual([])
  return file
}

function faults(text: string, env: Record<string, string> = {}): readonly string[] {
  return parseConfigFile(text, 'ackbridge.yml', env, KINDS).faults
}

/** What is said of one monitor whose settings are these lines. */
function ofMonitor(...lines: string[]): readonly string[] {
  const said = faults(`monitors:\n  dc1:\n${lines.map((line) => `    ${line}\n`).join('')}`)
  return said.map((fault) => fault.replace('ackbridge.yml:', '').replace('monitors.dc1.', ''))
}

/** How a value of the environment is asked for. */
function from(variable: string): string {
  return `"$\{${variable}}"`
}

describe('the configuration file', () => {
  it('may be empty, or hold nothing but comments', () => {
    expect(read('')).toEqual({ monitors: [] })
    expect(read('# later\n')).toEqual({ monitors: [] })
  })

  it('holds all there is', () => {
    const text = `
slack: { channel: C0ALERTS01, commandPrefix: mon- }
storm: { threshold: 0, windowSeconds: 60 }
retention: { historyDays: 30 }
monitors:
  dc1: { kind: nagios, livestatus: "unix:/run/live", expectEvery: 600 }
routes:
  - { match: { monitor: dc1, host: "db*", state: [CRITICAL, DOWN] }, channels: [C0DB00001], mention: [S0OPS0001], quiet: true }
permissions:
  - { match: { host: "db*" }, acknowledge: [S0DBA0001] }
`
    expect(read(text)).toMatchObject({
      slack: { channel: 'C0ALERTS01', commandPrefix: 'mon-' },
      storm: { threshold: 0, windowSeconds: 60 },
      monitors: [
        {
          name: 'dc1',
          kind: 'nagios',
          settings: { livestatus: 'unix:/run/live', expectEvery: 600, pollSeconds: 60, adopt: false },
        },
      ],
      routes: [{ match: { host: 'db*' }, channels: ['C0DB00001'], mention: ['S0OPS0001'], quiet: true }],
      permissions: [{ acknowledge: ['S0DBA0001'] }],
    })
  })

  it('names an unknown key by its line and the nearest one that is known, in any depth', () => {
    expect(faults('slack:\n  chanel: C0ALERTS01\n')).toEqual([
      'ackbridge.yml:2: slack.chanel is not known. Did you mean channel?',
    ])
    expect(faults('\n\nstrom: {}\n')).toEqual(['ackbridge.yml:3: strom is not known. Did you mean storm?'])
    expect(faults('routes:\n  - channels: [C0DB00001]\n    mentions: [S0OPS0001]\n')).toEqual([
      'ackbridge.yml:3: routes.0.mentions is not known. Did you mean mention?',
    ])
    expect(faults('zzzzzz: 1\n')).toEqual(['ackbridge.yml:1: zzzzzz is not known.'])
    expect(
      ofMonitor('kind: nagios', 'livestats: x', 'statusJson:', '  url: http://x', '  passwort: y'),
    ).toEqual([
      '7: statusJson.passwort is not known. Did you mean password?',
      '4: livestats is not known. Did you mean livestatus?',
    ])
  })

  it('names a wrong value by its line, all of them at once', () => {
    const all = faults(
      'slack:\n  channel: "#alerts"\nstorm:\n  threshold: -1\nroutes:\n  - channels: []\n  - channels: [general]\n',
    )
    expect(all).toEqual([
      'ackbridge.yml:2: slack.channel: has to be the id of a channel, such as C0123456789 (not its name).',
      'ackbridge.yml:4: storm.threshold: has to be a number from 0 to 10000.',
      'ackbridge.yml:6: routes.0.channels: has to have at least 1 entry.',
      'ackbridge.yml:7: routes.1.channels.0: has to be the id of a channel, such as C0123456789 (not its name).',
    ])
  })

  it('takes values from the environment or a file, and names those that are not there', () => {
    const text = `slack: { channel: ${from('CHANNEL')} }`
    expect(read(text, { CHANNEL: 'C0ALERTS01' }).slack?.channel).toBe('C0ALERTS01')
    const folder = mkdtempSync(join(tmpdir(), 'ackbridge-file-'))
    writeFileSync(join(folder, 'channel'), 'C0ALERTS02\n')
    expect(read(text, { CHANNEL_FILE: join(folder, 'channel') }).slack?.channel).toBe('C0ALERTS02')
    rmSync(folder, { recursive: true })
    expect(faults(text, { CHANNEL_FILE: '/nonexistent' })).toEqual([
      'ackbridge.yml:1: slack.channel takes its value from CHANNEL, but CHANNEL_FILE names /nonexistent, which cannot be read (ENOENT).',
    ])
    expect(faults(`monitors:\n  dc1:\n    kind: nagios\n    livestatus: ${from('LIVE')}\n`)).toEqual([
      'ackbridge.yml:4: monitors.dc1.livestatus takes its value from LIVE, which is not set.',
    ])
  })

  it('does not take a value of the environment for more YAML', () => {
    const found = faults(`slack: { channel: ${from('X')} }`, { X: 'C0ALERTS01\nstorm: { threshold: 0 }' })
    expect(found[0]).toMatch(/^ackbridge\.yml:1: slack\.channel: /)
  })
})

describe('a monitor', () => {
  it('needs a name that can stand in an address and misleads nobody', () => {
    for (const name of ['a b', '../x', 'a/b', '-x', 'ä', 'x'.repeat(64), '__proto__', ''])
      expect(faults(`monitors: { "${name}": { kind: nagios } }`), name).toHaveLength(1)
    expect(
      faults('monitors:\n  nagios: { kind: icinga2, url: "http://x", user: a, password: bcde }\n'),
    ).toEqual([
      'ackbridge.yml:2: monitors.nagios: is called like the kind nagios, but is of kind icinga2. Give it another name.',
    ])
    expect(faults('monitors: { nagios: { kind: nagios } }')).toEqual([])
  })

  it.each([
    ['kind: nagois', '3: kind: there is no kind nagois. Did you mean nagios? Known are icinga2, nagios.'],
    ['kind: zzzzz', '3: kind: there is no kind zzzzz. Known are icinga2, nagios.'],
    ['knid: nagios', '3: knid is not known. Did you mean kind?'],
    ['pollSeconds: 5', '2: kind: is required. Known are icinga2, nagios.'],
    ['kind: 5', '3: kind: there is no kind of that name. Known are icinga2, nagios.'],
    ['kind: "a secret, pasted"', '3: kind: there is no kind of that name. Known are icinga2, nagios.'],
  ])('with %s is told what kinds there are', (line, said) => {
    expect(ofMonitor(line)).toEqual([said])
  })

  it.each([
    ['pollSeconds: 2', 'pollSeconds: has to be a number from 5 to 3600.'],
    ['pollSeconds: often', 'pollSeconds: has to be a number from 5 to 3600.'],
    ['pollSeconds: 5.5', 'pollSeconds: has to be a whole number from 5 to 3600.'],
    ['pollSeconds:', 'pollSeconds: has nothing in it. Fill it in, or remove the line.'],
    ['adopt: "yes"', 'adopt: has to be true or false.'],
    ['mode: fats', 'mode: has to be one of fast, slow. Did you mean fast?'],
    ['urls: http://x', 'urls: has to be a list.'],
    ['urls: [ftp://x]', 'urls.0: has to be an address that begins with https:// or http://.'],
    ['livestatus: 5', 'livestatus: has to be a text or a section with settings of its own.'],
    ['livestatus: tcp', 'livestatus: has to begin with unix:.'],
    ['livestatus: { host: x, port: 0 }', 'livestatus.port: has to be a number from 1 to 65535.'],
    ['livestatus: { host: x }', 'livestatus.port: is required.'],
    [
      'statusJson: { url: http://x, password: 123456 }',
      'statusJson.password: has to be a text; put it in quotes.',
    ],
    ['statusJson: { url: http://x, password: "" }', 'statusJson.password: must not be empty.'],
    ['statusJson: x', 'statusJson: has to be a section with settings of its own.'],
  ])('with %s is told in words what is wrong', (line, said) => {
    expect(ofMonitor('kind: nagios', line)).toEqual([`4: ${said}`])
  })

  it('is told what of several settings does not go together', () => {
    const line = 'url: https://x, user: a, password: bcde, ca: x, insecure: true, z: 1'
    expect([...faults(`monitors:\n  dc1: { kind: icinga2, ${line} }\n`)].sort()).toEqual([
      'ackbridge.yml:2: monitors.dc1.insecure: does not go with ca.',
      'ackbridge.yml:2: monitors.dc1.z is not known.',
    ])
  })

  it('is told all that is missing', () => {
    expect(ofMonitor('kind: icinga2')).toEqual([
      '2: url: is required.',
      '2: user: is required.',
      '2: password: is required.',
    ])
    for (const [text, said] of [
      ['monitors:', 'has nothing in it'],
      ['monitors: []', 'a name for each monitor'],
      ['monitors: x', 'a name for each monitor'],
      ['monitors: { dc1: nagios }', 'such as { kind: icinga2 }'],
      ['monitors: { dc1: }', 'such as { kind: icinga2 }'],
      ['monitors: { dc1: [nagios] }', 'such as { kind: icinga2 }'],
    ] as const)
      expect(faults(text), text).toEqual([expect.stringContaining(said)])
  })
})

describe('what is no YAML', () => {
  it.each([
    ['slack: {\nmonitors: [\n', 2, 'bracket'],
    ['slack:\n\tchannel: x\n', 2, 'tab'],
    ['a: 1\nb: "x\n', 3, 'quote'],
    ['slack:\n  channel: @x\n', 2, 'in quotes'],
    ['slack:\n  channel: *x\n', 2, 'in quotes'],
    ['slack:\n  channel: !x y\n', 2, 'in quotes'],
    ['slack:\n  channel: x: y\n', 2, 'in quotes'],
    [`slack: { channel: ${from('X').slice(1, -1)} }\n`, 1, 'in quotes'],
    ['slack: {}\n---\nslack: {}\n', 2, 'second document'],
    ['? [a]\n: 1\n', 1, 'key'],
    ['&a a: &b [*b]\n', 1, 'anchor'],
  ])('%j is told by its line', (text, line, said) => {
    const found = faults(text)
    expect(found[0]).toMatch(new RegExp(`^ackbridge\\.yml:${line}: .*${said}`))
    expect(new Set(found.map((fault) => fault.split(': ')[0])).size).toBe(found.length)
  })

  it('says each of several', () => {
    expect(faults('a: @x\nb: c\nd: `y\n').map((fault) => fault.split(': ')[0])).toEqual([
      'ackbridge.yml:1',
      'ackbridge.yml:3',
    ])
  })

  it('names a key that stands twice, and what else is wrong', () => {
    expect(faults('slack: {}\nstrom: {}\nslack: {}\n')).toEqual([
      'ackbridge.yml:3: slack stands twice in the same section. Remove one of them.',
      'ackbridge.yml:2: strom is not known. Did you mean storm?',
    ])
  })

  it('says what a file has to be made of', () => {
    for (const text of ['- a\n- b\n', 'just text', '5'])
      expect(faults(text)).toEqual([
        'ackbridge.yml:1: The file has to be made of sections, such as slack: and monitors:.',
      ])
  })

  it('does not unfold a few lines into a mountain', () => {
    const rows = [...'bcdefghi'].map(
      (name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(10)}]`,
    )
    expect(faults(`a: &a [1]\n${rows.join('\n')}\n`)).toEqual([expect.stringContaining('stand for too much')])
  })
})

describe('a fault', () => {
  const SECRET = 'hunter2hunter2'

  it.each([
    `monitors:\n  a: { kind: icinga2, url: "https://u:${SECRET}@x", user: a, password: x }`,
    `monitors:\n  a: { kind: icinga2, password: { ${SECRET}1: 1 } }`,
    `monitors:\n  a: { kind: icinga2, password: [${SECRET}] }`,
    `monitors:\n  a:\n    kind: icinga2\n    password: @${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: *${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: &${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: !${SECRET} x`,
    `monitors:\n  a:\n    kind: icinga2\n    password: a: ${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: "x" ${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: 'x'${SECRET}'`,
    `monitors:\n  a:\n    kind: icinga2\n    password: "x\n  ${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: [${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: |${SECRET}`,
    `monitors:\n  a:\n    kind: icinga2\n    password: >-\n   ${SECRET}`,
    `monitors:\n  a: { kind: nagios, mode: ${SECRET}, livestatus: ${SECRET}, urls: ${SECRET} }`,
    `monitors: ${SECRET}`,
    `${SECRET}`,
    `slack: ${SECRET}`,
  ])('repeats no value: %j', (text) => {
    const all = faults(text)
    expect(all.length).toBeGreaterThan(0)
    expect(all.join('\n').replaceAll(`password.${SECRET}1`, '')).not.toContain(SECRET)
  })

  it('is a sentence with a line, whatever the file holds', () => {
    const words = fc.constantFrom(
      'monitors:',
      'a:',
      'kind: nagios',
      '\n',
      '\n  ',
      '\n    ',
      '\t',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '!x ',
      '"',
      "'",
      '|',
      '>',
      from('X').slice(1, -1),
      'routes:',
      'match:',
      'slack:',
      'channel: ',
      'null',
      '1',
      'true',
      '__proto__: ',
      'constructor: ',
      '# ',
      '---\n',
      '%',
      '@',
      ', ',
      ': ',
      '<<: ',
      '\u0000',
      '\ud800',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 4 })), { maxLength: 30 }), (parts) => {
        for (const fault of faults(parts.join('')))
          expect(fault).toMatch(/^ackbridge\.yml:(\d+:)? [\s\S]*[.?]$/)
      }),
      { numRuns: 2_000 },
    )
  })
})
