import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World, type WorldOptions } from '../support/world.ts'

/*
 * Everybody who may not act, at every place where one can act: told why, privately; nothing changes; it is recorded.
 */

type Who = {
  readonly who: string
  readonly outcome: string
  readonly says: RegExp
  readonly options?: WorldOptions
  /** After the world stands as it should, what keeps the person from acting. */
  readonly prevent?: (world: World) => void
}

const ONLY_DBA: WorldOptions = {
  yaml: 'permissions:\n  - { match: { host: "*" }, acknowledge: [S0PGDBA0002], remove: [S0PGDBA0002], view: [S0PGDBA0002] }\n',
}

const EVERYWHERE: Who[] = [
  { who: 'guest', outcome: 'guest', says: /Guests cannot do this/ },
  { who: 'singleChannelGuest', outcome: 'guest', says: /Guests cannot do this/ },
  { who: 'stranger', outcome: 'stranger', says: /other workspaces cannot do this/ },
  { who: 'robot', outcome: 'bot', says: /Bots cannot do this/ },
  { who: 'deactivated', outcome: 'deactivated', says: /deactivated/ },
  {
    who: 'admin',
    outcome: 'membership-unknown',
    says: /Slack did not say in time who you are/,
    prevent: (world) => {
      world.playground.faults.always('users.info', { kind: 'error', error: 'internal_error' })
      world.expectRefusal('internal_error')
    },
  },
]

const BY_RULE: Who[] = [
  {
    who: 'ann',
    outcome: 'not-in-group',
    says: /Only <!subteam\^S0PGDBA0002> may do this/,
    options: ONLY_DBA,
  },
  {
    who: 'admin',
    outcome: 'group-unknown',
    says: /Slack did not say in time who is in the group/,
    options: ONLY_DBA,
    prevent: (world) => {
      world.playground.faults.always('usergroups.users.list', { kind: 'error', error: 'internal_error' })
      world.expectRefusal('internal_error')
    },
  },
]

const problem = (host: string) => ({ host, service: 'HTTP', state: 'CRITICAL', output: 'Connection refused' })

/** Two problems: web01, which nobody has, and web02, which ben has. */
async function aWorld(who: Who): Promise<World> {
  const world = await startWorld(who.options)
  await world.notify(problem('web01'))
  await world.notify(problem('web02'))
  await world.as('ben').types('/ack web02 HTTP mine')
  await world.advance(60_000)
  return world
}

/** All that must be the same afterwards. */
function seen(world: World): string {
  const { alerts } = world.playground.channels
  return JSON.stringify(world.messages(alerts).map((card) => [textOf(card), world.thread(card)]))
}

/** What was read of the person and the groups a while ago is not believed any more. */
async function prevent(world: World, who: Who): Promise<void> {
  who.prevent?.(world)
  await world.advance(6 * 60_000)
}

/** Does something as the person, and sees that they are refused. */
async function refused(world: World, who: Who, act: () => Promise<unknown>): Promise<void> {
  await prevent(world, who)
  const before = seen(world)
  const told = world.told(who.who).length

  await act()
  await world.advance(5_000)

  expect(seen(world)).toBe(before)
  const words = [
    ...world.told(who.who).slice(told),
    ...world.playground.workspace.views(world.playground.as(who.who).id).map(textOf),
  ]
  expect(words).toHaveLength(1)
  expect(words[0]).toMatch(who.says)
  const history = await world.record({ kinds: ['refusal'] })
  expect(history).toHaveLength(1)
  expect(history[0]).toMatchObject({ outcome: who.outcome, actor: { id: world.playground.as(who.who).id } })
}

const web01 = (world: World): Message => world.card('web01')

/** Shows a message with a button of ours to this person alone, as if they had found one. */
function foundButton(world: World, who: string, actionId: string, label: string, value: string): string {
  const { alerts } = world.playground.channels
  return world.playground.workspace.postEphemeral({
    channel: alerts,
    user: world.playground.as(who).id,
    text: 'found',
    blocks: [
      {
        type: 'actions',
        block_id: 'b1',
        elements: [
          {
            type: 'button',
            action_id: actionId,
            value,
            text: { type: 'plain_text', text: label, emoji: false },
          },
        ],
      },
    ],
    attachments: [],
    isFromSlack: true,
  }).ts
}

async function idOf(world: World, host: string): Promise<string> {
  const [row] = await world.record({ host, kinds: ['notification'] })
  return row?.problem ?? ''
}

const SURFACES: readonly [string, (world: World, who: string) => Promise<unknown>][] = [
  ['the button Acknowledge', (world, who) => world.as(who).click('Acknowledge', web01(world))],
  ['the button Acknowledge…', (world, who) => world.as(who).click('Acknowledge…', web01(world))],
  [
    'the button Remove acknowledgement',
    (world, who) => world.as(who).click('Remove acknowledgement', world.card('web02')),
  ],
  ['/ack with a host and a service', (world, who) => tell(world, who, '/ack web01 HTTP')],
  ['/unack with a host and a service', (world, who) => tell(world, who, '/unack web02 HTTP')],
]

const LOOKING: typeof SURFACES = [
  ['/ack alone', (world, who) => tell(world, who, '/ack')],
  ['/unack alone', (world, who) => tell(world, who, '/unack')],
  ['/problems', (world, who) => tell(world, who, '/problems')],
  ['/status', (world, who) => tell(world, who, '/status web01')],
  ['/history', (world, who) => tell(world, who, '/history web01')],
  ['/history alone', (world, who) => tell(world, who, '/history')],
  ['/ackbridge', (world, who) => tell(world, who, '/ackbridge')],
  ['/ackbridge status', (world, who) => tell(world, who, '/ackbridge status')],
]

/** What a command answers is shown privately by the stand-in itself. */
async function tell(world: World, who: string, command: string): Promise<void> {
  await world.as(who).types(command)
}

describe.each(EVERYWHERE)('$who ($outcome)', (who) => {
  it.each([...SURFACES, ...LOOKING])('is refused by %s', async (_surface, act) => {
    const world = await aWorld(who)

    await refused(world, who, () => act(world, who.who))
  })

  it.each([
    ['Take over', 'ackbridge_take_over', 'web02'],
    ['Acknowledge all 2', 'ackbridge_acknowledge_many', 'both'],
  ])('is refused by the button %s of a private answer', async (label, action, which) => {
    const world = await aWorld(who)
    const [one, two] = [await idOf(world, 'web01'), await idOf(world, 'web02')]
    const { encodeMany } = await import('../../src/slack/ids.ts')
    const value = which === 'both' ? encodeMany({ problems: [one, two], comment: 'x', until: null }) : two
    const message = foundButton(world, who.who, action, label, value ?? '')

    await prevent(world, who)
    const before = seen(world)
    await world.as(who.who).clickPrivate(label, message)
    await world.advance(5_000)

    expect(seen(world)).toBe(before)
    expect(world.told(who.who).at(-1)).toMatch(who.says)
    expect(world.told(who.who)).toHaveLength(2)
    const history = await world.record({ kinds: ['refusal'] })
    expect(history.map(({ outcome }) => outcome)).toEqual(Array(which === 'both' ? 2 : 1).fill(who.outcome))
  })
})

describe.each(BY_RULE)('$who by a rule ($outcome)', (who) => {
  it.each(SURFACES)('is refused by %s', async (surface, act) => {
    const options = { yaml: ONLY_DBA.yaml?.toString().replace(', view: [S0PGDBA0002]', '') ?? '' }
    const world = await aWorld({ ...who, options })
    await prevent(world, who)

    await refused(world, { ...who, prevent: () => undefined }, () => act(world, who.who))

    expect(surface).toBeTruthy()
  })

  it('sees no problem that only others may see', async () => {
    const world = await aWorld(who)
    await prevent(world, who)

    expect(await world.as(who.who).types('/problems')).not.toContain('web0')
    expect(await world.as(who.who).types('/history web01')).not.toContain('CRITICAL')
    expect(await world.as(who.who).types('/unack web02 HTTP')).not.toContain('ben')
    expect(await world.as(who.who).types('/ack web01 HTTP')).not.toContain('You have')
  })
})

describe('a form that was open when the person lost the right to it', () => {
  const forms: readonly [string, (world: World) => Promise<void>, Record<string, unknown>][] = [
    ['Acknowledge…', async (world) => void (await world.as('ann').click('Acknowledge…', web01(world))), {}],
    ['the picker', async (world) => void (await world.as('ann').types('/ack')), { problem: 'web01' }],
    [
      'Take over?',
      async (world) => {
        await world.as('ann').click('Acknowledge…', web01(world))
        await world.as('ben').click('Acknowledge', web01(world))
        const [view] = world.playground.workspace.views(world.playground.people.ann)
        await world.as('ann').submit(view?.id ?? '', {})
      },
      {},
    ],
  ]

  it.each(forms)('%s refuses, in its own place', async (_form, open, values) => {
    const world = await startWorld()
    await world.notify(problem('web01'))
    await open(world)
    await world.advance(6 * 60_000)
    world.playground.setUser(world.playground.people.ann, { isRestricted: true })
    const before = seen(world)

    const [view] = world.playground.workspace.views(world.playground.people.ann)
    const chosen = 'problem' in values ? { problem: await idOf(world, 'web01') } : {}
    await world.as('ann').submit(view?.id ?? '', chosen)
    await world.advance(5_000)

    const [after] = world.playground.workspace.views(world.playground.people.ann)
    expect(textOf(after)).toContain('Guests cannot do this')
    expect(seen(world)).toBe(before)
    expect(await world.record({ kinds: ['refusal'] })).toMatchObject([{ outcome: 'guest', through: 'modal' }])
  })
})

describe('when Slack does not answer who somebody is', () => {
  it('the person is refused well inside three seconds, and may try again', async () => {
    const world = await startWorld()
    await world.notify(problem('web01'))
    world.playground.faults.next('users.info', { kind: 'hang' })
    world.expectRefusal('fault: hang')

    const started = performance.now()
    const answer = await world.as('ann').types('/ack web01 HTTP')

    expect(performance.now() - started).toBeLessThan(2_500)
    expect(answer).toContain('Slack did not say in time who you are, so nothing was changed.')
    expect(await world.as('ann').types('/ack web01 HTTP')).toContain('You have web01 / HTTP')
  })
})
