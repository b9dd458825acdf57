import { describe, expect, test } from 'vitest'
import type { LeftOver, Reply } from '../../core/effect.ts'
import { replyMessage } from './reply.ts'

type TakenOfStorm = Extract<Reply, { what: 'taken-of-storm' }>

const words = (over: Partial<TakenOfStorm>): readonly string[] =>
  replyMessage({
    what: 'taken-of-storm',
    asked: 1_433,
    taken: 1_370,
    ended: 0,
    left: [],
    ...over,
  }).text.split('\n')
const BEN = { id: 'U1', name: 'ben' }

describe('who did not get all of a storm', () => {
  test('hears first what nobody has, then who has what, then what ended', () => {
    const left: readonly LeftOver[] = [
      { why: 'held', by: BEN, count: 40, names: ['a / S0', 'a / S1', 'a / S2'] },
      { why: 'refused', refusal: { why: 'not-in-group', groups: ['S0DBA'] }, count: 1, names: ['db01 / S0'] },
      { why: 'given-back', count: 2, names: ['b / S0', 'b / S1'] },
    ]
    expect(words({ left, ended: 20 })).toEqual([
      'You have *1\u202f370 of 1\u202f433*.',
      'Nobody has *1*: db01 / S0. Only <!subteam^S0DBA> may take it.',
      'Nobody has *2*, because somebody gave them back: b / S0 and b / S1.',
      'ben has *40*: a / S0, a / S1, a / S2 and 37 more.',
      '20 ended before you had them.',
    ])
  })

  test('hears what to do where Slack did not say who may', () => {
    const left: readonly LeftOver[] = [
      { why: 'refused', refusal: { why: 'group-unknown' }, count: 9, names: ['db01 / S0'] },
    ]
    expect(words({ left })[1]).toMatch(
      /^Nobody has \*9\*: db01 \/ S0 and 8 more\. .*Try again in a moment\.$/,
    )
  })

  test('reads a few reasons, however many there are, and no name that formats or calls', () => {
    const left = Array.from(
      { length: 20 },
      (_, n): LeftOver => ({
        why: 'held',
        by: { id: `U${n}`, name: `*n${n}*` },
        count: 2,
        names: ['<!here> `x`'.repeat(40)],
      }),
    )
    const said = words({ left })
    expect(said).toHaveLength(7)
    expect(said[6]).toBe('30 more are not yours, for other reasons.')
    expect(said.join('')).not.toMatch(/<!here>|`|\*n0\*/)
    expect(said.join('\n').length).toBeLessThan(1_500)
  })
})
