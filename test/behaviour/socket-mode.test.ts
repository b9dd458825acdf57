import { describe, expect, it } from 'vitest'
import { startWorld, textOf, type World } from '../support/world.ts'

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'timeout' }

/** Waits, without a fixed time, until something outside the app has happened. */
async function until(world: World, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !holds(); turn++) {
    await world.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(holds()).toBe(true)
}

const connections = ({ playground }: World): number => playground.socketMode.connections

const opened = ({ playground }: World): number =>
  playground.workspace.calls.filter(({ method, ok }) => method === 'apps.connections.open' && ok).length

describe('the connection of Socket Mode', () => {
  it('is renewed at once when Slack asks for it, and clicks work again', async () => {
    const world = await startWorld({ transport: 'socket' })
    await world.notify(CRITICAL)

    world.playground.socketMode.disconnect()
    await until(world, () => opened(world) === 2 && connections(world) === 1)
    await world.as('ann').click('Acknowledge')

    expect(textOf(world.card())).toContain('ann has it')
  })

  it('is opened again after it broke', async () => {
    const world = await startWorld({ transport: 'socket' })
    await world.notify(CRITICAL)

    world.playground.socketMode.drop()
    await until(world, () => opened(world) === 2 && connections(world) === 1)
    await world.as('ann').click('Acknowledge')

    expect(textOf(world.card())).toContain('ann has it')
  })

  it('outlives a Slack that refuses connections for a while', async () => {
    const world = await startWorld({ transport: 'socket' })
    world.log.announce(/Slack cannot be reached; clicks and commands fail/)
    world.expectRefusal('internal_error')
    await world.notify(CRITICAL)
    world.playground.faults.next('apps.connections.open', { kind: 'error', error: 'internal_error' }, 3)

    world.playground.socketMode.drop()
    await until(world, () => opened(world) === 2 && connections(world) === 1)
    await world.as('ann').types('/ack web01')

    expect(textOf(world.card())).toContain('ann has it')
  })

  it('does not keep notifications from being taken while it cannot be had', async () => {
    const world = await startWorld({ transport: 'socket' })
    world.log.announce(/Slack cannot be reached; clicks and commands fail/)
    world.expectRefusal('invalid_auth')
    world.playground.faults.always('apps.connections.open', { kind: 'error', error: 'invalid_auth' })
    await world.restart()

    const answer = await world.notify(CRITICAL)
    await world.advance(10_000)

    expect(answer.status).toBe(202)
    expect(world.card().text).toContain('CRITICAL web01 / HTTP')
    expect((await world.get('/readyz')).body.slack).toBe('not connected')
  })
})
