import { Failure } from '../core/failure.ts'
import type { Clock, Lane, Log, Outbox, Settlement } from '../core/ports.ts'
import { PROBE_MS, RECHECK_MS } from './limits.ts'

/** Sees to what could not be delivered because its channel takes nothing. */
export type Probes = {
  /** Looks whether it is time to try one of what is parked. */
  look(): void
  /** An effect of this lane was settled so. */
  settledOne(lane: Lane, settlement: Settlement): void
  /** The channel takes messages again: what is parked for it follows. */
  resume(lane: Lane): void
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
  stop(): void
}

/**
 * One message of each channel that takes nothing is tried now and then; once it gets through, the others follow. What is
 * to go to another channel is moved there in steps, so that no step holds up anybody.
 *
 * @param wake lets a lane look for work
 */
export function createProbes(
  { outbox, clock, log }: { readonly outbox: Outbox; readonly clock: Clock; readonly log: Log },
  wake: (lane: Lane) => void,
): Probes {
  let cancel: () => void = () => undefined
  let stopped = false
  const running = new Set<Promise<void>>()
  /** Channels whose other cards have been moved, or are being; nothing new is posted there but what is moved at once. */
  const emptied = new Set<Lane>()
  /** Channels with cards that do not say yet that what they show is over. */
  const stale = new Set(outbox.stale())
  /** Channels where one message is tried. */
  const tried = new Set<Lane>()

  function run(work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => {
        // That the store cannot be written is told by the store; the next look does it again.
        if (!(error instanceof Failure))
          log.error({ err: error }, 'What is parked could not be looked after.')
      })
      .finally(() => running.delete(done))
    running.add(done)
  }

  function look(): void {
    cancel()
    cancel = () => undefined
    if (stopped) return
    const next = outbox.nextProbe()
    if (next === null) return
    const wait = next - clock.now()
    if (wait > 0) {
      cancel = clock.timer(Math.min(wait, RECHECK_MS), look)
      return
    }
    run(async () => {
      try {
        for (const lane of await outbox.probe(clock.now() + PROBE_MS)) {
          tried.add(lane)
          wake(lane)
        }
      } catch (error) {
        // Nothing else may ever ask for another look.
        cancel()
        if (!stopped) cancel = clock.timer(RECHECK_MS, look)
        throw error
      }
      look()
    })
  }

  async function moveOthers(from: Lane, to: string, error: string): Promise<void> {
    let after: number | null = 0
    while (after !== null && !stopped) {
      after = await outbox.moveOthers(from, to, error, after)
      wake(to)
    }
  }

  function resume(lane: Lane): void {
    stale.delete(lane)
    run(async () => {
      while (!stopped && (await outbox.resume(lane)) > 0) wake(lane)
    })
  }

  return {
    look,
    resume: (lane) => {
      emptied.delete(lane)
      resume(lane)
    },
    settledOne: (lane, settlement) => {
      // Once one gets through, here or to another channel, so do the others.
      if (tried.delete(lane) && (settlement.kind === 'done' || settlement.kind === 'move')) resume(lane)
      else if (settlement.kind === 'done' && stale.has(lane)) resume(lane)
      if (settlement.kind === 'drop' && settlement.refused !== undefined) stale.add(lane)
      if (settlement.kind === 'park' && settlement.again !== undefined) look()
      const { error, to } = detourOf(settlement)
      if (to === null) return
      wake(to)
      if (emptied.has(lane)) return
      emptied.add(lane)
      run(async () => {
        try {
          await moveOthers(lane, to, error)
        } catch (failure) {
          emptied.delete(lane)
          throw failure
        }
      })
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    stop: () => {
      stopped = true
      cancel()
    },
  }
}

/** @returns where the other cards of the channel go, if what became of one says so; and why */
function detourOf(settlement: Settlement): { readonly to: string | null; readonly error: string } {
  if (settlement.kind === 'move') return settlement
  if (settlement.kind !== 'drop') return { to: null, error: '' }
  return { to: settlement.refused?.others ?? null, error: settlement.error }
}
