import { parseArgs } from 'node:util'
import { soak } from '../support/crash/soak.ts'

/*
 * `npm run test:soak -- --minutes 10 --seed 1`: a long time under load, with a Slack and a monitor that misbehave, people
 * who click, and storms. Ends with an error when something was lost or doubled, waits for ever, or memory grows.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
})
const faults = await soak({ minutes: Number(values.minutes), seed: Number(values.seed) }, (line) =>
  process.stdout.write(`${line}\n`),
)
process.exitCode = faults.length === 0 ? 0 : 1
