import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../core/failure.ts'
import { alertsOf, silencesOf } from './alert-answers.ts'

const MATCHER = { name: 'a', value: 'b', isRegex: false, isEqual: true }

describe('a list of alerts', () => {
  it('is understood with little in it', () => {
    expect(alertsOf('am', [{ labels: { a: 'b' } }])).toEqual([
      {
        fingerprint: 'd2b371819297f98a',
        labels: { a: 'b' },
        annotations: {},
        startsAt: '',
        generatorUrl: '',
        silencedBy: [],
        isSuppressed: false,
        receivers: [],
      },
    ])
  })

  it('tells what is held back, and from whom', () => {
    const [silent, inhibited] = alertsOf('am', [
      {
        labels: { a: 'b' },
        status: { state: 'suppressed', silencedBy: ['1', 2] },
        receivers: [{ name: 'x' }],
      },
      { labels: { a: 'c' }, status: { state: 'suppressed', silencedBy: [], inhibitedBy: ['3'] } },
    ])
    expect(silent).toMatchObject({ silencedBy: ['1'], isSuppressed: true, receivers: ['x'] })
    expect(inhibited).toMatchObject({ silencedBy: [], isSuppressed: true })
  })

  it('is refused whole where one alert cannot be read: what is left out would be over', () => {
    for (const odd of [null, {}, 'x', [[]], [{ labels: { a: 1 } }], [{}], [null]])
      expect(() => alertsOf('am', odd)).toThrow(Failure)
  })
})

describe('a list of silences', () => {
  it('leaves out what is over, and what cannot be read', () => {
    const active = { id: '1', status: { state: 'active' }, matchers: [MATCHER], startsAt: 's', endsAt: 'e' }
    const read = silencesOf('am', [
      active,
      { ...active, status: { state: 'expired' } },
      { ...active, id: 7 },
      { ...active, matchers: [{ name: 'a' }] },
      null,
      { ...active, id: '2', status: { state: 'pending' }, matchers: [{ name: 'a', value: 'b' }] },
    ])
    expect(read.map(({ id }) => id)).toEqual(['1', '2'])
    expect(read[1]?.matchers).toEqual([MATCHER])
  })

  it('is one, or a Failure, whatever arrives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const read of [alertsOf, silencesOf]) {
          try {
            expect(Array.isArray(read('am', value))).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(Failure)
          }
        }
      }),
    )
  })
})
