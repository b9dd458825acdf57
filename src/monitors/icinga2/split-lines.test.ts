import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LINE_MAX_CHARS, lineSplitter } from './split-lines.ts'

it('lines are whole, wherever the network cut them', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'ü', '😀', '"', '}'), minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''))
      const take = lineSplitter()
      const got: string[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = cuts[turn % cuts.length] ?? 1
        got.push(...take(bytes.subarray(at, at + size)))
        at += size
      }
      expect(got).toEqual(lines)
    }),
  )
})

it('a line that is too long is passed over, and the next one is not', () => {
  const take = lineSplitter()
  const piece = Buffer.alloc(LINE_MAX_CHARS / 4, 'x')
  for (let times = 0; times < 40; times++) expect(take(piece)).toEqual([])
  expect(take(Buffer.from('x\nnext\n\n \r\nla'))).toEqual(['next'])
  expect(take(Buffer.from('st\n'))).toEqual(['last'])
})
