import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const SMALL = 'storm: { threshold: 3, windowSeconds: 10 }'

const problems = (count: number, over: object = {}) =>
  Array.from({ length: count }, (_, n) => ({
    host: `web${n % 50}`,
    service: `S${n}`,
    state: n % 3 === 0 ? 'WARNING' : 'CRITICAL',
    output: `broken ${n}`,
    ...over,
  }))
const fine = (all: readonly object[]) => all.map((one) => ({ ...one, state: 'OK', output: 'fine' }))

const isStorm = ({ text }: Message): boolean => text.startsWith('STORM')
const storms = (world: World) => world.messages().filter(isStorm)
const own = (world: World) => world.messages().filter((message) => !isStorm(message))
const storm = (world: World): Message => {
  const [card] = storms(world)
  if (card === undefined) throw new Error('There is no storm.')
  return card
}
const called = (world: World): number =>
  world.playground.workspace.calls.filter(({ method }) => /^chat\.(postMessage|update)$/.test(method)).length
const formsOf = (world: World, who: string) =>
  world.playground.workspace.views(world.playground.people[who as 'ann'])

async function submitAll(world: World, who: string, values: Record<string, unknown> = {}): Promise<string> {
  await world.as(who).click('Acknowledge all…', storm(world))
  return submit(world, who, values)
}

async function submit(world: World, who: string, values: Record<string, unknown> = {}): Promise<string> {
  const view = formsOf(world, who).at(-1)
  if (view === undefined) throw new Error('No form is open.')
  await world.as(who).submit(view.id, values)
  return textOf(formsOf(world, who).at(-1))
}

describe('a storm', () => {
  it('is one card that counts by state, and names what is worst and where', async () => {
    const world = await startWorld()
    await world.notify(problems(500))
    await world.advance(10 * SECOND)

    expect(own(world)).toEqual([])
    const text = textOf(storm(world))
    expect(text).toContain('500 problems open')
    expect(text).toContain('333 CRITICAL')
    expect(text).toContain('167 WARNING')
    expect(text).toContain('CRITICAL web1 / S1: broken 1')
    expect(text).toContain('50 hosts: ')
    expect(text).toContain('Nobody has any of it yet.')
  })

  it('does not begin below the threshold, nor when as many come slowly', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(problems(3))
    await world.advance(MINUTE)
    await world.notify(problems(3, { host: 'other' }))
    await world.advance(MINUTE)

    expect(own(world)).toHaveLength(6)
    expect(storms(world)).toEqual([])
  })

  it('takes what waits for its turn, and shows no problem twice', async () => {
    const world = await startWorld({ yaml: SMALL })
    const all = problems(8, { state: 'CRITICAL' })
    for (const one of all) await world.notify(one)
    await world.advance(20 * SECOND)

    const cards = own(world)
    expect(cards.length).toBeLessThanOrEqual(3)
    expect(textOf(storm(world))).toContain(`${8 - cards.length} problems open`)
  })

  it('is of one channel: another goes on as ever', async () => {
    const world = await startWorld({
      yaml: ({ channels }) =>
        `${SMALL}\nroutes:\n  - { match: { host: "db*" }, channels: [${channels.database}] }\n`,
    })
    await world.notify(problems(20))
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.advance(10 * SECOND)

    expect(storms(world)).toHaveLength(1)
    const there = world.playground.workspace.messages(world.playground.channels.database)
    expect(there.map(({ text }) => text)).toEqual([expect.stringContaining('DOWN db01')])
  })

  it('needs few messages, however many problems there are', async () => {
    const world = await startWorld({ rates: 'slack' })
    for (let second = 0; second < 60; second++) {
      await world.notify(problems(30, { host: `h${second}` }))
      await world.advance(SECOND)
    }
    await world.advance(3 * SECOND)

    expect(textOf(storm(world))).toContain('1 800 problems open')
    expect(called(world)).toBeLessThanOrEqual(45)
  })

  it('never posts what recovered meanwhile, and is over when all have', async () => {
    const world = await startWorld()
    const all = problems(40)
    await world.notify(all)
    await world.advance(5 * SECOND)
    await world.notify(fine(all.slice(0, 30)))
    await world.advance(5 * SECOND)
    expect(textOf(storm(world))).toContain('10 problems open')
    await world.notify(fine(all.slice(30)))
    await world.advance(2 * MINUTE)

    expect(world.messages()).toHaveLength(1)
    expect(textOf(storm(world))).toContain('STORM OVER all 40 problems ended')
    expect(textOf(storm(world))).not.toContain('Acknowledge')
  })

  it('tells in its thread what happens before a card that leaves it is posted', async () => {
    const world = await startWorld({ yaml: SMALL, rates: 'slack' })
    // What is remembered is forgotten when old rows are looked for, a minute after the start.
    await world.advance(2 * MINUTE)
    await world.notify(problems(12, { state: 'WARNING' }))
    // Told again, each is known to have no card of its own.
    await world.notify(problems(12, { state: 'WARNING', output: 'again' }))
    for (let turn = 0; turn < 100 && own(world).length === 0; turn++) await world.advance(SECOND)
    const shown = new Set(own(world).map(({ text }) => / (web\d+) /.exec(text)?.[1]))
    const late = problems(12).find(({ host }) => !shown.has(host))
    await world.notify([{ ...late, state: 'CRITICAL', output: 'worse' }])
    await world.advance(MINUTE)

    const card = own(world).find(({ text }) => text.includes(`${late?.host} `))
    expect(card?.text).toContain('CRITICAL')
    const lines = world.playground.workspace.messages(card?.channel ?? '', { threadTs: card?.ts ?? '' })
    expect(lines.map((line) => textOf(line))).toEqual([expect.stringContaining('worse')])
  })

  it('gives the worst that nobody has a card of their own when it is calm, and keeps the rest', async () => {
    const world = await startWorld()
    await world.notify(problems(60))
    await world.as('ann').types('/ack web1 S1')
    await world.advance(59 * SECOND)
    expect(own(world)).toEqual([])
    await world.advance(MINUTE)

    expect(own(world)).toHaveLength(20)
    expect(own(world).every(({ text }) => text.startsWith('CRITICAL'))).toBe(true)
    expect(own(world).some(({ text }) => text.includes('/ S1:'))).toBe(false)
    expect(textOf(storm(world))).toContain('40 problems open')
    expect(textOf(storm(world))).toContain('nothing new since')
  })

  it('goes on on the same card when it comes back, and on a new one when it was over', async () => {
    const world = await startWorld({ yaml: SMALL })
    const first = problems(30, { host: 'a' })
    await world.notify(first)
    await world.advance(2 * MINUTE)
    await world.notify(problems(30, { host: 'b' }))
    await world.advance(10 * SECOND)
    expect(storms(world)).toHaveLength(1)
    expect(textOf(storm(world))).toContain('new ones still come')
    await world.notify([...fine(first), ...fine(problems(30, { host: 'b' }))])
    await world.advance(5 * MINUTE)
    expect(textOf(storm(world))).toContain('STORM OVER')
    await world.notify(problems(30, { host: 'c' }))
    await world.advance(10 * SECOND)

    expect(storms(world)).toHaveLength(2)
  })

  it('is told as before after a restart', async () => {
    const world = await startWorld()
    await world.notify(problems(30))
    await world.restart()
    await world.notify(problems(5, { host: 'later' }))
    await world.advance(10 * SECOND)

    expect(world.messages()).toHaveLength(1)
    expect(textOf(storm(world))).toContain('35 problems open')
  })

  it('is posted once though the answer got lost, and again when somebody deletes it', async () => {
    const world = await startWorld()
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })
    await world.notify(problems(30))
    await world.advance(20 * SECOND)
    expect(storms(world)).toHaveLength(1)
    world.expectRefusal('message_not_found')
    const { channel, ts } = storm(world)
    world.playground.deleteMessage(channel, ts)
    await world.notify(problems(5, { host: 'later' }))
    await world.advance(10 * SECOND)

    expect(storms(world)).toHaveLength(1)
    expect(textOf(storm(world))).toContain('35 problems open')
  })
})

describe('people who are called', () => {
  const CALLS = `${SMALL}\nroutes: [{ match: { host: "*" }, channels: [C0PGALERTS1], mention: [S0PGOPS0001] }]\n`
  const rung = (world: World) =>
    world.playground.workspace
      .messages(storm(world).channel, { threadTs: storm(world).ts })
      .filter(({ text }) => text.startsWith('The storm has reached'))

  it('are called by the first message, then once for hosts that are reached, every half a minute at most', async () => {
    const world = await startWorld({ yaml: CALLS })
    world.expectMention(/S0PGOPS0001/)
    await world.notify(problems(20, { host: 'a01', state: 'CRITICAL' }))
    await world.advance(5 * SECOND)
    expect(storm(world).mentions).toEqual(['<!subteam^S0PGOPS0001>'])
    for (const host of ['b01', 'b02', 'a01', 'b03']) {
      await world.notify(problems(2, { host, service: `late ${host}`, state: 'CRITICAL' }))
      await world.advance(5 * SECOND)
    }
    await world.advance(10 * SECOND)

    expect(rung(world).map(({ text }) => text)).toEqual([expect.stringMatching(/b01.*b02.*b03/)])
    expect(rung(world)[0]?.mentions).toEqual(['<!subteam^S0PGOPS0001>'])
    await world.notify(problems(2, { host: 'c01', state: 'WARNING' }))
    await world.advance(40 * SECOND)
    expect(rung(world)).toHaveLength(1)
  })

  it('are left in peace where the route is quiet', async () => {
    const world = await startWorld({ yaml: CALLS.replace('mention', 'quiet: true, mention') })
    await world.notify(problems(20, { host: 'a01', state: 'CRITICAL' }))
    await world.advance(5 * SECOND)
    await world.notify(problems(5, { host: 'b01', state: 'CRITICAL' }))
    await world.advance(40 * SECOND)

    expect(rung(world)).toEqual([])
    expect(storm(world).mentions).toEqual([])
  })
})

describe('a storm in a channel that takes nothing', () => {
  const YAML = `${SMALL}\nroutes: [{ match: { host: "db*" }, channels: [C0PGDATAB02] }]\n`

  async function archived(): Promise<World> {
    const world = await startWorld({ yaml: YAML })
    world.expectRefusal('is_archived')
    world.log.announce(/Slack takes no message for the channel/)
    world.playground.archive(world.playground.channels.database)
    return world
  }

  it('is shown in the default channel', async () => {
    const world = await archived()
    await world.notify(problems(20, { host: 'db01' }))
    await world.advance(20 * SECOND)

    expect(world.messages()).toHaveLength(1)
    expect(textOf(storm(world))).toContain('20 problems open')
  })

  it('becomes one with the storm that goes on there', async () => {
    const world = await archived()
    await world.notify([...problems(20), ...problems(20, { host: 'db01' })])
    await world.advance(20 * SECOND)
    await world.notify(fine(problems(20, { host: 'db01' })))
    await world.advance(20 * SECOND)

    expect(world.messages()).toHaveLength(1)
    expect(textOf(storm(world))).toContain('20 problems open')
    expect(textOf(storm(world))).toContain('20 of 40 ended')
  })

  it('moves also when the channel is archived later', async () => {
    const world = await startWorld({ yaml: YAML })
    await world.notify(problems(20, { host: 'db01' }))
    await world.advance(10 * SECOND)
    world.expectRefusal('is_archived')
    world.log.announce(/Slack takes no message for the channel/)
    world.playground.archive(world.playground.channels.database)
    await world.notify(fine(problems(5, { host: 'db01' })))
    await world.advance(20 * SECOND)

    expect(textOf(storm(world))).toContain('15 problems open')
  })
})

describe('who takes a storm', () => {
  it('takes all of it at once, with a comment and an end, and the card says so', async () => {
    const world = await startWorld()
    await world.notify(problems(250))
    await world.advance(5 * SECOND)
    const answer = await submitAll(world, 'ann', { comment: 'switch is gone', duration: 'for 2h' })
    await world.advance(5 * SECOND)

    expect(answer).toContain('You are taking *250*')
    expect(textOf(storm(world))).toContain('ann has 250.')
    expect(textOf(storm(world))).toContain('each of them taken')
    const taken = await world.record({ kinds: ['acknowledgement'] })
    expect(taken).toHaveLength(250)
    expect(taken.every(({ comment }) => comment === 'switch is gone')).toBe(true)
  })

  it('leaves what somebody has, and what comes later', async () => {
    const world = await startWorld()
    await world.notify(problems(30))
    await world.as('ben').types('/ack web1 S1 mine')
    await submitAll(world, 'ann')
    await world.notify(problems(5, { host: 'later' }))
    await world.advance(5 * SECOND)

    const text = textOf(storm(world))
    expect(text).toContain('ann has 29.')
    expect(text).toContain('ben has 1.')
    expect(text).toContain('nobody has 5')
  })

  it('is told from another of the same name', async () => {
    const world = await startWorld()
    const { users } = world.playground.workspace
    const { ann, ben } = world.playground.people
    const [one, other] = [users.get(ann), users.get(ben)]
    if (one === undefined || other === undefined) throw new Error('They are not there.')
    users.set(ben, { ...one, id: ben })
    await world.notify(problems(30))
    await world.as('ben').types('/ack web1 S1')
    await world.as('ann').types('/ack web2 S2')
    await world.as('ann').types('/ack web4 S4')
    await world.advance(5 * SECOND)

    expect(textOf(storm(world))).toContain('ann has 2. ann has 1.')
  })

  it('may take one host of it', async () => {
    const world = await startWorld()
    await world.notify([...problems(20), ...problems(12, { host: 'db01' })])
    await world.advance(5 * SECOND)
    const { channel, ts } = storm(world)
    await world.as('ann').raw.select({ channel, ts }, 'ackbridge_acknowledge_host', 'db01  (12)')
    expect(await submit(world, 'ann')).toContain('You are taking *12*')
    await world.advance(5 * SECOND)

    expect(textOf(storm(world))).toContain('ann has 12.')
    expect(textOf(storm(world))).toContain('nobody has 20')
  })

  it('is refused who may not', async () => {
    const world = await startWorld()
    await world.notify(problems(20))
    await world.as('guest').click('Acknowledge all…', storm(world))
    const shown = textOf(formsOf(world, 'guest').at(-1))

    expect(shown).toMatch(/[Gg]uest/)
    expect(await world.record({ kinds: ['acknowledgement'] })).toEqual([])
  })

  it('has all of it also when ackbridge is started again in the middle', async () => {
    const world = await startWorld()
    await world.notify(problems(950))
    await world.as('ann').click('Acknowledge all…', storm(world))
    const view = formsOf(world, 'ann').at(-1)
    await world.as('ann').raw.submit(view?.id ?? '', {})
    await world.restart()
    await world.advance(5 * SECOND)

    expect(await world.record({ kinds: ['acknowledgement'] })).toHaveLength(950)
    expect(textOf(storm(world))).toContain('ann has 950.')
  })

  it('looks through its list, page by page, and takes one', async () => {
    const world = await startWorld()
    await world.notify(problems(45))
    const ann = world.as('ann')
    await ann.click('Show list', storm(world))
    const list = () => formsOf(world, 'ann').at(-1)
    expect(textOf(list())).toContain('1 to 20 of 45 open')
    await ann.raw.click({ viewId: list()?.id ?? '' }, { text: 'Next' })
    await ann.raw.click({ viewId: list()?.id ?? '' }, { text: 'Next' })
    await world.drain()
    expect(textOf(list())).toContain('41 to 45 of 45 open')
    await ann.raw.click({ viewId: list()?.id ?? '' }, { text: 'Back' })
    await ann.raw.click({ viewId: list()?.id ?? '' }, { text: 'Acknowledge' })
    await world.drain()

    expect(textOf(list())).toContain('ann has it')
  })
})

describe('a host that is down', () => {
  const services = (count: number, over: object = {}) =>
    Array.from({ length: count }, (_, n) => ({ host: 'db01', service: `S${n}`, state: 'CRITICAL', ...over }))

  it('shows on its card what its services say, and what becomes of it', async () => {
    const world = await startWorld()
    await world.notify({ host: 'db01', state: 'DOWN', output: 'no answer' })
    await world.notify([...services(7), { host: 'web01', service: 'S0', state: 'CRITICAL' }])
    await world.advance(10 * SECOND)

    expect(world.messages().map(({ text }) => text.split(':')[0])).toEqual([
      'DOWN db01',
      'CRITICAL web01 / S0 (native)',
    ])
    expect(textOf(world.card('db01'))).toContain(
      '7 services of it: 7 CRITICAL (S0, S1, S2, S3, S4 and 2 more).',
    )
    await world.notify(fine(services(5)))
    await world.advance(5 * SECOND)
    expect(textOf(world.card('db01'))).toContain('2 services of it: 2 CRITICAL (S5, S6).')
  })

  it('lets go, a while after it is back, of what is still ill', async () => {
    const world = await startWorld()
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify(services(5))
    await world.notify({ host: 'db01', state: 'UP' })
    await world.advance(MINUTE)
    await world.notify(fine(services(3)))
    await world.advance(30 * SECOND)
    expect(world.messages()).toHaveLength(1)
    expect(textOf(world.card('db01'))).toContain('What does not recover in two minutes')
    await world.advance(MINUTE)

    expect(world.messages().map(({ text }) => text.split(':')[0])).toEqual([
      'UP db01 (native)',
      'CRITICAL db01 / S3 (native)',
      'CRITICAL db01 / S4 (native)',
    ])
    expect(textOf(world.card('UP db01'))).not.toContain('services of it')
  })

  it('takes its services along where a storm takes it', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 3, windowSeconds: 10 }' })
    await world.notify([{ host: 'db01', state: 'DOWN' }, ...services(4), ...problems(10)])
    await world.advance(10 * SECOND)

    expect(world.messages()).toHaveLength(1)
    expect(textOf(storm(world))).toContain('15 problems open')
  })

  it('is acknowledged alone: its services are still for somebody to take', async () => {
    const world = await startWorld()
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify(services(2))
    await world.as('ann').click('Acknowledge', world.card('db01'))
    await world.as('ann').types('/ack db01 S1 on it')
    await world.advance(5 * SECOND)

    const problems = await world.as('ann').types('/problems')
    expect(problems).toContain('*3 open*, 1 that nobody has')
  })
})
