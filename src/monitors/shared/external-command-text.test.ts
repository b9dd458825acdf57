import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOurs, markerOf } from '../../core/marker.ts'
import { cleanCommandText } from './external-command-text.ts'

const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029;`~$&|'"<>\\]/

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...';`~$&|\'"<>\\\r\n\t\0\u0085\u2028\u2029 ax\ud800😀') }),
)

describe('text of an external command', () => {
  it.each([
    ['a plain comment', 'on it, disk is full (95 %)', 'on it, disk is full (95 %)'],
    ['umlauts and emoji', 'Jürgen 😀', 'Jürgen 😀'],
    ['a new line and a second command', 'a\n[1] DISABLE_NOTIFICATIONS;1', 'a [1] DISABLE_NOTIFICATIONS,1'],
    ['line ends of other sorts', 'a\r\nb\u0085c\u2028d\u2029e\u0000f', 'a b c d e f'],
    ['a field too many', 'Ann;0;1', 'Ann,0,1'],
    ['commands of a shell', '$(reboot) `id` "$HOME" & <x> | y > z ~', '(reboot) id HOME  x  y  z'],
    ['the two characters of a new line', 'a\\nb', 'anb'],
    ['half a character', 'a\ud800b', 'a\ufffdb'],
    ['blanks around', '  a\t', 'a'],
  ])('keeps what is harmless of %s', (_, given, expected) => {
    expect(cleanCommandText(given)).toBe(expected)
  })

  it('is never empty', () => {
    expect(cleanCommandText('')).toBe('ackbridge')
    expect(cleanCommandText(' \n ', 'acknowledged')).toBe('acknowledged')
    expect(cleanCommandText('$', ';"')).toBe(',')
    expect(cleanCommandText('$', '"\n')).toBe('ackbridge')
  })

  it('holds nothing harmful, whatever it is made from', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, instead) => {
        const cleaned = cleanCommandText(text, instead)
        expect(cleaned).not.toMatch(HARMFUL)
        expect(cleaned.trim()).toBe(cleaned)
        expect(cleaned).not.toBe('')
        expect(cleaned.isWellFormed()).toBe(true)
        expect(cleanCommandText(cleaned)).toBe(cleaned)
      }),
      { numRuns: 1_000 },
    )
  })

  it('lets our mark pass', () => {
    const marker = markerOf('0198c0de-0000-7000-8000-0123456789ab')
    expect(cleanCommandText(marker)).toBe(marker)
    expect(isOurs(cleanCommandText(`x${marker}`))).toBe(true)
  })
})
