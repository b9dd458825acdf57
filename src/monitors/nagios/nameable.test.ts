import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOfNames } from '../../core/notification.ts'
import { canBeAsked, namesForCommand, type Way } from './nameable.ts'

const WAYS: readonly Way[] = ['command file', 'livestatus']
const target = (host: string, service: string | null) => ({
  key: keyOfNames(host, service),
  // Names for people may be cut or made up; they are never what is sent.
  host: 'another',
  service: 'another',
  episode: null,
  labels: null,
})
const refusal = expect.objectContaining({ code: 'invalid', retry: { kind: 'never' } })

describe('a name in a command', () => {
  it.each(['Disk /', 'C:\\', 'a`b$c&d|e\'f"g<h>', 'zoë', '日本', 'x'.repeat(500), '$HOSTNAME$'])(
    'is sent as it is: %j',
    (name) => {
      for (const way of WAYS) {
        expect(namesForCommand(target('web01', name), 'dc1', way)).toEqual({ host: 'web01', service: name })
        expect(namesForCommand(target(name, null), 'dc1', way)).toEqual({ host: name, service: null })
      }
    },
  )

  it.each([
    'a;b',
    'a\nb',
    'a\rb',
    'a\0b',
    'a\u0085b',
    'a\u2028b',
    'a\u2029b',
    ' a',
    'a ',
    '',
    'a\ufffdb',
    'a\ud800',
  ])('is refused rather than changed: %j', (name) => {
    for (const way of WAYS) {
      expect(() => namesForCommand(target('web01', name), 'dc1', way)).toThrow(refusal)
      expect(() => namesForCommand(target(name, 'HTTP'), 'dc1', way)).toThrow(refusal)
    }
  })

  it('is refused by Livestatus where it holds a backslash and an n', () => {
    expect(() => namesForCommand(target('web01', 'C:\\new'), 'dc1', 'livestatus')).toThrow(refusal)
    expect(namesForCommand(target('web01', 'C:\\new'), 'dc1', 'command file').service).toBe('C:\\new')
  })

  it('is exactly the one in the key or none', () => {
    const names = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ minLength: 1 }))
    fc.assert(
      fc.property(names, names, (host, service) => {
        fc.pre(!host.includes('\u001f'))
        try {
          expect(namesForCommand(target(host, service), 'dc1', 'livestatus')).toEqual({ host, service })
          expect(host + service).not.toMatch(/[;\n\r\0]/)
        } catch (error) {
          expect(error).toEqual(refusal)
        }
      }),
    )
  })

  it('never breaks a line of a question', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        if (canBeAsked({ host: name, service: null })) expect(name).not.toMatch(/[\n\r\0]/)
      }),
    )
    expect(canBeAsked({ host: 'a\nAuthUser: x', service: null })).toBe(false)
    expect(canBeAsked({ host: 'a', service: 'b\n\nCOMMAND [0] X' })).toBe(false)
    expect(canBeAsked({ host: 'a;b', service: 'c;d' })).toBe(true)
  })
})
