import { describe, expect, it } from 'vitest'
import { ConfigFault } from './config.ts'
import { parseConfigFile } from './file.ts'

function faults(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfigFile(text, 'ackbridge.yml', env)
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults
    throw error
  }
  return []
}

/** How a value of the environment is asked for. */
function from(variable: string): string {
  return `"$\{${variable}}"`
}

describe('the configuration file', () => {
  it('may be empty, or hold nothing but comments', () => {
    expect(parseConfigFile('', 'x', {})).toEqual({})
    expect(parseConfigFile('# later\n', 'x', {})).toEqual({})
  })

  it('holds all there is', () => {
    const text = `
slack: { channel: C0ALERTS01, commandPrefix: mon- }
storm: { threshold: 0, windowSeconds: 60 }
retention: { historyDays: 30 }
monitors:
  dc1: { kind: nagios }
routes:
  - { match: { monitor: dc1, host: "db*", state: [CRITICAL, DOWN] }, channels: [C0DB00001], mention: [S0OPS0001], quiet: true }
permissions:
  - { match: { host: "db*" }, acknowledge: [S0DBA0001] }
`
    expect(parseConfigFile(text, 'x', {})).toMatchObject({
      slack: { channel: 'C0ALERTS01', commandPrefix: 'mon-' },
      storm: { threshold: 0, windowSeconds: 60 },
      routes: [{ match: { host: 'db*' }, channels: ['C0DB00001'], mention: ['S0OPS0001'], quiet: true }],
      permissions: [{ acknowledge: ['S0DBA0001'] }],
    })
  })

  it('names an unknown key by its line and the nearest one that is known', () => {
    expect(faults('slack:\n  chanel: C0ALERTS01\n')).toEqual([
      'ackbridge.yml:2: slack.chanel is not known. Did you mean channel?',
    ])
    expect(faults('\n\nstrom: {}\n')).toEqual(['ackbridge.yml:3: strom is not known. Did you mean storm?'])
    expect(faults('routes:\n  - channels: [C0DB00001]\n    mentions: [S0OPS0001]\n')).toEqual([
      'ackbridge.yml:3: routes.0.mentions is not known. Did you mean mention?',
    ])
    expect(faults('zzzzzz: 1\n')).toEqual(['ackbridge.yml:1: zzzzzz is not known.'])
  })

  it('names a wrong value by its line, all of them at once', () => {
    const all = faults(
      'slack:\n  channel: "#alerts"\nstorm:\n  threshold: -1\nroutes:\n  - channels: []\n  - channels: [general]\n',
    )
    expect(all.map((fault) => fault.split(': ').slice(0, 2))).toEqual([
      ['ackbridge.yml:2', 'slack.channel'],
      ['ackbridge.yml:4', 'storm.threshold'],
      ['ackbridge.yml:6', 'routes.0.channels'],
      ['ackbridge.yml:7', 'routes.1.channels.0'],
    ])
    expect(all[0]).toContain('not its name')
  })

  it('names the line where it is no YAML', () => {
    expect(faults('slack: {\nmonitors: [\n')[0]).toMatch(/^ackbridge\.yml:\d: /)
    expect(faults('a: 1\na: 2\n')[0]).toMatch(/^ackbridge\.yml:2: /)
    expect(faults('- a\n- b\n')[0]).toMatch(/^ackbridge\.yml:1: /)
    expect(faults('just text')[0]).toMatch(/^ackbridge\.yml:1: /)
  })

  it('takes values from the environment, and names those that are not there', () => {
    expect(
      parseConfigFile(`slack: { channel: ${from('CHANNEL')} }`, 'x', { CHANNEL: 'C0ALERTS01' }).slack
        ?.channel,
    ).toBe('C0ALERTS01')
    expect(faults(`monitors:\n  dc1:\n    kind: ${from('KIND')}\n`)).toEqual([
      'ackbridge.yml:3: monitors.dc1.kind takes its value from KIND, which is not set.',
    ])
  })

  it('does not take a value of the environment for more YAML', () => {
    const found = faults(`slack: { channel: ${from('X')} }`, { X: 'C0ALERTS01\nstorm: { threshold: 0 }' })
    expect(found[0]).toMatch(/^ackbridge\.yml:1: slack\.channel: /)
  })

  it('refuses a name of a monitor that could not stand in an address', () => {
    for (const name of ['a b', '../x', 'a/b', '-x', '""', 'ä'])
      expect(faults(`monitors: { "${name.replaceAll('"', '')}": { kind: nagios } }`), name).toHaveLength(1)
  })
})
