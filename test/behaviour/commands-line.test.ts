import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { startWorld, type World } from '../support/world.ts'

const ALWAYS = ['--since', '2000-01-01']

async function filled(): Promise<World> {
  const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
  await world.notify({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'time\u0007out' })
  await world.notify({ host: 'db01', state: 'DOWN', output: '=1+1', monitor: 'nagios' })
  await world.as('ann').types('/ack web01 HTTP "\u001b[2J on it"')
  await world.notify({ host: 'web01', service: 'HTTP', state: 'OK' })
  await world.notify({ host: 'web02', service: 'HTTP', state: 'WARNING', output: '\u009b31mred' })
  return world
}

describe('ackbridge problems', () => {
  it('shows what is open beside the running server, worst first: as table, CSV and JSON', async () => {
    const world = await filled()

    const [table, csv, json] = await Promise.all(
      ['table', 'csv', 'json'].map((format) => world.command('problems', '--format', format)),
    )

    expect(table?.code).toBe(0)
    const lines = table?.stdout.trimEnd().split('\n') ?? []
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['state', 'host'],
      ['DOWN', 'db01'],
      ['WARNING', 'web02'],
    ])
    expect(csv?.stdout).toContain(",'=1+1\r\n")
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject([
      { host: 'db01' },
      { host: 'web02', state: 'WARNING' },
    ])
  })

  it('is narrowed, and says so when a filter is none', async () => {
    const world = await filled()

    expect((await world.command('problems', '--host', 'web*')).stdout).not.toContain('db01')
    expect((await world.command('problems', '--limit', '1')).stdout.trim().split('\n')).toHaveLength(2)
    for (const wrong of [
      ['--state', 'bad'],
      ['--filter', 'bad'],
      ['--format', 'xml'],
      ['--limit', '0'],
      ['--limit', 'x'],
      ['--nonsense'],
      ['extra', 'words'],
    ]) {
      const { code, stdout, stderr } = await world.command('problems', ...wrong)
      expect([wrong, code, stdout]).toEqual([wrong, 2, ''])
      expect(stderr).not.toMatch(/^\s+at /m)
      expect(stderr).not.toBe('')
    }
  })
})

describe('ackbridge history', () => {
  it('tells what happened, oldest first, as table, CSV and JSON', async () => {
    const world = await filled()

    const table = await world.command('history', ...ALWAYS, '--host', 'web01')
    const csv = await world.command('history', ...ALWAYS, '--format', 'csv')
    const json = await world.command('history', ...ALWAYS, '--format', 'json', '--service', 'http')

    expect(
      table.stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ {2,}/)[1]),
    ).toEqual(['notification', 'delivery', 'acknowledgement', 'notification'])
    expect(csv.stdout.split('\r\n')[0]).toContain('id,time,recorded,kind,problem,monitor,host,service')
    const rows = JSON.parse(json.stdout)
    expect(rows[0]).toMatchObject({
      kind: 'notification',
      host: 'web01',
      state: 'CRITICAL',
      outcome: 'opened',
    })
    expect(rows[0].id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })

  it('never lets through what a terminal would act on', async () => {
    const world = await filled()

    for (const command of [['history', ...ALWAYS], ['problems']]) {
      const { stdout } = await world.command(...command)
      expect(stdout).toContain('31mred')
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    }
  })

  it('gives the newest so many lines, and refuses a time that is none', async () => {
    const world = await filled()

    const { stdout } = await world.command('history', ...ALWAYS, '--limit', '1', '--format', 'json')
    expect(JSON.parse(stdout).map(({ host }: { host: string }) => host)).toEqual(['web02'])
    const wrong = await world.command('history', '--since', 'yesterday')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('7d, 12h or 30m')])
  })
})

describe('a command before the first start', () => {
  it('makes keys that the server knows that comes after, and nothing else', async () => {
    const world = await startWorld()
    await world.stop()
    rmSync(join(world.folder, 'data'), { recursive: true })

    for (const command of ['history', 'problems', 'report']) {
      const { code, stdout, stderr } = await world.command(command)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^There is no database at .*test\.db yet\..*\n$/)
    }
    expect(existsSync(join(world.folder, 'data'))).toBe(false)
    const { code, stdout } = await world.command('keys', 'add', 'early', '--monitor', 'native')
    expect(code).toBe(0)

    await world.start()
    expect((await world.post({ host: 'web01', state: 'DOWN' }, { key: stdout.trim() })).status).toBe(202)
  })

  it.each([
    ['is no database', 'this is a letter', 1],
    ['has no path', null, 2],
  ])('says in a sentence that what DATABASE_URL names %s', async (_what, content, expected) => {
    const world = await startWorld()
    const file = join(world.folder, 'letter.db')
    if (content !== null) writeFileSync(file, content.repeat(300))
    const env = { ...world.environment(), DATABASE_URL: content === null ? 'postgres://x/y' : `file:${file}` }

    for (const args of [['history'], ['problems'], ['keys', 'list'], ['keys', 'add', 'x', '--read']]) {
      const { code, stderr, stdout } = await runCommand(args, env, world.folder)
      expect([args, code, stdout]).toEqual([args, expected, ''])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
    if (content !== null) expect(readFileSync(file, 'utf8')).toBe(content.repeat(300))
  })
})

describe('ackbridge check-config', () => {
  it('says what the settings mean', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios } }' })

    const { code, stdout } = await world.command('check-config')

    expect(code).toBe(0)
    expect(stdout).toContain('HTTP mode')
    expect(stdout).toContain('dc1 (nagios)')
    expect(stdout).not.toContain(world.playground.botToken)
  })

  it('says everything that is wrong, with lines, and ends with 2, as a start would', async () => {
    const world = await startWorld()
    writeFileSync(join(world.folder, 'ackbridge.yml'), 'strom: {}\nslack: { channel: general }\n')

    for (const command of ['check-config', 'start', 'problems']) {
      const { code, stdout, stderr } = await world.command(command)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr.trim().split('\n')).toEqual([
        expect.stringMatching(/^ackbridge\.yml:2: slack\.channel: /),
        'ackbridge.yml:1: strom is not known. Did you mean storm?',
      ])
    }
  })

  it('never takes half a set-up for the playground, and neither does a start', async () => {
    const world = await startWorld()
    const names = [
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
      'SLACK_APP_TOKEN',
      'SLACK_CHANNEL',
      'SLACK_API_URL',
    ]
    for (const name of names) {
      const { code, stderr } = await runCommand(['start'], { [name]: 'C0HALF00001' }, world.folder)
      expect([name, code]).toEqual([name, 2])
      expect(stderr).toMatch(/^[^\n]*SLACK_[^\n]*\.\n/)
      expect(stderr).not.toMatch(/^\s+at /m)
    }
  })

  it('without anything set names the playground', async () => {
    const world = await startWorld()
    const { code, stdout } = await runCommand(['check-config'], {}, world.folder)
    expect([code, stdout]).toEqual([0, expect.stringContaining('playground')])
  })

  it('reads .env', async () => {
    const world = await startWorld()
    const lines = Object.entries(world.environment()).map(([name, value]) => `${name}=${value}`)
    writeFileSync(join(world.folder, '.env'), lines.join('\n'))

    const { code, stdout } = await runCommand(['check-config'], {}, world.folder)

    expect([code, stdout]).toEqual([0, expect.stringContaining('HTTP mode')])
    expect(readFileSync(join(world.folder, '.env'), 'utf8')).toBe(lines.join('\n'))
  })
})

describe('the command', () => {
  it('ends with 0 for help, and with 2 and a hint for what it does not know', async () => {
    const world = await startWorld()

    for (const args of [
      ['help'],
      ['--help'],
      ['keys', '--help'],
      ['notify', '--help'],
      ['manifest', '--socket-mode'],
    ]) {
      const { code, stdout } = await world.command(...args)
      expect([args, code]).toEqual([args, 0])
      expect(stdout).not.toBe('')
    }
    for (const args of [
      [],
      ['acknowledge'],
      ['keys'],
      ['keys', 'add'],
      ['keys', 'revoke', 'nobody'],
      ['manifest'],
      ['manifest', '--url', 'http://x', '--socket-mode'],
      ['start', 'now'],
    ]) {
      const { code, stderr } = await world.command(...args)
      expect([args, code]).toEqual([args, 2])
      expect(stderr).not.toBe('')
      expect(stderr).not.toMatch(/^\s+at /m)
    }
  })
})
