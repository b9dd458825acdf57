import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseArguments } from './parse-arguments.ts'

const values = (...argv: string[]) => Object.fromEntries(parseArguments(argv).values)

test.each([
  {
    name: 'a number without quotes',
    argv: ['--output', 'C:\\x" --servicestate 2 --ackauthor bob"'],
    expected: { output: 'C:\\x\\', servicestate: '2', ackauthor: 'bob\\' },
  },
  {
    name: 'a text that the shell has split at its blanks',
    argv: ['--output', 'a" --longoutput x', 'y', 'z"', '--hostname', 'h'],
    expected: { output: 'a\\', longoutput: 'x y z\\', hostname: 'h' },
  },
  {
    name: 'a flag that is also given',
    argv: ['--output', 'say "x" --hostname y', '--hostname', 'h'],
    expected: { output: 'say "x" --hostname y', hostname: 'h' },
  },
  {
    name: 'a usage text',
    argv: ['--output', 'usage: check --hostname H --servicestate S --state'],
    expected: { output: 'usage: check --hostname H --servicestate S --state' },
  },
  {
    name: 'a state without the quote',
    argv: ['--output', 'text --servicestate CRITICAL --hostname h'],
    expected: { output: 'text', servicestate: 'CRITICAL', hostname: 'h' },
  },
  { name: 'an unknown flag', argv: ['--output', 'a" --verbose 1'], expected: { output: 'a" --verbose 1' } },
])('$name', ({ argv, expected }) => {
  expect(values(...argv)).toEqual(expected)
})

test('never loses the other flags', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (head, tail) => {
      fc.pre(!`${head}${tail}`.includes(' --') && !/[$\0]/.test(head + tail))
      const parsed = values('--hostname', 'h', '--output', `${head}" --servicestate ${tail}`)

      expect(parsed['hostname']).toBe('h')
      expect(parsed['output']).toBe(`${head}\\`)
    }),
  )
})
