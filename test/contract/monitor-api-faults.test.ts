import { afterEach, describe, expect, it } from 'vitest'
import type { Failure } from '../../src/core/failure.ts'
import type { OrderAnswer, Reading } from '../../src/core/monitor-api.ts'
import { type HostileServer, type Hostility, startHostileServer } from '../support/monitors/hostile-server.ts'
import { type Ability, can, KIND_ROWS, type KindRow } from '../support/monitors/kinds.ts'
import type { Fault } from '../support/monitors/stand-in.ts'
import { ORDERS, READINGS, type Talk, talkTo } from '../support/monitors/talk.ts'

/*
 * What every kind of monitor owes when its monitor misbehaves: a Failure that says what is to be done next, no secret
 * anywhere, and nothing sent twice.
 */

type Retry = Failure['retry']['kind']
type Expectation = {
  /** What may follow for an order, and for a question. */
  readonly order: readonly Retry[]
  readonly reading: readonly Retry[]
  readonly code?: readonly Failure['code'][]
  /** Answers that acknowledging, or removing, may have instead. */
  readonly answers?: readonly OrderAnswer[]
  /** The question may go well all the same, because this is about orders. */
  readonly readingMayBeWell?: boolean
}

/** Where nothing can have been done, it is tried again; where something may have been, it is looked at first. */
const EXPECTED: ReadonlyMap<Fault, Expectation> = new Map<Fault, Expectation>([
  ['away', { order: ['later'], reading: ['later'], code: ['unavailable'] }],
  ['hangs', { order: ['ambiguous'], reading: ['ambiguous', 'later'], code: ['timeout'] }],
  ['loses-answer', { order: ['ambiguous'], reading: ['ambiguous', 'later'], code: ['unavailable'] }],
  ['garbage', { order: ['ambiguous', 'later'], reading: ['ambiguous', 'later'], code: ['invalid'] }],
])
const EXPECTED_OF_HTTP: ReadonlyMap<Fault, Expectation> = new Map<Fault, Expectation>([
  [401, { order: ['later', 'never', 'stop'], reading: ['later', 'never', 'stop'], code: ['unauthorized'] }],
  [403, { order: ['never', 'later'], reading: ['never', 'later'], code: ['unauthorized'] }],
  [404, { order: ['never'], reading: ['never'], code: ['not_found', 'unauthorized'] }],
  [
    409,
    {
      order: ['never', 'later'],
      reading: ['never', 'later'],
      answers: ['already', 'not_a_problem'],
      readingMayBeWell: true,
    },
  ],
  [422, { order: ['never'], reading: ['never', 'later'], answers: ['not_a_problem'] }],
  [429, { order: ['after'], reading: ['after'], code: ['rate_limited'] }],
  [500, { order: ['ambiguous', 'later'], reading: ['ambiguous', 'later'] }],
  [503, { order: ['ambiguous', 'later', 'after'], reading: ['ambiguous', 'later', 'after'] }],
])
/** Whoever does not speak HTTP gets the number in its own way; only that it failed there is the same everywhere. */
const EXPECTED_ELSEWHERE: Expectation = {
  order: ['never', 'later', 'after', 'ambiguous'],
  reading: ['never', 'later', 'after', 'ambiguous'],
  answers: ['already', 'not_a_problem'],
}

function expectationOf(row: KindRow, fault: Fault): Expectation {
  const same = EXPECTED.get(fault)
  if (same !== undefined) return same
  if (row.speaksHttp) return EXPECTED_OF_HTTP.get(fault) as Expectation
  const isTheirs = typeof fault === 'number' && fault >= 500
  return isTheirs ? (EXPECTED_OF_HTTP.get(fault) as Expectation) : EXPECTED_ELSEWHERE
}

function expectFailure(failure: Failure, allowed: readonly Retry[], { code }: Expectation): void {
  expect(allowed).toContain(failure.retry.kind)
  if (code !== undefined) expect(code).toContain(failure.code)
  if (failure.retry.kind === 'after' && failure.code === 'rate_limited') {
    // What the stand-ins ask for.
    expect(failure.retry.ms).toBe(7_000)
  }
}

const faults: readonly Fault[] = [...EXPECTED.keys(), ...EXPECTED_OF_HTTP.keys()]
const orders = Object.entries(ORDERS)
const cases = KIND_ROWS.flatMap((row) => faults.map((fault) => ({ row, title: row.title, fault })))

describe.each(cases)('$title that misbehaves ($fault)', ({ row, fault }) => {
  const expected = expectationOf(row, fault)

  it.each(orders.filter(([what]) => can(row, what as Ability)))(
    'is told once, and what is to follow is said: %s',
    async (what, order) => {
      for (const sort of ['host', 'service'] as const) {
        const talk = await talkTo(row)
        await talk.learn()
        if (what === 'removeDowntime') await ORDERS['downtime']?.(talk, talk[sort])
        const before = { sent: talk.sent().length, orders: talk.monitor.orders.length }
        await talk.behave(fault)
        const outcome = await talk.end(order(talk, talk[sort]))
        talk.expectNoSecret()

        expect(talk.sent().length - before.sent).toBeLessThanOrEqual(1)
        const carriedOut = talk.monitor.orders.length - before.orders
        expect(carriedOut).toBeLessThanOrEqual(fault === 'loses-answer' ? 1 : 0)
        if ('threw' in outcome) expectFailure(talk.sound(outcome.threw), expected.order, expected)
        else {
          expect(['acknowledge', 'remove']).toContain(what)
          expect(expected.answers ?? []).toContain(outcome.returned)
        }
      }
    },
  )

  it.each(Object.entries(READINGS))(
    'is not believed, and what is to follow is said: %s',
    async (what, read) => {
      for (const isNew of [true, false]) {
        const talk = await talkTo(row)
        if (!isNew) await talk.learn()
        talk.monitor.acknowledge(row.host, row.service, { author: 'jane', comment: 'mine' })
        await talk.behave(fault)
        const outcome = await talk.end(read(talk))
        talk.expectNoSecret()

        if ('threw' in outcome) expectFailure(talk.sound(outcome.threw), expected.reading, expected)
        else if (expected.readingMayBeWell !== true) {
          // That what was asked for by name is unknown is an answer; that nothing at all can be listed is none.
          expect([fault, what]).toEqual([404, 'read'])
          expect((outcome.returned as Reading).checks.size).toBe(0)
        }
        expect(talk.sent()).toEqual([])
      }
    },
  )

  it('is well again afterwards, with the same connection', async () => {
    const talk = await talkTo(row)
    await talk.behave(fault)
    await talk.end(talk.api.readProblems())
    await talk.end(ORDERS['acknowledge']?.(talk, talk.service) as Promise<unknown>)
    talk.monitor.unacknowledge(row.host, row.service)
    await talk.behave('well')

    expect(await ORDERS['acknowledge']?.(talk, talk.service)).toBe('taken')
    expect((await talk.readOne(talk.service))?.acknowledged).toBe(true)
  })
})

const servers: HostileServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function hostile(row: KindRow, hostility: Hostility): Promise<{ talk: Talk; server: HostileServer }> {
  const server = await startHostileServer(hostility)
  servers.push(server)
  return { talk: await talkTo(row, server), server }
}

const HOSTILITIES: readonly Hostility[] = [
  'floods',
  'drips',
  'drips-headers',
  'cuts',
  'closes',
  'babbles',
  'empty',
]

describe.each(KIND_ROWS)('instead of $title', (row) => {
  it.each(HOSTILITIES)('something that %s is not believed, and does not hold us up', async (hostility) => {
    for (const [what, call] of Object.entries({ ...ORDERS, ...READINGS })) {
      if (what !== 'readProblems' && !can(row, what as Ability)) continue
      const { talk, server } = await hostile(row, hostility)
      const outcome = await talk.end(call(talk, talk.service))
      const arrived = server.received.filter((one) => row.order.test(orderPartOf(one))).length
      const changes = what in ORDERS && arrived > 0
      expect(arrived).toBeLessThanOrEqual(what in ORDERS ? 1 : 0)

      if ('threw' in outcome) {
        const { retry, message } = talk.sound(outcome.threw)
        if (hostility === 'floods') expect(message).toContain('5 MiB')
        expect(['later', 'ambiguous', 'never']).toContain(retry.kind)
        // It may have been done, or may not: nobody may say that it was not.
        if (changes && hostility !== 'babbles') expect([what, retry.kind]).not.toEqual([what, 'never'])
      } else {
        // The end of a connection is all the answer that some have for an order.
        expect(row.speaksHttp).toBe(false)
        expect(what in ORDERS).toBe(true)
      }
      talk.expectNoSecret()
    }
  })

  const redirects = row.speaksHttp ? ([301, 302, 303, 307, 308] as const) : []
  it.each(redirects)(
    'something that sends us elsewhere (%s) is not followed, and nothing of ours gets there',
    async (status) => {
      const elsewhere = await startHostileServer('empty')
      servers.push(elsewhere)
      for (const [what, call] of Object.entries({ ...ORDERS, ...READINGS })) {
        if (what !== 'readProblems' && !can(row, what as Ability)) continue
        const { talk } = await hostile(row, { redirect: status, to: `http://${elsewhere.at}/stolen` })
        const failure = await talk.failure(call(talk, talk.service))
        expect(['never', 'later']).toContain(failure.retry.kind)
        expect(failure.message).toMatch(/redirect/)
      }
      expect(elsewhere.received).toEqual([])
    },
  )

  it.each(HOSTILITIES)('something that %s is examined all the same', async (hostility) => {
    const { talk } = await hostile(row, hostility)
    const outcome = await talk.end(talk.api.examine())
    expect(outcome).toHaveProperty('returned')
    talk.expectNoSecret(JSON.stringify(outcome))
  })
})

/** Method, path and what follows, as the pattern of a row finds it in what a stand-in received. */
function orderPartOf(request: string): string {
  const [line = ''] = request.split('\n')
  return line.replace(/^POST \S*?(\/domain-types\/)/, 'POST $1')
}
