import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutChars, outputPreview, PREVIEW_MAX_CHARS } from './output-preview.ts'

describe('what a card shows of the output', () => {
  it.each<[string, string, string | null, { text: string; cut: boolean }]>([
    ['one line', 'a', null, { text: 'a', cut: false }],
    ['three lines', 'a\nb\nc', null, { text: 'a\nb\nc', cut: false }],
    ['four lines', 'a\nb\nc\nd', null, { text: 'a\nb\nc', cut: true }],
    ['long output behind', 'a', 'b\nc\nd', { text: 'a\nb\nc', cut: true }],
    ['blank lines at the end', 'a\n\n\n\n', null, { text: 'a\n\n', cut: false }],
    ['nothing', '', null, { text: '', cut: false }],
  ])('%s', (_case, output, longOutput, expected) => {
    expect(outputPreview(output, longOutput)).toEqual(expected)
  })

  it('is never longer than it may be, says when it is cut, and breaks no character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700 }), (output) => {
        const { text, cut } = outputPreview(output, null)

        expect(text.length).toBeLessThanOrEqual(PREVIEW_MAX_CHARS)
        expect(text.isWellFormed()).toBe(true)
        if (!cut) expect(text.trimEnd()).toBe(output.trimEnd())
      }),
    )
  })

  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['a😀b', 3, 'a…'],
    ['😀😀', 2, '…'],
    ['abc', 1, '…'],
  ])('%s cut to %i is %s', (text, max, expected) => {
    expect(cutChars(text, max)).toBe(expected)
  })
})
