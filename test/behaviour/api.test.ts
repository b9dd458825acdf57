import { describe, expect, it } from 'vitest'
import { type Json, startWorld, type World } from '../support/world.ts'

/** A few problems of different sorts, one of them taken, one over. */
async function fill(world: World): Promise<void> {
  await world.notify([
    { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'timeout' },
    { host: 'web02', service: 'HTTP', state: 'WARNING', output: 'slow' },
    { host: 'db01', state: 'DOWN', output: 'gone', hostDisplayName: 'Database', monitor: 'nagios' },
    { host: 'db02', service: 'backup', state: 'UNKNOWN' },
    { host: 'db03', state: 'UNREACHABLE' },
    { host: 'old01', state: 'DOWN' },
  ])
  await world.notify({ host: 'old01', state: 'UP' })
  await world.as('ann').types('/ack web01 HTTP looking')
}

async function reader(world: World): Promise<(path: string) => Promise<Json>> {
  const headers = { 'x-api-key': await world.readKey() }
  return async (path) => (await world.get(path, headers)).body
}

const hosts = (answer: Json): string[] => answer.problems.map(({ host }: Json) => host)

describe('GET /api/problems', () => {
  it('lists what is open, worst first, with all there is to say', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    await fill(world)
    const get = await reader(world)

    const answer = await get('/api/problems')

    expect(hosts(answer)).toEqual(['Database', 'web01', 'db03', 'db02', 'web02'])
    expect(answer.cursor).toBeNull()
    expect(answer.problems[1]).toMatchObject({
      monitor: 'native',
      host: 'web01',
      service: 'HTTP',
      state: 'CRITICAL',
      since: '2026-11-21T20:00:00.000Z',
      count: 1,
      output: 'timeout',
      acknowledgement: { by: { name: 'ann' }, comment: 'looking', until: null, handOver: 'not_supported' },
    })
  })

  it('is narrowed as on the command line', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    await fill(world)
    const get = await reader(world)

    expect(hosts(await get('/api/problems?host=web*'))).toEqual(['web01', 'web02'])
    expect(hosts(await get('/api/problems?host=database'))).toEqual(['Database'])
    expect(hosts(await get('/api/problems?host=web0?'))).toEqual(['web01', 'web02'])
    expect(hosts(await get('/api/problems?host=%25'))).toEqual([])
    expect(hosts(await get('/api/problems?monitor=nagios'))).toEqual(['Database'])
    expect(hosts(await get('/api/problems?state=critical'))).toEqual(['web01'])
    expect(hosts(await get('/api/problems?state=down'))).toEqual(['Database', 'db03'])
    expect(hosts(await get('/api/problems?filter=acked'))).toEqual(['web01'])
    expect(hosts(await get('/api/problems?filter=unacked&host=web*'))).toEqual(['web02'])
    for (const wrong of ['state=constructor', 'state=broken', 'filter=all']) {
      expect(await get(`/api/problems?${wrong}`)).toMatchObject({ error: 'invalid_request' })
    }
  })

  it('gives everything exactly once, page by page', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    const states = ['WARNING', 'CRITICAL', 'UNKNOWN']
    const many = Array.from({ length: 23 }, (_, n) => ({ host: `h${n}`, service: 's', state: states[n % 3] }))
    await world.post(many)
    const get = await reader(world)

    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Json = await get(
        `/api/problems?limit=5${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      expect(page.problems.length).toBeLessThanOrEqual(5)
      seen.push(...hosts(page))
      cursor = page.cursor
    }

    expect(seen).toHaveLength(23)
    expect(new Set(seen).size).toBe(23)
    for (const odd of ['limit=0', 'limit=-1', 'limit=x', 'limit=1e9', 'limit=']) {
      expect(hosts(await get(`/api/problems?${odd}`))).toHaveLength(23)
    }
  })
})

describe('GET /api/history', () => {
  it('is narrowed by host, service, monitor, kind, problem and time', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    await fill(world)
    await world.advance(3_600_000)
    await world.notify({ host: 'web01', service: 'HTTP', state: 'OK' })
    const get = await reader(world)
    const kinds = async (query: string) =>
      (await get(`/api/history?${query}`)).history.map(({ kind }: Json) => kind)

    expect(await kinds('host=web01&service=http')).toEqual([
      'notification',
      'acknowledgement',
      'delivery',
      'notification',
    ])
    expect(await kinds('host=WEB01&kind=acknowledgement')).toEqual(['acknowledgement'])
    expect(await kinds('host=web0*&kind=notification')).toHaveLength(3)
    expect(await kinds('host=web01&since=30m')).toEqual(['notification'])
    expect(await kinds('monitor=nagios&kind=notification')).toEqual(['notification'])
    expect(await kinds('host=Database&kind=notification')).toEqual(['notification'])
    expect(await kinds('host=nobody')).toEqual([])
    const [{ problem }] = (await get('/api/history?host=db01&kind=notification')).history
    expect(problem).toMatch(/^[0-9a-f-]{36}$/)
    expect(await kinds(`problem=${problem}`)).toEqual(['delivery', 'notification'])
    expect(await kinds('since=2026-11-21&kind=notification')).toHaveLength(8)
    for (const wrong of ['since=yesterday', 'kind=other']) {
      expect(await get(`/api/history?${wrong}`)).toMatchObject({ error: 'invalid_request' })
    }
  })

  it.each(['', '&host=web*', '&host=web01', '&kind=notification'])(
    'gives everything exactly once, page by page, newest first%s',
    async (filter) => {
      const world = await startWorld()
      for (let n = 0; n < 17; n++)
        await world.post({ host: 'web01', service: 's', state: n % 2 === 0 ? 2 : 0, output: `${n}` })
      await world.drain()
      const get = await reader(world)
      const all: Json[] = (await get(`/api/history?${filter}`)).history

      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: Json = await get(
          `/api/history?limit=4${filter}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        )
        seen.push(...page.history.map(({ id }: Json) => id))
        cursor = page.cursor
      }

      expect(seen).toEqual(all.map(({ id }) => id))
      expect(new Set(seen).size).toBe(seen.length)
      expect(all.filter(({ kind }) => kind === 'notification')).toHaveLength(17)
      const recorded = all.map((row) => row.recorded)
      expect(recorded).toEqual([...recorded].sort().reverse())
    },
  )
})

describe('CSV', () => {
  it('has a header, and no cell that a spreadsheet would compute', async () => {
    const world = await startWorld()
    const evil = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1']
    for (const [n, output] of evil.entries()) {
      await world.notify({
        host: `=cmd|' /C calc'!A${n}`,
        state: 1,
        output,
        author: '-2+3',
        comment: '@x, "quoted"\nsecond',
      })
    }
    const headers = { 'x-api-key': await world.readKey() }

    for (const path of ['/api/problems?format=csv', '/api/history?format=csv&kind=notification']) {
      const answer = await world.get(path, headers)
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
      const rows = parseCsv(answer.body)
      expect(rows[0]).toContain('host')
      expect(rows).toHaveLength(6)
      for (const row of rows) {
        expect(row).toHaveLength(rows[0]?.length ?? 0)
        for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/)
      }
    }
    expect((await world.get('/api/history?format=csv', headers)).body).toContain('"\'@x, ""quoted""\nsecond"')
  })
})

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

describe('the address of a problem', () => {
  const follow = (world: World, id: string) => fetch(`${world.url}/problems/${id}`, { redirect: 'manual' })

  it('leads to its card, without a key', async () => {
    const world = await startWorld()
    const { body } = await world.notify({ host: 'web01', state: 'DOWN' })

    const answer = await follow(world, body.problems[0].id)

    expect(answer.status).toBe(302)
    const { ts } = world.card('web01')
    expect(answer.headers.get('location')).toBe(
      `${world.playground.url}archives/${world.playground.channels.alerts}/p${ts.replace('.', '')}`,
    )
    expect((await fetch(answer.headers.get('location') ?? '')).status).toBe(200)
  })

  it('leads to the card that shows it, where it has none of its own', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 2, windowSeconds: 10 }' })
    const down = { host: 'web01', state: 'DOWN', output: 'x' }
    const [host] = (await world.notify(down)).body.problems
    const [service] = (await world.notify({ ...down, service: 'HTTP', state: 'CRITICAL' })).body.problems
    const whereOf = async ({ id }: { id: string }) => (await follow(world, id)).headers.get('location')
    expect(await whereOf(service)).not.toBeNull()
    expect(await whereOf(service)).toBe(await whereOf(host))

    const many = await world.notify([1, 2, 3, 4, 5].map((n) => ({ ...down, host: `db${n}` })))
    await world.advance(10_000)
    const [storm] = world.messages().filter(({ text }) => text.startsWith('STORM'))
    expect(await whereOf(many.body.problems[4])).toContain(`/p${storm?.ts.replace('.', '')}`)
  })

  it('says so while there is no card, and where there is no problem', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: reset')
    world.playground.faults.always('chat.postMessage', { kind: 'reset' })
    const { body } = await world.notify({ host: 'web01', state: 'DOWN' })
    const waits = await follow(world, body.problems[0].id)

    expect([waits.status, ((await waits.json()) as Json).message]).toEqual([
      404,
      expect.stringContaining('not in Slack yet'),
    ])
    for (const id of ['01938f2e-0000-7000-8000-0000000000aa', 'x', '%2e%2e', "'; --"])
      expect((await follow(world, id)).status).toBe(404)
    expect((await fetch(`${world.url}/problems/x`, { method: 'POST' })).status).toBe(405)
    world.playground.faults.clear()
  })
})
