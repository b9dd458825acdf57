import { expect, it } from 'vitest'
import { killLanes } from '../support/crash/lanes.ts'

/*
 * The real process, killed at random instants and between two steps, with a Slack and a monitor that misbehave, storms, and
 * people who act. `test/system` does the same 200 times.
 */

const LANES = 2
const KILLS = 12

it('loses nothing and doubles nothing, whatever it is doing when it is killed', {
  timeout: 240_000,
}, async () => {
  const outcomes = await killLanes({
    lanes: LANES,
    kills: KILLS,
    speed: 8,
    say: (line) => console.info(line),
  })
  expect(outcomes.flatMap(({ seed, faults }) => faults.map((fault) => `seed ${seed}: ${fault}`))).toEqual([])
})
