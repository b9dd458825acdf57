import { describe, expect, it } from 'vitest'
import { parseHistoryFilter, parseProblemFilter, statesOfWord } from './filters.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')

describe('filters', () => {
  it.each([
    ['critical', ['CRITICAL']],
    ['DOWN', ['DOWN', 'UNREACHABLE']],
    ['constructor', null],
    ['__proto__', null],
    ['', null],
  ])('the word %s means %j', (word, expected) => {
    expect(statesOfWord(word)).toEqual(expected)
  })

  it.each([
    [
      { filter: 'unacked', state: 'warning', host: 'web*' },
      { host: 'web*', states: ['WARNING'], taken: 'no' },
    ],
    [{ filter: 'acked' }, { taken: 'yes' }],
    [{ filter: 'mine' }, { fault: 'There is no filter mine. Use unacked or acked.' }],
    [{ state: 'fine' }, { fault: expect.stringContaining('There is no state fine.') }],
  ])('%j', (words, expected) => {
    expect(parseProblemFilter(words)).toMatchObject(expected)
  })

  it.each([
    ['7d', NOW - 7 * 86_400_000],
    ['12h', NOW - 12 * 3_600_000],
    ['30m', NOW - 1_800_000],
    ['2w', NOW - 14 * 86_400_000],
    ['2026-01-31', Date.parse('2026-01-31')],
    ['2026-01-31T10:00:00Z', Date.parse('2026-01-31T10:00:00Z')],
  ])('since %s', (since, expected) => {
    expect(parseHistoryFilter({ since }, NOW)).toMatchObject({ since: expected })
  })

  it.each([[{ since: 'yesterday' }], [{ since: '2026-99-99' }], [{ since: '7x' }], [{ kind: 'everything' }]])(
    '%j is refused with a sentence',
    (words) => {
      expect(parseHistoryFilter(words, NOW)).toEqual({ fault: expect.stringMatching(/\.$/) })
    },
  )
})
