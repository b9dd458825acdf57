import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

/* Whom a storm calls, for what, and that nobody is called for nothing or not at all. */

const SECOND = 1_000
const SMALL = 'storm: { threshold: 3, windowSeconds: 10 }'
const OPS = '<!subteam^S0PGOPS0001>'
const BEN = '<@U0PGBEN0002>'
const CALLS = `${SMALL}\nroutes: [{ match: { host: "*" }, channels: [C0PGALERTS1], mention: [S0PGOPS0001] }]\n`

const services = (count: number, over: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ host: 'web01', service: `S${n}`, state: 'CRITICAL', ...over }))

const storm = (world: World): Message =>
  world.messages().filter(({ text }) => text.startsWith('STORM'))[0] as Message
const rung = (world: World): readonly Message[] =>
  world.playground.workspace
    .messages(storm(world).channel, { threadTs: storm(world).ts })
    .filter(({ text }) => text.startsWith('The storm has reached'))

async function calling(yaml = CALLS): Promise<World> {
  const world = await startWorld({ yaml })
  world.expectMention(/S0PGOPS0001|U0PGBEN0002/)
  return world
}

describe('a line that calls people', () => {
  it('comes again for the next host when Slack refused one for good', async () => {
    const world = await calling()
    world.expectRefusal('cannot_reply_to_message')
    world.log.announce(/cannot_reply_to_message|could not be delivered|refused/)
    await world.notify(services(8))
    await world.advance(29 * SECOND)
    world.playground.faults.next('chat.postMessage', { kind: 'error', error: 'cannot_reply_to_message' })
    await world.notify(services(1, { host: 'b01' }))
    await world.advance(5 * SECOND)
    expect(rung(world)).toEqual([])
    await world.notify(services(1, { host: 'c01' }))
    await world.advance(40 * SECOND)

    expect(rung(world).map(({ text }) => text)).toEqual([expect.stringMatching(/b01.*c01/)])
    expect(rung(world)[0]?.mentions).toEqual([OPS])
  })

  it('calls for what came after one whose answer was lost', async () => {
    const world = await calling()
    await world.notify(services(8))
    await world.advance(29 * SECOND)
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })
    await world.notify(services(1, { host: 'b01' }))
    await world.advance(SECOND)
    await world.notify(services(1, { host: 'c01' }))
    await world.advance(80 * SECOND)

    expect(rung(world).map(({ text }) => text)).toEqual([
      'The storm has reached b01',
      'The storm has reached c01',
    ])
  })

  it('calls for what came after a first message whose answer was lost', async () => {
    const world = await calling()
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })
    await world.notify(services(8))
    await world.notify(services(1, { host: 'c01' }))
    await world.advance(80 * SECOND)

    expect(rung(world).map(({ text }) => text)).toEqual(['The storm has reached c01'])
  })
})

describe('a problem of a storm that gets worse', () => {
  it('calls for its host when that was not as bad before, once', async () => {
    const world = await calling()
    const hosts = ['a01', 'b01', 'c01', 'd01', 'e01'].flatMap((host) =>
      services(2, { host, state: 'WARNING' }),
    )
    // A storm goes on while something new comes.
    const wait = async (seconds: number) => {
      for (let left = seconds; left > 0; left -= 20) {
        await world.notify(services(1, { host: `more${left}-${world.clock.now()}`, state: 'WARNING' }))
        await world.advance(Math.min(20, left) * SECOND)
      }
    }
    await world.notify([...hosts, ...services(1, { host: 'z01' })])
    await wait(60)
    expect(rung(world)).toEqual([])

    await world.notify(services(1, { host: 'b01' }))
    await wait(35)
    expect(rung(world).map(({ text }) => text)).toEqual(['The storm has reached b01'])
    expect(rung(world)[0]?.mentions).toEqual([OPS])

    // The same host again, and one that was called for at the beginning.
    await world.notify([...services(2, { host: 'b01' }), ...services(1, { host: 'z01', state: 'WARNING' })])
    await world.notify(services(1, { host: 'z01' }))
    await wait(65)
    expect(rung(world)).toHaveLength(1)

    await world.notify([...services(1, { host: 'c01' }), ...services(1, { host: 'y01' })])
    await wait(65)
    expect(rung(world).map(({ text }) => text)).toEqual([
      'The storm has reached b01',
      expect.stringMatching(/^The storm has reached (c01.*y01|y01.*c01)$/),
    ])
    await wait(120)
    expect(rung(world)).toHaveLength(2)
  })
})

describe('a storm whose problems are for several', () => {
  const TWO = `${SMALL}\nroutes:
  - { match: { host: "web*" }, channels: [C0PGALERTS1], mention: [S0PGOPS0001] }
  - { match: { host: "db*" }, channels: [C0PGALERTS1], mention: [U0PGBEN0002] }
`
  it('calls each of them', async () => {
    const world = await calling(TWO)
    await world.notify([...services(2), ...services(4, { host: 'db01' })])
    await world.advance(SECOND)
    expect([...storm(world).mentions].sort()).toEqual([OPS, BEN])
  })

  it('calls also those for whom a problem comes later', async () => {
    const world = await calling(TWO)
    await world.notify(services(8))
    await world.advance(5 * SECOND)
    await world.notify(services(1, { host: 'db01' }))
    await world.advance(40 * SECOND)

    expect(rung(world).map(({ mentions }) => mentions)).toEqual([[OPS, BEN]])
  })

  it('is loud for whom it is not quiet', async () => {
    const world = await calling(TWO.replace('mention: [S0PGOPS0001]', 'quiet: true, mention: [S0PGOPS0001]'))
    await world.notify(services(8))
    await world.advance(5 * SECOND)
    expect(storm(world).mentions).toEqual([])
    await world.notify(services(1, { host: 'db01' }))
    await world.advance(40 * SECOND)

    expect(rung(world).map(({ mentions }) => mentions)).toEqual([[BEN]])
    expect(textOf(storm(world))).toContain('9 problems open')
  })
})

describe('a storm that becomes one with that of the default channel', () => {
  const BOTH = `${SMALL}\nroutes:
  - { match: { host: "web*" }, channels: [C0PGALERTS1], mention: [S0PGOPS0001] }
  - { match: { host: "db*" }, channels: [C0PGDATAB02], mention: [U0PGBEN0002] }
`
  it('still calls whom it was for', async () => {
    const world = await calling(BOTH)
    world.expectRefusal('is_archived')
    world.log.announce(/Slack takes no message for the channel/)
    world.playground.archive(world.playground.channels.database)
    await world.notify([...services(8), ...services(8, { host: 'db01' })])
    await world.advance(40 * SECOND)

    expect(textOf(storm(world))).toContain('16 problems open')
    expect(rung(world).map(({ mentions }) => mentions)).toEqual([[OPS, BEN]])
    expect(rung(world)[0]?.text).toContain('db01')
  })

  it('calls nobody again who was called there', async () => {
    const world = await calling(BOTH)
    await world.notify([...services(8), ...services(8, { host: 'db01' })])
    await world.advance(5 * SECOND)
    world.expectRefusal('is_archived')
    world.log.announce(/Slack takes no message for the channel/)
    world.playground.archive(world.playground.channels.database)
    await world.notify(services(1, { host: 'db01', state: 'OK' }))
    await world.advance(40 * SECOND)

    expect(textOf(storm(world))).toContain('15 problems open')
    expect(rung(world)).toEqual([])
  })
})
