import type { Finding } from '../core/monitor-api.ts'
import type { Clock } from '../core/ports.ts'

/** What one trial found, and what it means to the operator. */
export type Observation = Finding & {
  /** What was tried: `slack`, `database`, `keys`, `server`, or the name of a monitor. */
  readonly part: string
  /** Where it is not well: it may pass by itself, and somebody has to put it right otherwise. */
  readonly mayPass: boolean
  /** Where it is not well: problems are not shown to anybody, or acknowledgements do not get where they belong. */
  readonly isGrave: boolean
}

/** One thing to be tried. It may throw a Failure or hang; the others do not wait for it. */
export type Trial = {
  readonly part: string
  readonly run: () => Promise<readonly Observation[]>
}

/**
 * Tries everything side by side.
 *
 * @param deadlineMs after so long, what has not answered is taken for away
 * @returns what was found, in the order of the trials
 */
export async function examine(
  trials: readonly Trial[],
  clock: Clock,
  deadlineMs: number,
): Promise<readonly Observation[]> {
  let cancel: () => void = () => undefined
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.timer(deadlineMs, () => resolve('late'))
  })
  const found = await Promise.all(
    trials.map(async ({ part, run }): Promise<readonly Observation[]> => {
      try {
        const first = await Promise.race([run(), late])
        return first === 'late' ? [tooLate(part, deadlineMs)] : first
      } catch (error) {
        return [broken(part, error)]
      }
    }),
  )
  cancel()
  return found.flat()
}

function tooLate(part: string, deadlineMs: number): Observation {
  return {
    part,
    what: 'reach',
    ok: false,
    found: `There was no whole answer within ${deadlineMs / 1000} seconds.`,
    advice: 'Check that it runs and that nothing on the way holds the connection.',
    mayPass: true,
    isGrave: true,
  }
}

/** Trials classify what they meet, so this is a fault of ours. Its text may hold anything and is not shown. */
function broken(part: string, error: unknown): Observation {
  return {
    part,
    what: 'trial',
    ok: false,
    found: `The trial itself broke (${error instanceof Error ? error.name : typeof error}).`,
    advice: 'This is a fault in ackbridge; please report it.',
    mayPass: false,
    isGrave: false,
  }
}
