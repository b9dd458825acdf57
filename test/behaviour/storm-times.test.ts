import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

/* When a storm is calm, what it has counted by then, and what a clock that is set does to it. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const SMALL = 'storm: { threshold: 3, windowSeconds: 10 }'

const services = (count: number, over: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ host: 'web01', service: `S${n}`, state: 'CRITICAL', ...over }))
const isStorm = ({ text }: Message): boolean => text.startsWith('STORM')
const storm = (world: World): Message => world.messages().filter(isStorm)[0] as Message
const own = (world: World) =>
  world.messages().filter((message) => message.threadTs === undefined && !isStorm(message))

describe('a storm over which the clock is set back', () => {
  it('is drawn as soon as ever', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(8))
    await world.advance(5 * SECOND)
    world.clock.step(-9 * MINUTE)
    await world.notify(services(1, { host: 'b01' }))
    await world.advance(5 * SECOND)

    expect(textOf(storm(world))).toContain('9 problems open')
  })

  it('is calm a minute after the last problem, and not before', async () => {
    const world = await startWorld({ yaml: SMALL })
    await world.notify(services(8))
    await world.advance(5 * SECOND)
    world.clock.step(-HOUR)
    await world.advance(50 * SECOND)
    expect(own(world)).toEqual([])
    await world.advance(30 * SECOND)

    expect(own(world)).toHaveLength(8)
  })
})

describe('a storm that comes back when it has just become calm', () => {
  it('counts each problem once', async () => {
    const world = await startWorld({ yaml: SMALL, rates: 'slack' })
    await world.notify(services(30))
    await world.advance(63 * SECOND)
    await world.notify(services(30, { host: 'b01' }))
    await world.advance(20 * SECOND)

    const gone = own(world).length
    expect(gone).toBeGreaterThan(0)
    expect(gone).toBeLessThan(20)
    expect(textOf(storm(world))).toContain(`${60 - gone} problems open`)
    expect(textOf(storm(world))).toContain(`${gone} of 60 ended or have a card of their own`)
  })
})
