import { beforeEach, describe, expect, it } from 'vitest'
import { startWorld, textOf, type World } from '../support/world.ts'

const HTTP = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Connection refused' }
const MINUTE = 60_000

let world: World
beforeEach(async () => {
  world = await startWorld()
})

const say = async (more: object) => {
  const { body } = await world.notify({ ...HTTP, ...more })
  await world.advance(5_000)
  return body.problems[0].outcome as string
}
const said = (card = world.messages()[0]): string => textOf(card)

describe('a card, as the monitor goes on', () => {
  it('counts repeats, and changes colour and word with the state', async () => {
    await say({ state: 'WARNING' })
    await world.advance(5 * MINUTE)
    await say({ state: 'WARNING' })
    expect(said()).toContain('WARNING web01 / HTTP')
    expect(said()).toContain('2 notifications')

    await say({ state: 'CRITICAL' })

    expect(said()).toContain('CRITICAL web01 / HTTP')
    expect(JSON.stringify(world.messages()[0])).toContain('"color":"e01e5a"')
    expect(world.thread(world.messages()[0])).toEqual([expect.stringContaining('WARNING → CRITICAL, worse')])
  })

  it('shows who acknowledged in the monitor, over ours', async () => {
    await say({})
    await world.as('ann').click('Acknowledge')

    await say({ type: 'ACKNOWLEDGEMENT', author: 'cid', comment: 'vendor called' })

    expect(said()).toContain('cid has it since')
    expect(said()).toContain('Acknowledged in native.')
    expect(said()).toContain('“vendor called”')
    expect(world.thread().at(-1)).toContain('cid took over from ann in native: “vendor called”')
  })

  it('shows downtime and flapping while they last', async () => {
    await say({})
    await say({ type: 'DOWNTIMESTART', author: 'cid', comment: 'disk swap' })
    await say({ type: 'FLAPPINGSTART' })
    expect(said()).toContain('in downtime · flapping')

    await say({ type: 'DOWNTIMEEND' })
    await say({ type: 'FLAPPINGSTOP' })

    expect(said()).not.toMatch(/downtime|flapping/)
    expect(world.thread()).toEqual([
      expect.stringContaining('downtime began (cid): “disk swap”'),
      expect.stringContaining('started flapping'),
      expect.stringContaining('downtime ended'),
      expect.stringContaining('stopped flapping'),
    ])
  })

  it('of an event is done when somebody takes it', async () => {
    await say({ type: 'EVENT', state: undefined, output: 'Port scan from 10.0.0.9' })
    expect(said()).toContain('EVENT web01 / HTTP')

    await world.as('ann').click('Acknowledge')

    expect(said()).toContain('Done after')
    expect(JSON.stringify(world.card())).not.toContain('"button"')
  })

  it('of an earlier episode is closed and the new one gets its own', async () => {
    await say({ episode: 'e1' })
    await world.as('ann').click('Acknowledge')

    await say({ episode: 'e2' })

    expect(world.messages()).toHaveLength(2)
    expect(said(world.messages()[0])).toContain('native reports a new problem instead')
    expect(said(world.messages()[1])).toContain('Nobody has it yet.')
  })

  it('is not touched by what is late or said twice', async () => {
    await say({ time: world.clock.now() / 1000 })
    const before = JSON.stringify(world.messages())

    expect(await say({})).toBe('duplicate')
    expect(await say({ state: 'OK', time: world.clock.now() / 1000 - 600 })).toBe('stale')
    expect(await say({ state: 'WARNING', time: world.clock.now() / 1000 - 600 })).toBe('stale')

    expect(JSON.stringify(world.messages())).toBe(before)
  })

  it('is a second one for CRITICAL, OK, CRITICAL within seconds, also in one request', async () => {
    const { body } = await world.notify([HTTP, { ...HTTP, state: 'OK' }, HTTP])
    await world.advance(10_000)

    expect(body.problems.map((one: { outcome: string }) => one.outcome)).toEqual([
      'opened',
      'closed',
      'opened',
    ])
    expect(world.messages()).toHaveLength(2)
    expect(world.messages().filter((card) => said(card).includes('Recovered'))).toHaveLength(1)
    expect(world.messages().filter((card) => said(card).includes('Nobody has it yet.'))).toHaveLength(1)
  })

  it('ends though nobody took it, and says so', async () => {
    await say({})
    await world.advance(90 * MINUTE)
    await say({ state: 'OK', output: 'HTTP OK' })

    expect(said()).toContain('Recovered after 1 h 30 min. Nobody took it.')
  })
})

describe('what makes no card', () => {
  it.each([
    ['a recovery for nothing', { state: 'OK' }],
    ['a downtime', { type: 'DOWNTIMESTART', state: 'OK' }],
    ['an acknowledgement for nothing', { type: 'ACKNOWLEDGEMENT' }],
  ])('%s', async (_what, more) => {
    expect(await say(more)).toBe('recorded')

    expect(world.messages()).toEqual([])
    expect(await world.record()).toMatchObject([{ kind: 'notification', outcome: 'recorded' }])
  })
})

describe('an acknowledgement that was made in the monitor', () => {
  it('is not called removed here, because the monitor is not told', async () => {
    const world = await startWorld()
    await world.notify({ host: 'web01', state: 'DOWN', output: 'no answer' })
    await world.notify({
      type: 'ACKNOWLEDGEMENT',
      host: 'web01',
      state: 'DOWN',
      author: 'jane',
      comment: 'mine',
    })

    await world.as('ann').click('Remove acknowledgement')

    expect(textOf(world.card())).toContain('jane has it since')
    expect(world.told('ann').at(-1)).toContain('which cannot be told from here. Remove it there.')
    expect((await world.record()).at(-1)).toMatchObject({ kind: 'refusal', outcome: 'made-in-monitor' })
  })
})

describe('an event on a host', () => {
  it('that goes down afterwards is a problem, which taking it does not end', async () => {
    const world = await startWorld()
    await world.notify({ type: 'EVENT', host: 'ids', output: 'port scan' })
    await world.notify({ host: 'ids', state: 'DOWN', output: 'no answer' })

    await world.as('ann').click('Acknowledge', world.messages()[0])

    expect(world.messages()[0]?.text).toContain('DOWN ids')
    expect(textOf(world.messages()[0])).toContain('ann has it since')
  })

  it('does not recover with the host, and is done when somebody takes it', async () => {
    const world = await startWorld()
    await world.notify({ type: 'EVENT', host: 'ids', output: 'port scan' })
    const answer = await world.notify({ host: 'ids', state: 'UP' })

    expect(answer.body.problems[0].outcome).toBe('recorded')
    await world.as('ann').click('Acknowledge')
    expect(world.card().text).toBe('DONE ids: port scan (native)')
  })
})
