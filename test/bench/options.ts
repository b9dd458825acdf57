import { parseArgs } from 'node:util'

export type Options = {
  readonly rounds: number
  readonly seconds: number
  /** Ten million lines of history in place of one. */
  readonly full: boolean
  /** Only the steps with this in their name. */
  readonly only: string | null
  /** Writes the summary into docs/performance.md. */
  readonly write: boolean
}

export const USAGE = `npm run bench -- [--rounds 7] [--seconds 2] [--full] [--only STEP] [--write]

  --rounds N    how often the servers take turns; 7 or more for figures to quote
  --seconds S   how long each of them has a turn
  --full        ten million lines of history where it is one million else: some minutes and 6 GB more
  --only STEP   start-up, 'first card', flushes, rounds, scale or clicks; nothing is written down
  --write       put the summary into docs/performance.md

BENCH_ROUNDS and BENCH_SECONDS do the same.`

/** @throws TypeError for a flag that is unknown, Error for a value that is no number above 0 */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  return {
    rounds: Math.ceil(positive('rounds', values.rounds ?? env['BENCH_ROUNDS'] ?? '7')),
    seconds: positive('seconds', values.seconds ?? env['BENCH_SECONDS'] ?? '2'),
    full: values.full,
    only: values.only ?? null,
    write: values.write,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} has to be a number above 0.`)
  return value
}
