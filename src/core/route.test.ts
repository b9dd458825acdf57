import { describe, expect, it } from 'vitest'
import type { Check } from './problem.ts'
import { route } from './route.ts'

const CHECK = {
  monitor: 'dc1',
  host: 'db01.example.org',
  hostDisplayName: 'Main Database',
  service: 'load',
  serviceDisplayName: 'Load average',
  labels: { team: 'dba', tier: '1' },
} as unknown as Check

describe('a route', () => {
  const all = { match: {}, channels: ['C1'], mention: ['S1'], quiet: true }
  const loud = { match: { host: 'db*' }, channels: ['C1', 'C2'], mention: ['S2', 'S1'], quiet: false }
  const never = { match: { host: 'web*' }, channels: ['C3'], mention: [], quiet: false }

  it('leads to every matching channel once, with all mentions; quiet only if every route is', () => {
    expect(route([all, loud, never], 'C9', CHECK, 'CRITICAL', null)).toEqual([
      { channel: 'C1', mention: ['S1', 'S2'], quiet: false },
      { channel: 'C2', mention: ['S2', 'S1'], quiet: false },
    ])
    expect(route([loud, all], 'C9', CHECK, 'CRITICAL', null)[0]).toMatchObject({
      channel: 'C1',
      quiet: false,
    })
    expect(route([all], 'C9', CHECK, 'CRITICAL', null)).toEqual([
      { channel: 'C1', mention: ['S1'], quiet: true },
    ])
  })

  it.each<[string, string | null, string | null, string[]]>([
    ['the default when nothing matches', 'C9', null, ['C9']],
    ['what the sender asks for instead of the default', 'C9', 'C8', ['C8']],
    ['nowhere without a default', null, null, []],
  ])('leads to %s', (_case, standard, asked, expected) => {
    expect(route([never], standard, CHECK, 'CRITICAL', asked).map(({ channel }) => channel)).toEqual(expected)
  })

  it('adds the channel the sender asks for, unless it is there', () => {
    expect(route([loud, all], 'C9', CHECK, 'CRITICAL', null)[0]).toMatchObject({
      channel: 'C1',
      quiet: false,
    })
    expect(route([all], 'C9', CHECK, 'CRITICAL', 'C8').map(({ channel }) => channel)).toEqual(['C1', 'C8'])
    expect(route([loud, all], 'C9', CHECK, 'CRITICAL', null)[0]).toMatchObject({
      channel: 'C1',
      quiet: false,
    })
    expect(route([all], 'C9', CHECK, 'CRITICAL', 'C1')).toHaveLength(1)
  })
})
