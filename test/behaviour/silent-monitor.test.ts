import { describe, expect, it } from 'vitest'
import { startWorld } from '../support/world.ts'

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'x', monitor: 'dc1' }

describe('a monitor that always talks', () => {
  it('is told to the operator when it falls silent, and when it talks again', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios, expectEvery: 300 } }' })
    await world.notify(CRITICAL)
    await world.advance(299_000)
    expect((await world.get('/readyz')).body.monitors).toEqual({ dc1: 'kept here only' })

    world.log.announce(/Nothing was heard of dc1 for 300 seconds/)
    await world.advance(2_000)
    expect((await world.get('/readyz')).body.monitors).toEqual({ dc1: 'silent' })
    expect(await world.metric('ackbridge_monitors_troubled')).toBe(1)
    expect((await world.get('/metrics')).body).toContain('ackbridge_monitor_up{monitor="dc1"} 0')
    expect(await world.as('ann').types('/problems')).toContain('dc1 has sent nothing since')

    await world.notify(CRITICAL)
    expect((await world.get('/readyz')).body.monitors).toEqual({ dc1: 'kept here only' })
    expect(await world.metric('ackbridge_monitors_troubled')).toBe(0)
    expect((await world.get('/metrics')).body).toContain('ackbridge_monitor_up{monitor="dc1"} 1')
  })

  it('need not talk when nobody said so', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios } }' })
    await world.advance(24 * 60 * 60_000)
    expect((await world.get('/readyz')).body.monitors).toEqual({ dc1: 'kept here only' })
    expect((await world.get('/metrics')).body).not.toContain('ackbridge_monitor_up{')
  })
})
