import { expect, it } from 'vitest'
import { duration } from './duration.ts'

it.each([
  [0, '0 s'],
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
  [86_400_000, '1 d'],
  [90_000_000, '1 d 1 h'],
])('%i ms last %s', (ms, expected) => {
  expect(duration(ms)).toBe(expected)
})
