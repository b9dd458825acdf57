import { describe, expect, it } from 'vitest'
import { markerOf } from '../../src/core/marker.ts'
import type { AcknowledgeOrder, CheckReading } from '../../src/core/monitor-api.ts'
import { can, KIND_ROWS, type KindRow } from '../support/monitors/kinds.ts'
import type { StandInOrder } from '../support/monitors/stand-in.ts'
import { downtimeOrder, MARKER, ORDER, type Talk, talkTo, WORDS } from '../support/monitors/talk.ts'

/*
 * What every kind of monitor owes when it is told something: one order, to exactly what was meant, with all that was asked
 * for, to be seen in the next reading.
 */

const SORTS = ['host', 'service'] as const
const OTHER_MARKER = markerOf('0198c0de-0000-7000-8000-00000000beef')

/** @returns the only orders since, which were for nobody else */
function ordersSince(talk: Talk, before: number, whats: readonly StandInOrder['what'][]): StandInOrder {
  const orders = talk.monitor.orders.slice(before)
  expect(orders.map(({ what }) => what)).toEqual(whats)
  for (const { raw } of orders) expect(talk.row.isOneCommand(raw)).toBe(true)
  expectBystanderUntouched(talk)
  return orders.at(-1) as StandInOrder
}

/** Of some kinds what is well is not there at all. */
function isAcknowledged(reading: CheckReading | null): boolean {
  return reading?.acknowledged ?? false
}

function expectBystanderUntouched({ monitor, row: { bystander } }: Talk): void {
  for (const service of [null, bystander.service]) {
    expect(monitor.acknowledged(bystander.host, service)).toBeNull()
    expect(monitor.inDowntime(bystander.host, service)).toBe(false)
  }
}

function expectWords(row: KindRow, order: StandInOrder): void {
  expect(order.comment).toContain('on it')
  expect(order.comment).toContain(MARKER)
  expect(can(row, 'author') ? order.author : order.comment).toContain('Ann Li')
}

describe.each(KIND_ROWS)('acknowledging in $title', (row) => {
  it.each(SORTS)('a %s is one order for it alone, with author, comment and mark', async (sort) => {
    const talk = await talkTo(row)
    expect(await talk.api.acknowledge(talk[sort], ORDER)).toBe('taken')
    const { host, service } = talk[sort]
    await talk.readOne(talk[sort])
    const order = ordersSince(talk, 0, ['acknowledge'])

    expect(order).toMatchObject({ host, service })
    expectWords(row, order)
    expect(talk.sent().length).toBe(1)
    expect(talk.monitor.acknowledged(host, service)).not.toBeNull()
    const other = sort === 'host' ? talk.service : talk.host
    expect(talk.monitor.acknowledged(other.host, other.service)).toBeNull()
  })

  const choices = [true, false].flatMap((sticky) =>
    [true, false].flatMap((persistent) => [true, false].map((notify) => ({ sticky, persistent, notify }))),
  )
  it.each(choices)('says every choice ($sticky $persistent $notify)', async (choice) => {
    const talk = await talkTo(row)
    for (const sort of SORTS) {
      await talk.api.acknowledge(talk[sort], { ...ORDER, ...choice })
      await talk.readOne(talk[sort])
      const order = talk.monitor.orders.at(-1) as StandInOrder
      const flags = row.flags(order)
      for (const name of ['sticky', 'persistent', 'notify'] as const) {
        if (can(row, name)) expect([name, flags[name]]).toEqual([name, choice[name]])
      }
      if (can(row, 'sticky'))
        expect(talk.monitor.acknowledged(row.host, order.service)?.sticky).toBe(choice.sticky)
    }
  })

  it('lets only a sticky one outlast another state', async () => {
    for (const sticky of [true, false]) {
      const talk = await talkTo(row)
      await talk.api.acknowledge(talk.service, { ...ORDER, sticky })
      await talk.readOne(talk.service)
      talk.monitor.set({ host: row.host, service: row.service, state: 'WARNING' })
      const reading = await talk.readOne(talk.service)
      if (can(row, 'sticky')) expect(reading?.acknowledged).toBe(sticky)

      talk.monitor.set({ host: row.host, service: row.service, state: 'OK' })
      expect(isAcknowledged(await talk.readOne(talk.service))).toBe(false)
    }
  })

  it.each(can(row, 'expires') ? ['until a time'] : [])('%s ends at that time, there', async () => {
    const talk = await talkTo(row)
    await talk.learn()
    const until = talk.clock.now() + 600_000
    for (const sort of SORTS) {
      expect(await talk.api.acknowledge(talk[sort], { ...ORDER, until })).toBe('taken')
      const { acknowledged, acknowledgement } = (await talk.readOne(talk[sort])) ?? {}
      expect(acknowledged).toBe(true)
      expect([null, until]).toContain(acknowledgement?.until)
      expectWords(row, talk.monitor.orders.at(-1) as StandInOrder)
    }
    await talk.clock.advance(599_000, async () => {})
    expect((await talk.readOne(talk.service))?.acknowledged).toBe(true)
    await talk.clock.advance(2_000, async () => {})
    for (const sort of SORTS) {
      expect((await talk.readOne(talk[sort]))?.acknowledged).toBe(false)
      expect(talk.monitor.acknowledged(row.host, talk[sort].service)).toBeNull()
    }
  })

  it('takes the place of somebody else’s when it is to', async () => {
    const talk = await talkTo(row)
    for (const sort of SORTS) {
      const { service } = talk[sort]
      talk.monitor.acknowledge(row.host, service, { author: 'jane', comment: 'mine' })
      await talk.clock.advance(5_000, async () => {})
      const before = talk.monitor.orders.length
      expect(await talk.api.acknowledge(talk[sort], { ...ORDER, replace: true })).toBe('taken')
      await talk.readOne(talk[sort])

      const orders = talk.monitor.orders.slice(before).map(({ what }) => what)
      expect([['acknowledge'], ['remove', 'acknowledge']]).toContainEqual(orders)
      expect(talk.monitor.acknowledged(row.host, service)?.comment).toContain(MARKER)
      expectBystanderUntouched(talk)
    }
  })

  it('again makes no second one of it, or says that there is one', async () => {
    const talk = await talkTo(row)
    talk.monitor.acknowledge(row.host, row.service, { author: 'jane', comment: 'mine' })
    const answer = await talk.api.acknowledge(talk.service, ORDER)
    await talk.readOne(talk.service)

    expect(['taken', 'already']).toContain(answer)
    expect(talk.monitor.orders.length).toBe(answer === 'already' ? 0 : 1)
    if (answer === 'already')
      expect(talk.monitor.acknowledged(row.host, row.service)).toMatchObject({ author: 'jane' })
  })

  it('what is well does nothing, and perhaps says so', async () => {
    const talk = await talkTo(row)
    talk.monitor.set({ host: row.host, service: row.service, state: 'OK' })
    talk.monitor.set({ host: row.host, service: null, state: 'UP' })
    for (const sort of SORTS) {
      expect(['taken', 'not_a_problem']).toContain(await talk.api.acknowledge(talk[sort], ORDER))
      expect(isAcknowledged(await talk.readOne(talk[sort]))).toBe(false)
    }
  })

  it('what is not there does nothing to anything else', async () => {
    const talk = await talkTo(row)
    talk.monitor.forget(row.host, row.service)
    const orders: readonly (() => Promise<unknown>)[] = [
      () => talk.api.acknowledge(talk.service, ORDER),
      () => talk.api.acknowledge(talk.service, { ...ORDER, replace: true }),
      () => talk.api.removeAcknowledgement(talk.service, 'Ann Li', null),
      () => talk.api.scheduleDowntime(talk.service, downtimeOrder(talk)),
      () => talk.api.removeDowntime(talk.service, talk.downtime()),
      ...(can(row, 'comment') ? [() => talk.api.comment(talk.service, WORDS)] : []),
    ]
    for (const order of orders) {
      const outcome = await talk.end(order())
      if ('threw' in outcome) expect(talk.sound(outcome.threw).retry.kind).toBe('never')
      await talk.readOne(talk.host)
    }
    expect(talk.monitor.orders).toEqual([])
    expect(talk.monitor.acknowledged(row.host, null)).toBeNull()
    expectBystanderUntouched(talk)
  })
})

describe.each(KIND_ROWS)('taking an acknowledgement away in $title', (row) => {
  it.each(SORTS)('from a %s is one order, whoever made it', async (sort) => {
    const talk = await talkTo(row)
    const { host, service } = talk[sort]
    const both = [null, row.service]
    for (const one of both) talk.monitor.acknowledge(host, one, { author: 'jane', comment: 'mine' })
    expect(await talk.api.removeAcknowledgement(talk[sort], 'Ann Li', null)).toBe('taken')
    expect(await talk.readOne(talk[sort])).toMatchObject({ acknowledged: false, acknowledgement: null })

    expect(ordersSince(talk, 0, ['remove'])).toMatchObject({ host, service })
    expect(talk.sent().length).toBe(1)
    for (const one of both) expect(talk.monitor.acknowledged(host, one) === null).toBe(one === service)
  })

  it('works for ours alone too', async () => {
    const talk = await talkTo(row)
    for (const sort of SORTS) {
      await talk.api.acknowledge(talk[sort], ORDER)
      await talk.readOne(talk[sort])
      await talk.api.removeAcknowledgement(talk[sort], 'Ann Li', MARKER)
      expect((await talk.readOne(talk[sort]))?.acknowledged).toBe(false)
    }
  })

  it('where there is none does no harm', async () => {
    const talk = await talkTo(row)
    for (const sort of SORTS) {
      const outcome = await talk.end(talk.api.removeAcknowledgement(talk[sort], 'Ann Li', null))
      if ('threw' in outcome) talk.sound(outcome.threw)
      expect((await talk.readOne(talk[sort]))?.acknowledged).toBe(false)
    }
    expectBystanderUntouched(talk)
  })
})

describe.each(KIND_ROWS.filter((row) => can(row, 'comment')))('a comment in $title', (row) => {
  it.each(SORTS)('on a %s is one order, and acknowledges nothing', async (sort) => {
    const talk = await talkTo(row)
    await talk.api.comment(talk[sort], WORDS)
    const { acknowledged } = (await talk.readOne(talk[sort])) ?? {}
    const order = ordersSince(talk, 0, ['comment'])

    expect(acknowledged).toBe(false)
    expect(order).toMatchObject({ host: row.host, service: talk[sort].service })
    expectWords(row, order)
    expect(talk.sent().length).toBe(1)
  })

  it('is found by its mark and on its check alone, where it can be found', async () => {
    const talk = await talkTo(row)
    const { findComment } = talk.api
    if (findComment === undefined) return expect(row.kind).toMatch(/nagios|naemon/)
    await talk.api.acknowledge(talk.service, { ...ORDER, marker: OTHER_MARKER })
    expect(await findComment(talk.service, MARKER)).toBe('absent')
    await talk.api.comment(talk.service, WORDS)

    expect(await findComment(talk.service, MARKER)).toBe('there')
    expect(await findComment(talk.host, MARKER)).not.toBe('there')
    expect(await findComment(talk.service, markerOf('0198c0de-0000-7000-8000-00000000dead'))).toBe('absent')
    expect(talk.monitor.orders.map(({ what }) => what)).toEqual(['acknowledge', 'comment'])
  })

  it('leaves the words of the acknowledgement what they are', async () => {
    const talk = await talkTo(row)
    await talk.api.acknowledge(talk.service, ORDER)
    await talk.clock.advance(5_000, async () => {})
    await talk.api.comment(talk.service, { ...WORDS, comment: 'disk ordered', marker: OTHER_MARKER })

    const { acknowledgement } = (await talk.readOne(talk.service)) ?? {}
    expect(acknowledgement?.comment).toContain(MARKER)
    expect(acknowledgement?.comment).not.toContain('disk ordered')
  })
})

describe.each(KIND_ROWS.filter((row) => can(row, 'downtime')))('a downtime in $title', (row) => {
  it.each(SORTS)('of a %s is one order for it alone, from then to then, and read back', async (sort) => {
    const talk = await talkTo(row)
    const { from, until } = talk.downtime()
    await talk.api.scheduleDowntime(talk[sort], downtimeOrder(talk))
    const reading = await talk.readOne(talk[sort])
    const order = ordersSince(talk, 0, ['downtime'])

    expect(order).toMatchObject({ host: row.host, service: talk[sort].service })
    expectWords(row, order)
    expect(talk.sent().length).toBe(1)
    expect(reading?.inDowntime).toBe(true)
    const [downtime] = reading?.downtimes ?? []
    expect(downtime?.comment).toContain(MARKER)
    expect([null, from]).toContain(downtime?.from)
    expect([null, until]).toContain(downtime?.until)
    const other = sort === 'host' ? talk.service : talk.host
    expect(talk.monitor.inDowntime(other.host, other.service)).toBe(false)
  })

  it.each(SORTS)(
    'of a %s is removed by what it was called, or by its mark, and no other is',
    async (sort) => {
      for (const isCalled of [true, false]) {
        const talk = await talkTo(row)
        const { service } = talk[sort]
        talk.monitor.downtime(row.host, service, true)
        talk.monitor.downtime(row.bystander.host, row.bystander.service, true)
        const called = await talk.api.scheduleDowntime(talk[sort], downtimeOrder(talk))
        const others = { ...downtimeOrder(talk), marker: OTHER_MARKER }
        if (row.oneDowntime !== true) await talk.api.scheduleDowntime(talk[sort], others)
        const known = talk.downtime({ reference: isCalled ? called : null })
        const standing = (await talk.readOne(talk[sort]))?.downtimes?.length ?? 0
        const before = talk.monitor.orders.length
        await talk.api.removeDowntime(talk[sort], known)
        const reading = await talk.readOne(talk[sort])

        const removals = talk.monitor.orders.slice(before)
        expect(removals.map(({ what }) => what)).toEqual(['remove-downtime'])
        expect(removals[0]?.comment ?? MARKER).toContain(MARKER)
        expect(reading?.downtimes?.length).toBe(standing - 1)
        expect(reading?.downtimes?.some(({ comment }) => comment?.includes(MARKER))).toBe(false)
        expect(reading?.downtimes?.some(({ comment }) => comment?.includes(OTHER_MARKER))).toBe(
          row.oneDowntime !== true,
        )
        expect(talk.monitor.inDowntime(row.bystander.host, row.bystander.service)).toBe(true)
      }
    },
  )

  it('of a host takes none of its services along when it is removed', async () => {
    const talk = await talkTo(row)
    const reference = await talk.api.scheduleDowntime(talk.host, downtimeOrder(talk))
    await talk.api.scheduleDowntime(talk.service, { ...downtimeOrder(talk), marker: OTHER_MARKER })
    await talk.readOne(talk.host)
    await talk.api.removeDowntime(talk.host, talk.downtime({ reference }))

    expect((await talk.readOne(talk.host))?.inDowntime).toBe(false)
    expect((await talk.readOne(talk.service))?.inDowntime).toBe(true)
  })

  it('that is gone already is not removed a second time, nor anything instead', async () => {
    const talk = await talkTo(row)
    talk.monitor.downtime(row.host, row.service, true)
    const reference = await talk.api.scheduleDowntime(talk.service, downtimeOrder(talk))
    await talk.readOne(talk.service)
    await talk.api.removeDowntime(talk.service, talk.downtime({ reference }))
    await talk.readOne(talk.service)
    const before = talk.monitor.orders.length
    for (const again of [reference, null]) {
      const outcome = await talk.end(
        talk.api.removeDowntime(talk.service, talk.downtime({ reference: again })),
      )
      if ('threw' in outcome) talk.sound(outcome.threw)
    }
    await talk.readOne(talk.service)

    expect(talk.monitor.orders.length).toBe(before)
    expect(talk.monitor.inDowntime(row.host, row.service)).toBe(true)
  })
})

describe.each(KIND_ROWS)('our mark in $title', (row) => {
  const texts: readonly (readonly [string, string])[] = [
    ['letters', 'x'.repeat(10_000)],
    ['characters of three bytes', '€'.repeat(10_000)],
    ['characters of four bytes', '🔥'.repeat(5_000)],
    ['combined characters', 'e\u0301'.repeat(5_000)],
    ['families', '👨‍👩‍👧‍👦'.repeat(1_000)],
    ['one letter and characters of four bytes', `x${'🔥'.repeat(4_000)}`],
    ['words', 'disk ordered, '.repeat(500)],
  ]
  const calls: Readonly<Record<string, (talk: Talk, order: AcknowledgeOrder) => Promise<unknown>>> = {
    acknowledge: ({ api, service }, order) => api.acknowledge(service, order),
    ...(can(row, 'downtime')
      ? {
          downtime: (talk, { author, comment }) =>
            talk.api.scheduleDowntime(talk.service, { ...downtimeOrder(talk), author, comment }),
        }
      : {}),
    ...(can(row, 'comment') ? { comment: ({ api, service }, words) => api.comment(service, words) } : {}),
  }

  it.each(texts)('survives the cutting of %s', async (_, text) => {
    for (const call of Object.values(calls)) {
      for (const author of ['Ann Li', '💥'.repeat(2_000), text]) {
        const talk = await talkTo(row)
        await call(talk, { ...ORDER, author, comment: text })
        await talk.readOne(talk.service)
        const comment = talk.monitor.orders[0]?.comment ?? ''

        expect(talk.monitor.orders.length).toBe(1)
        expect(comment).toContain(MARKER)
        expect(comment.isWellFormed()).toBe(true)
        expect(comment).not.toContain('\ufffd')
        // Some of what was said is there too.
        expect(comment.length).toBeGreaterThan(MARKER.length + 100)
      }
    }
  })

  it('stands there once, whatever somebody writes into a name or a comment', async () => {
    const talk = await talkTo(row)
    for (const forged of [OTHER_MARKER, `[ackbridge:0[ackbridge:0123456789]123456789]`, MARKER]) {
      await talk.api.acknowledge(talk.service, {
        ...ORDER,
        author: `Ann ${forged} Li`,
        comment: `on ${forged} it`,
        replace: true,
      })
      await talk.readOne(talk.service)
      const { comment } = talk.monitor.orders.at(-1) as StandInOrder
      expect(comment?.match(/\[ackbridge:[0-9a-f]{10}\]/g)).toEqual([MARKER])
    }
  })
})
