import { Failure, type FailureCode } from '../core/failure.ts'
import type { MonitorApi, Reading, Target } from '../core/monitor-api.ts'
import { READ_TOGETHER_MAX } from './limits.ts'

/*
 * Some monitors read all of their comments to tell those of one check, so orders that look at the same time share one
 * reading. Nothing is kept: what is asked while a reading is on its way may be newer than it, and waits for the next.
 */

/** Reads one check: no older than the question. @throws Failure, or whatever the monitor's API threw */
export type ReadOne = (target: Target) => Promise<Reading>

type Asked = {
  readonly target: Target
  readonly resolve: (reading: Reading) => void
  readonly reject: (error: unknown) => void
}

/** Failures that are the monitor's, whatever it was asked for. */
const OF_ALL: ReadonlySet<FailureCode> = new Set(['unavailable', 'timeout', 'rate_limited', 'unauthorized'])

/** @returns a way to read single checks of one monitor; those asked for together are read together */
export function shareReadings(api: Pick<MonitorApi, 'read'>): ReadOne {
  const waiting: Asked[] = []
  let isReading = false

  async function readAll(): Promise<void> {
    isReading = true
    // Whoever asks in this turn takes part.
    await Promise.resolve()
    while (waiting.length > 0) await readTogether(waiting.splice(0, READ_TOGETHER_MAX))
    isReading = false
  }

  async function readTogether(asked: readonly Asked[]): Promise<void> {
    try {
      const reading = await api.read(asked.map(({ target }) => target))
      for (const { resolve } of asked) resolve(reading)
    } catch (error) {
      const isOfAll = error instanceof Failure && OF_ALL.has(error.code)
      if (isOfAll || asked.length === 1) {
        for (const { reject } of asked) reject(error)
        return
      }
      // One of them may be at fault, and must not take the others with it; by halves it is found in few readings.
      const middle = Math.ceil(asked.length / 2)
      await readTogether(asked.slice(0, middle))
      await readTogether(asked.slice(middle))
    }
  }

  return (target) =>
    new Promise((resolve, reject) => {
      waiting.push({ target, resolve, reject })
      if (!isReading) void readAll()
    })
}
