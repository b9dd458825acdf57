import { expect, test } from 'vitest'
import { createRates } from './rates.ts'

test('one message a second and channel after a burst of four', () => {
  let now = 0
  const rates = createRates(() => now)
  const post = (channel: string): number => rates.take('chat.postMessage', channel)

  const burst = [post('C1'), post('C1'), post('C1'), post('C1'), post('C1')]
  const other = post('C2')
  now += 1000

  expect(burst).toEqual([0, 0, 0, 0, 1])
  expect(other).toBe(0)
  expect(post('C1')).toBe(0)
  expect(post('C1')).toBe(1)
})

test('fifty updates a minute for the whole workspace', () => {
  const rates = createRates(() => 0)

  const answers = Array.from({ length: 51 }, (_, i) => rates.take('chat.update', `C${i}`))

  expect(answers.filter((wait) => wait === 0)).toHaveLength(50)
  expect(answers.at(-1)).toBe(2)
})
