import type { Clock, Log } from '../core/ports.ts'

/** After a start there is more urgent work for a while. */
const FIRST_MS = 60_000
const EVERY_MS = 60 * 60_000

export type KeepHouse = {
  /** Resolves when nothing is being dropped. */
  settled(): Promise<void>
  /** Ends what is under way after its step. */
  stop(): Promise<void>
}

/**
 * Drops what is old, soon after the start and then every hour.
 *
 * @param housekeep drops it, in small steps, until it is told to stop. @returns how many rows of each sort
 */
export function keepHouse(
  housekeep: (historyDays: number, stop: AbortSignal) => Promise<Readonly<Record<string, number>>>,
  historyDays: number,
  clock: Clock,
  log: Log,
): KeepHouse {
  const stopping = new AbortController()
  let turn: Promise<void> = Promise.resolve()
  let busy = false
  let cancel: () => void = () => undefined
  const keep = async (): Promise<void> => {
    busy = true
    try {
      const removed = await housekeep(historyDays, stopping.signal)
      if (Object.values(removed).some((rows) => rows > 0))
        log.info({ removed }, `What ended more than ${historyDays} days ago was removed.`)
    } catch (error) {
      if (stopping.signal.aborted) return
      log.warn({ err: error }, 'Old entries could not be dropped. It is tried again in an hour.')
    } finally {
      busy = false
    }
  }
  const wait = (ms: number): void => {
    cancel = clock.timer(ms, () => {
      if (!busy) turn = keep()
      wait(EVERY_MS)
    })
  }
  wait(FIRST_MS)
  return {
    settled: () => turn,
    stop: async () => {
      cancel()
      stopping.abort()
      await turn
    },
  }
}
