import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globMatches, type Match, matches } from './match.ts'
import type { Check } from './problem.ts'

const CHECK = {
  monitor: 'dc1',
  host: 'db01.example.org',
  hostDisplayName: 'Main Database',
  service: 'load',
  serviceDisplayName: 'Load average',
  labels: { team: 'dba', tier: '1' },
} as unknown as Check
const HOST_CHECK = { ...CHECK, service: null, serviceDisplayName: null }

describe('a glob', () => {
  it.each([
    ['db*', 'db01', true],
    ['DB*', 'db01', true],
    ['db?1', 'db01', true],
    ['db?', 'db01', false],
    ['*', '', true],
    ['', '', true],
    ['', 'x', false],
    ['?', '', false],
    ['*01', 'db01', true],
    ['d*0*1', 'db01', true],
    ['d*2*', 'db01', false],
    ['a*b*c', 'abcbc', true],
    ['**', 'anything', true],
    ['[d]b01', 'db01', false],
    ['db.1', 'db01', false],
    ['web\\*', 'web\\x', true],
  ])('%s against %s: %s', (glob, name, expected) => {
    expect(globMatches(glob, name)).toBe(expected)
  })

  it('says the same as a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', 'A'), maxLength: 8 })
    fc.assert(
      fc.property(text, text, (glob, name) => {
        const pattern = glob.replace(/[*?]/g, (mark) => (mark === '*' ? '[^]*' : '[^]'))
        expect(globMatches(glob, name)).toBe(new RegExp(`^${pattern}$`, 'i').test(name))
      }),
      { numRuns: 2_000 },
    )
  })

  it('of the worst kind takes no time to speak of, and a name is looked at up to 1 KiB', () => {
    const started = performance.now()

    expect(globMatches('*a'.repeat(500), `${'a'.repeat(100_000)}b`)).toBe(true)
    expect(globMatches(`${'*a'.repeat(500)}c`, 'a'.repeat(100_000))).toBe(false)

    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('a match', () => {
  it.each<[string, Match, boolean]>([
    ['nothing is asked', {}, true],
    ['the host matches', { host: 'db*' }, true],
    ['the display name of the host matches', { host: 'main*' }, true],
    ['the service matches', { service: 'LOAD' }, true],
    ['the display name of the service matches', { service: 'load average' }, true],
    ['the monitor matches', { monitor: 'dc?' }, true],
    ['the monitor does not', { monitor: 'dc2', host: 'db*' }, false],
    ['the state is one of them', { state: ['DOWN', 'CRITICAL'] }, true],
    ['the state is none of them', { state: ['DOWN'] }, false],
    ['all labels match', { labels: { team: 'db*', tier: '1' } }, true],
    ['one label does not', { labels: { team: 'dba', tier: '2' } }, false],
    ['a label is not there', { labels: { site: 'x*' } }, false],
    ['a label that is not there may be anything', { labels: { site: '*' } }, true],
  ])('is fulfilled when %s: %#', (_case, match, expected) => {
    expect(matches(match, CHECK, 'CRITICAL')).toBe(expected)
  })

  it('on a service is not fulfilled by a host, nor one on a state by an event', () => {
    expect(matches({ service: '*' }, HOST_CHECK, 'DOWN')).toBe(false)
    expect(matches({ state: ['CRITICAL'] }, CHECK, null)).toBe(false)
    expect(matches({}, CHECK, null)).toBe(true)
  })
})
