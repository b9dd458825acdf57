import { Failure } from '../core/failure.ts'
import type { Clock, Log } from '../core/ports.ts'

/** How soon the end of a storm is seen, at the latest. */
const LOOK_EVERY_MS = 5_000

export type SettleStorms = {
  /** Resolves when nothing is being settled. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/**
 * Sees to the end of storms: what is calm, and what is over.
 *
 * @param storms `any` is asked often and costs nothing; `settle` writes
 */
export function createSettleStorms(
  storms: { readonly any: () => boolean; readonly settle: () => Promise<unknown> },
  clock: Clock,
  log: Log,
): SettleStorms {
  let turn: Promise<void> = Promise.resolve()
  let cancel: () => void = () => undefined
  const settle = async (): Promise<void> => {
    try {
      if (storms.any()) await storms.settle()
    } catch (error) {
      // That the store cannot be written is told by the store.
      if (!(error instanceof Failure))
        log.error({ err: error }, 'A storm could not be settled. It is tried again.')
    }
  }
  const wait = (): void => {
    cancel = clock.timer(LOOK_EVERY_MS, () => {
      turn = turn.then(settle)
      wait()
    })
  }
  wait()
  return {
    settled: () => turn,
    stop: async () => {
      cancel()
      await turn
    },
  }
}
