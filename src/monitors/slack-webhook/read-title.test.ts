import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTitle } from './read-title.ts'

const problem = (name: string, more = {}) => ({ name, says: 'problem', state: null, hasMore: false, ...more })
const over = (name: string) => ({ name, says: 'over', state: null, hasMore: false })
const only = (name: string, state: string | null = null) => ({ name, says: null, state, hasMore: false })

describe('a group of alerts', () => {
  it.each([
    ['[FIRING:1] DiskFull (web1 critical)', problem('DiskFull', { hasMore: true })],
    ['[FIRING:12] DiskFull ', problem('DiskFull', { hasMore: true, firing: 12 })],
    ['[FIRING:1] DiskFull ', problem('DiskFull')],
    ['[FIRING:1, RESOLVED:3] Queue mail (prod)', problem('Queue mail', { hasMore: true })],
    ['[firing] DiskFull', problem('DiskFull')],
    ['🔥 [FIRING:1] DiskFull ', problem('DiskFull')],
    [':rotating_light: [FIRING:1] DiskFull ', problem('DiskFull')],
  ])('is what stands before the last parenthesis: %s', (title, is) => {
    expect(readTitle(title)).toEqual(is)
  })

  it('keeps its parenthesis where it ends in a blank, which stands for no other label', () => {
    expect(readTitle('[FIRING:1] Disk (root) ')).toEqual(problem('Disk (root)'))
    expect(readTitle('[RESOLVED] Disk (root) ').name).toBe('Disk (root)')
    expect(readTitle('[RESOLVED] Disk (root) (web1 (old) critical)').name).toBe('Disk (root)')
    expect(readTitle('[RESOLVED] Disk a) (b)').name).toBe('Disk a)')
  })

  it('is called by its labels where it is grouped by none', () => {
    expect(readTitle('[FIRING:1]  (DiskFull web1)')).toEqual(problem('DiskFull web1'))
    expect(readTitle('[RESOLVED]  (DiskFull web1)')).toEqual(over('DiskFull web1'))
    expect(readTitle('[FIRING:2]  ').name).toBe(readTitle('[RESOLVED]  ').name)
  })
})

describe('a word at the beginning', () => {
  it.each([
    ['PROBLEM: web01', problem('web01')],
    ['Problem: High load', problem('High load')],
    ['PROBLEM web01/HTTP', problem('web01/HTTP')],
    ['[Alerting] High load', problem('High load')],
    ['RECOVERY - web01', over('web01')],
    ['RECOVERY web01/HTTP', over('web01/HTTP')],
    ['Resolved in 1d 5m 3s: High load', over('High load')],
    ['[OK] High load', over('High load')],
    ['✅ OK: db', over('db')],
    ['UP – web01', over('web01')],
    ['CRITICAL: db', only('db', 'CRITICAL')],
    ['*WARNING*: db', only('WARNING*: db')],
    ['[DOWN] db', only('db', 'CRITICAL')],
    ['unknown: db', only('db', 'UNKNOWN')],
    [
      '** PROBLEM Service Alert: web01/HTTP is CRITICAL **',
      problem('Service Alert: web01/HTTP', { state: 'CRITICAL' }),
    ],
    ['** RECOVERY Service Alert: web01/HTTP is OK **', over('Service Alert: web01/HTTP')],
    ['web01 is DOWN', problem('web01', { state: 'CRITICAL' })],
    ['web01 is UNREACHABLE', problem('web01', { state: 'UNKNOWN' })],
    ['web01 is UP', over('web01')],
    ['WARNING: web01 is CRITICAL', problem('web01', { state: 'CRITICAL' })],
  ])('says what it is: %s', (title, is) => {
    expect(readTitle(title)).toEqual(is)
  })

  it.each([
    'Warning signs on the road',
    'Problem solving in groups',
    'resolved nothing',
    'up:to:you',
    'OK computer',
    'CRITICAL',
    'PROBLEM',
    'is OK',
    'the page is ok',
    'ACKNOWLEDGEMENT - web01/HTTP is CRITICAL',
    'FLAPPINGSTART - web01/HTTP is WARNING',
    '[DOWNTIMEEND] web01 is DOWN',
    'CUSTOM: web01 is DOWN',
    'constructor: x',
    '__proto__: x',
    '[toString] x',
  ])('is none: %s', (title) => {
    expect(readTitle(title)).toEqual(only(title))
  })
})

it('never throws, and leaves a name where there was one', () => {
  const words = fc.constantFrom(
    '[FIRING:1]',
    '[RESOLVED]',
    '(',
    ')',
    ' ',
    'PROBLEM:',
    'is OK',
    '**',
    '🔥',
    ':x:',
    'a',
    '\n',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(words).map((all) => all.join('')),
      ),
      (title) => {
        expect(readTitle(title).name.length).toBeLessThanOrEqual(Math.max(title.length, 6))
      },
    ),
    { numRuns: 2_000 },
  )
})

it('takes no time over a long one', () => {
  for (const part of [' ', '*', '(', ')', 'a ', ' is ', '🔥', ':', '[']) {
    const began = performance.now()
    readTitle(part.repeat(300_000))
    expect(performance.now() - began).toBeLessThan(200)
  }
})

it.each([' ', '*', ' *', ' is '])(
  'takes no time over a body full of titles with a run of “%s” inside',
  (part) => {
    const title = `x${part.repeat(1_000)}x`
    const began = performance.now()
    for (let n = 0; n < 1_000; n++) readTitle(title)
    expect(performance.now() - began).toBeLessThan(500)
  },
)
