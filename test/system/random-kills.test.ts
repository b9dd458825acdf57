import { expect, it } from 'vitest'
import { killLanes } from '../support/crash/lanes.ts'

/*
 * The real process, killed 200 times at random instants and between two steps. Time runs eight times faster for most of
 * them, and as it does for some.
 */

// biome-ignore lint/suspicious/noConsole: the counts of a run, and the seed to repeat it with, are what it is for
const say = (line: string): void => console.info(line)

it('loses nothing and doubles nothing when it is killed 180 times', { timeout: 900_000 }, async () => {
  const outcomes = await killLanes({ lanes: 3, kills: 60, speed: 8, say })
  expect(outcomes.flatMap(({ seed, faults }) => faults.map((fault) => `seed ${seed}: ${fault}`))).toEqual([])
})

it('loses nothing and doubles nothing when it is killed 20 times on real time', {
  timeout: 600_000,
}, async () => {
  const outcomes = await killLanes({ lanes: 2, kills: 10, speed: 1, say })
  expect(outcomes.flatMap(({ seed, faults }) => faults.map((fault) => `seed ${seed}: ${fault}`))).toEqual([])
})
