import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundOutput, cleanComment, cleanLine, cleanName, cleanText } from './clean-text.ts'
import { cleanUrl } from './clean-url.ts'
import { parseTime } from './parse-time.ts'

const foreign = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ minLength: 300, maxLength: 4_000 }),
)

describe('foreign text', () => {
  it('becomes one line as a name, whatever is in it', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        for (const name of [cleanName(text), cleanLine(text)]) {
          expect(name).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
          expect(name.isWellFormed()).toBe(true)
        }
        expect(cleanName(text).length).toBeLessThanOrEqual(255)
      }),
    )
  })

  it('keeps line breaks and tabs as text, and no other control character', () => {
    expect(cleanText('a\r\nb\rc\td\u0007e\u0000')).toBe('a\nb\nc\tde')
    fc.assert(
      fc.property(foreign, (text) => {
        expect(cleanText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/)
      }),
    )
  })

  it('fits into 8 KiB together with the long output, and is only ever shortened', () => {
    const big = fc
      .tuple(fc.constantFrom('x', 'é', '€', '😀', 'a😀'), fc.integer({ min: 0, max: 9_000 }))
      .map(([unit, times]) => unit.repeat(times))
    fc.assert(
      fc.property(big, big, (first, rest) => {
        const { output, longOutput } = boundOutput(first, rest)
        expect(Buffer.byteLength(output) + Buffer.byteLength(longOutput ?? '')).toBeLessThanOrEqual(8_192)
        expect(first.startsWith(output)).toBe(true)
        expect(rest.startsWith(longOutput ?? '')).toBe(true)
        expect(longOutput).not.toBe('')
      }),
      { numRuns: 60 },
    )
  })

  it('is cut between characters, not through them, as a comment', () => {
    expect(cleanComment('')).toBeNull()
    const cut = cleanComment(`x${'😀'.repeat(2_000)}`) ?? ''
    expect(cut).toHaveLength(3_000)
    expect(cut.isWellFormed()).toBe(true)
  })
})

describe('a foreign address', () => {
  it.each(['http://a', 'https://a.example/b?c=d#e', ' https://a ', 'HTTPS://A'])('passes: %s', (url) => {
    expect(cleanUrl(url)).toBe(url.trim())
  })

  it.each([
    '',
    'a',
    '//a',
    'ftp://a',
    'javascript:1',
    'https://',
    'https://a b',
    'https://a|b',
    'https://a>b',
    'https://a\u0001',
    `https://${'a'.repeat(3_000)}`,
  ])('is dropped: %j', (url) => {
    expect(cleanUrl(url)).toBeNull()
  })
})

describe('a foreign time', () => {
  it.each([
    [0, 0],
    ['1795291200', 1_795_291_200_000],
    ['1795291200.123456', 1_795_291_200_123],
    ['2026-11-21T20:00:00Z', 1_795_291_200_000],
    ['2026-11-21T20:00:00.5+00:00', 1_795_291_200_500],
  ])('%j is %i', (given, ms) => {
    expect(parseTime(given)).toBe(ms)
  })

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1_795_291_200_000,
    '',
    'now',
    '20:00:00',
    '2026-13-45T00:00:00Z',
    '1e9',
    '9'.repeat(12),
    '9999-01-01T00:00:00Z',
    '1900-01-01T00:00:00Z',
  ])('%j is none', (given) => {
    expect(parseTime(given)).toBeNull()
  })
})
