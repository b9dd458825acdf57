import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPresent, parseArguments } from './parse-arguments.ts'

const values = (...argv: string[]) => Object.fromEntries(parseArguments(argv).values)

describe('parseArguments', () => {
  test.each<{ argv: string[]; expected: Record<string, string | undefined> }>([
    { argv: ['--output', '--- x'], expected: { output: '--- x' } },
    { argv: ['--output', '--hostname'], expected: { output: '--hostname' } },
    { argv: ['--output=--a=b', '--hostname', 'h'], expected: { output: '--a=b', hostname: 'h' } },
    { argv: ['--state', '--output', 'x'], expected: { output: 'x' } },
    { argv: ['--HOSTNAME', 'h', '--output'], expected: { hostname: 'h' } },
    {
      argv: ['--other', '-1', '--another', '--hostname', 'h'],
      expected: { other: '-1', another: '1', hostname: 'h' },
    },
    { argv: ['--hostname', 'a', '--hostname', '', '--hostname', 'b'], expected: { hostname: 'b' } },
    {
      argv: ['-q', '-v', '--', '--no-emoji', 'stray', '--comment', 'c'],
      expected: { 'no-emoji': '1', comment: 'c' },
    },
    {
      argv: ['--constructor', 'x', '--output', 'a\0b'],
      expected: { ['constructor' as string]: 'x', output: 'ab' },
    },
    {
      argv: ['--url', 'u', '--monitor', 'm', '--spool', 's', '--key-file', 'k', '--from-env', 'P_'],
      expected: {},
    },
  ])('reads $argv', ({ argv, expected }) => {
    expect(values(...argv)).toEqual(expected)
  })

  test.each(['SlackModule.SlackNotification', 'MSTeamsModule.teams_notification'])(
    'knows the word %s',
    (word) => {
      expect(parseArguments([word, '--hostname', 'a']).openitcockpitModule).toBe(true)
      expect(parseArguments(['--hostname', 'a', word]).openitcockpitModule).toBe(false)
    },
  )

  test('a value of a text flag arrives as it is, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (output, comment) => {
        fc.pre(!output.includes('\0') && !comment.includes('\0') && !`${output} ${comment}`.includes(' --'))
        const parsed = values('--output', output, '--comment', comment, '--hostname', 'h')

        expect(parsed['output']).toBe(isPresent(output) ? output : undefined)
        expect(parsed['comment']).toBe(isPresent(comment) ? comment : undefined)
        expect(parsed['hostname']).toBe('h')
      }),
    )
  })

  test('takes any words without failing, and holds only values', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--output', '--state', '--flush', '--x', '-h', '$A$', '" --state 1'),
    )
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        for (const [key, value] of parseArguments(argv).values) {
          expect(key).toMatch(/^[a-z0-9][a-z0-9_.-]*$/)
          expect(value).not.toBe('')
        }
      }),
    )
  })
})

describe('isPresent', () => {
  test.each([
    { value: '', present: false },
    { value: '$HOSTNAME$', present: false },
    { value: '$_HOSTJIRA_PROJECT$', present: false },
    { value: '$SERVICESTATE:web 01:Disk /$', present: false },
    { value: '$service.output$', present: false },
    { value: '$', present: true },
    { value: '$5 and 6$', present: true },
    { value: '$A$ $B$', present: true },
    { value: '0', present: true },
  ])('$value: $present', ({ value, present }) => {
    expect(isPresent(value)).toBe(present)
  })
})
