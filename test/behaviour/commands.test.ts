import { beforeEach, describe, expect, it } from 'vitest'
import { startWorld, textOf, type World } from '../support/world.ts'

const problem = (host: string, service: string | undefined, state: string) => ({
  host,
  service,
  state,
  output: `${host} is in trouble`,
})

let world: World
const ben = (line: string, channel?: string): Promise<string> => world.as('ben').types(line, channel)

describe.each(['/problems', '/status', '/ackbridge status'])('%s', (command) => {
  beforeEach(async () => {
    world = await startWorld()
    await world.notify([
      problem('web01', 'HTTP', 'CRITICAL'),
      problem('web02', 'HTTP', 'WARNING'),
      problem('db01', undefined, 'DOWN'),
      problem('db02', 'Load', 'UNKNOWN'),
    ])
    await world.as('ben').types('/ack web02 HTTP')
    await world.as('ann').types('/ack db02 Load')
  })

  it('counts, and shows the worst first, with who has what', async () => {
    const said = await ben(command)

    expect(said).toContain('*4 open*, 2 that nobody has: 🔴 1 DOWN 🔴 1 CRITICAL 🟣 1 UNKNOWN 🟡 1 WARNING')
    expect(said.match(/db01|web01|db02|web02/g)?.filter((name, at, all) => all.indexOf(name) === at)).toEqual(
      ['db01', 'web01', 'db02', 'web02'],
    )
    expect(said).toContain('ann has it')
  })

  it.each([
    ['unacked', ['db01', 'web01']],
    ['acked', ['db02', 'web02']],
    ['mine', ['web02']],
    ['critical', ['web01']],
    ['warning', ['web02']],
    ['down', ['db01']],
    ['critical warning', ['web01', 'web02']],
    ['CRITICAL unacked', ['web01']],
    ['web01', ['web01']],
    ['WEB01', ['web01']],
    ['web', ['web01', 'web02']],
    ['web*', ['web01', 'web02']],
    ['"web02" mine', ['web02']],
    ['web02 mine', ['web02']],
    ['warning unacked', []],
    ['mail', []],
    ['constructor', []],
  ])('%s', async (words, expected) => {
    const said = await ben(`${command} ${words}`)

    const rows = said.match(/(?:DOWN|CRITICAL|UNKNOWN|WARNING)\* +(?:db|web)\d+/g) ?? []
    expect(rows.map((row) => row.split(' ').at(-1))).toEqual(expected)
    const isUnknown = ['mail', 'constructor'].includes(words)
    const none = isUnknown ? `Nothing was ever heard of “${words}”.` : `Nothing open matches “${words}”. 🟢`
    if (expected.length === 0) expect(said).toContain(none)
  })
})

describe('/problems', () => {
  it('says so when nothing is open', async () => {
    world = await startWorld()

    expect(await ben('/problems')).toBe('Nothing is open. 🟢')
  })

  it('says how many more there are', async () => {
    world = await startWorld()
    await world.notify(Array.from({ length: 30 }, (_, at) => problem(`web${at}`, 'HTTP', 'CRITICAL')))

    const said = await ben('/problems')

    expect(said).toContain('*30 open*')
    expect(said).toContain(
      '10 more. Name a host or add unacked, critical, warning, down or mine to see fewer.',
    )
    await world.advance(60_000)
  })

  it('is answered privately, and in any channel', async () => {
    world = await startWorld()
    await world.notify(problem('web01', 'HTTP', 'CRITICAL'))

    expect(await ben('/status', world.playground.channels.random)).toContain('1 open')
    expect(world.messages(world.playground.channels.random)).toEqual([])
    expect(world.told('ann')).toEqual([])
  })
})

describe('/history', () => {
  beforeEach(async () => {
    world = await startWorld()
    await world.notify(problem('web01', 'HTTP', 'CRITICAL'))
    await world.notify(problem('web01', 'SSH', 'WARNING'))
    await world.advance(60_000)
    await ben('/ack web01 HTTP for 2h vendor comes')
    await world.as('guest').types('/ack web01 HTTP')
    await world.advance(3 * 60 * 60_000)
    await world.notify({ ...problem('web01', 'HTTP', 'OK'), output: 'fine again' })
  })

  it('tells of a service, newest first', async () => {
    const said = await ben('/history web01 HTTP')

    const story = ['RECOVERY OK', 'time was up', 'acknowledged', 'PROBLEM CRITICAL'].map((words) =>
      said.indexOf(words),
    )
    expect(story.every((at) => at > 0)).toBe(true)
    expect(story).toEqual([...story].sort((a, b) => a - b))
    expect(said).toContain('“vendor comes”')
    expect(said).not.toContain('SSH')
  })

  it('tells of a whole host, and of the same host in every monitor', async () => {
    await world.notify(problem('web01', 'HTTP', 'WARNING'), { path: '/notify/nagios' })

    const said = await ben('/history web01')

    expect(said).toContain('SSH: PROBLEM WARNING')
    expect(said).toContain('HTTP: PROBLEM CRITICAL')
  })

  it('alone says how it is used', async () => {
    expect(await ben('/history')).toContain('`/history HOST [SERVICE]`')
  })
})

describe('/ackbridge', () => {
  it.each(['/ackbridge', '/ackbridge help', '/ackbridge HELP'])('%s lists the commands', async (line) => {
    world = await startWorld()

    const said = await ben(line)

    for (const name of ['/ack ', '/unack ', '/problems ', '/history ']) expect(said).toContain(name)
    expect(said).not.toContain('not known')
  })

  it('says that it does not know a word', async () => {
    world = await startWorld()

    expect(await ben('/ackbridge fly')).toContain('That word is not known here.')
  })
})

describe('a prefix', () => {
  it('stands in front of every command, also in what is said of them', async () => {
    world = await startWorld({ yaml: 'slack: { commandPrefix: mon- }\n' })
    await world.notify(problem('web01', 'HTTP', 'CRITICAL'))

    expect(await ben('/mon-ackbridge')).toContain('`/mon-ack HOST')
    expect(await ben('/mon-ack web01 HTTP')).toContain('You have web01 / HTTP')
    expect(await ben('/mon-problems mine')).toContain('1 open')
    expect(await ben('/mon-unack web01 HTTP')).toContain('is removed')
    expect(await ben('/mon-history')).toContain('`/mon-history HOST')
    expect(await ben('/mon-ack zzz')).toContain('`/mon-problems` shows what is open')
    expect(await ben('/mon-fly')).toContain('`/mon-ackbridge help` lists them')
  })
})

it('a command that is not ours is answered, not left hanging', async () => {
  world = await startWorld()

  expect(await ben('/fly me')).toContain('`/fly` is not one of ackbridge’s commands.')
})

it('every sentence a person may read fits on a screen', async () => {
  world = await startWorld()
  await world.notify(problem('web01', 'HTTP', 'CRITICAL'))
  const said = [
    await ben('/ack web01 HTTP for 2h'),
    await world.as('ann').types('/ack web01 HTTP'),
    await ben('/unack web01 HTTP'),
    await ben('/ack zzz'),
    textOf(world.card()),
  ]

  for (const sentence of said) expect(sentence.length).toBeLessThan(320)
})

describe('/problems with a name', () => {
  it('takes host and service, a monitor, and the beginning of a host; and calls nothing fine that it does not know', async () => {
    const world = await startWorld()
    await world.notify({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'timeout' })
    await world.notify({ host: 'web02', state: 'DOWN', output: 'no answer' })
    const ann = world.as('ann')

    for (const asked of ['web01 HTTP', 'native/web01', '"web01" critical', 'web01 / HTTP']) {
      expect([asked, await ann.types(`/problems ${asked}`)]).toEqual([
        asked,
        expect.stringContaining('1 open'),
      ])
    }
    expect(await ann.types('/problems web')).toContain('2 open')
    expect(await ann.types('/problems web01 warning')).toContain('Nothing open matches')
    expect(await ann.types('/problems wbe01')).toContain('Nothing was ever heard of “wbe01”. Did you mean')
  })
})

describe('a form that Slack does not open', () => {
  it('is not passed over in silence', async () => {
    const world = await startWorld()
    world.expectRefusal('internal_error')
    await world.notify({ host: 'web01', state: 'DOWN', output: 'no answer' })
    world.playground.faults.next('views.open', { kind: 'error', error: 'internal_error' })

    await world.as('ann').click('Acknowledge…')

    expect(world.told('ann').at(-1)).toContain('Slack did not open the form, so nothing was changed.')
  })
})
