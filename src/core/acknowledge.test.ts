import { describe, expect, it } from 'vitest'
import { type AcknowledgeRequest, acknowledge, NO_WAY, removeAcknowledgement } from './acknowledge.ts'
import type { Acknowledgement } from './acknowledgement.ts'
import type { Check, Problem, ProblemView } from './problem.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')
const HOUR = 3_600_000
const ANN = { id: 'U1', name: 'ann' }
const BEN = { id: 'U2', name: 'ben' }

const HELD: Acknowledgement = {
  id: '01938f2e-0000-7000-8000-0000000000aa',
  by: ANN,
  at: NOW - HOUR,
  through: 'button',
  comment: 'on it',
  sticky: true,
  persistent: false,
  notify: false,
  until: NOW + HOUR,
  handOver: 'confirmed',
  handedAt: NOW - HOUR,
  reason: null,
  retrying: false,
  replaces: null,
  theirs: null,
  ending: null,
  foreign: false,
}

const REQUEST: AcknowledgeRequest = {
  by: ANN,
  through: 'button',
  comment: null,
  until: null,
  sticky: true,
  persistent: false,
  notify: false,
  takeOver: false,
  id: '01938f2e-0000-7000-8000-0000000000bb',
  way: NO_WAY,
}

function viewOf(given: Partial<Problem> = {}): ProblemView {
  const tally = { count: 1, lastSeen: NOW, output: '', longOutput: null, rang: null }
  const check = { monitor: 'dc1', key: 'k', host: 'web01', service: 'HTTP', tally } as Check
  const problem: Problem = {
    row: 1,
    id: 'p1',
    state: 'CRITICAL',
    isEvent: false,
    episode: null,
    opened: NOW - 2 * HOUR,
    changed: NOW - 2 * HOUR,
    closed: null,
    closedBecause: null,
    acknowledgement: null,
    released: null,
    firstTaken: null,
    ...given,
  }
  return { problem, check: { ...check, hostDisplayName: null, serviceDisplayName: null }, tally }
}

const ask = (given: Partial<Problem>, request: Partial<AcknowledgeRequest> = {}) =>
  acknowledge(viewOf(given), { ...REQUEST, ...request }, NOW)

describe('acknowledging', () => {
  it('gives a problem that nobody has, and tells card, thread and record', () => {
    const { outcome, changes } = ask({}, { comment: 'on it', until: NOW + HOUR })

    expect(outcome.kind).toBe('acknowledged')
    expect(changes.problems[0]?.problem).toMatchObject({
      acknowledgement: { by: ANN, at: NOW, comment: 'on it', until: NOW + HOUR, foreign: false },
      firstTaken: { by: 'ann', at: NOW },
      closed: null,
    })
    expect(changes.effects).toMatchObject([{ kind: 'card' }, { kind: 'thread', rings: false }])
    expect(changes.history).toMatchObject([{ kind: 'acknowledgement', actor: ANN, outcome: 'not_supported' }])
  })

  it.each<[string, Partial<AcknowledgeRequest>]>([
    ['nothing more', {}],
    ['the same comment', { comment: 'on it' }],
    ['the same end', { until: NOW + HOUR }],
    ['a wish to take over', { takeOver: true }],
  ])('what one has, with %s, changes nothing', (_case, request) => {
    const { outcome, changes } = ask({ acknowledgement: HELD }, request)

    expect(outcome.kind).toBe('yours-already')
    expect(Object.values(changes).flat()).toEqual([])
  })

  it('what one has, with a new comment or end, keeps the rest', () => {
    const comment = ask({ acknowledgement: HELD }, { comment: 'parts ordered' })
    const end = ask({ acknowledgement: HELD }, { until: NOW + 2 * HOUR })

    expect(comment.changes.problems[0]?.problem.acknowledgement).toMatchObject({
      at: HELD.at,
      comment: 'parts ordered',
      until: HELD.until,
    })
    expect(end.changes.problems[0]?.problem.acknowledgement).toMatchObject({
      at: HELD.at,
      comment: 'on it',
      until: NOW + 2 * HOUR,
    })
  })

  it('what another has is answered with who, and changes nothing', () => {
    const { outcome, changes } = ask({ acknowledgement: HELD }, { by: BEN })

    expect(outcome).toMatchObject({ kind: 'held', acknowledgement: HELD })
    expect(Object.values(changes).flat()).toEqual([])
  })

  it('takes over when asked to, without the other’s comment and end, and keeps who had it first', () => {
    const { changes } = ask(
      { acknowledgement: HELD, firstTaken: { by: 'ann', at: HELD.at } },
      { by: BEN, takeOver: true },
    )

    expect(changes.problems[0]?.problem).toMatchObject({
      acknowledgement: { by: BEN, at: NOW, comment: null, until: null },
      firstTaken: { by: 'ann' },
    })
    expect(changes.effects[1]).toMatchObject({ event: { tookOverFrom: 'ann' } })
    expect(changes.history).toMatchObject([{ detail: 'taken over from ann' }])
  })

  it('does not take two people without an id for one', () => {
    const foreign = { ...HELD, by: { id: null, name: 'ann' }, foreign: true }

    expect(ask({ acknowledgement: foreign }, { by: { id: null, name: 'ann' } }).outcome.kind).toBe('held')
  })

  it('of an event closes it', () => {
    expect(ask({ isEvent: true, state: null }).changes.problems[0]?.problem).toMatchObject({
      closed: NOW,
      closedBecause: 'acknowledgement',
    })
  })

  it.each<[string, Partial<Problem>, Partial<AcknowledgeRequest>, object]>([
    ['is over', { closed: NOW - 1 }, {}, { why: 'closed', name: 'web01 / HTTP', closed: NOW - 1 }],
    ['is over, whatever the end', { closed: NOW - 1 }, { until: NOW }, { why: 'closed' }],
    ['is to end now', {}, { until: NOW }, { why: 'until-past' }],
    ['is to end earlier', {}, { until: NOW - HOUR }, { why: 'until-past' }],
  ])('refuses a problem that %s', (_case, problem, request, refusal) => {
    const { outcome, changes } = ask(problem, request)

    expect(outcome).toMatchObject({ kind: 'refused', refusal })
    expect(changes.problems).toEqual([])
  })
})

describe('taking over where the monitor is told', () => {
  const WAY = { acknowledge: true, remove: true, comment: true }
  const over = (current: Partial<Acknowledgement>) =>
    ask({ acknowledgement: { ...HELD, ...current } }, { by: BEN, id: 'new', takeOver: true, way: WAY })
      .changes.problems[0]?.problem.acknowledgement?.replaces

  it.each<[string, Partial<Acknowledgement>, unknown]>([
    ['ours', {}, { ids: [HELD.id] }],
    [
      'one that never arrived, and what that was to replace',
      { handOver: 'failed', replaces: { ids: ['old'] } },
      { ids: [HELD.id, 'old'] },
    ],
    ['theirs', { foreign: true, by: { id: null, name: 'jane' }, comment: 'x' }, { by: 'jane', comment: 'x' }],
    [
      'theirs, which was there first',
      { handOver: 'already', theirs: { by: 'jane', comment: 'x' } },
      { by: 'jane', comment: 'x' },
    ],
    ['what was kept here only', { handOver: 'not_supported' }, null],
  ])('takes the place of %s', (_case, current, expected) => {
    expect(over(current)).toEqual(expected)
  })
})

describe('removing', () => {
  const person = { by: BEN, through: 'button', because: 'person', way: NO_WAY } as const
  const expiry = { by: null, through: 'expiry', because: 'expiry', way: NO_WAY } as const

  it('takes the acknowledgement away and keeps who had the problem first', () => {
    const view = viewOf({ acknowledgement: HELD, firstTaken: { by: 'ann', at: HELD.at } })

    const { outcome, changes } = removeAcknowledgement(view, person, NOW)

    expect(outcome).toMatchObject({ kind: 'removed', was: HELD, handOver: 'not_supported' })
    expect(changes.problems[0]?.problem).toMatchObject({ acknowledgement: null, firstTaken: { by: 'ann' } })
    expect(changes.history).toMatchObject([{ kind: 'removal', actor: BEN, detail: 'acknowledgement of ann' }])
  })

  it.each<[string, Partial<Problem>, typeof person | typeof expiry, number, string]>([
    ['nobody has it', {}, person, NOW, 'not-acknowledged'],
    ['it is over', { acknowledgement: HELD, closed: NOW }, person, NOW, 'closed'],
    ['its time is not up', { acknowledgement: HELD }, expiry, NOW + HOUR - 1, 'not-acknowledged'],
    ['it has no end', { acknowledgement: { ...HELD, until: null } }, expiry, NOW, 'not-acknowledged'],
  ])('changes nothing when %s', (_case, problem, request, now, why) => {
    const { outcome, changes } = removeAcknowledgement(viewOf(problem), request, now)

    expect(outcome).toMatchObject({ kind: 'refused', refusal: { why } })
    expect(Object.values(changes).flat()).toEqual([])
  })

  it('by expiry happens at that very moment', () => {
    expect(removeAcknowledgement(viewOf({ acknowledgement: HELD }), expiry, NOW + HOUR).outcome.kind).toBe(
      'removed',
    )
  })
})
