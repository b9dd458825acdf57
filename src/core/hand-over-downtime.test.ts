import { describe, expect, it } from 'vitest'
import type { ScheduledDowntime } from './downtime.ts'
import type { Found, Progress } from './hand-over.ts'
import { nextToEndDowntime, nextToSetDowntime, wishOfDowntime } from './hand-over-downtime.ts'
import { markerOf } from './marker.ts'
import type { CheckReading, DowntimeReading } from './monitor-api.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')
const HOUR = 3_600_000
const ID = '01938f2e-0000-7000-8000-0000000000aa'
const ANN = { id: 'U1', name: 'ann' }

const SET: ScheduledDowntime = {
  id: ID,
  by: ANN,
  at: NOW - 5_000,
  through: 'command',
  comment: null,
  from: NOW - 5_000,
  until: NOW + HOUR,
  reference: null,
  handOver: 'requested',
  reason: null,
  retrying: false,
  ending: null,
}
const ENDING: ScheduledDowntime = {
  ...SET,
  ending: {
    by: ANN,
    at: NOW - 1_000,
    through: 'command',
    because: 'person',
    handOver: 'requested',
    reason: null,
    retrying: false,
  },
}
const UNSENT: Progress = { of: wishOfDowntime(SET), sentAt: null, certain: false, before: null, reads: 0 }
const SENT: Progress = { ...UNSENT, sentAt: NOW - 2_000, certain: true }

const of = (comment: string): DowntimeReading => ({
  reference: '7',
  author: 'ann',
  comment,
  from: null,
  until: null,
})
const OURS = of(`Downtime set in Slack ${markerOf(ID)}`)
const THEIRS = of('maintenance')

function found(...downtimes: readonly DowntimeReading[]): Found {
  return {
    kind: 'read',
    asOf: NOW,
    reading: { state: 'CRITICAL', downtimes } as Partial<CheckReading> as CheckReading,
  }
}

describe('getting a downtime into the monitor', () => {
  const next = (what: Found, progress: Progress, given: Partial<ScheduledDowntime> = {}) =>
    nextToSetDowntime({ ...SET, ...given }, 'dc1', what, progress, NOW)

  it.each<[string, Found, Progress, object]>([
    ['is not there', found(), UNSENT, { step: 'send' }],
    ['is there', found(THEIRS, OURS), SENT, { step: 'settle', result: { is: 'confirmed' } }],
    ['was sent and is not there yet', found(THEIRS), SENT, { step: 'look-again', reads: 1 }],
  ])('when it %s', (_case, what, progress, step) => {
    expect(next(what, progress)).toMatchObject(step)
  })

  it('has failed, and is not confirmed, when its time was over before the monitor could be told', () => {
    const over = { until: NOW }
    const reason = 'Its time was over before dc1 could be told.'
    const failed = { step: 'settle', result: { is: 'failed', reason, retrying: false } }
    expect(next(found(), UNSENT, over)).toEqual(failed)
    expect(next({ kind: 'unreadable' }, UNSENT, over)).toEqual(failed)
    expect(next(found(), SENT, over)).toEqual({ step: 'settle', result: { is: 'sent' } })
  })
})

describe('getting a downtime out of the monitor', () => {
  const next = (what: Found, progress: Progress, given: Partial<ScheduledDowntime> = {}) =>
    nextToEndDowntime({ ...ENDING, ...given }, 'dc1', what, progress, NOW)
  const confirmed = { step: 'settle', result: { is: 'confirmed' } }

  it.each<[string, Found, Progress, object]>([
    ['is there', found(OURS), UNSENT, { step: 'send' }],
    ['never got there', found(THEIRS), UNSENT, confirmed],
    ['was removed', found(THEIRS), { ...SENT, of: wishOfDowntime(ENDING) }, confirmed],
  ])('when it %s', (_case, what, progress, step) => {
    expect(next(what, progress)).toMatchObject(step)
  })

  it('is sent after what may still be on its way there', () => {
    const onItsWay: Progress = { ...UNSENT, before: NOW - 2_000 }
    expect(next(found(), onItsWay)).toEqual({ step: 'send' })
    expect(next(found(), onItsWay, { handOver: 'failed' })).toEqual({ step: 'send' })
    expect(next(found(), onItsWay, { handOver: 'confirmed' })).toEqual(confirmed)
  })

  it('is done by itself when its time is over', () => {
    expect(next(found(OURS), UNSENT, { until: NOW })).toEqual(confirmed)
  })
})
