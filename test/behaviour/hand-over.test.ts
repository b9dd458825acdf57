import { describe, expect, it } from 'vitest'
import { KINDS, startCircle as start } from '../support/circle.ts'
import type { Fault } from '../support/monitors/stand-in.ts'
import { textOf } from '../support/world.ts'

/*
 * The circle with every kind of monitor that can be told: a click in Slack, the order in the monitor, what is read back on
 * the card; and what happens in the monitor, on the card. The monitors are stand-ins that behave as the real ones, down to
 * what they drop without a word.
 */

describe.each(KINDS)('an acknowledgement with $kind', (kind) => {
  it('is sent, read back, and only then shown as confirmed, in the person’s name', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').click('Acknowledge')

    expect(circle.card()).toContain('ann has it since')
    expect(circle.card()).toContain('Sending to dc1 …')
    expect(circle.orders()).toEqual(['acknowledge'])

    await circle.world.advance(1_000)
    expect(circle.card()).toContain('Confirmed by dc1.')
    const { author, comment } = circle.there ?? { author: '', comment: '' }
    expect(kind.authorInComment ? comment : author).toContain('ann')
    expect(comment).toContain('Acknowledged in Slack')
    expect(await circle.outcomes('acknowledgement')).toEqual(['requested', 'confirmed'])
    expect(circle.orders()).toEqual(['acknowledge'])
  })

  it('carries the comment, and a further word becomes a comment there', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').types('/ack web01 HTTP looking at it')
    await circle.world.advance(1_000)
    expect(circle.there?.comment).toContain('looking at it')

    await circle.world.as('ann').types('/ack web01 HTTP disk ordered')
    await circle.world.advance(5_000)

    expect(circle.card()).toContain('“disk ordered”')
    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.orders()).toEqual(['acknowledge', kind.comments ? 'comment' : 'acknowledge'])
    expect(circle.monitor.orders.at(-1)?.comment).toContain('disk ordered')
  })

  it('is removed there too, and stands until the monitor agrees', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(1_000)
    await circle.world.as('ben').click('Remove acknowledgement')

    expect(circle.card()).toContain('ben removes it. Sending to dc1 …')
    await circle.world.advance(2_000)
    expect(circle.there).toBeNull()
    expect(circle.card()).toContain('Nobody has it yet.')
    expect(await circle.outcomes('removal')).toEqual(['requested', 'confirmed'])
  })

  it('that somebody made there first is theirs, and is not made twice', async () => {
    const circle = await start(kind)
    await circle.breaks()
    circle.monitor.acknowledge(kind.host, kind.service, { author: 'jane', comment: 'mine' })
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(2_000)

    expect(circle.card()).toContain('dc1 had it acknowledged already, by jane: “mine”')
    expect(circle.there).toMatchObject({ author: 'jane' })
    expect(await circle.outcomes('acknowledgement')).toEqual(['requested', 'already'])
  })

  it('of what is well again by then says so', async () => {
    const circle = await start(kind)
    await circle.breaks()
    circle.monitor.set({ host: kind.host, service: kind.service, state: 'OK' })
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(2_000)

    expect(await circle.outcomes('acknowledgement')).toEqual(['requested', 'not_a_problem'])
    expect(circle.monitor.orders).toEqual([])
  })

  it('of what the monitor does not know fails, and says why', async () => {
    const circle = await start(kind)
    await circle.breaks()
    circle.monitor.forget(kind.host, kind.service)
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(60_000)

    expect(circle.card()).toMatch(/FAILED: dc1 does not know/)
    expect((await circle.outcomes('acknowledgement')).at(-1)).toBe('failed')
  })

  it.each<Fault>(['away', 500, 503, 401, 'garbage'])(
    'waits while the monitor misbehaves (%s), says so in red, and arrives once when it is well',
    async (fault) => {
      const circle = await start(kind)
      await circle.breaks()
      await circle.monitor.behave(fault)
      await circle.world.as('ann').click('Acknowledge')

      expect(circle.card()).toContain('FAILED: ')
      expect(circle.card()).toContain('It is tried again by itself.')
      expect(circle.card()).toContain('Retry')
      for (const secret of circle.monitor.secrets) expect(circle.card()).not.toContain(secret)
      const order = circle.orders()

      await circle.monitor.behave('well')
      await circle.world.advance(60_000)
      expect(circle.card()).toContain('Confirmed by dc1.')
      expect(circle.orders().slice(order.length)).toEqual(['acknowledge'])
      expect((await circle.outcomes('acknowledgement')).at(-1)).toBe('confirmed')
    },
  )

  it('whose answer was lost is looked up, not sent again', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.monitor.behave('loses-answer')
    await circle.world.as('ann').click('Acknowledge')
    await circle.monitor.behave('well')
    await circle.world.advance(60_000)

    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.orders()).toEqual(['acknowledge'])
  })

  it('is tried again at once by Retry', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.monitor.behave(503)
    await circle.world.as('ann').click('Acknowledge')
    await circle.monitor.behave('well')
    await circle.world.as('ben').click('Retry')
    await circle.world.advance(31_000)

    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.orders()).toEqual(['acknowledge'])
  })

  it('that a recovery overtakes ends well', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.monitor.behave(503)
    await circle.world.as('ann').click('Acknowledge')
    circle.monitor.set({ host: kind.host, service: kind.service, state: 'OK' })
    await circle.tells('RECOVERY', 'OK')
    await circle.monitor.behave('well')
    await circle.world.advance(60_000)

    expect(circle.card()).toContain('Recovered')
    expect(circle.card()).not.toContain('FAILED')
    expect((await circle.outcomes('acknowledgement')).at(-1)).toBe('not_a_problem')
    expect(circle.orders()).toEqual([])
  })

  it('ends at its time, there too', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').types('/ack web01 HTTP for 10m')
    await circle.world.advance(2_000)
    expect(circle.card()).toContain('Confirmed by dc1.')

    await circle.world.advance(10 * 60_000)
    expect(circle.card()).toContain('Nobody has it yet.')
    expect(circle.there).toBeNull()
  })

  it('that is taken over is made anew in the other’s name', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(2_000)
    await circle.world.as('ben').types('/ack web01 HTTP mine now')
    const held = circle.world.playground.workspace.ephemerals(circle.world.playground.people.ben).at(-1)
    expect(textOf(held)).toContain('ann has web01')
    await circle.world.as('ben').clickPrivate('Take over', held?.ts ?? '')
    await circle.world.advance(5_000)

    expect(circle.card()).toContain('ben has it since')
    expect(circle.card()).toContain('Confirmed by dc1.')
    const { author, comment } = circle.there ?? { author: '', comment: '' }
    expect(comment).toContain('mine now')
    expect(kind.authorInComment ? comment : author).toContain('ben')
  })

  it('survives a restart between the click and the monitor', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.monitor.behave('away')
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.stop()
    await circle.monitor.behave('well')
    await circle.world.start()
    await circle.world.advance(60_000)

    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.orders()).toEqual(['acknowledge'])
  })
})

describe.each(KINDS)('what happens in $kind', (kind) => {
  it('shows within one poll: acknowledged, removed, downtime, recovered', async () => {
    const circle = await start(kind)
    await circle.breaks()
    circle.monitor.acknowledge(kind.host, kind.service, { author: 'jane', comment: 'on it' })
    await circle.world.advance(60_000)
    expect(circle.card()).toContain('jane has it since')
    expect(circle.card()).toContain('Acknowledged in dc1.')
    expect(circle.card()).toContain('“on it”')

    circle.monitor.unacknowledge(kind.host, kind.service)
    await circle.world.advance(60_000)
    expect(circle.card()).toContain('Nobody has it yet.')

    circle.monitor.downtime(kind.host, kind.service, true)
    await circle.world.advance(60_000)
    expect(circle.card()).toContain('in downtime')
    circle.monitor.downtime(kind.host, kind.service, false)
    await circle.world.advance(60_000)
    expect(circle.card()).not.toContain('in downtime')

    circle.monitor.set({ host: kind.host, service: kind.service, state: 'OK', output: 'fine' })
    await circle.world.advance(60_000)
    expect(circle.card()).toContain('Recovered')
    expect(circle.orders()).toEqual([])
  })

  it('while ackbridge is down shows after its start', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(2_000)
    await circle.world.stop()
    circle.monitor.set({ host: kind.host, service: kind.service, state: 'OK', output: 'fine' })
    await circle.world.start()
    await circle.world.advance(1_000)

    expect(circle.card()).toContain('Recovered')
  })

  it('and removes ours shows as removed there', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(2_000)
    circle.monitor.unacknowledge(kind.host, kind.service)
    await circle.world.advance(60_000)

    expect(circle.card()).toContain('Nobody has it yet.')
    expect(circle.world.thread().at(-1)).toContain('The acknowledgement was removed in dc1')
  })

  it('is taken away there when a person here removes it', async () => {
    const circle = await start(kind)
    await circle.breaks()
    circle.monitor.acknowledge(kind.host, kind.service, { author: 'jane', comment: 'on it' })
    await circle.world.advance(60_000)
    await circle.world.as('ann').click('Remove acknowledgement')
    await circle.world.advance(3_000)

    expect(circle.there).toBeNull()
    expect(circle.card()).toContain('Nobody has it yet.')
  })

  it('does not close what is merely not shown any more', async () => {
    const circle = await start(kind)
    await circle.breaks()
    circle.monitor.forget(kind.host, kind.service)
    await circle.world.advance(10 * 60_000)

    expect(circle.card()).toContain('CRITICAL')
    expect(circle.card()).not.toContain('Recovered')
  })

  it('is not believed while it is still being made sure of', async () => {
    const circle = await start(kind)
    await circle.breaks('WARNING')
    circle.monitor.set({ host: kind.host, service: kind.service, state: 'CRITICAL', hard: false })
    await circle.world.advance(60_000)
    expect(circle.card()).toContain('WARNING')

    circle.monitor.set({ host: kind.host, service: kind.service, state: 'CRITICAL', hard: true })
    await circle.world.advance(60_000)
    expect(circle.card()).toContain('CRITICAL')
  })

  it('and was never heard of is counted, or taken over if that is wanted', async () => {
    const counted = await start(kind)
    const { host, service } = kind
    counted.monitor.set({
      host,
      service,
      state: 'CRITICAL',
      output: 'x',
      hostDisplayName: 'web01',
      serviceDisplayName: 'HTTP',
    })
    await counted.world.advance(60_000)
    expect(counted.world.messages()).toEqual([])
    expect(await counted.world.as('ann').types('/problems')).toContain(
      'dc1 has 1 problem that ackbridge never heard of',
    )

    const adopted = await start(kind, { settings: { adopt: true } })
    adopted.monitor.set({
      host,
      service,
      state: 'CRITICAL',
      output: 'x',
      hostDisplayName: 'web01',
      serviceDisplayName: 'HTTP',
    })
    await adopted.world.advance(60_000)
    expect(adopted.card()).toContain('CRITICAL')
    expect(adopted.card()).toContain('web01 / HTTP')
  })

  it('as our own echo confirms and opens nothing', async () => {
    const circle = await start(kind)
    await circle.breaks()
    await circle.world.as('ann').click('Acknowledge')
    const { author, comment } = circle.monitor.orders.at(-1) ?? { author: '', comment: '' }
    await circle.tells('ACKNOWLEDGEMENT', 'CRITICAL', { ackauthor: author ?? 'x', ackcomment: comment })

    expect(circle.card()).toContain('ann has it since')
    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.orders()).toEqual(['acknowledge'])
  })
})

describe.each(KINDS)('a downtime with $kind', (kind) => {
  it('is set there, confirmed on the card, and removed again', async () => {
    const circle = await start(kind)
    await circle.breaks()
    expect(await circle.world.as('ann').types('/downtime web01 HTTP for 2h new disk')).toContain(
      'Sending to dc1',
    )
    expect(circle.card()).toContain('Downtime until')
    await circle.world.advance(2_000)

    expect(circle.monitor.inDowntime(kind.host, kind.service)).toBe(true)
    expect(circle.card()).toContain('by ann. Confirmed by dc1.')
    expect(circle.card()).toContain('“new disk”')

    await circle.world.as('ben').types('/downtime web01 HTTP remove')
    await circle.world.advance(3_000)
    expect(circle.monitor.inDowntime(kind.host, kind.service)).toBe(false)
    expect(circle.card()).not.toContain('Downtime until')
    expect(await circle.outcomes('downtime')).toEqual(['requested', 'confirmed', 'requested', 'confirmed'])
  })

  it('leaves other people’s downtimes alone when it is removed', async () => {
    const circle = await start(kind)
    await circle.breaks()
    circle.monitor.downtime(kind.host, kind.service, true)
    await circle.world.as('ann').types('/downtime web01 HTTP for 2h')
    await circle.world.advance(2_000)
    await circle.world.as('ann').types('/downtime web01 HTTP remove')
    await circle.world.advance(3_000)

    expect(circle.monitor.inDowntime(kind.host, kind.service)).toBe(true)
  })
})
