import { describe, expect, it } from 'vitest'
import { type Json, startWorld, type World } from '../support/world.ts'

const MINUTE = 60_000
const YAML = 'storm: { threshold: 0 }\nmonitors: { dc1: { kind: nagios } }'
const ALWAYS = ['--since', '2000-01-01']

/** Two monitors: taken at the last moment of 5 and of 15 minutes, one of them there, over without anybody, still open; and events. */
async function filled(): Promise<World> {
  const world = await startWorld({ yaml: YAML })
  const dc1 = (host: string, over: object = {}) =>
    world.notify({ monitor: 'dc1', host, state: 'DOWN', output: 'gone', ...over })
  await dc1('web01')
  await dc1('web02')
  await dc1('web03')
  await dc1('web04')
  await world.notify({ host: 'db01', state: 'DOWN' })
  await world.notify({ host: 'ids1', type: 'EVENT', output: 'probe' })
  await world.notify({ host: 'ids2', type: 'EVENT', output: 'probe' })
  await world.advance(5 * MINUTE)
  await world.as('ann').types('/ack web01 looking')
  await world.as('ann').types('/ack ids1 seen')
  await world.advance(10 * MINUTE)
  await dc1('web02', { type: 'ACKNOWLEDGEMENT', author: 'ben', comment: 'mine' })
  await dc1('web03', { state: 'UP' })
  await world.advance(30 * MINUTE)
  await dc1('web01', { state: 'UP' })
  // Said again, and taken over: neither counts.
  await dc1('web02')
  await world.as('ben').types('/unack web02')
  await world.as('ann').types('/ack web02')
  return world
}

async function ask(world: World, query = ''): Promise<Json> {
  return (await world.get(`/api/report${query}`, { 'x-api-key': await world.readKey() })).body
}

describe('GET /api/report', () => {
  it('says of each monitor, and of all, how soon problems were acknowledged and how long they lasted', async () => {
    const world = await filled()

    const report = await ask(world)

    expect(report.since).toBe('2026-08-23')
    expect(report.monitors.map(({ monitor, kind }: Json) => `${monitor} ${kind}`)).toEqual([
      'dc1 problem',
      'native problem',
      'native event',
    ])
    expect(report.monitors[0]).toEqual({
      monitor: 'dc1',
      kind: 'problem',
      opened: 4,
      open: 2,
      acknowledged: 2,
      acknowledgedShare: 0.5,
      acknowledgedWithin: {
        '5m': { count: 1, share: 0.25 },
        '15m': { count: 2, share: 0.5 },
        '1h': { count: 2, share: 0.5 },
      },
      timeToAcknowledge: { mean: 10 * 60, median: 'up to 5m' },
      closedUnacknowledged: 1,
      recovered: 2,
      timeToRecover: { mean: 30 * 60 },
    })
    expect(report.monitors[2]).toMatchObject({ opened: 2, open: 1, acknowledged: 1, recovered: 0 })
    expect(report.all).toMatchObject([
      { kind: 'problem', opened: 5, open: 3, acknowledged: 2, acknowledgedShare: 0.4 },
      { kind: 'event', opened: 2, acknowledged: 1, timeToRecover: { mean: null } },
    ])
  })

  it('counts what happens later on the day on which the problem opened', async () => {
    const world = await filled()
    await world.advance(3 * 24 * 60 * MINUTE)
    await world.as('ann').types('/ack db01')

    const [late] = (await ask(world, '?monitor=native')).monitors
    expect(late).toMatchObject({ acknowledged: 1, acknowledgedWithin: { '1h': { count: 0 } } })
    expect(late.timeToAcknowledge).toEqual({ mean: 72 * 3600 + 45 * 60, median: 'over 1h' })
    expect((await ask(world, '?since=2d')).monitors).toEqual([])
    expect((await ask(world, '?since=2026-11-21')).all[0].acknowledged).toBe(3)
  })

  it('is narrowed, refuses a time that is none, and wants a key that may read', async () => {
    const world = await filled()

    expect((await ask(world, '?monitor=dc1')).all).toMatchObject([{ kind: 'problem', opened: 4 }])
    expect(await ask(world, '?monitor=nobody')).toMatchObject({ monitors: [], all: [] })
    expect(await ask(world, '?since=yesterday')).toMatchObject({ error: 'invalid_request' })
    expect((await world.get('/api/report')).status).toBe(401)
  })

  it('comes as CSV, where * is all of them', async () => {
    const world = await filled()

    const text: string = await ask(world, '?format=csv')

    const [header, ...rows] = text.trimEnd().split('\r\n')
    expect(header).toContain('monitor,kind,opened,open,acknowledged')
    expect(rows.map((row) => row.split(',').slice(0, 3).join(' '))).toEqual([
      'dc1 problem 4',
      'native problem 1',
      'native event 2',
      '* problem 5',
      '* event 2',
    ])
    for (const row of rows) expect(row.split(',')).toHaveLength(header?.split(',').length ?? 0)
  })
})

describe('ackbridge report', () => {
  it('prints it beside the running server: as table, CSV and JSON', async () => {
    const world = await filled()

    const [table, csv, json] = await Promise.all(
      ['table', 'csv', 'json'].map((format) => world.command('report', ...ALWAYS, '--format', format)),
    )

    expect(table?.code).toBe(0)
    const lines = (table?.stdout ?? '').trimEnd().split('\n')
    expect(lines[0]).toBe('Opened since 2000-01-01 (UTC).')
    expect(lines.slice(2).map((line) => line.split(/ {2,}/))).toEqual([
      [
        'dc1',
        'problem',
        '4',
        '2 (50%)',
        '1 (25%)',
        '2 (50%)',
        '2 (50%)',
        '10 min',
        'up to 5m',
        '1 (25%)',
        '2 (50%)',
        '30 min',
      ],
      ['native', 'problem', '1', '0 (0%)', '0 (0%)', '0 (0%)', '0 (0%)', '-', '-', '0 (0%)', '0 (0%)', '-'],
      [
        'native',
        'event',
        '2',
        '1 (50%)',
        '1 (50%)',
        '1 (50%)',
        '1 (50%)',
        '5 min',
        'up to 5m',
        '0 (0%)',
        '-',
        '-',
      ],
      [
        '*',
        'problem',
        '5',
        '2 (40%)',
        '1 (20%)',
        '2 (40%)',
        '2 (40%)',
        '10 min',
        'up to 5m',
        '1 (20%)',
        '2 (40%)',
        '30 min',
      ],
      [
        '*',
        'event',
        '2',
        '1 (50%)',
        '1 (50%)',
        '1 (50%)',
        '1 (50%)',
        '5 min',
        'up to 5m',
        '0 (0%)',
        '-',
        '-',
      ],
    ])
    expect(csv?.stdout).toContain('\r\n*,problem,5,3,2,0.4,')
    expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ since: '2000-01-01', all: [{ opened: 5 }, {}] })
  })

  it('is narrowed, and says so when something is wrong', async () => {
    const world = await filled()

    const { stdout } = await world.command('report', ...ALWAYS, '--monitor', 'dc1', '--format', 'json')
    expect(JSON.parse(stdout).monitors).toHaveLength(1)
    for (const wrong of [['--since', 'yesterday'], ['--format', 'xml'], ['--nonsense'], ['extra']]) {
      const { code, stdout, stderr } = await world.command('report', ...wrong)
      expect([wrong, code, stdout]).toEqual([wrong, 2, ''])
      expect(stderr).not.toMatch(/^\s+at /m)
      expect(stderr).not.toBe('')
    }
  })
})

describe('days of the report', () => {
  it('go with the history, and a problem that goes on does not bring them back', async () => {
    const world = await startWorld({ yaml: 'retention: { historyDays: 30 }' })
    await world.notify({ host: 'old', state: 'DOWN' })
    world.clock.step(31 * 24 * 60 * MINUTE)
    await world.notify({ host: 'new', state: 'DOWN' })
    expect((await ask(world, '?since=60d')).all).toMatchObject([{ opened: 2 }])

    await world.advance(60 * MINUTE)
    expect((await ask(world, '?since=60d')).all).toMatchObject([{ opened: 1, recovered: 0 }])

    await world.notify({ host: 'old', state: 'UP' })
    expect((await ask(world, '?since=60d')).all).toMatchObject([{ opened: 1, recovered: 0 }])
  })
})
