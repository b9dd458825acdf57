import { describe, expect, it } from 'vitest'
import { type Acknowledgement, foreignAcknowledgement } from './acknowledgement.ts'
import { NO_CHANGES } from './changes.ts'
import { receive } from './lifecycle.ts'
import { markerOf } from './marker.ts'
import type { CheckReading } from './monitor-api.ts'
import type { Notification } from './notification.ts'
import type { CheckState, Problem } from './problem.ts'
import { type ReadFacts, reconcile } from './reconcile.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')
const MINUTE = 60_000
const ID = '01938f2e-0000-7000-8000-0000000000aa'
let ids = 0
const context = { now: NOW, newId: () => `id${++ids}`, route: () => [] }

const NOTIFICATION: Notification = {
  monitor: 'dc1',
  key: 'web01\u001fHTTP',
  type: 'PROBLEM',
  host: 'web01',
  service: 'HTTP',
  state: 'CRITICAL',
  episode: null,
  hostDisplayName: null,
  serviceDisplayName: null,
  address: null,
  output: 'Connection refused',
  longOutput: null,
  author: null,
  comment: null,
  time: null,
  url: null,
  id: null,
  labels: null,
  fields: null,
  channel: null,
}

/** A problem that was heard of ten minutes ago. */
function known(given: Partial<Problem> = {}): CheckState {
  const { state } = receive(null, null, NOTIFICATION, { ...context, now: NOW - 10 * MINUTE })
  if (state.problem === null) throw new Error('no problem')
  return { ...state, problem: { ...state.problem, ...given } }
}

const HELD: Acknowledgement = {
  id: ID,
  by: { id: 'U1', name: 'ann' },
  at: NOW - 5 * MINUTE,
  through: 'button',
  comment: 'on it',
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  handOver: 'confirmed',
  handedAt: NOW - 5 * MINUTE,
  reason: null,
  retrying: false,
  replaces: null,
  theirs: null,
  foreign: false,
  ending: null,
}

const READING: CheckReading = {
  key: NOTIFICATION.key,
  host: 'web01',
  service: 'HTTP',
  hostDisplayName: null,
  serviceDisplayName: null,
  state: 'CRITICAL',
  hard: true,
  output: 'Connection refused',
  since: null,
  acknowledged: false,
  acknowledgement: null,
  inDowntime: false,
  downtimes: null,
  isFlapping: null,
}

const taken = (author: string | null, comment: string | null): Partial<CheckReading> => ({
  acknowledged: true,
  acknowledgement: { author, comment, at: NOW - MINUTE, until: null, sticky: null },
})

function compare(state: CheckState | null, reading: Partial<CheckReading>, given: Partial<ReadFacts> = {}) {
  const changes = reconcile(state, {
    monitor: 'dc1',
    reading: { ...READING, ...reading },
    asOf: NOW,
    context,
    adopt: false,
    ...given,
  })
  return { changes, problem: changes.problems.at(-1)?.problem ?? null }
}

const events = ({ changes }: ReturnType<typeof compare>) =>
  changes.effects.flatMap((effect) => (effect.kind === 'thread' ? [effect.event.what] : []))

describe('a reading that agrees', () => {
  it.each<[string, CheckState | null, Partial<CheckReading>]>([
    ['of an open problem', known(), {}],
    ['of an acknowledged one', known({ acknowledgement: HELD }), taken('ann', `on it ${markerOf(ID)}`)],
    ['whose words are not told', known({ acknowledgement: HELD }), { acknowledged: true }],
    ['of a check that is well and was never heard of', null, { state: 'OK' }],
    ['of a problem that was never heard of', null, {}],
  ])('%s changes nothing', (_case, state, reading) => {
    expect(compare(state, reading).changes).toBe(NO_CHANGES)
  })
})

describe('a recovery that nobody told', () => {
  it('closes the problem, with the time the monitor says', () => {
    const { problem, changes } = compare(known(), { state: 'OK', output: 'fine', since: NOW - 3 * MINUTE })

    expect(problem).toMatchObject({ closed: NOW - 3 * MINUTE, closedBecause: 'recovery' })
    expect(changes.history[0]).toMatchObject({ outcome: 'closed', detail: 'Read, not told. fine' })
  })

  it.each<[string, Partial<CheckReading>, number]>([
    ['while the monitor is still making sure', { hard: false }, NOW],
    ['by what was read before the problem was heard of', {}, NOW - 11 * MINUTE],
  ])('is not believed %s', (_case, reading, asOf) => {
    expect(compare(known(), { state: 'OK', ...reading }, { asOf }).changes).toBe(NO_CHANGES)
  })
})

describe('another state', () => {
  it('changes the problem, and says so', () => {
    const worse = compare(known({ state: 'WARNING' }), {})
    expect(worse.problem).toMatchObject({ state: 'CRITICAL' })
    expect(events(worse)).toEqual(['changed'])
  })

  it('does not take away an output that the monitor hides', () => {
    const { changes } = compare(known({ state: 'WARNING' }), { output: '' })
    expect(changes.checks.at(-1)?.tally.output).toBe('Connection refused')
  })
})

describe('a problem that was never heard of', () => {
  it('is taken over when that is wanted, with whoever has it', () => {
    const { changes, problem } = compare(null, taken('jane', 'mine'), { adopt: true })

    expect(changes.cards).toHaveLength(1)
    expect(problem).toMatchObject({
      state: 'CRITICAL',
      acknowledgement: { by: { name: 'jane' }, foreign: true },
    })
  })

  it('is not while the monitor is still making sure', () => {
    expect(compare(null, { hard: false }, { adopt: true }).changes).toBe(NO_CHANGES)
  })
})

describe('an acknowledgement', () => {
  it('that was made there is shown with its author, since when it is there', () => {
    const done = compare(known(), taken('jane', 'mine'))

    expect(done.problem?.acknowledgement).toMatchObject({
      by: { name: 'jane' },
      comment: 'mine',
      at: NOW - MINUTE,
      foreign: true,
      handOver: 'confirmed',
    })
    expect(events(done)).toEqual(['acknowledged'])
  })

  it('that is gone there is gone here', () => {
    const done = compare(known({ acknowledgement: HELD }), {})
    expect(done.problem?.acknowledgement).toBeNull()
    expect(done.changes.history).toMatchObject([
      { kind: 'removal', through: 'monitor', outcome: 'confirmed' },
    ])
  })

  it('that was removed here after it was read there is not brought back', () => {
    const removed = known({ released: NOW - 1_000 })
    const there = taken('ann', `on it ${markerOf(ID)}`)
    expect(compare(removed, there, { asOf: NOW - 5_000 }).changes).toBe(NO_CHANGES)
    expect(compare(removed, taken('jane', 'mine'), { asOf: NOW - 500 }).problem).toMatchObject({
      acknowledgement: { by: { name: 'jane' } },
    })
  })

  it.each<[string, Partial<Acknowledgement>]>([
    ['is on its way', { handOver: 'requested' }],
    ['failed', { handOver: 'failed', reason: 'x' }],
    ['is kept here only', { handOver: 'not_supported' }],
    ['was confirmed after this was read', { handedAt: NOW + 1 }],
  ])('that %s stays though it is not there', (_case, given) => {
    expect(compare(known({ acknowledgement: { ...HELD, ...given } }), {}).changes).toBe(NO_CHANGES)
  })

  it('that failed is confirmed when it is there after all', () => {
    const failed = { ...HELD, handOver: 'failed', reason: 'dc1 did not take it.' } as const
    const done = compare(known({ acknowledgement: failed }), taken('ann', `on it ${markerOf(ID)}`))

    expect(done.problem?.acknowledgement).toMatchObject({ handOver: 'confirmed', reason: null })
    expect(events(done)).toEqual(['handed-over'])
  })

  it('that failed is theirs when somebody has it there', () => {
    const failed = { ...HELD, handOver: 'failed', reason: 'dc1 did not take it.' } as const
    const done = compare(known({ acknowledgement: failed }), taken('jane', 'mine'))

    expect(done.problem?.acknowledgement).toMatchObject({ handOver: 'already', reason: 'jane: “mine”' })
  })

  it('that another one took the place of is theirs', () => {
    const done = compare(known({ acknowledgement: HELD }), taken('jane', 'mine'))
    expect(done.problem?.acknowledgement).toMatchObject({ by: { name: 'jane' }, foreign: true })
    const foreign = foreignAcknowledgement('bob', 'x', { at: NOW - MINUTE, until: null, now: NOW - MINUTE })
    expect(
      compare(known({ acknowledgement: foreign }), taken('jane', 'mine')).problem?.acknowledgement,
    ).toMatchObject({
      by: { name: 'jane' },
    })
  })

  it('whose removal failed is gone when it is gone there', () => {
    const ending = {
      by: null,
      at: NOW - MINUTE,
      through: 'expiry',
      because: 'expiry',
      handOver: 'failed',
      reason: 'dc1 cannot be reached.',
      retrying: false,
    } as const
    const removed = compare(known({ acknowledgement: { ...HELD, ending } }), {})
    expect(removed.problem?.acknowledgement).toBeNull()
    const under = compare(
      known({ acknowledgement: { ...HELD, ending: { ...ending, handOver: 'requested' } } }),
      {},
    )
    expect(under.changes).toBe(NO_CHANGES)
  })
})

describe('downtime and flapping', () => {
  it.each<[string, Partial<CheckReading>, object]>([
    ['a downtime that began', { inDowntime: true }, { inDowntime: true }],
    ['flapping that began', { isFlapping: true }, { isFlapping: true }],
  ])('%s', (_case, reading, expected) => {
    const done = compare(known(), reading)
    expect(done.changes.checks.at(-1)).toMatchObject(expected)
    expect(events(done)).toEqual(['said'])
  })

  it('that ended', () => {
    const before = known()
    const state = { ...before, check: { ...before.check, inDowntime: true } }
    expect(compare(state, {}).changes.checks.at(-1)).toMatchObject({ inDowntime: false })
  })
})

describe('everything at once', () => {
  it('is told in one go', () => {
    const done = compare(known({ state: 'WARNING' }), { inDowntime: true, ...taken('jane', 'mine') })
    expect(events(done)).toEqual(['changed', 'acknowledged', 'said'])
    expect(done.problem).toMatchObject({ state: 'CRITICAL', acknowledgement: { by: { name: 'jane' } } })
  })

  it('learns the names for people that no notification brought', () => {
    const { changes } = compare(known(), { hostDisplayName: 'Web server' })
    expect(changes.checks.at(-1)).toMatchObject({ hostDisplayName: 'Web server' })
  })
})

describe('where acknowledging means silencing', () => {
  const lastsMs = 15 * MINUTE
  const ours = (until: number, at = NOW - MINUTE): Partial<CheckReading> => ({
    acknowledged: true,
    acknowledgement: { author: 'ann', comment: `on it ${markerOf(ID)}`, at, until, sticky: null },
  })
  const orders = ({ changes }: ReturnType<typeof compare>) =>
    changes.effects.filter(({ kind }) => kind === 'order').length

  it('it is sent again when half of its time is over', () => {
    const state = known({ acknowledgement: HELD })
    expect(orders(compare(state, ours(NOW + lastsMs / 2 - 1), { lastsMs }))).toBe(1)
    expect(compare(state, ours(NOW + lastsMs), { lastsMs }).changes).toBe(NO_CHANGES)
  })

  it('what cannot be renewed is not called confirmed because it lasts a little longer', () => {
    const failed = { ...HELD, handOver: 'failed', reason: 'am does not let us.' } as const
    expect(compare(known({ acknowledgement: failed }), ours(NOW + MINUTE), { lastsMs }).changes).toBe(
      NO_CHANGES,
    )
  })

  it('a silence that an earlier problem left is nobody’s acknowledgement of this one', () => {
    const left = ours(NOW + MINUTE, NOW - 11 * MINUTE)
    expect(compare(known(), left, { lastsMs }).changes).toBe(NO_CHANGES)
  })

  it.each([
    ['began after it was over', NOW - MINUTE, 2 * MINUTE, 1],
    ['is still listed just after it was over', NOW - 20 * MINUTE, 2 * MINUTE, 0],
    ['is listed long after it was over', NOW - 20 * MINUTE, 6 * MINUTE, 1],
  ])('trouble that %s is a problem again or not', (_case, since, ago, problems) => {
    const { check } = known()
    const closed = { check: { ...check, lastStateTime: NOW - ago }, problem: null }
    expect(compare(closed, { since }, { lastsMs, reopens: true }).changes.cards).toHaveLength(problems)
    expect(compare(null, { since }, { lastsMs, reopens: true }).changes).toBe(NO_CHANGES)
  })
})
