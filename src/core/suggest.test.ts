import { describe, expect, it } from 'vitest'
import { editDistance, suggest } from './suggest.ts'

describe('suggestions', () => {
  it.each([
    ['wbe01', ['web01', 'db01'], ['web01']],
    ['web', ['web01', 'web010', 'db01'], ['web01', 'web010']],
    ['HTTP', ['http', 'https'], ['http', 'https']],
    ['zzzz', ['web01'], []],
    ['a', ['b', 'c'], []],
    ['web01', ['web02', 'web03', 'web04', 'web05'], ['web02', 'web03', 'web04']],
  ])('for %s among %j: %j', (asked, names, expected) => {
    expect(suggest(asked, names)).toEqual(expected)
  })

  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'abcd', 1],
    ['abc', 'axc', 1],
    ['abc', 'xyz', 3],
    ['', 'abc', 3],
  ])('%j and %j are %i apart', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected)
    expect(editDistance(b, a)).toBe(expected)
  })
})
