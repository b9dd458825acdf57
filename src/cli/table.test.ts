import { describe, expect, it } from 'vitest'
import { table } from './table.ts'

describe('a table', () => {
  it('has columns as wide as their widest cell', () => {
    expect(
      table(
        ['a', 'bb'],
        [
          ['xxx', 1],
          [null, 'y'],
        ],
      ),
    ).toBe('a    bb\nxxx  1\n     y')
  })

  it('shows nothing that a terminal would act on', () => {
    const evil = 'a\u001b[2J\u001b]0;title\u0007b\r\nc\u0000\u009b31m\u202ed\u2066e\u2028f\td'
    expect(table(['t'], [[evil]])).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028]/,
    )
    expect(table(['t'], [[evil]]).split('\n')).toHaveLength(2)
  })

  it('cuts what is long', () => {
    expect(table(['t'], [['x'.repeat(300)]]).split('\n')[1]).toHaveLength(80)
  })
})
