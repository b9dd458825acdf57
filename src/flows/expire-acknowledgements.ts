import { removeAcknowledgement } from '../core/acknowledge.ts'
import { NO_CHANGES } from '../core/changes.ts'
import type { Clock, Log, Store } from '../core/ports.ts'
import type { Ways } from './acknowledge-problem.ts'

/** Acknowledgements ended in one go. */
const BATCH_MAX = 100
/** A timer further away than this is set again on the way; the clock may be changed meanwhile. */
const LOOK_AGAIN_MS = 10 * 60_000
/** After the store could not be written. */
const RETRY_MS = 5_000

export type ExpireAcknowledgements = {
  /** Ends what is due and sets a timer for the next. Call it after a start and whenever an end may have changed. */
  look(): void
  /** Resolves when nothing is being ended. */
  settled(): Promise<void>
  stop(): void
}

/** Ends acknowledgements at the time their owner said. */
export function createExpireAcknowledgements(
  store: Store,
  ways: Ways,
  clock: Clock,
  log: Log,
): ExpireAcknowledgements {
  let cancel: (() => void) | null = null
  let running: Promise<void> = Promise.resolve()
  let busy = false
  let stopped = false

  async function end(): Promise<void> {
    for (;;) {
      const ids = store.expired(clock.now(), BATCH_MAX)
      await Promise.all(ids.map(expire))
      if (ids.length < BATCH_MAX) return
    }
  }

  function expire(id: string): Promise<void> {
    return store.decide({ problems: [id] }, (loaded, now) => {
      const view = loaded.problem(id)
      if (view === null) return { changes: NO_CHANGES, answer: undefined }
      const { changes } = removeAcknowledgement(
        view,
        { by: null, through: 'expiry', because: 'expiry', way: ways(view.check.monitor) },
        now,
      )
      return { changes, answer: undefined }
    })
  }

  function schedule(ms: number): void {
    cancel?.()
    if (!stopped) cancel = clock.timer(Math.max(1, Math.min(ms, LOOK_AGAIN_MS)), look)
  }

  function look(): void {
    if (busy || stopped) return
    cancel?.()
    cancel = null
    const next = store.nextExpiry()
    if (next === null) return
    if (next > clock.now()) return schedule(next - clock.now())
    busy = true
    running = end()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'Acknowledgements whose time is up could not be ended. It is tried again.')
        schedule(RETRY_MS)
      })
      .then(() => {
        busy = false
        if (cancel === null) look()
      })
  }

  return {
    look,
    settled: () => running,
    stop: () => {
      stopped = true
      cancel?.()
    },
  }
}
