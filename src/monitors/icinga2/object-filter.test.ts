import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import {
  assertNamesOneObject,
  checkFilter,
  downtimeFilter,
  objectNameOf,
  someObjects,
} from './object-filter.ts'

function target(host: string, service: string | null, key = keyOfNames(host, service)): Target {
  return { key, host, service, episode: null, labels: null }
}

describe('a filter', () => {
  it('names exactly one host or service', () => {
    expect(checkFilter(target('web01', null))).toEqual({ host: 'web01' })
    expect(checkFilter(target('web01', 'Disk /'))).toEqual({ service: 'web01!Disk /' })
    expect(downtimeFilter('web01!x')).toEqual({ downtime: 'web01!x' })
  })

  it.each([
    ['', null],
    [' ', null],
    ['', 'http'],
    ['web01', ''],
    ['web01', ' '],
    ['web!01', null],
    ['web01', 'a!b'],
    ['web01!http', null],
    ['x'.repeat(3_000), null],
  ])('cannot be made of %j and %j', (host, service) => {
    expect(checkFilter(target(host, service))).toBeNull()
  })

  it('cannot be made of no names at all', () => {
    expect(someObjects('hosts', [])).toBeNull()
    expect(someObjects('services', ['a!b', ''])).toBeNull()
    expect(downtimeFilter('')).toBeNull()
    expect(downtimeFilter('web01')).toBeNull()
  })

  it('takes the names whole from the key where they are cut for people', () => {
    const long = 'a'.repeat(300)
    expect(objectNameOf(target(long.slice(0, 255), 's', keyOfNames(long, 's')))).toBe(`${long}!s`)
  })

  it('takes the names themselves where the key is no key of names', () => {
    expect(objectNameOf(target('web01', 'http', '4711'))).toBe('web01!http')
    expect(objectNameOf(target('web01', null, 'other\u001fhttp'))).toBe('web01')
  })
})

describe('an order', () => {
  it('goes out only when it names one object', () => {
    for (const body of [{ host: 'h' }, { service: 'h!s', author: 'a' }, { downtime: 'h!x' }])
      expect(() => assertNamesOneObject(body)).not.toThrow()
    for (const body of [
      {},
      { author: 'a' },
      { host: undefined },
      { host: '' },
      { service: ' ' },
      { service: null },
      { downtime: undefined },
      { host: ['a'] },
      { host: 'a', service: 'a!b' },
      { host: 'a', type: 'Host' },
      { type: 'Host' },
      { host: 'a', filter: 'true' },
      { hosts: ['a'] },
    ])
      expect(() => assertNamesOneObject(body)).toThrow(/not sent/)
  })

  it('that holds a type, a filter expression or no name is never made, whatever the names are', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), fc.string(), (host, service, key) => {
        const which = checkFilter(target(host, service, key))
        if (which !== null) expect(() => assertNamesOneObject({ author: 'a', ...which })).not.toThrow()
      }),
    )
  })
})
