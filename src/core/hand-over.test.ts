import { describe, expect, it } from 'vitest'
import { type Acknowledgement, foreignAcknowledgement } from './acknowledgement.ts'
import {
  type Found,
  firstLook,
  nextToAcknowledge,
  nextToRemove,
  type Progress,
  READ_BACK_MS,
  resultOfAnswer,
  type Step,
  wishOf,
} from './hand-over.ts'
import { markerOf } from './marker.ts'
import type { AcknowledgementReading, CheckReading } from './monitor-api.ts'
import type { Problem } from './problem.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')
const ID = '01938f2e-0000-7000-8000-0000000000aa'
const OTHER = '01938f2e-0000-7000-8000-0000000000bb'
const ANN = { id: 'U1', name: 'ann' }

const HELD: Acknowledgement = {
  id: ID,
  by: ANN,
  at: NOW - 5_000,
  through: 'button',
  comment: 'on it',
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  handOver: 'requested',
  handedAt: NOW - 5_000,
  reason: null,
  retrying: false,
  replaces: null,
  theirs: null,
  foreign: false,
  ending: null,
}
const PROBLEM = { opened: NOW - 60_000, changed: NOW - 60_000, closed: null } as Problem
const SUBJECT = { problem: PROBLEM, check: { monitor: 'dc1' } }
const UNSENT: Progress = { of: wishOf(HELD), sentAt: null, certain: false, before: null, reads: 0 }
const SENT: Progress = { of: wishOf(HELD), sentAt: NOW - 1_000, certain: true, before: null, reads: 0 }
const MAYBE: Progress = { ...SENT, certain: false }

const said = (author: string | null, comment: string | null): AcknowledgementReading => ({
  author,
  comment,
  at: null,
  until: null,
  sticky: null,
})
const OURS = said('ann', `on it ${markerOf(ID)}`)
const THEIRS = said('jane', 'mine')

function found(given: Partial<CheckReading>, asOf = NOW): Found {
  const reading = { state: 'CRITICAL', hard: true, acknowledged: false, acknowledgement: null, ...given }
  return { kind: 'read', asOf, reading: reading as CheckReading }
}
const taken = (by: AcknowledgementReading | null) => ({ acknowledged: true, acknowledgement: by })

const send: Step = { step: 'send' }
const settled = (result: object) => ({ step: 'settle', result })
const failedBecause = (reason: RegExp) =>
  settled({ is: 'failed', reason: expect.stringMatching(reason), retrying: false })

describe('getting an acknowledgement into the monitor', () => {
  it.each<[string, Found, Progress, object]>([
    ['nothing was sent and it is not there', found({}), UNSENT, send],
    ['it is there', found(taken(OURS)), UNSENT, settled({ is: 'confirmed' })],
    ['it is there, also by an old reading', found(taken(OURS), 0), SENT, settled({ is: 'confirmed' })],
    ['somebody else has it', found(taken(THEIRS)), UNSENT, settled({ is: 'already', theirs: THEIRS })],
    [
      'somebody was quicker',
      found(taken(THEIRS)),
      { ...SENT, sentAt: NOW - 2_000 },
      settled({ is: 'already' }),
    ],
    ['an old reading says that somebody has it', found(taken(THEIRS), NOW - 90_000), UNSENT, send],
    ['the words are not told and it was not sent', found(taken(null)), UNSENT, settled({ is: 'already' })],
    [
      'the words are not told and it was sent',
      found(taken(null)),
      { ...SENT, sentAt: NOW - 2_000 },
      settled({ is: 'confirmed' }),
    ],
    [
      'the words cannot be spelled',
      found(taken(said('', ''))),
      { ...SENT, sentAt: NOW - 2_000 },
      settled({ is: 'confirmed' }),
    ],
    ['it is well there', found({ state: 'OK' }), UNSENT, settled({ is: 'not_a_problem' })],
    ['it was well there before', found({ state: 'OK' }, NOW - 90_000), UNSENT, send],
    ['it was sent just now', found({}), SENT, { step: 'look-again', at: NOW + 1_000, reads: 1 }],
    ['it was perhaps sent and is not there', found({}), { ...MAYBE, sentAt: NOW - 2_000 }, send],
    ['it was perhaps sent too lately to tell', found({}, NOW - 500), MAYBE, { step: 'look-again', reads: 1 }],
    ['the monitor cannot be read', { kind: 'unreadable' }, UNSENT, send],
    ['it cannot be read and it was sent', { kind: 'unreadable' }, SENT, settled({ is: 'sent' })],
    ['it cannot be read and it was perhaps sent', { kind: 'unreadable' }, MAYBE, send],
    [
      'the monitor does not know it',
      { kind: 'unknown' },
      UNSENT,
      failedBecause(/^dc1 does not know this check/),
    ],
  ])('when %s', (_case, what, progress, step) => {
    expect(nextToAcknowledge(SUBJECT, HELD, what, progress, NOW)).toMatchObject(step)
  })

  it('looks after 1, 2, 5, 10 and 30 seconds and then says that it was not taken', () => {
    const sentAt = NOW
    const looks = [firstLook(sentAt) - sentAt]
    let progress: Progress = { ...SENT, sentAt }
    let now = firstLook(sentAt)
    let step = nextToAcknowledge(SUBJECT, HELD, found({}, now), progress, now)
    while (step.step === 'look-again') {
      looks.push(step.at - sentAt)
      now = step.at
      progress = { ...progress, reads: step.reads }
      step = nextToAcknowledge(SUBJECT, HELD, found({}, now), progress, now)
    }

    expect(looks).toEqual([1_000, 2_000, 5_000, 10_000, 30_000])
    expect(looks).toEqual(READ_BACK_MS)
    expect(step).toMatchObject(failedBecause(/^dc1 did not take it\.$/))
  })

  it('takes the place of theirs when somebody takes over, but only of those', () => {
    const over = { ...HELD, replaces: { by: 'jane', comment: 'mine' } }
    expect(nextToAcknowledge(SUBJECT, over, found(taken(THEIRS)), UNSENT, NOW)).toEqual(send)
    const earlier = found(taken(said('ann', `before ${markerOf(OTHER)}`)))
    expect(nextToAcknowledge(SUBJECT, over, earlier, UNSENT, NOW)).toEqual(send)
    expect(nextToAcknowledge(SUBJECT, over, earlier, SENT, NOW)).toMatchObject({ step: 'look-again' })
  })

  it('is sent when somebody takes over what the monitor shows without words', () => {
    const over = { ...HELD, replaces: { ids: [OTHER] } }
    expect(nextToAcknowledge(SUBJECT, over, found(taken(null)), UNSENT, NOW)).toEqual(send)
    expect(nextToAcknowledge(SUBJECT, over, found(taken(said('', ''))), UNSENT, NOW)).toEqual(send)
  })

  it('leaves theirs alone when an attempt of ours that failed is taken over', () => {
    const over = { ...HELD, replaces: { ids: [OTHER] } }
    expect(nextToAcknowledge(SUBJECT, over, found(taken(THEIRS)), UNSENT, NOW)).toMatchObject(
      settled({ is: 'already', theirs: THEIRS }),
    )
  })

  it('does not take a check that was not checked yet for well', () => {
    const pending = found({ state: 'OK', hard: false })
    expect(nextToAcknowledge(SUBJECT, HELD, pending, UNSENT, NOW)).toEqual(send)
  })

  it('is sent again when half of the time is over for which it silences', () => {
    const lasts = 15 * 60_000
    const until = (ms: number) => found(taken({ ...OURS, until: NOW + ms }))
    const next = (what: Found, progress = UNSENT) =>
      nextToAcknowledge(SUBJECT, HELD, what, progress, NOW, lasts)

    expect(next(until(lasts / 2))).toMatchObject(settled({ is: 'confirmed' }))
    expect(next(until(lasts / 2 - 1))).toEqual(send)
    expect(next(until(lasts / 2 - 1), SENT)).toMatchObject({ step: 'look-again' })
    expect(nextToAcknowledge(SUBJECT, HELD, until(1), UNSENT, NOW)).toMatchObject(
      settled({ is: 'confirmed' }),
    )
  })

  it('is over when the problem is', () => {
    const closed = { problem: { ...PROBLEM, closed: NOW }, check: { monitor: 'dc1' } }
    expect(nextToAcknowledge(closed, HELD, found({}), UNSENT, NOW)).toMatchObject(
      settled({ is: 'not_a_problem' }),
    )
  })

  it('is another wish when it is to end', () => {
    expect(wishOf(HELD)).not.toBe(wishOf(ending('person')))
  })
})

function ending(because: 'person' | 'expiry', given: Partial<Acknowledgement> = {}): Acknowledgement {
  return {
    ...HELD,
    handOver: 'confirmed',
    ...given,
    ending: {
      by: because === 'person' ? { id: 'U2', name: 'ben' } : null,
      at: NOW - 1_000,
      through: because === 'person' ? 'button' : 'expiry',
      because,
      handOver: 'requested',
      reason: null,
      retrying: false,
    },
  }
}

describe('getting an acknowledgement out of the monitor', () => {
  const jane = foreignAcknowledgement('jane', 'mine', { at: NOW - 9_000, until: null, now: NOW - 9_000 })
  it.each<[string, Acknowledgement, Found, Progress, object]>([
    ['it is ours', ending('person'), found(taken(OURS)), UNSENT, send],
    ['it is gone', ending('person'), found({}), UNSENT, settled({ is: 'confirmed' })],
    ['it was gone before', ending('person'), found({}, NOW - 9_000), UNSENT, send],
    ['it was sent', ending('person'), found(taken(OURS)), SENT, { step: 'look-again' }],
    [
      'the check is well',
      ending('person'),
      found({ state: 'OK', ...taken(OURS) }),
      UNSENT,
      settled({ is: 'not_a_problem' }),
    ],
    [
      'the card showed theirs',
      ending('person', { ...jane, ending: null }),
      found(taken(THEIRS)),
      UNSENT,
      send,
    ],
    [
      'the card said that they were first',
      ending('person', { handOver: 'already' }),
      found(taken(THEIRS)),
      UNSENT,
      send,
    ],
    [
      'somebody took it there since',
      ending('person'),
      found(taken(THEIRS)),
      UNSENT,
      settled({ is: 'already', theirs: THEIRS }),
    ],
    ['its time is up', ending('expiry'), found(taken(OURS)), UNSENT, send],
    [
      'its time is up and the monitor ended it',
      ending('expiry'),
      found({}),
      UNSENT,
      settled({ is: 'confirmed' }),
    ],
    [
      'its time is up and it is theirs by now',
      ending('expiry'),
      found(taken(THEIRS)),
      UNSENT,
      settled({ is: 'already', theirs: THEIRS }),
    ],
    ['its time is up and the words are not told', ending('expiry'), found(taken(null)), UNSENT, send],
    [
      'its time is up, the words are not told, and it was theirs',
      ending('expiry', { handOver: 'already' }),
      found(taken(null)),
      UNSENT,
      settled({ is: 'already' }),
    ],
    ['the monitor cannot be read', ending('person'), { kind: 'unreadable' }, UNSENT, send],
    [
      'it cannot be read and was sent',
      ending('person'),
      { kind: 'unreadable' },
      SENT,
      settled({ is: 'sent' }),
    ],
  ])('when %s', (_case, held, what, progress, step) => {
    expect(nextToRemove(SUBJECT, held, what, progress, NOW)).toMatchObject(step)
  })
})

describe('the end of an acknowledgement that may still be on its way into the monitor', () => {
  const onItsWay: Progress = { ...UNSENT, before: NOW - 2_000 }

  it.each(['requested', 'failed'] as const)(
    'is sent after it, though it is not there yet (%s)',
    (handOver) => {
      const held = ending('person', { handOver })
      expect(nextToRemove(SUBJECT, held, found({}), onItsWay, NOW)).toEqual(send)
      expect(nextToRemove(SUBJECT, held, found({}), UNSENT, NOW)).toMatchObject(settled({ is: 'confirmed' }))
    },
  )

  it('is no matter once it was seen there', () => {
    expect(nextToRemove(SUBJECT, ending('person'), found({}), onItsWay, NOW)).toMatchObject(
      settled({ is: 'confirmed' }),
    )
  })
})

describe('the monitor’s own answer', () => {
  it.each([
    ['taken', true, null],
    ['taken', false, { is: 'sent' }],
    ['already', true, null],
    ['already', false, { is: 'already', theirs: null }],
    ['not_a_problem', true, { is: 'not_a_problem' }],
  ] as const)('%s, readable %s: %o', (answer, readable, result) => {
    expect(resultOfAnswer(answer, readable)).toEqual(result)
  })
})
