import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/playground/server.ts'
import { startWorld, textOf, type World } from '../support/world.ts'

const HTTP = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Connection refused' }
const FINE = { ...HTTP, state: 'OK', output: 'HTTP OK' }
const HOUR = 60 * 60_000

const acknowledgements = async (world: World) =>
  (await world.record({ kinds: ['acknowledgement'] })).map(({ actor, through, comment }) => ({
    by: actor?.name,
    through,
    comment,
  }))

const viewsOf = (world: World, who: 'ann' | 'ben') =>
  world.playground.workspace.views(world.playground.people[who])
const formOf = (world: World, who: 'ann' | 'ben'): string => viewsOf(world, who).at(-1)?.id ?? ''
const lastPrivate = (world: World, who: 'ann' | 'ben'): string =>
  world.playground.workspace.ephemerals(world.playground.people[who]).at(-1)?.ts ?? ''

async function worldWithProblem(transport: 'http' | 'socket' = 'http'): Promise<World> {
  const world = await startWorld({ transport })
  await world.notify(HTTP)
  return world
}

describe.each(['http', 'socket'] as const)('taking over (%s)', (transport) => {
  it('is offered privately by the button, and happens with the next one', async () => {
    const world = await worldWithProblem(transport)
    const card = world.card()
    const [first] = [structuredClone(card)]
    await world.as('ann').click('Acknowledge', card)
    await world.advance(HOUR)

    // ben pressed the button that he still saw.
    await pressOld(world, 'ben', first as Message, 'Acknowledge')

    expect(textOf(world.card())).toContain('ann has it since')
    expect(world.told('ben').at(-1)).toMatch(/^ann has web01 \/ HTTP since <!date\^.*Take over$/)

    await world.as('ben').clickPrivate('Take over', lastPrivate(world, 'ben'))
    await world.advance(5_000)

    expect(textOf(world.card())).toContain('ben has it since')
    expect(world.thread().at(-1)).toContain('ben took over from ann (kept here only: native is not told)')
    expect(world.told('ben').at(-1)).toContain('You have web01 / HTTP.')
    expect(await acknowledgements(world)).toEqual([
      { by: 'ann', through: 'button', comment: null },
      { by: 'ben', through: 'button', comment: null },
    ])
  })

  it('keeps the comment and the end that were typed with /ack', async () => {
    const world = await worldWithProblem(transport)
    await world.as('ann').click('Acknowledge')

    expect(await world.as('ben').types('/ack web01 HTTP for 2h vendor comes')).toContain('Take over')
    await world.as('ben').clickPrivate('Take over', lastPrivate(world, 'ben'))

    expect(textOf(world.card())).toContain('“vendor comes”')
    expect(world.told('ben').at(-1)).toContain('until <!date^')
  })

  it('is asked in the form’s place, keeps what was filled in, and closes the form', async () => {
    const world = await worldWithProblem(transport)
    await world.as('ben').click('Acknowledge…')
    await world.as('ann').click('Acknowledge')

    await world.as('ben').submit(formOf(world, 'ben'), { comment: 'vendor comes', duration: 'for 2h' })

    expect(textOf(viewsOf(world, 'ben').at(-1))).toContain('ann has web01 / HTTP since')
    expect(textOf(world.card())).toContain('ann has it since')

    await world.as('ben').submit(formOf(world, 'ben'), {})

    expect(viewsOf(world, 'ben')).toEqual([])
    expect(textOf(world.card())).toContain('ben has it since')
    expect(textOf(world.card())).toContain('“vendor comes”')
  })
})

/** Presses a button as it stood in a message that has changed since. */
async function pressOld(world: World, who: 'ann' | 'ben', old: Message, button: string): Promise<void> {
  const { workspace } = world.playground
  const message = workspace.postEphemeral({
    channel: old.channel,
    user: world.playground.people[who],
    text: old.text,
    blocks: old.blocks,
    attachments: old.attachments,
    isFromSlack: true,
  })
  await world.as(who).clickPrivate(button, message.ts)
}

describe('asking for what one has', () => {
  it('changes nothing and says so', async () => {
    const world = await worldWithProblem()
    await world.as('ann').click('Acknowledge')

    expect(await world.as('ann').types('/ack web01 HTTP')).toBe(
      'You have web01 / HTTP already. Nothing was changed.',
    )
    await world.advance(5_000)

    expect(await acknowledgements(world)).toHaveLength(1)
    expect(world.thread()).toHaveLength(1)
  })

  it('adds a comment, and keeps since when one has it', async () => {
    const world = await worldWithProblem()
    await world.as('ann').click('Acknowledge')
    const since = JSON.stringify(world.card()).match(/"timestamp":(\d+)/)?.[1]
    await world.advance(HOUR)

    await world.as('ann').types('/ack web01 HTTP parts ordered')

    expect(textOf(world.card())).toContain('“parts ordered”')
    expect(JSON.stringify(world.card())).toContain(`"timestamp":${since}`)
  })
})

describe('an old button', () => {
  it('on a problem that is over does nothing but say so', async () => {
    const world = await worldWithProblem()
    const old = structuredClone(world.card())
    await world.notify(FINE)

    await pressOld(world, 'ann', old, 'Acknowledge')

    expect(world.told('ann').at(-1)).toContain('web01 / HTTP is over since')
    expect(await acknowledgements(world)).toEqual([])
  })

  it('never acts on a newer problem of the same check', async () => {
    const world = await worldWithProblem()
    const old = structuredClone(world.card())
    await world.advance(60_000)
    await world.notify(FINE)
    await world.advance(60_000)
    await world.notify(HTTP)

    await pressOld(world, 'ann', old, 'Acknowledge')
    await world.advance(5_000)

    expect(world.told('ann').at(-1)).toContain('is over since')
    expect(textOf(world.messages().at(-1))).toContain('Nobody has it yet.')
  })

  it('Acknowledge… on a problem that is over opens a sentence, and a form that was open answers with one', async () => {
    const world = await worldWithProblem()
    const old = structuredClone(world.card())
    await world.as('ann').click('Acknowledge…')
    await world.notify(FINE)

    await world.as('ann').submit(formOf(world, 'ann'), {})
    expect(textOf(viewsOf(world, 'ann').at(-1))).toContain('web01 / HTTP is over since')

    await pressOld(world, 'ben', old, 'Acknowledge…')
    expect(textOf(viewsOf(world, 'ben').at(-1))).toContain('web01 / HTTP is over since')
  })

  it('Remove acknowledgement on a problem that nobody has says so', async () => {
    const world = await worldWithProblem()
    await world.as('ann').click('Acknowledge')
    const old = structuredClone(world.card())
    await world.as('ben').click('Remove acknowledgement')

    await pressOld(world, 'ann', old, 'Remove acknowledgement')

    expect(world.told('ann').at(-1)).toContain('web01 / HTTP is not acknowledged')
    expect(await world.record({ kinds: ['removal'] })).toHaveLength(1)
  })
})

describe.each(['http', 'socket'] as const)('an action that Slack sends twice (%s)', (transport) => {
  it('is answered with 200 and changes nothing, also after a restart', async () => {
    const world = await worldWithProblem(transport)
    const person = world.playground.as('ann')
    const card = structuredClone(world.card())
    const { alerts } = world.playground.channels
    const target = { channel: alerts, ts: card.ts }
    const first = await person.click(target, { text: 'Acknowledge' })
    const triggerId = first.triggerId ?? ''
    await world.advance(5_000)
    await world.as('ann').click('Remove acknowledgement')
    await world.advance(5_000)

    const again = await person.click(target, { text: 'Acknowledge' }, { triggerId })
    await world.restart()
    const afterRestart = await person.click(target, { text: 'Acknowledge' }, { triggerId })
    await world.advance(5_000)

    expect([first.status, again.status, afterRestart.status]).toEqual([200, 200, 200])
    expect(textOf(world.card())).toContain('Nobody has it yet.')
    expect(await acknowledgements(world)).toHaveLength(1)
    expect(world.thread()).toHaveLength(2)
    expect(world.told('ann')).toEqual([])
  })
})

describe('giving back', () => {
  it('is done by the button, and the story stands in the thread', async () => {
    const world = await worldWithProblem()
    await world.as('ann').click('Acknowledge')

    await world.as('ben').click('Remove acknowledgement')
    await world.advance(5_000)

    expect(textOf(world.card())).toContain('Nobody has it yet.')
    expect(world.thread()).toEqual([
      expect.stringContaining('ann acknowledged'),
      expect.stringContaining('ben removed the acknowledgement'),
    ])
  })

  it('is done by /unack, which alone lists what one has', async () => {
    const world = await worldWithProblem()
    expect(await world.as('ann').types('/unack')).toBe('You have no problem at the moment.')
    await world.as('ann').click('Acknowledge')

    expect(await world.as('ann').types('/unack')).toContain('web01 / HTTP (ann) Remove acknowledgement')
    await world.as('ann').clickPrivate('Remove acknowledgement', lastPrivate(world, 'ann'))

    expect(textOf(world.card())).toContain('Nobody has it yet.')
    expect(await world.as('ann').types('/unack web01 HTTP')).toContain('web01 / HTTP is not acknowledged')
  })

  it('of several asks which', async () => {
    const world = await worldWithProblem()
    await world.notify({ ...HTTP, service: 'SSH' })
    await world.as('ann').types('/ack web01 HTTP')
    await world.as('ann').types('/ack web01 SSH')

    expect(await world.as('ben').types('/unack web01')).toContain('Which acknowledgement is to be removed?')
    expect(await world.record({ kinds: ['removal'] })).toEqual([])
  })
})

describe('an end', () => {
  it('removes the acknowledgement at its time, on card, thread and record', async () => {
    const world = await worldWithProblem()
    await world.as('ann').types('/ack web01 HTTP for 2h')

    await world.advance(2 * HOUR - 1)
    expect(textOf(world.card())).toContain('ann has it since')
    await world.advance(5_000)

    expect(textOf(world.card())).toContain('Nobody has it yet.')
    expect(world.thread().at(-1)).toContain('The acknowledgement ended: its time is up')
    expect(await world.record({ kinds: ['removal'] })).toMatchObject([
      { through: 'expiry', actor: null, time: Date.parse('2026-11-21T22:00:00Z') },
    ])
  })

  it('that came while the app was down is made good at the start', async () => {
    const world = await worldWithProblem()
    await world.as('ann').types('/ack web01 HTTP for 2h')
    await world.stop()
    await world.advance(3 * HOUR)

    await world.start()
    await world.advance(5_000)

    expect(textOf(world.card())).toContain('Nobody has it yet.')
    expect(await world.record({ kinds: ['removal'] })).toHaveLength(1)
  })

  it('does nothing to a problem that is over by then, nor to whoever took it meanwhile', async () => {
    const world = await worldWithProblem()
    await world.notify({ ...HTTP, service: 'SSH' })
    await world.as('ann').types('/ack web01 HTTP for 2h')
    await world.as('ann').types('/ack web01 SSH for 2h')
    await world.notify(FINE)
    await world.as('ben').types('/ack web01 SSH')
    await world.as('ben').clickPrivate('Take over', lastPrivate(world, 'ben'))

    await world.advance(3 * HOUR)

    expect(await world.record({ kinds: ['removal'] })).toEqual([])
    expect(textOf(world.card('web01 / SSH'))).toContain('ben has it since')
    expect(textOf(world.card('web01 / HTTP'))).toContain('ann had it')
  })

  it('ends many at once', async () => {
    const world = await startWorld()
    for (const service of ['A', 'B', 'C', 'D', 'E']) await world.notify({ ...HTTP, service })
    await world.advance(10_000)
    await world.as('ann').types('/ack web01 * for 1h')
    await world.as('ann').clickPrivate('Acknowledge all 5', lastPrivate(world, 'ann'))

    await world.advance(2 * HOUR)

    expect(await world.record({ kinds: ['removal'] })).toHaveLength(5)
    for (const card of world.messages()) expect(textOf(card)).toContain('Nobody has it yet.')
  })
})

describe('the form behind Acknowledge…', () => {
  const at = (iso: string): number => Date.parse(iso) / 1000

  it.each([
    ['none', null],
    ['for 30m', '2026-11-21T20:30:00Z'],
    ['for 1h', '2026-11-21T21:00:00Z'],
    ['for 2h', '2026-11-21T22:00:00Z'],
    ['for 4h', '2026-11-22T00:00:00Z'],
    ['for 8h', '2026-11-22T04:00:00Z'],
    ['until tomorrow 9:00', '2026-11-22T14:00:00Z'],
    ['for 7d', '2026-11-28T20:00:00Z'],
  ])('takes the problem %s', async (duration, iso) => {
    const world = await worldWithProblem()
    await world.as('ben').click('Acknowledge…')

    await world.as('ben').submit(formOf(world, 'ben'), { duration, comment: 'mine' })

    expect(viewsOf(world, 'ben')).toEqual([])
    expect(textOf(world.card())).toContain('ben has it since')
    expect(textOf(world.card())).toContain('“mine”')
    const until = JSON.stringify(world.card()).match(/until "},{"type":"date","timestamp":(\d+)/)?.[1]
    expect(until).toBe(iso === null ? undefined : String(at(iso)))
    expect(await acknowledgements(world)).toEqual([{ by: 'ben', through: 'modal', comment: 'mine' }])
  })

  it.each([
    ['17:30', '2026-11-21T22:30:00Z'],
    ['until 17:30', '2026-11-21T22:30:00Z'],
    ['5pm', '2026-11-21T22:00:00Z'],
    ['2h', '2026-11-21T22:00:00Z'],
    ['for 45 min', '2026-11-21T20:45:00Z'],
    ['friday 17:00', '2026-11-27T22:00:00Z'],
    ['24 December 8:00', '2026-12-24T13:00:00Z'],
    ['24.12.2026 8:00', '2026-12-24T13:00:00Z'],
  ])('a time typed by hand wins: %s', async (until, iso) => {
    const world = await worldWithProblem()
    await world.as('ben').click('Acknowledge…')

    await world.as('ben').submit(formOf(world, 'ben'), { duration: 'for 1h', until })

    expect(JSON.stringify(world.card())).toContain(`"timestamp":${at(iso)}`)
  })

  it.each([
    ['whenever', 'Not understood as a time'],
    ['2020-01-01', 'That time is over already'],
    ['17:30 or so', 'Not understood as a time'],
  ])('says at the field what is wrong with “%s”, and keeps the form', async (until, error) => {
    const world = await worldWithProblem()
    await world.as('ben').click('Acknowledge…')

    const answer = await world.as('ben').submit(formOf(world, 'ben'), { until })

    expect(answer.body).toMatchObject({
      response_action: 'errors',
      errors: { until: expect.stringContaining(error) },
    })
    expect(viewsOf(world, 'ben')).toHaveLength(1)
    expect(await acknowledgements(world)).toEqual([])
  })

  it('says how a time was read where the zone is not known', async () => {
    const world = await worldWithProblem()
    world.playground.setUser(world.playground.people.ben, { zone: '' })
    await world.as('ben').click('Acknowledge…')

    await world.as('ben').submit(formOf(world, 'ben'), { until: '23:00' })

    expect(textOf(viewsOf(world, 'ben').at(-1))).toContain('the time was read as UTC')
    expect(textOf(world.card())).toContain('ben has it since')
  })

  it('takes the longest comment there can be, also by way of Take over?', async () => {
    const world = await worldWithProblem()
    await world.as('ben').click('Acknowledge…')
    await world.as('ann').click('Acknowledge')

    await world.as('ben').submit(formOf(world, 'ben'), { comment: '"'.repeat(1000) })
    await world.as('ben').submit(formOf(world, 'ben'), {})

    expect(await acknowledgements(world)).toMatchObject([
      { by: 'ann' },
      { by: 'ben', comment: '"'.repeat(1000) },
    ])
  })

  it('behind /ack alone takes the problem that was chosen', async () => {
    const world = await worldWithProblem()
    await world.notify({ ...HTTP, service: 'SSH' })
    await world.as('ben').types('/ack')

    await world.as('ben').submit(formOf(world, 'ben'), { problem: 'CRITICAL  web01 / SSH', comment: 'mine' })

    expect(textOf(world.card('web01 / SSH'))).toContain('ben has it since')
    expect(textOf(world.card('web01 / HTTP'))).toContain('Nobody has it yet.')
  })
})

describe('a button in a private list', () => {
  it('says that one has the problem now, because the list does not change', async () => {
    const world = await worldWithProblem()
    await world.as('ben').types('/problems')

    await world.as('ben').clickPrivate('Acknowledge', lastPrivate(world, 'ben'))

    expect(world.told('ben').at(-1)).toBe('You have web01 / HTTP. Kept here only: native is not told.')
  })
})
