import { describe, expect, it } from 'vitest'
import { type Action, groupsNamed, type PermissionRule, type Person, permit } from './permit.ts'
import type { Check } from './problem.ts'

const ANN: Person = { id: 'U1', name: 'ann', zone: null, standing: 'member' }
const ACTIONS: readonly Action[] = ['acknowledge', 'remove', 'downtime', 'view']
const check = (host: string) =>
  ({
    monitor: 'dc1',
    host,
    service: null,
    hostDisplayName: null,
    serviceDisplayName: null,
    labels: null,
  }) as Check
const DB01 = { check: check('db01'), state: 'DOWN' } as const
const WEB01 = { check: check('web01'), state: 'DOWN' } as const
const RULES: readonly PermissionRule[] = [
  { match: { host: 'db*' }, acknowledge: ['S1', 'U9'] },
  { match: { host: 'db01' }, acknowledge: ['S2'], remove: [] },
]
const groups = (s1: string[] | null, s2: string[] | null) =>
  new Map([
    ['S1', s1 === null ? null : new Set(s1)],
    ['S2', s2 === null ? null : new Set(s2)],
  ])

describe('without a rule', () => {
  const standings = ['member', 'guest', 'stranger', 'bot', 'deactivated', 'unknown'] as const

  it.each(standings.flatMap((standing) => ACTIONS.map((action) => [standing, action] as const)))(
    'a %s who wants to %s',
    (standing, action) => {
      const expected =
        standing === 'member' ? null : { why: standing === 'unknown' ? 'membership-unknown' : standing }

      expect(permit({ ...ANN, standing }, action, [], new Map(), DB01)).toEqual(expected)
      expect(permit({ ...ANN, standing }, action, [], new Map(), null)).toEqual(expected)
    },
  )
})

describe('with rules', () => {
  it.each<[string, ReturnType<typeof groups>, object | null]>([
    ['in a group of one matching rule', groups(['U1'], []), null],
    ['in a group of another matching rule', groups([], ['U1']), null],
    ['in none', groups([], []), { why: 'not-in-group', groups: ['S1', 'U9', 'S2'] }],
    ['in a known group, another being unknown', groups(['U1'], null), null],
    ['in none that is known', groups([], null), { why: 'group-unknown' }],
    ['when no group was asked for', new Map(), { why: 'group-unknown' }],
  ])('a member %s', (_case, known, expected) => {
    expect(permit(ANN, 'acknowledge', RULES, known, DB01)).toEqual(expected)
  })

  it('a person may be named', () => {
    expect(permit({ ...ANN, id: 'U9' }, 'acknowledge', RULES, groups([], []), DB01)).toBeNull()
  })

  it('only the matching ones count, and only for their action', () => {
    expect(permit(ANN, 'acknowledge', RULES, groups([], []), WEB01)).toBeNull()
    expect(permit(ANN, 'downtime', RULES, groups([], []), DB01)).toBeNull()
  })

  it('an empty list lets nobody', () => {
    expect(permit(ANN, 'remove', RULES, groups(['U1'], ['U1']), DB01)).toEqual({
      why: 'not-in-group',
      groups: [],
    })
  })

  it('a guest stays a guest, though a rule names them', () => {
    expect(
      permit({ ...ANN, id: 'U9', standing: 'guest' }, 'acknowledge', RULES, groups([], []), DB01),
    ).toEqual({
      why: 'guest',
    })
  })
})

it('the groups that rules name are asked for once each, people are not', () => {
  expect(groupsNamed([...RULES, { match: {}, view: ['S1', 'S3', 'W1'] }])).toEqual(['S1', 'S2', 'S3'])
})
