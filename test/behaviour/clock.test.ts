import { describe, expect, it } from 'vitest'
import { startWorld } from '../support/world.ts'

const HOUR = 3_600_000
const DOWN = { host: 'web01', state: 'DOWN', output: 'no answer' }

describe('when our clock is set back', () => {
  it('a recovery that has no time of its own still closes the problem', async () => {
    const world = await startWorld()
    await world.notify(DOWN)

    world.clock.step(-HOUR)
    const answer = await world.notify({ host: 'web01', state: 'UP' })

    expect(answer.body.problems[0].outcome).toBe('closed')
    expect(world.card().text).toContain('UP web01')
  })

  it('what the sender says of its time still tells old news from new', async () => {
    const world = await startWorld()
    const now = world.clock.now() / 1000
    await world.notify({ ...DOWN, time: now })

    world.clock.step(-HOUR)
    const late = await world.notify({ host: 'web01', state: 'UP', time: now - 60 })
    const recovery = await world.notify({ host: 'web01', state: 'UP', time: now + 60 })

    expect(late.body.problems[0].outcome).toBe('stale')
    expect(recovery.body.problems[0].outcome).toBe('closed')
  })

  it('a card that waits for Slack does not wait an hour longer', async () => {
    const world = await startWorld()
    world.expectRefusal('fault: reset')
    world.playground.faults.next('chat.postMessage', { kind: 'reset' })
    await world.notify(DOWN)
    expect(world.messages()).toHaveLength(0)

    world.clock.step(-HOUR)
    await world.advance(60_000)

    expect(world.messages()).toHaveLength(1)
  })
})
