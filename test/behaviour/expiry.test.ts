import { describe, expect, it } from 'vitest'
import { startWorld } from '../support/world.ts'

const DOWN = { host: 'web01', state: 'DOWN', output: 'no answer' }

describe('an acknowledgement with an end', () => {
  it('ends at that time also where no channel shows the problem', async () => {
    const world = await startWorld({ env: { SLACK_CHANNEL: '' } })
    await world.notify(DOWN)
    expect(world.messages()).toHaveLength(0)

    await world.as('ann').types('/ack web01 for 1m')
    await world.advance(61_000)

    const kinds = (await world.record()).map(({ kind, through }) => `${kind} ${through}`)
    expect(kinds).toContain('removal expiry')
  })
})
