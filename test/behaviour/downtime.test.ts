import { describe, expect, it } from 'vitest'
import { type Circle, ICINGA, KINDS, startCircle, startSlowNagios } from '../support/circle.ts'

/*
 * Downtimes that are set from Slack: what becomes of them when the monitor is slow, down or of another mind, when their time
 * is over, and on the cards of later problems.
 */

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Ann has set one, and the monitor has confirmed it. */
async function setByAnn(circle: Circle, how = 'for 2h'): Promise<void> {
  await circle.breaks()
  await circle.world.as('ann').types(`/downtime web01 HTTP ${how}`)
  await circle.world.advance(2 * SECOND)
  expect(circle.card()).toContain('by ann. Confirmed by dc1.')
  expect(circle.inDowntime).toBe(true)
}

/** The record of downtimes, with what it says of each. */
async function details(circle: Circle): Promise<readonly string[]> {
  const rows = (await circle.world.record()).filter(({ kind }) => kind === 'downtime')
  return rows.map(({ outcome, detail }) => `${outcome}: ${detail}`)
}

describe.each(KINDS)('a downtime that is removed in $kind', (kind) => {
  it('disappears from the card at the next look, and the thread says so', async () => {
    const circle = await startCircle(kind)
    await setByAnn(circle)
    circle.monitor.downtime(kind.host, kind.service, false)
    await circle.world.advance(2 * MINUTE)

    expect(circle.card()).not.toContain('Downtime until')
    expect(circle.world.thread().join('\n')).toContain('The downtime was removed in dc1')
    expect((await details(circle)).at(-1)).toBe('confirmed: removed in dc1')
  })
})

describe.each(KINDS)('a second downtime with $kind', (kind) => {
  it('is refused while the first stands, and welcome after it', async () => {
    const circle = await startCircle(kind)
    const ann = circle.world.as('ann')
    await setByAnn(circle, 'for 30m')
    const answer = await ann.types('/downtime web01 HTTP for 8h')
    expect(answer).toMatch(
      /^web01 \/ HTTP has a downtime until .* that was set from here\. Remove it first: /,
    )
    await circle.world.advance(2 * SECOND)
    expect(circle.orders()).toEqual(['downtime'])

    await circle.world.advance(31 * MINUTE)
    expect(circle.card()).not.toContain('Downtime until')
    expect(await ann.types('/downtime web01 HTTP for 8h')).toContain('Sending to dc1')
    await circle.world.advance(2 * SECOND)
    expect(circle.card()).toContain('by ann. Confirmed by dc1.')
    expect(circle.orders()).toEqual(['downtime', 'downtime'])
  })
})

describe('a downtime in a slow monitor', () => {
  it('that is removed before the monitor has heard of it is not left there', async () => {
    const { circle, wire } = await startSlowNagios()
    await circle.breaks()
    wire.holdsCommands = true
    await circle.world.as('ann').types('/downtime web01 HTTP for 2h')
    await circle.world.advance(500)
    await circle.world.as('ann').types('/downtime web01 HTTP remove')
    wire.holdsCommands = false
    await wire.release()
    await circle.world.advance(2 * MINUTE)

    expect(circle.orders()).toEqual(['downtime', 'remove-downtime'])
    expect(circle.inDowntime).toBe(false)
    expect(circle.card()).not.toContain('Downtime until')
    expect(await circle.outcomes('downtime')).toEqual(['requested', 'requested', 'confirmed'])
  })

  it('that was called failed is confirmed when it is there after all', async () => {
    const { circle, wire } = await startSlowNagios()
    await circle.breaks()
    wire.holdsCommands = true
    await circle.world.as('ann').types('/downtime web01 HTTP for 2h')
    await circle.world.advance(40 * SECOND)
    expect(circle.card()).toContain('FAILED: dc1 did not take it.')
    wire.holdsCommands = false
    await wire.release()
    await circle.world.advance(MINUTE)

    expect(circle.card()).toContain('by ann. Confirmed by dc1.')
    expect(circle.card()).not.toContain('FAILED')
    expect(circle.world.thread().join('\n')).toContain('dc1 confirmed the downtime')
    expect(circle.orders()).toEqual(['downtime'])
  })
})

describe('a downtime whose time is over', () => {
  it('before the monitor could be told is not sent any more, and nobody says that it was confirmed', async () => {
    const circle = await startCircle(ICINGA)
    await circle.breaks()
    await circle.monitor.behave('away')
    await circle.world.as('ann').types('/downtime web01 HTTP for 30m')
    await circle.world.advance(40 * MINUTE)
    await circle.monitor.behave('well')
    await circle.world.advance(2 * MINUTE)

    expect(circle.orders()).toEqual([])
    expect(circle.card()).not.toContain('Downtime until')
    expect(circle.card()).not.toContain('Retry')
    expect(circle.world.thread().join('\n')).toContain('FAILED: the downtime did not get into dc1.')
    expect(circle.world.thread().join('\n')).not.toContain('confirmed')
  })

  it('and which failed is not offered to be tried again on a later problem', async () => {
    const circle = await startCircle(ICINGA)
    await circle.breaks()
    await circle.monitor.behave(403)
    await circle.world.as('ann').types('/downtime web01 HTTP for 30m')
    expect(circle.card()).toContain('FAILED: ')
    expect(circle.card()).toContain('Retry')
    await circle.monitor.behave('well')
    await circle.recovers()
    await circle.world.advance(60 * MINUTE)
    await circle.breaks()

    expect(circle.cards()).toHaveLength(2)
    expect(circle.cards().at(-1)).toContain('Nobody has it yet.')
    expect(circle.cards().at(-1)).not.toMatch(/Retry|FAILED|Downtime until/)
    expect(circle.orders()).toEqual([])
  })
})

describe('a downtime of a check', () => {
  it('is shown on the card of the problem that is open when the monitor confirms it', async () => {
    const circle = await startCircle(ICINGA)
    await circle.breaks()
    // With one of somebody else there, that it is in downtime is no news that would draw the card anew.
    circle.monitor.downtime(circle.kind.host, circle.kind.service, true)
    await circle.world.advance(MINUTE)
    await circle.monitor.behave('away')
    await circle.world.as('ann').types('/downtime web01 HTTP for 8h')
    await circle.recovers()
    await circle.world.advance(2 * MINUTE)
    await circle.breaks()
    expect(circle.cards()).toHaveLength(2)
    expect(circle.cards().at(-1)).toContain('FAILED: ')
    await circle.monitor.behave('well')
    await circle.world.advance(35 * SECOND)

    expect(circle.orders()).toEqual(['downtime'])
    expect(circle.cards().at(-1)).toContain('by ann. Confirmed by dc1.')
    expect(circle.cards().at(-1)).not.toMatch(/Retry|FAILED/)
  })

  it('that failed is tried again only by who may set it', async () => {
    const circle = await startCircle(ICINGA, {
      config: ({ people }) => ({ permissions: [{ match: { host: 'web*' }, downtime: [people.ann] }] }),
    })
    await circle.breaks()
    await circle.monitor.behave(403)
    await circle.world.as('ann').types('/downtime web01 HTTP for 2h')
    await circle.monitor.behave('well')
    await circle.world.as('ben').click('Retry')
    await circle.world.advance(MINUTE)
    expect(circle.orders()).toEqual([])
    expect(circle.card()).toContain('FAILED: ')
    expect(circle.world.told('ben').at(-1)).toContain('may do this here. Nothing was changed.')

    await circle.world.as('ann').click('Retry')
    await circle.world.advance(2 * SECOND)
    expect(circle.orders()).toEqual(['downtime'])
    expect(circle.card()).toContain('by ann. Confirmed by dc1.')
  })
})
