import type { Clock, Outbox } from '../core/ports.ts'
import { OUTSIDE_LOOK_MS } from './limits.ts'

/**
 * Notices that another process has written the database, as the commands for the outbox do.
 *
 * @param system real time: other processes live in it
 * @returns a function that ends it
 */
export function watchOutside(outbox: Pick<Outbox, 'version'>, system: Clock, look: () => void): () => void {
  let version = outbox.version()
  let cancel: () => void = () => undefined
  const turn = (): void => {
    const current = outbox.version()
    if (current !== version) {
      version = current
      look()
    }
    cancel = system.timer(OUTSIDE_LOOK_MS, turn)
  }
  cancel = system.timer(OUTSIDE_LOOK_MS, turn)
  return () => cancel()
}
