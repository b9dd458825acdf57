import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import {
  CHECKMK,
  type Circle,
  ICINGA,
  KINDS,
  NAGIOS,
  OPENITCOCKPIT,
  startCircle,
  startSlowNagios,
} from '../support/circle.ts'
import { until } from '../support/command.ts'
import { startGate } from '../support/gate.ts'

/*
 * What can come between a click in Slack and the monitor: a monitor that is slow, down, or says something else meanwhile,
 * people who change their mind or are two, and our own house in disorder. Whatever it is, nobody's acknowledgement is
 * destroyed, nothing is sent twice, and the card ends up true.
 */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Longer than it takes the store to give up on a database that somebody else has locked. */
const LOCKED_MAX_MS = 9_000
const LOCKED = /^Another program holds a lock on the database/

/** Ann has it, and the monitor has confirmed that. */
async function heldByAnn(circle: Circle): Promise<void> {
  await circle.breaks()
  await circle.world.as('ann').click('Acknowledge')
  await circle.world.advance(2 * SECOND)
  expect(circle.card()).toContain('Confirmed by dc1.')
}

describe('a slow monitor', () => {
  it('that is told to forget before it has heard what, forgets', async () => {
    const { circle, wire } = await startSlowNagios()
    await circle.breaks()
    wire.holdsCommands = true
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(500)
    await circle.world.as('ann').click('Remove acknowledgement')
    wire.holdsCommands = false
    await wire.release()
    await circle.world.advance(MINUTE)

    expect(circle.orders()).toEqual(['acknowledge', 'remove'])
    expect(circle.there).toBeNull()
    expect(circle.card()).toContain('Nobody has it yet.')
    expect(await circle.outcomes('removal')).toEqual(['requested', 'confirmed'])
  })

  it('that is asked before a removal and answers after it, does not bring back what was removed', async () => {
    const { circle, wire } = await startSlowNagios()
    const { clock } = circle.world
    await heldByAnn(circle)
    const atOnce = async (): Promise<void> => {}
    wire.holdsAnswersTo = /GET downtimes/
    await clock.advance(MINUTE, atOnce)
    await until(() => wire.held > 0)
    wire.holdsAnswersTo = null
    await circle.press('ann', 'Remove acknowledgement')
    await until(async () => {
      await clock.advance(100, atOnce)
      return circle.card().includes('Nobody has it yet.')
    })
    await wire.release()
    await circle.world.drain()

    expect(circle.there).toBeNull()
    expect(circle.card()).toContain('Nobody has it yet.')
    expect(await circle.outcomes('acknowledgement')).toEqual(['requested', 'confirmed'])
  })

  it.each(KINDS)('that hangs ($kind) does not hold up a stop', async (kind) => {
    const circle = await startCircle(kind)
    await circle.breaks()
    await circle.monitor.behave('hangs')
    const before = circle.monitor.received.length
    await circle.press('ann', 'Acknowledge')
    await until(() => circle.monitor.received.length > before)
    const began = performance.now()
    await circle.world.stop()

    expect(performance.now() - began).toBeLessThan(3 * SECOND)
  })
})

describe('a monitor that is down', () => {
  it('is behind every card that waits for it, and all are confirmed when it is back', async () => {
    const circle = await startCircle(ICINGA)
    const hosts = ['web01', 'web02', 'web03']
    for (const host of hosts) await circle.breaks('CRITICAL', host)
    await circle.monitor.behave('away')
    for (const host of hosts) await circle.world.as('ann').types(`/ack ${host} HTTP`)
    await circle.world.advance(SECOND)

    expect(circle.cards()).toHaveLength(3)
    for (const card of circle.cards()) {
      expect(card).toContain('FAILED: ')
      expect(card).toContain('It is tried again by itself.')
      expect(card).toContain('Retry')
    }

    await circle.world.advance(10 * MINUTE)
    await circle.monitor.behave('well')
    await circle.world.advance(MINUTE)
    for (const card of circle.cards()) {
      expect(card).toContain('Confirmed by dc1.')
      expect(card).not.toContain('Retry')
    }
    expect(circle.orders()).toEqual(['acknowledge', 'acknowledge', 'acknowledge'])
  })

  it('is told at once when somebody presses Retry, however long it has been left alone for', async () => {
    const circle = await startCircle(ICINGA)
    await circle.breaks()
    await circle.monitor.behave(503)
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(40 * SECOND)
    await circle.monitor.behave('well')
    expect(circle.orders()).toEqual([])
    await circle.world.as('ben').click('Retry')

    expect(circle.orders()).toEqual(['acknowledge'])
  })
})

describe('a monitor that comes back', () => {
  it('before Slack has answered at a start gets what waits for it', async () => {
    const gate = await startGate()
    const circle = await startCircle(ICINGA, {
      env: { SLACK_API_URL: `http://127.0.0.1:${gate.port}/api/` },
      config: ({ apiUrl }) => {
        gate.to = Number(new URL(apiUrl).port)
        return {}
      },
    })
    const { world, monitor } = circle
    const said = (what: RegExp) => until(() => world.log.lines.some(({ sentence }) => what.test(sentence)))
    await circle.breaks()
    await monitor.behave('away')
    await world.as('ann').click('Acknowledge')
    await world.stop()
    world.log.lines.length = 0
    gate.shut()
    const starting = world.start()
    await said(/^dc1 cannot be reached/)
    await monitor.behave('well')
    await world.clock.advance(5 * SECOND, async () => {})
    await said(/^dc1 answers again/)
    await until(() => gate.waiting > 0)
    gate.open()
    await starting
    await world.advance(MINUTE)
    await world.stop()
    await gate.close()

    expect(circle.orders()).toEqual(['acknowledge'])
    expect(circle.card()).toContain('Confirmed by dc1.')
  })
})

describe.each(KINDS)('an acknowledgement that somebody made in $kind while ours failed', (kind) => {
  it('is not destroyed when ours is asked for again', async () => {
    const circle = await startCircle(kind)
    await circle.breaks()
    await circle.monitor.behave(503)
    await circle.world.as('ann').click('Acknowledge')
    circle.takenThere({ author: 'jane', comment: 'mine' })
    await circle.world.as('ann').types('/ack web01 HTTP looking')
    await circle.monitor.behave('well')
    await circle.world.advance(MINUTE)

    expect(circle.orders()).toEqual([])
    expect(circle.there).toMatchObject({ author: 'jane', comment: 'mine' })
    expect((await circle.outcomes('acknowledgement')).at(-1)).toBe('already')
    expect(circle.card()).toContain('dc1 had it acknowledged already, by jane: “mine”')
  })

  it('is not destroyed when ours is taken over', async () => {
    const circle = await startCircle(kind)
    await circle.breaks()
    await circle.monitor.behave(503)
    await circle.world.as('ann').click('Acknowledge')
    circle.takenThere({ author: 'jane', comment: 'mine' })
    await circle.takesOver('ben', 'let me')
    await circle.monitor.behave('well')
    await circle.world.advance(MINUTE)

    expect(circle.orders()).toEqual([])
    expect(circle.there).toMatchObject({ author: 'jane', comment: 'mine' })
    expect((await circle.outcomes('acknowledgement')).at(-1)).toBe('already')
  })
})

describe('a notification of an acknowledgement', () => {
  it('that is older than ours changes nothing, and ours ends at its time', async () => {
    const circle = await startCircle(NAGIOS)
    const { world } = circle
    await circle.breaks()
    await world.advance(5 * MINUTE)
    await world.as('ann').types('/ack web01 HTTP for 2h mine')
    await world.advance(2 * SECOND)
    const time = Math.floor((world.clock.now() - 4 * MINUTE) / 1000)
    await circle.tells('ACKNOWLEDGEMENT', 'CRITICAL', { ackauthor: 'jane', ackcomment: 'was me', time })
    expect(circle.card()).toContain('ann has it since')
    expect(circle.card()).toContain('Confirmed by dc1.')

    await world.advance(MINUTE)
    expect(circle.card()).toContain('ann has it since')
    await world.advance(2 * HOUR)
    expect(circle.card()).toContain('Nobody has it yet.')
    expect(circle.there).toBeNull()
  })

  it('without author and comment changes nothing while ours is held', async () => {
    const circle = await startCircle(NAGIOS)
    await circle.breaks()
    await circle.world.as('ann').types('/ack web01 HTTP for 2h mine')
    await circle.tells('ACKNOWLEDGEMENT', 'CRITICAL')
    expect(circle.card()).toContain('ann has it since')
    await circle.world.advance(MINUTE)

    expect(circle.card()).toContain('ann has it since')
    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.world.thread().join('\n')).not.toContain('somebody')
  })

  it('without author and comment changes nothing while ours is being removed', async () => {
    const circle = await startCircle(NAGIOS)
    await heldByAnn(circle)
    await circle.monitor.behave('away')
    await circle.world.as('ann').click('Remove acknowledgement')
    await circle.tells('ACKNOWLEDGEMENT', 'CRITICAL')
    expect(circle.card()).toContain('ann removes it.')
    await circle.monitor.behave('well')
    await circle.world.advance(MINUTE)

    expect(circle.orders()).toEqual(['acknowledge', 'remove'])
    expect(circle.there).toBeNull()
    expect(circle.card()).toContain('Nobody has it yet.')
  })
})

describe('a comment', () => {
  it('that the monitor refuses says so in the thread', async () => {
    const circle = await startCircle(ICINGA)
    await heldByAnn(circle)
    await circle.monitor.behave(403)
    await circle.world.as('ann').types('/ack web01 HTTP disk ordered')
    await circle.monitor.behave('well')
    await circle.world.advance(2 * MINUTE)

    expect(circle.world.thread().at(-1)).toContain('FAILED: the comment did not get into dc1.')
    expect(await circle.outcomes('comment')).toEqual(['requested', 'failed'])
    expect(circle.orders()).toEqual(['acknowledge'])
  })

  it.each([ICINGA, CHECKMK])('whose answer is lost is there once, and is found ($kind)', async (kind) => {
    const circle = await startCircle(kind)
    await heldByAnn(circle)
    await circle.monitor.behave('loses-answer')
    await circle.world.as('ann').types('/ack web01 HTTP disk ordered')
    await circle.world.advance(10 * MINUTE)
    await circle.monitor.behave('well')
    await circle.world.advance(10 * MINUTE)

    expect(circle.orders()).toEqual(['acknowledge', 'comment'])
    expect(await circle.outcomes('comment')).toEqual(['requested', 'sent'])
    expect(circle.world.thread().join('\n')).not.toContain('FAILED')
  })

  it('whose answer is lost once is there, and is not called failed', async () => {
    const circle = await startCircle(ICINGA)
    await heldByAnn(circle)
    await circle.monitor.behave('loses-answer')
    await circle.world.as('ann').types('/ack web01 HTTP disk ordered')
    await circle.monitor.behave('well')
    await circle.world.advance(10 * MINUTE)

    expect(await circle.outcomes('comment')).toEqual(['requested', 'sent'])
    expect(circle.world.thread().join('\n')).not.toContain('FAILED')
  })
})

describe('what somebody wrote into the monitor', () => {
  it.each(KINDS)('leaves nothing undelivered when it is as long as a book ($kind)', async (kind) => {
    const circle = await startCircle(kind)
    await circle.breaks()
    circle.takenThere({ author: 'jane', comment: 'x'.repeat(60_000) })
    await circle.world.as('ann').click('Acknowledge')
    await circle.world.advance(2 * SECOND)
    expect(circle.card()).toContain('dc1 had it acknowledged already, by jane: “xxx')
    circle.monitor.unacknowledge(kind.host, kind.service)
    await circle.world.advance(MINUTE)
    expect(circle.card()).toContain('Nobody has it yet.')
    circle.takenThere({ author: 'jane', comment: 'y'.repeat(60_000) })
    await circle.world.advance(MINUTE)

    expect(circle.card()).toContain('jane has it since')
    expect(circle.card()).toContain('“yyy')
    expect(await circle.world.metric('ackbridge_outbox_parked')).toBe(0)
  })

  it.each(KINDS)('is no news at each look, though it looks like marks of ours ($kind)', async (kind) => {
    const circle = await startCircle(kind)
    await circle.breaks()
    const comment = 'a [ackbridge:[ackbridge:0123456789]0123456789]'
    circle.takenThere({ author: 'jäne <b>', comment })
    await circle.world.advance(2 * MINUTE)
    const { length } = await circle.world.record()
    await circle.world.advance(20 * MINUTE)

    expect(await circle.world.record()).toHaveLength(length)
  })

  it.each([NAGIOS, ICINGA, CHECKMK])(
    'is no news at each look, though its author has a login and a name ($kind)',
    async (kind) => {
      const circle = await startCircle(kind)
      await circle.breaks()
      circle.takenThere({ author: 'jane', comment: 'on it' })
      await circle.tells('ACKNOWLEDGEMENT', 'CRITICAL', { ackauthor: 'Jane Doe', ackcomment: 'on it' })
      await circle.world.advance(2 * MINUTE)
      const { length } = await circle.world.record()
      await circle.world.advance(20 * MINUTE)

      expect(await circle.world.record()).toHaveLength(length)
      expect(circle.card()).toContain('Jane Doe has it since')
    },
  )

  it('shows within a few looks also where lists do not tell whose it is', async () => {
    const circle = await startCircle(OPENITCOCKPIT)
    await heldByAnn(circle)
    const { host, service } = circle.kind
    circle.monitor.unacknowledge(host, service)
    circle.takenThere({ author: 'jane', comment: 'mine' })
    await circle.world.advance(3 * MINUTE)

    expect(circle.card()).toContain('jane has it since')
  })
})

describe('our own house', () => {
  it('in which a result cannot be written for a while writes it later, and sends nothing twice', async () => {
    const circle = await startCircle(ICINGA)
    await circle.breaks()
    await circle.monitor.behave('hangs')
    const before = circle.monitor.received.length
    await circle.press('ann', 'Acknowledge')
    await until(() => circle.monitor.received.length > before)
    circle.world.log.announce(LOCKED)
    const other = new Database(circle.world.database)
    other.exec('BEGIN IMMEDIATE')
    await circle.monitor.behave('well')
    // Whoever waits for a lock waits in real time.
    await until(() => circle.world.log.lines.some(({ sentence }) => LOCKED.test(sentence)), LOCKED_MAX_MS)
    other.exec('ROLLBACK')
    other.close()
    await circle.world.drain()
    await circle.world.advance(5 * MINUTE)

    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.orders()).toEqual(['acknowledge'])
    expect(circle.cards()).toHaveLength(1)
  })

  it('hands over what it kept to itself once the monitor can be told and somebody asks again', async () => {
    const circle = await startCircle(NAGIOS, { settings: { livestatus: undefined } })
    const { world, monitor } = circle
    await circle.breaks()
    await world.as('ann').click('Acknowledge')
    expect(circle.card()).toContain('Kept here only')
    await world.stop()
    writeFileSync(
      join(world.folder, 'ackbridge.yml'),
      JSON.stringify({ monitors: { dc1: monitor.settings } }),
    )
    await world.start()
    await world.as('ann').types('/ack web01 HTTP')
    await world.advance(2 * SECOND)

    expect(circle.card()).toContain('ann has it since')
    expect(circle.card()).toContain('Confirmed by dc1.')
    expect(circle.there).toMatchObject({ author: 'ann' })
  })
})
