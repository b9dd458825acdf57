import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUTTON_VALUE_MAX_CHARS, decodeMany, encodeMany } from './ids.ts'

const ID = '01a1ffb1-ba00-7bfd-8984-c7f2717e7479'

describe('the value of a button for several problems', () => {
  it('carries what it was given', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uuid(), { minLength: 1, maxLength: 40 }),
        fc.option(fc.string({ unit: 'grapheme', maxLength: 100 })),
        fc.option(fc.integer({ min: 0, max: 4e12 })),
        (problems, comment, until) => {
          expect(decodeMany(encodeMany({ problems, comment, until }) ?? '')).toEqual({
            problems,
            comment,
            until,
          })
        },
      ),
    )
  })

  it('never gets longer than Slack takes, and loses nothing but the end of the comment', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uuid(), { minLength: 1, maxLength: 40 }),
        fc.string({ unit: 'binary', minLength: 1_500, maxLength: 3_000 }),
        (problems, comment) => {
          const value = encodeMany({ problems, comment, until: 5 }) ?? ''
          const many = decodeMany(value)

          expect(value.length).toBeLessThanOrEqual(BUTTON_VALUE_MAX_CHARS)
          expect(many).toMatchObject({ problems, until: 5 })
          expect(comment.startsWith(many?.comment?.replace(/…$/u, '') ?? '')).toBe(true)
        },
      ),
    )
  })

  it('uses the room there is for the comment', () => {
    const { comment } =
      decodeMany(encodeMany({ problems: [ID], comment: 'x'.repeat(3_000), until: null }) ?? '') ?? {}

    expect(comment?.length).toBeGreaterThan(1_600)
  })

  it('is refused for more problems than it holds', () => {
    expect(encodeMany({ problems: Array(90).fill(ID), comment: null, until: null })).toBeNull()
  })

  it.each([ID, '', '{', 'null', '{}', '[]', '5', '"x"', '{"p":5}', '{"p":""}', '{"p":"xx"}', '{"p":"."}'])(
    'is none: %s',
    (value) => {
      expect(decodeMany(value)).toBeNull()
    },
  )
})
