import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprintOf } from './alert-fingerprint.ts'

describe('the fingerprint of an alert', () => {
  // As Alertmanager 0.25.0 lists them.
  it.each([
    ['3a718cb2a81bf2c9', { alertname: 'Plain', instance: 'a:9100', severity: 'warning', zone: '' }],
    ['70334768659d0393', { host: 'w1', alertname: 'Ü "x"\n' }],
    ['d2b371819297f98a', { a: 'b' }],
  ])('is %s, as Alertmanager has it', (fingerprint, labels) => {
    expect(fingerprintOf(labels)).toBe(fingerprint)
  })

  it('is 16 digits that do not depend on the order of the labels, nor on those without a value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (labels) => {
        const reversed = Object.fromEntries(Object.entries(labels).reverse())
        expect(fingerprintOf(labels)).toMatch(/^[0-9a-f]{16}$/)
        expect(fingerprintOf(reversed)).toBe(fingerprintOf(labels))
        if (!('none' in labels)) expect(fingerprintOf({ ...labels, none: '' })).toBe(fingerprintOf(labels))
      }),
    )
  })
})
