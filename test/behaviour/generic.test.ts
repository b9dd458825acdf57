import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startWorld, textOf, type World } from '../support/world.ts'

/*
 * What anybody may send: the configuration and the bodies of the README as they stand there, through the whole app, and what
 * must never be kept of them.
 */

const NOW = Date.parse('2026-11-21T20:00:30Z')
const README = readFileSync('src/monitors/generic/README.md', 'utf8')

/** Configuration and bodies of each section that has them. */
const EXAMPLES = README.split(/^### /m)
  .slice(1)
  .map((section) => {
    const blocks = (language: string): string[] =>
      [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, of, block = '']) =>
        of === language ? [block] : [],
      )
    const [yaml = ''] = blocks('yaml')
    const [, monitor = ''] = /^ {2}(\w+):$/m.exec(yaml) ?? []
    return { title: section.split('\n', 1)[0] ?? '', yaml, monitor, bodies: blocks('json') }
  })

const card = (world: World): string => textOf(world.messages()[0])
/** All that is shown, and all that is on disk. */
const everything = (world: World): string => {
  const folder = dirname(world.database)
  const files = readdirSync(folder).filter((name) => name.startsWith(basename(world.database)))
  return [
    JSON.stringify(world.messages()),
    world.log.text(),
    ...files.map((name) => readFileSync(join(folder, name), 'latin1')),
  ].join('\n')
}

describe('the README', () => {
  it('has a section for a map and for each preset, each with a problem and its end', () => {
    expect(EXAMPLES.map(({ title, bodies }) => [title, bodies.length])).toEqual([
      ['A map', 2],
      ['uptime-kuma', 2],
      ['healthchecks', 2],
      ['icinga-notifications', 2],
      ['cloudevents', 2],
    ])
  })

  it.each(EXAMPLES)('$title: opens a card, is acknowledged, and is closed by its end', async (example) => {
    const { yaml, monitor, bodies, title } = example
    const world = await startWorld({ yaml, now: NOW })
    const [begins = '', ends = ''] = bodies

    const status = title === 'icinga-notifications' ? 200 : 202
    expect((await world.notify(begins, { path: `/notify/${monitor}` })).status).toBe(status)
    expect(card(world)).toMatch(/^🔴 CRITICAL .*Nobody has it yet/)
    await world.as('ann').click('Acknowledge')
    expect(card(world)).toContain('ann has it since')
    await world.advance(6 * 60_000)
    expect((await world.notify(ends, { path: `/notify/${monitor}` })).body.problems).toMatchObject([
      { outcome: 'closed' },
    ])
    await world.advance(5_000)
    expect(card(world)).toContain('Recovered')
    expect(world.messages()).toHaveLength(1)
  })

  it('shows what a map takes from where', async () => {
    const [{ yaml, bodies } = { yaml: '', bodies: [] }] = EXAMPLES
    const world = await startWorld({ yaml, now: NOW })
    await world.notify(bodies[0] ?? '', { path: '/notify/app' })

    for (const part of ['app01 / Queue', 'Queue is full: 4711 of 5000', 'Shop'])
      expect(card(world)).toContain(part)
    expect(JSON.stringify(world.card())).toContain('https://app.example.com/alerts')
  })

  it('names every part that a map takes', async () => {
    const { config } = await import('../../src/monitors/generic/config.ts')
    const { map } = config.shape
    for (const part of Object.keys(map.unwrap().shape)) expect(README).toContain(`\`${part}`)
  })
})

describe('a preset', () => {
  it.each(['uptime-kuma', 'healthchecks', 'icinga-notifications'])(
    '%s needs no configuration',
    async (preset) => {
      const world = await startWorld({ now: NOW })
      const [body = ''] = EXAMPLES.find(({ title }) => title === preset)?.bodies ?? []
      for (const path of [`/notify/${preset}`, '/notify/generic'])
        expect((await world.notify(body, { path })).body.accepted).toBe(1)
      expect(world.messages()).toHaveLength(2)
    },
  )

  it('uptime-kuma takes both of its forms', async () => {
    const world = await startWorld({ now: NOW })
    const [body = ''] = EXAMPLES.find(({ title }) => title === 'uptime-kuma')?.bodies ?? []
    const form = new FormData()
    form.set('data', body)
    const encoded = new Response(form)
    const headers = { 'content-type': encoded.headers.get('content-type') ?? '' }
    const sent = await world.notify(await encoded.text(), { path: '/notify/uptime-kuma', headers })
    expect(sent.body.problems).toMatchObject([{ outcome: 'opened' }])
    const plain = { 'content-type': 'application/x-www-form-urlencoded' }
    const again = await world.notify(String(new URLSearchParams({ data: body })), {
      path: '/notify/uptime-kuma',
      headers: plain,
    })
    expect(again.body.problems).toMatchObject([{ outcome: 'duplicate' }])
  })

  it('cloudevents takes a batch, and the attributes from headers', async () => {
    const world = await startWorld({ now: NOW })
    const event = { specversion: '1.0', source: '/shop', type: 'com.example.x', time: '2026-11-21T20:00:00Z' }
    const batch = JSON.stringify([
      { ...event, id: '1', data: { message: 'one' } },
      { ...event, id: '1' },
      { id: '3' },
    ])
    const headers = { 'content-type': 'application/cloudevents-batch+json' }
    const { status, body } = await world.notify(batch, { path: '/notify/cloudevents', headers })
    expect([status, body.problems.map(({ outcome }: { outcome: string }) => outcome)]).toEqual([
      202,
      ['opened', 'duplicate'],
    ])
    const binary = await world.notify('<b>caf\u00e9</b>', {
      path: '/notify/cloudevents',
      headers: {
        'content-type': 'text/html',
        'ce-specversion': '1.0',
        'ce-id': '4',
        'ce-source': '/caf%C3%A9',
        'ce-type': 'com.example.y',
        'ce-severitytext': 'FATAL',
      },
    })
    expect(binary.body.problems).toMatchObject([{ host: '/café', state: 'CRITICAL', outcome: 'opened' }])
  })
})

describe('what must not be kept', () => {
  it.each([
    [
      '/notify/healthchecks',
      {
        check: {
          name: 'Copy',
          status: 'down',
          ping_url: 'https://hc/hunter2',
          uuid: 'aaaaaaaa-0000-4000-8000-00000000beef',
        },
      },
    ],
    [
      '/notify/healthchecks',
      { check: { ping_url: 'https://hc/hunter2', uuid: 'aaaaaaaa-0000-4000-8000-00000000beef' } },
    ],
    [
      '/notify/uptime-kuma',
      {
        heartbeat: { status: 0, msg: 'see https://u:hunter2@h/?t=hunter2', response: 'hunter2' },
        monitor: {
          id: 1,
          name: 'x',
          url: 'https://u:hunter2@h/p?t=hunter2',
          headers: 'hunter2',
          body: 'hunter2',
        },
        msg: '',
      },
    ],
    [
      '/notify/uptime-kuma',
      { heartbeat: { status: 9, response: 'hunter2' }, monitor: { id: 1, token: 'hunter2' } },
    ],
    ['/notify/generic', { a: [{ password: 'hunter2' }], b: 'https://u:hunter2@h/hunter2' }],
    ['/notify/generic', '{"check": {"ping_url": "https://hc/hunter2'],
    [
      '/notify/healthchecks',
      '{"name": ""oops"", "at": "https://hc/hunter2/aaaaaaaa-0000-4000-8000-00000000beef"}',
    ],
    [
      '/notify/cloudevents',
      { specversion: '1.0', id: '1', source: 'amqp://u:hunter2@q/x?k=hunter2', type: 't' },
    ],
  ])('%s %#: no secret in a card, the history or the log', async (path, body) => {
    const world = await startWorld({ now: NOW })
    await world.notify(body, { path })
    const kept = everything(world)
    expect((await world.record()).length).toBeGreaterThan(0)
    expect(kept).not.toContain('hunter2')
    expect(kept).not.toContain('00000000beef')
  })
})

describe('what a map cannot use', () => {
  const yaml = `monitors:
  app:
    kind: generic
    map: { each: alerts, host: labels.instance, service: { text: app }, state: status }
`

  it('is told by its path and what is there instead; the rest is stored', async () => {
    const world = await startWorld({ yaml, now: NOW })
    const well = { labels: { instance: 'web01' }, status: 'firing' }
    const alerts = [well, { labels: { job: 'x', host: 'y' }, status: 'firing' }, { ...well, status: 'odd' }]
    const { status, body } = await world.notify({ alerts }, { path: '/notify/app' })
    expect([status, body.accepted]).toEqual([202, 1])
    const rejected = (await world.record()).filter(({ kind }) => kind === 'rejected')
    expect(rejected.map(({ outcome }) => outcome)).toEqual([
      expect.stringContaining(
        'alerts[1].labels.instance is not there: alerts[1].labels holds job, host (for host)',
      ),
      expect.stringContaining('alerts[2].status is “odd”, which is no state.'),
    ])
  })

  it('is refused where nothing is well', async () => {
    const world = await startWorld({ yaml, now: NOW })
    const { status, body } = await world.notify({ alarms: [] }, { path: '/notify/app' })
    expect([status, body.issues]).toEqual([
      400,
      [{ path: 'alerts', message: 'is not there: the body holds alarms (for each)' }],
    ])
  })

  it('and what nobody knows asks for a preset or a map', async () => {
    const world = await startWorld({ now: NOW })
    const { status, body } = await world.notify({ hello: 'world' }, { path: '/notify/generic' })
    expect([status, body.message]).toEqual([
      400,
      expect.stringContaining('Set preset or map for this monitor'),
    ])
  })

  it('from people is inert: no mention, no link, no format', async () => {
    const world = await startWorld({ yaml, now: NOW })
    const hostile = '<!channel> <https://evil|x> *b* @here'
    const alerts = [{ labels: { instance: hostile }, status: 'critical' }]
    expect((await world.notify({ alerts }, { path: '/notify/app' })).body.accepted).toBe(1)
    expect(world.messages()).toHaveLength(1)
  })
})
