import type { Clock, Log } from '../core/ports.ts'

/** A monitor that always has something to say. */
export type Talker = { readonly name: string; readonly everyMs: number }

export type ExpectTalk = {
  /** A notification of this monitor arrived. */
  talked(monitor: string): void
  /** @returns since when a monitor is silent that should not be, epoch ms; null when all is well */
  silentSince(monitor: string): number | null
  stop(): void
}

/** Tells the operator when a monitor falls silent that always talks: then nothing arrives, and nothing looks wrong. */
export function createExpectTalk(talkers: readonly Talker[], clock: Clock, log: Log): ExpectTalk {
  const watched = new Map(talkers.map((talker) => [talker.name, createWatch(talker, clock, log)]))
  return {
    talked: (monitor) => watched.get(monitor)?.talked(),
    silentSince: (monitor) => watched.get(monitor)?.silentSince() ?? null,
    stop: () => {
      for (const watch of watched.values()) watch.stop()
    },
  }
}

function createWatch({ name, everyMs }: Talker, clock: Clock, log: Log) {
  let last = clock.now()
  let lastMonotonic = clock.monotonic()
  let isSilent = false
  let cancel: () => void = () => undefined

  function look(): void {
    const wait = lastMonotonic + everyMs - clock.monotonic()
    if (wait > 0) {
      cancel = clock.timer(wait, look)
      return
    }
    isSilent = true
    const seconds = Math.round(everyMs / 1000)
    log.error(
      { monitor: name },
      `Nothing was heard of ${name} for ${seconds} seconds, though it always talks. Look whether it runs and can reach us.`,
    )
  }
  look()
  return {
    talked: (): void => {
      last = clock.now()
      lastMonotonic = clock.monotonic()
      if (!isSilent) return
      isSilent = false
      log.info({ monitor: name }, `${name} talks again.`)
      look()
    },
    silentSince: (): number | null => (isSilent ? last : null),
    stop: (): void => cancel(),
  }
}
