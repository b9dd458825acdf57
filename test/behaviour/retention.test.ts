import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { type Circle, NAGIOS, startCircle } from '../support/circle.ts'
import { startWorld, type World } from '../support/world.ts'

/* What becomes of history when it gets old, and of a person who goes. */

const DAY = 24 * 60 * 60_000
const HOUR = 60 * 60_000
const YAML = 'retention: { historyDays: 30 }\n'

const bad = (host: string, output: string) => ({ host, state: 'DOWN', output })
const fine = (host: string) => ({ host, state: 'UP', output: 'fine' })

/** One that is over, one that stays, the same host once more, and one that is new. */
async function worldOfOld(): Promise<World> {
  const world = await startWorld({ yaml: YAML })
  await world.notify(bad('gone', 'gone away'))
  await world.notify(fine('gone'))
  await world.notify(bad('stays', 'first episode'))
  await world.notify(fine('stays'))
  await world.advance(60_000)
  await world.notify(bad('stays', 'second episode'))
  await world.as('ann').types('/ack stays waiting for parts')
  world.clock.step(40 * DAY)
  await world.notify(bad('new', 'just now'))
  return world
}

const lines = async (world: World): Promise<readonly string[]> =>
  (await world.record()).map(({ host, kind, outcome, detail }) => `${host} ${kind} ${outcome} ${detail}`)

describe('what is older than historyDays', () => {
  it('goes within an hour, but for open problems and all that was said of them', async () => {
    const world = await worldOfOld()
    expect((await lines(world)).join('\n')).toContain('gone away')

    await world.advance(HOUR)

    const left = (await lines(world)).join('\n')
    expect(left).not.toContain('gone')
    expect(left).not.toContain('first episode')
    expect(left).toContain('second episode')
    expect(left).toContain('stays acknowledgement')
    expect(left).toContain('just now')
    expect(world.log.text()).toContain('What ended more than 30 days ago was removed.')
    const db = new Database(world.database, { readonly: true })
    expect(db.prepare('SELECT host FROM checks ORDER BY host').pluck().all()).toEqual(['new', 'stays'])
    expect(db.prepare('SELECT count(*) FROM problems').pluck().get()).toBe(2)
    expect(db.pragma('foreign_key_check')).toEqual([])
    db.close()
  })

  it('goes soon after a start, too', async () => {
    const world = await worldOfOld()
    await world.restart()
    await world.advance(60_000)

    expect((await lines(world)).join('\n')).not.toContain('gone')
  })

  it('leaves lists that end well, also where a line in the middle is missing', async () => {
    const world = await worldOfOld()
    await world.advance(HOUR)
    await world.notify(bad('stays', 'still'))

    const told = await world.as('ann').types('/history stays')
    expect(told).toContain('second episode')
    expect(told).not.toContain('first episode')
    expect(await world.as('ann').types('/history gone')).toContain('Nothing was ever heard of “gone”')

    const key = await world.readKey()
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const { status, body } = await world.get(`/api/history?host=stays&limit=1${cursor}`, {
        authorization: `Bearer ${key}`,
      })
      expect(status).toBe(200)
      seen.push(...body.history.map((row: { kind: string }) => row.kind))
      if (body.cursor === null) break
      cursor = `&cursor=${body.cursor}`
    }
    expect(seen.at(-1)).toBe('notification')
    expect(seen).toContain('acknowledgement')
    expect(seen.length).toBe((await lines(world)).filter((line) => line.startsWith('stays')).length)
  })

  it('goes with its problem, once that is over for as long', async () => {
    const world = await worldOfOld()
    await world.advance(HOUR)
    await world.notify(fine('stays'))
    world.clock.step(20 * DAY)
    await world.advance(HOUR)
    expect((await lines(world)).join('\n')).toContain('second episode')

    world.clock.step(11 * DAY)
    await world.notify(bad('newer', 'x'))
    await world.advance(HOUR)

    expect((await lines(world)).join('\n')).not.toContain('stays')
    expect(world.card('newer').text).toContain('newer')
  })

  it('is seen from outside: size, lines and age', async () => {
    const world = await worldOfOld()
    expect(await world.metric('ackbridge_history_oldest_seconds')).toBeGreaterThan((39 * DAY) / 1000)
    const before = await world.metric('ackbridge_history_rows')
    await world.advance(HOUR)

    expect(await world.metric('ackbridge_history_rows')).toBeLessThan(before)
    expect(await world.metric('ackbridge_database_bytes')).toBeGreaterThan(0)
    expect(await world.metric('ackbridge_database_wal_bytes')).toBeGreaterThan(0)
  })
})

describe('ackbridge prune', () => {
  it('says what it would remove, removes just that beside the server, and then has nothing more to do', async () => {
    const world = await startWorld({ now: Date.now() - 50 * DAY })
    await world.notify(bad('gone', 'gone away'))
    await world.notify(fine('gone'))
    await world.notify(bad('stays', 'open'))

    const nothing = await world.command('prune', '--dry-run')
    const dry = await world.command('prune', '--before', '45', '--dry-run')
    expect((await lines(world)).join('\n')).toContain('gone away')
    const done = await world.command('prune', '--before', '45')

    expect([nothing.code, nothing.stdout]).toEqual([
      0,
      expect.stringContaining(': 0 lines of history, 0 prob'),
    ])
    expect(dry.stdout).toMatch(/^Would be removed, of .*: \d lines of history, 1 problems, 1 checks/)
    expect(done.stdout.split('\n')[0]).toBe(
      dry.stdout
        .trim()
        .replace('Would be removed', 'Removed')
        .replace(/before \S+:/, /before \S+:/.exec(done.stdout)?.[0] ?? ''),
    )
    expect((await lines(world)).join('\n')).not.toContain('gone away')
    expect((await lines(world)).join('\n')).toContain('stays')
    const again = await world.command('prune', '--before', '45')
    expect(again.stdout).toContain(': 0 lines of history, 0 problems, 0 checks, 0 other entries.')
    expect((await world.notify(bad('gone', 'once more'))).body.problems[0].outcome).toBe('opened')
  })

  it('beside a server that is stopped leaves a host whose card shows an open problem', async () => {
    const world = await startWorld({ now: Date.now() - 50 * DAY })
    await world.notify(bad('web01', 'no answer'))
    await world.notify({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'refused' })
    await world.notify(fine('web01'))
    await world.notify(bad('other', 'newest'))
    await world.drain()
    expect(world.messages()).toHaveLength(2)
    await world.stop()

    await world.command('prune', '--before', '45')

    await world.start()
    await world.advance(3 * 60_000)
    expect(world.messages().map(({ text }) => text)).toContainEqual(expect.stringContaining('web01 / HTTP'))
  })

  it.each([
    [['--before', 'yesterday'], /neither a number of days, such as 90, nor a date/],
    [['--before', '0'], /neither/],
    [['--before', '2999-01-01'], /neither/],
    [['--before', '-5'], /neither/],
    [['--person', 'ann'], /ann is no id of a person in Slack/],
    [['--person', "U1' OR 1"], /is no id of a person/],
    [['--person', 'U0123ABCD', '--dry-run'], /leave out --before and --dry-run/],
    [['--name', ' '], /--name wants a name/],
  ])('refuses %j, and says why', async (args, said) => {
    const world = await startWorld()

    const { code, stderr } = await world.command('prune', ...args)

    expect(code).toBe(2)
    expect(stderr).toMatch(said)
  })
})

const NAME = 'Annabeth Quill-Feather'
const SECRET = 'my own words'

/** Everything that a person can do leaves something. */
async function everythingByAnn(circle: Circle): Promise<void> {
  const { world } = circle
  const { ann, guest } = world.playground.people
  world.playground.setUser(ann, { name: NAME })
  world.playground.setUser(guest, { name: `${NAME} too` })
  await circle.breaks()
  await world.as('ann').click('Acknowledge')
  await world.advance(2_000)
  await world.as('ann').types(`/ack web01 HTTP ${SECRET} 1`)
  await world.as('ann').click('Remove acknowledgement')
  await world.advance(2_000)
  await world.as('ben').types('/ack web01 HTTP I asked U0 nobody')
  await world.advance(2_000)
  await circle.takesOver('ann', `${SECRET} 2`)
  await world.advance(2_000)
  await world.as('ann').types(`/downtime web01 HTTP for 2h ${SECRET} 3`)
  await world.advance(2_000)
  await circle.tells('ACKNOWLEDGEMENT', 'CRITICAL', { author: NAME, comment: `${SECRET} 4` })
  await world.as('ann').types('/ack nowhere')
  world.expectRefusal('fault: reset')
  world.playground.faults.always('chat.postMessage', { kind: 'reset' })
  world.playground.faults.always('chat.update', { kind: 'reset' })
  await world.as('ann').types(`/ack web01 HTTP ${SECRET} 5`)
  await world.as('ann').types('/unack web01 HTTP')
  await world.advance(2_000)
}

/** Every byte that belongs to the database. */
function bytes(world: World): string {
  const folder = dirname(world.database)
  return readdirSync(folder)
    .filter((name) => name.startsWith('test.db'))
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
    .join('\n')
}

describe('ackbridge prune --person', () => {
  it('leaves nothing of them in any byte of the file, and the story stays', { timeout: 90_000 }, async () => {
    const circle = await startCircle(NAGIOS)
    const { world } = circle
    const { ann } = world.playground.people
    await everythingByAnn(circle)
    const before = await lines(world)
    for (const word of [ann, NAME, SECRET]) expect(bytes(world)).toContain(word)

    const { code, stdout, stderr } = await world.command('prune', '--person', ann)

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /was taken out of [1-9]\d* lines of history, [1-9]\d* problems, [1-9]\d* checks, [1-9]\d* deliveries/,
    )
    for (const word of [ann, NAME, SECRET]) expect(bytes(world)).not.toContain(word)
    const after = await world.record()
    expect(after).toHaveLength(before.length)
    expect(after.filter(({ actor }) => actor?.name === 'somebody (removed)').length).toBeGreaterThan(5)
    expect(after.map(({ actor }) => actor?.name)).toContain('ben')

    // What waited goes out without them.
    world.playground.faults.clear()
    await world.advance(5 * 60_000)
    expect(world.thread().join('\n')).toContain('somebody (removed)')
  })

  it('takes a name too, for those who are known by name only', async () => {
    const world = await startWorld()
    await world.notify(bad('web01', 'x'))
    await world.notify({
      ...bad('web01', 'x'),
      type: 'ACKNOWLEDGEMENT',
      author: 'Jörg O’Neil (ops)',
      comment: 'hm',
    })
    await world.notify({
      ...bad('web01', 'x'),
      type: 'CUSTOM',
      author: 'Jörg',
      comment: 'ask Jörg O’Neil (ops).',
    })

    const { code } = await world.command('prune', '--name', 'Jörg O’Neil (ops)')

    expect(code).toBe(0)
    expect(bytes(world)).not.toContain(Buffer.from('Jörg O’Neil').toString('latin1'))
    const names = (await world.record()).map(({ actor, comment }) => [actor?.name, comment])
    expect(names).toContainEqual(['somebody (removed)', null])
    expect(names).toContainEqual(['Jörg', 'ask somebody (removed).'])
  })
})
