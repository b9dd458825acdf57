import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJsonExact } from './parse-json-exact.ts'

describe('JSON that is read exactly', () => {
  it('keeps each integer of 64 bits, as a number where that is exact and as its digits where it is not', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (id) => {
        const { flow_id: read } = parseJsonExact(`{"flow_id":${id}}`) as { flow_id: unknown }
        expect(BigInt(read as string | number)).toBe(id)
        expect(typeof read).toBe(Number.isSafeInteger(Number(id)) ? 'number' : 'string')
      }),
    )
  })

  it('keeps them wherever they stand', () => {
    expect(parseJsonExact('[9007199254740993,{"a":[18446744073709551615]},"9007199254740993"]')).toEqual([
      '9007199254740993',
      { a: ['18446744073709551615'] },
      '9007199254740993',
    ])
  })

  it('reads everything else as everybody does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!/\d{16}/.test(JSON.stringify(value)))
        // Digits in a text have every value looked at.
        const text = JSON.stringify([value, '0000000000000000'])
        expect(parseJsonExact(text)).toEqual(JSON.parse(text))
      }),
    )
    const decimals = '[1e21,12345678901234567.5,-0.1234567890123456789]'
    expect(parseJsonExact(decimals)).toEqual(JSON.parse(decimals))
  })

  it.each(['', '{', '{"a":90071992547409930', 'x1234567890123456'])('refuses %j', (text) => {
    expect(() => parseJsonExact(text)).toThrow(SyntaxError)
  })
})
