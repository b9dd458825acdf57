import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

/*
 * Each open problem is on one card of a channel, wherever a storm, a host that is down, or a channel that takes nothing
 * has brought it.
 */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const SMALL = 'storm: { threshold: 3, windowSeconds: 10 }'
const DB = `${SMALL}\nroutes: [{ match: { host: "db*" }, channels: [C0PGDATAB02] }]`
const BOTH = `${SMALL}\nroutes: [{ match: { host: "db*" }, channels: [C0PGDATAB02, C0PGALERTS1] }]`

const services = (count: number, over: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ host: 'db01', service: `S${n}`, state: 'CRITICAL', ...over }))

const isStorm = ({ text }: Message): boolean => text.startsWith('STORM')
const cards = (world: World) => world.messages().filter(({ threadTs }) => threadTs === undefined)
const own = (world: World) => cards(world).filter((message) => !isStorm(message))
const storm = (world: World): Message => world.messages().filter(isStorm)[0] as Message
const names = (world: World) => own(world).map(({ text }) => text.split(/[:(]/)[0]?.trim())

function archive(world: World): void {
  world.expectRefusal('is_archived')
  world.log.announce(/Slack takes no message for the channel/)
  world.playground.archive(world.playground.channels.database)
}

describe('a storm whose channel takes nothing', () => {
  it('gives the worst their own card where it is shown when it is calm', async () => {
    const world = await startWorld({ yaml: DB })
    archive(world)
    await world.notify(services(6))
    await world.advance(20 * SECOND)
    expect(world.messages()).toHaveLength(1)
    await world.advance(2 * MINUTE)

    expect(names(world).sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `CRITICAL db01 / S${n}`))
  })

  it('shows once what is in the storm of the other channel, too', async () => {
    const world = await startWorld({ yaml: BOTH })
    archive(world)
    await world.notify(services(10))
    await world.advance(20 * SECOND)

    expect(world.messages()).toHaveLength(1)
    expect(textOf(storm(world))).toContain('10 problems open')
  })

  it('leaves to its own card what has one in the other channel', async () => {
    const world = await startWorld({
      yaml: `${SMALL}\nroutes: [{ match: { host: "db*" }, channels: [C0PGALERTS1] }, { match: { host: "db*", state: [CRITICAL] }, channels: [C0PGDATAB02] }]`,
    })
    for (const one of services(5, { state: 'WARNING' })) {
      await world.notify(one)
      await world.advance(20 * SECOND)
    }
    archive(world)
    await world.notify(services(5))
    await world.advance(20 * SECOND)

    expect(own(world)).toHaveLength(5)
    expect(cards(world)).toHaveLength(5)
  })
})

describe('a storm in which nothing happens any more', () => {
  it('goes along when another card finds that its channel takes nothing', async () => {
    const world = await startWorld({ yaml: DB })
    await world.notify(services(6))
    await world.advance(5 * SECOND)
    await world.as('ann').types('/ack db01 S5')
    await world.notify(services(4, { state: 'OK' }))
    await world.advance(2 * MINUTE)
    archive(world)
    await world.notify({ host: 'db02', state: 'DOWN' })
    await world.advance(20 * SECOND)

    expect(textOf(storm(world))).toContain('1 problem open, taken')
  })
})

describe('a problem that goes to two channels', () => {
  const TWO = `${SMALL}\nroutes: [{ match: { host: "db*" }, channels: [C0PGDATAB02, C0PGRANDM03] }]`
  const WORSE = `${DB.slice(0, -1)}, { match: { host: "db*", state: [CRITICAL] }, channels: [C0PGALERTS1] }]`

  it('is counted once when both take nothing and their storms become one', async () => {
    const world = await startWorld({ yaml: TWO })
    await world.notify(services(8))
    await world.advance(5 * SECOND)
    archive(world)
    await world.notify({ host: 'db02', state: 'DOWN' })
    await world.advance(10 * SECOND)
    world.playground.archive(world.playground.channels.random)
    await world.notify({ host: 'db03', state: 'DOWN' })
    await world.advance(10 * SECOND)

    expect(cards(world)).toHaveLength(1)
    expect(textOf(storm(world))).toContain('10 problems open')
    await world.notify(services(8, { state: 'OK' }))
    await world.notify(['db02', 'db03'].map((host) => ({ host, state: 'UP' })))
    await world.advance(3 * MINUTE)
    expect(textOf(storm(world))).toContain('STORM OVER all 10 problems ended')
  })

  it('is taken in when it gets worse and its storm came from the other one', async () => {
    const world = await startWorld({ yaml: WORSE })
    await world.notify(services(8, { state: 'WARNING' }))
    await world.advance(3 * SECOND)
    archive(world)
    await world.notify({ host: 'db02', service: 'S0', state: 'WARNING' })
    await world.advance(5 * SECOND)

    expect(await world.notify(services(8))).toMatchObject({ status: 202 })
    await world.advance(5 * SECOND)
    expect(cards(world)).toHaveLength(1)
    expect(textOf(storm(world))).toContain('9 problems open')
    await world.advance(3 * MINUTE)
    expect(names(world)).toHaveLength(9)
    await world.notify([...services(8, { state: 'OK' }), { host: 'db02', service: 'S0', state: 'OK' }])
    await world.advance(5 * SECOND)
    expect(textOf(storm(world))).toContain('STORM OVER all 9 problems got a card')
  })

  it('is counted once on the card of its host', async () => {
    const world = await startWorld({ yaml: WORSE })
    await world.notify({ host: 'db01', state: 'UNREACHABLE' })
    for (const one of services(2, { state: 'WARNING' })) await world.notify(one)
    await world.advance(20 * SECOND)
    archive(world)
    await world.notify({ host: 'db02', service: 'x', state: 'WARNING' })
    await world.advance(15 * SECOND)
    await world.notify(services(2))
    await world.advance(20 * SECOND)

    const host = own(world).find(({ text }) => text.startsWith('UNREACHABLE'))
    expect(host && textOf(host)).toContain('2 services of it: 2 CRITICAL (S0, S1)')
  })

  it('is counted once on the card of its host when both take nothing', async () => {
    const world = await startWorld({ yaml: TWO })
    await world.notify({ host: 'db01', state: 'UNREACHABLE' })
    for (const one of services(2, { state: 'WARNING' })) await world.notify(one)
    await world.advance(20 * SECOND)
    archive(world)
    world.playground.archive(world.playground.channels.random)
    await world.notify({ host: 'db01', service: 'S0', state: 'CRITICAL' })
    await world.advance(20 * SECOND)

    expect(cards(world).map(textOf)).toEqual([
      expect.stringContaining('2 services of it: 1 CRITICAL, 1 WARNING'),
    ])
  })
})

describe('a storm whose hosts have strange names', () => {
  const strange = [
    'x'.repeat(255),
    `<!here> @channel *b* <@U0PGANN0001> ${'"\\'.repeat(30)}`,
    'web-very-long-name-of-a-host-in-a-rack-somewhere.example.internal.corp.net',
  ]

  it.each(strange)('shows them, and lets people take one: %s', async (host) => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify([...services(5, { host }), ...services(4)])
    await world.advance(5 * SECOND)
    const { channel, ts } = storm(world)
    const menu = JSON.stringify(storm(world)).match(/"text":"((?:[^"\\]|\\.)* {2}\(5\))"/)?.[1]
    await world.as('ann').raw.select({ channel, ts }, 'ackbridge_acknowledge_host', JSON.parse(`"${menu}"`))
    const form = world.playground.workspace.views(world.playground.people.ann).at(-1)
    await world.as('ann').submit(form?.id ?? '', {})
    await world.advance(5 * SECOND)

    expect(textOf(storm(world))).toContain('ann has 5.')
    expect(textOf(storm(world))).toContain('nobody has 4')
  })
})

describe('a storm that Slack refuses as it is drawn', () => {
  it('is said in bare words', async () => {
    const world = await startWorld({ yaml: SMALL })
    world.expectRefusal('invalid_blocks')
    world.log.announce(/was said in bare words/)
    world.playground.faults.next('chat.postMessage', { kind: 'error', error: 'invalid_blocks' })
    await world.notify(services(8))
    await world.advance(SECOND)

    expect(storm(world).text).toContain('STORM  8 problems open')
    expect(storm(world).text).toContain('the commands work')
  })
})

describe('a storm that is over', () => {
  it('does not say that those have ended which got a card of their own', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(8))
    await world.advance(2 * MINUTE)
    expect(own(world)).toHaveLength(8)

    expect(textOf(storm(world))).not.toContain('all 8 problems ended')
    expect(textOf(storm(world))).toContain('STORM OVER all 8 problems got a card of their own')
  })

  it('counts what a host brought along', async () => {
    const world = await startWorld({ yaml: SMALL })
    const all = [{ host: 'db01', state: 'DOWN' }, ...services(4), ...services(5, { host: 'web01' })]
    await world.notify(all)
    await world.advance(5 * SECOND)
    await world.notify(all.map((one) => ({ ...one, state: 'service' in one ? 'OK' : 'UP' })))
    await world.advance(2 * MINUTE)

    expect(textOf(storm(world))).toContain('STORM OVER all 10 problems ended')
  })
})

describe('a storm that somebody is taking', () => {
  it('gives nothing a card of its own before they have all of it', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(8))
    const db = new Database(world.database)
    db.prepare(
      "INSERT INTO bulks (id, storm, after, command, created) SELECT 'x', row, 0, '{}', 0 FROM storms",
    ).run()
    await world.advance(2 * MINUTE)
    expect(own(world)).toEqual([])
    db.prepare('DELETE FROM bulks').run()
    db.close()
    await world.advance(MINUTE)

    expect(own(world)).toHaveLength(8)
  })
})

describe('the card of a storm that somebody deleted', () => {
  it('comes again when a line that calls people finds it gone', async () => {
    const world = await startWorld({
      yaml: `${SMALL}\nroutes: [{ match: { host: "*" }, channels: [C0PGALERTS1], mention: [S0PGOPS0001] }]`,
    })
    world.expectMention(/S0PGOPS0001/)
    await world.notify(services(8, { host: 'a01' }))
    await world.advance(5 * SECOND)
    await world.notify(services(2, { host: 'b01' }))
    await world.advance(10 * SECOND)
    world.expectRefusal('message_not_found', 'thread_not_found')
    const { channel, ts } = storm(world)
    world.playground.deleteMessage(channel, ts)
    await world.advance(30 * SECOND)

    expect(textOf(storm(world))).toContain('10 problems open')
  })
})

describe('a host that is down in a channel that takes nothing', () => {
  it('shows its services on its card in the default channel, and nowhere else', async () => {
    const world = await startWorld({ yaml: DB })
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify(services(2))
    await world.advance(10 * SECOND)
    archive(world)
    await world.notify({ host: 'db02', state: 'DOWN' })
    await world.advance(20 * SECOND)

    expect(names(world).sort()).toEqual(['DOWN db01', 'DOWN db02'])
    expect(textOf(world.card('DOWN db01'))).toContain('2 services of it')
  })

  it('shows them there once, also where they were shown there already', async () => {
    const world = await startWorld({ yaml: BOTH })
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify(services(2))
    await world.advance(10 * SECOND)
    archive(world)
    await world.notify({ host: 'db02', state: 'DOWN' })
    await world.notify(services(3).slice(2))
    await world.advance(20 * SECOND)

    expect(names(world).sort()).toEqual(['DOWN db01', 'DOWN db02'])
    expect(textOf(world.card('DOWN db01'))).toContain('3 services of it')
  })

  it('takes its services along into the storm of the default channel', async () => {
    const world = await startWorld({ yaml: DB })
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify(services(2))
    await world.advance(MINUTE)
    await world.notify(services(8, { host: 'web01' }))
    await world.advance(5 * SECOND)
    archive(world)
    await world.notify({ host: 'db01', state: 'DOWN', output: 'still' })
    await world.advance(30 * SECOND)

    expect(own(world)).toEqual([])
    expect(textOf(storm(world))).toContain('11 problems open')
  })
})

describe('a host whose recovery is told late', () => {
  it('leaves its services the whole time to recover', async () => {
    const world = await startWorld()
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify(services(3))
    const back = new Date(world.clock.now() + SECOND).toISOString()
    await world.advance(10 * MINUTE)
    await world.notify({ host: 'db01', state: 'UP', time: back })
    await world.advance(MINUTE)
    expect(names(world)).toEqual(['UP db01'])
    await world.advance(MINUTE + 10 * SECOND)

    expect(names(world)).toHaveLength(4)
  })
})

describe('a host that goes down again soon after it was back', () => {
  it('shows on its new card what was shown on the old one', async () => {
    const world = await startWorld()
    await world.notify({ host: 'db01', state: 'DOWN' })
    await world.notify(services(3))
    await world.notify({ host: 'db01', state: 'UP' })
    await world.advance(MINUTE)
    await world.notify({ host: 'db01', state: 'DOWN', output: 'again' })
    await world.advance(2 * MINUTE)

    expect(names(world)).toEqual(['UP db01', 'DOWN db01'])
    expect(textOf(world.card('DOWN db01'))).toContain('3 services of it')
    expect(textOf(world.card('UP db01'))).not.toContain('services of it')
  })
})

describe('who looks through the list of a storm', () => {
  it('reaches what they may see behind what they may not', async () => {
    const world = await startWorld({
      yaml: `${SMALL}\npermissions: [{ match: { host: "a*" }, view: [U0PGBEN0002] }]`,
    })
    await world.notify([...services(30, { host: 'a01' }), ...services(5, { host: 'b01', state: 'WARNING' })])
    await world.as('ann').click('Show list', storm(world))
    const list = () => world.playground.workspace.views(world.playground.people.ann).at(-1)
    await world.as('ann').raw.click({ viewId: list()?.id ?? '' }, { text: 'Next' })
    await world.drain()

    expect(textOf(list())).toContain('b01')
  })
})

describe('a channel that is emptied into the default one', () => {
  it('is one card there, when there is too much of it for a card each', async () => {
    const world = await startWorld({ yaml: DB, rates: 'slack' })
    for (const one of services(9)) {
      await world.notify(one)
      await world.advance(11 * SECOND)
    }
    expect(world.messages(world.playground.channels.database)).toHaveLength(9)
    archive(world)
    await world.notify({ host: 'db02', state: 'WARNING', service: 'S0' })
    await world.advance(30 * SECOND)

    expect(own(world).length).toBeLessThanOrEqual(4)
    expect(textOf(storm(world))).toContain(`${10 - own(world).length} problems open`)
  })

  it('goes into the storm that goes on there', async () => {
    const world = await startWorld({ yaml: DB })
    await world.notify(services(2))
    await world.notify(services(8, { host: 'web01' }))
    await world.advance(5 * SECOND)
    archive(world)
    await world.notify({ host: 'db02', state: 'DOWN' })
    await world.advance(20 * SECOND)

    expect(own(world)).toEqual([])
    expect(textOf(storm(world))).toContain('11 problems open')
  })
})
