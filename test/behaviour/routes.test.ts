import { describe, expect, it } from 'vitest'
import { startWorld, textOf } from '../support/world.ts'

const PROBLEM = { host: 'db01', service: 'Load', state: 'WARNING', output: 'load 9' }
const OPS = '<!subteam^S0PGOPS0001>'

describe('routes', () => {
  it('show a problem in every channel that matches, each with its own mention', async () => {
    const world = await startWorld({
      yaml: ({ channels }) => `routes:
  - { match: { host: "db*" }, channels: [${channels.database}], mention: [S0PGOPS0001] }
  - { match: { service: Load }, channels: [${channels.alerts}, ${channels.database}] }
`,
    })
    world.expectMention(/S0PGOPS0001/)

    await world.notify(PROBLEM)

    const { alerts, database } = world.playground.channels
    expect(world.card('', alerts).mentions).toEqual([])
    expect(world.card('', database).mentions).toEqual([OPS])
  })

  it('use the default channel where none matches', async () => {
    const world = await startWorld({
      yaml: ({ channels }) => `routes: [{ match: { host: "db*" }, channels: [${channels.database}] }]\n`,
    })

    await world.notify({ ...PROBLEM, host: 'web01' })
    await world.notify(PROBLEM)

    expect(textOf(world.card('', world.playground.channels.alerts))).toContain('web01 / Load')
    expect(textOf(world.card('', world.playground.channels.database))).toContain('db01 / Load')
  })

  it('add a channel when it gets worse, ring there, and keep it when it gets better', async () => {
    const world = await startWorld({
      yaml: ({ channels }) => `routes:
  - { match: {}, channels: [${channels.alerts}] }
  - { match: { state: [CRITICAL] }, channels: [${channels.database}], mention: [S0PGOPS0001] }
`,
    })
    world.expectMention(/S0PGOPS0001/)
    const { alerts, database } = world.playground.channels
    await world.notify(PROBLEM)
    expect(world.messages(database)).toEqual([])

    await world.notify({ ...PROBLEM, state: 'CRITICAL' })
    await world.advance(5_000)
    expect(textOf(world.messages(database)[0])).toContain('CRITICAL')

    await world.advance(60_000)
    await world.notify({ ...PROBLEM, state: 'WARNING' })
    await world.as('ann').click('Acknowledge', world.messages(alerts)[0])
    await world.notify({ ...PROBLEM, state: 'OK' })
    await world.advance(5_000)

    for (const channel of [alerts, database])
      expect(textOf(world.messages(channel)[0])).toContain('ann had it')
  })

  it('ring in the channel when it gets worse, and not where they are quiet', async () => {
    const world = await startWorld({
      yaml: ({ channels }) => `routes:
  - { match: {}, channels: [${channels.alerts}], mention: [S0PGOPS0001] }
  - { match: {}, channels: [${channels.database}], mention: [S0PGOPS0001], quiet: true }
`,
    })
    world.expectMention(/S0PGOPS0001/)
    const { alerts, database } = world.playground.channels
    await world.notify(PROBLEM)
    await world.advance(60_000)

    await world.notify({ ...PROBLEM, state: 'CRITICAL', output: 'load 30' })
    await world.advance(5_000)

    const broadcast = world.messages(alerts).filter(({ isBroadcast }) => isBroadcast)
    expect(broadcast.map(({ mentions }) => mentions)).toEqual([[OPS]])
    expect(textOf(broadcast[0])).toContain('db01 / Load: 🔴 WARNING → CRITICAL, worse')
    expect(world.messages(database).filter(({ isBroadcast }) => isBroadcast)).toEqual([])
    expect(world.thread(world.messages(database)[0], database)).toHaveLength(1)
  })

  it('remind every half hour of what nobody has, and stop when somebody does', async () => {
    const world = await startWorld()
    await world.notify(PROBLEM)
    const broadcasts = () => world.messages().filter(({ isBroadcast }) => isBroadcast)
    for (let minutes = 0; minutes < 60; minutes += 5) {
      await world.advance(5 * 60_000)
      await world.notify(PROBLEM)
    }
    expect(broadcasts().map(textOf)).toEqual([
      expect.stringContaining('db01 / Load: 🟡 still WARNING and nobody has it (7 notifications)'),
      expect.stringContaining('(13 notifications)'),
    ])

    await world.as('ann').click('Acknowledge', world.messages()[0])
    for (let minutes = 0; minutes < 60; minutes += 5) {
      await world.advance(5 * 60_000)
      await world.notify(PROBLEM)
    }

    expect(broadcasts()).toHaveLength(2)
  })
})

describe('permissions by group', () => {
  const yaml = 'permissions: [{ match: { host: "db*" }, acknowledge: [S0PGDBA0002] }]\n'

  it('let those who are in the group, and leave other problems to everybody', async () => {
    const world = await startWorld({ yaml })
    await world.notify(PROBLEM)
    await world.notify({ ...PROBLEM, host: 'web01' })

    await world.as('ben').click('Acknowledge', world.card('db01'))
    await world.as('ann').click('Acknowledge', world.card('web01'))

    expect(textOf(world.card('db01'))).toContain('ben has it since')
    expect(textOf(world.card('web01'))).toContain('ann has it since')
  })

  it('do not keep anybody from giving back, because that has its own rule', async () => {
    const world = await startWorld({ yaml })
    await world.notify(PROBLEM)
    await world.as('ben').click('Acknowledge')

    await world.as('ann').click('Remove acknowledgement')

    expect(textOf(world.card())).toContain('Nobody has it yet.')
  })

  it('are told for each problem of several', async () => {
    const world = await startWorld({ yaml })
    await world.notify(PROBLEM)
    await world.notify({ ...PROBLEM, host: 'web01' })
    await world.as('ann').types('/ack * Load')
    const list = world.playground.workspace.ephemerals(world.playground.people.ann).at(-1)?.ts ?? ''

    await world.as('ann').clickPrivate('Acknowledge all 2', list)

    expect(world.told('ann').at(-1)).toContain('You have web01 / Load.')
    expect(world.told('ann').at(-1)).toContain('db01 / Load: Only <!subteam^S0PGDBA0002> may do this here.')
    expect(await world.record({ kinds: ['refusal'] })).toMatchObject([
      { host: 'db01', outcome: 'not-in-group' },
    ])
  })
})

describe('what a person may not see', () => {
  it('is neither listed nor suggested nor called fine, and the reason is said', async () => {
    const world = await startWorld({
      yaml: ({ people }) => `permissions: [{ match: { host: "db*" }, view: [${people.ben}] }]`,
    })
    await world.notify({ host: 'db01', service: 'HTTP', state: 'CRITICAL', output: 'secret one' })
    await world.notify({ host: 'db01', service: 'Disk', state: 'CRITICAL', output: 'secret two' })
    const ann = world.as('ann')

    for (const line of ['/ack db01', '/ack db*', '/history db01', '/problems db01', '/problems']) {
      expect([line, await ann.types(line)]).toEqual([line, expect.not.stringContaining('secret')])
    }
    expect(await ann.types('/ack db01')).toContain('may do this here')
    expect(await ann.types('/history db01')).toContain('may do this here')
    expect(await ann.types('/ack db0')).not.toContain('db01')
    expect(await ann.types('/ack db01 HTPP')).not.toContain('Did you mean')
    expect(await world.as('ben').types('/history db01')).toContain('secret one')
  })
})

describe('a quiet route', () => {
  it('calls nobody, neither with the first card nor with a line', async () => {
    const world = await startWorld({
      yaml: ({ channels, people }) =>
        `routes: [{ match: {}, channels: [${channels.alerts}], mention: [${people.ben}], quiet: true }]`,
    })

    await world.notify({ host: 'web01', service: 'HTTP', state: 'WARNING', output: 'slow' })
    await world.notify({ host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'timeout' })
    await world.advance(60_000)

    expect(world.messages()).toHaveLength(1)
    expect(JSON.stringify(world.messages())).not.toContain(world.playground.people.ben)
  })
})
