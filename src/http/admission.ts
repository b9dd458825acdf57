import type { Clock, Log } from '../core/ports.ts'
import { type HttpRefusal, RETRY_AFTER_SECONDS } from './answer.ts'
import { type HeldMax, INTAKE_MAX, OVERLOAD_TOLD_EVERY_MS } from './limits.ts'

/** A request that was let in. */
export type Pass = {
  /** So much more of its body is held. @returns false when that is too much, and then it is not held */
  grow(bytes: number): boolean
  /** So many notifications of it wait to be stored. */
  holds(notifications: number): void
  /** It is answered, and nothing of it is held any more. To be called once. */
  leave(): void
}

/** Decides who is let in. */
export type Admission = {
  /**
   * @param sender whose share it counts for; null where there are no shares
   * @param bytes of the body, as it announces itself; 0 when it does not
   * @returns why it is not let in: `share` when this sender holds all that is its due, `full` when nobody can be let in
   */
  enter(sender: string | null, bytes: number): Pass | 'share' | 'full'
  /** What is held now. */
  held(): Held
}

export type Held = { requests: number; bytes: number; notifications: number }

export const FULL: HttpRefusal = {
  status: 503,
  error: 'unavailable',
  message: 'ackbridge has as much to store as it can hold. Send it again later.',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
}
export const SHARE_FULL: HttpRefusal = {
  status: 429,
  error: 'too_many_requests',
  message: 'As much waits to be stored as this key may have waiting. Send it again later.',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
}

/**
 * Counts what is held and lets in what fits. With n senders each may hold one part of n + 1, so that there is always room
 * for one who comes new: whoever floods is turned away, and the others are not.
 */
export function createAdmission(max: HeldMax): Admission {
  const all: Held = { requests: 0, bytes: 0, notifications: 0 }
  const senders = new Map<string, Held>()

  function isFull({ requests, bytes, notifications }: Held, parts: number): boolean {
    return (
      requests * parts >= max.requests ||
      bytes * parts >= max.bytes ||
      notifications * parts >= max.notifications
    )
  }

  function pass(own: Held, sender: string | null): Pass {
    let held = 0
    let waiting = 0
    return {
      grow: (bytes) => {
        if (all.bytes + bytes > max.bytesHard) return false
        held += bytes
        all.bytes += bytes
        own.bytes += bytes
        return true
      },
      holds: (notifications) => {
        waiting += notifications
        all.notifications += notifications
        own.notifications += notifications
      },
      leave: () => {
        for (const one of [all, own]) {
          one.requests -= 1
          one.bytes -= held
          one.notifications -= waiting
        }
        if (own.requests === 0 && sender !== null) senders.delete(sender)
      },
    }
  }

  return {
    held: () => all,
    enter: (sender, bytes) => {
      if (isFull(all, 1) || all.bytes + bytes > max.bytesHard) return 'full'
      const known = sender === null ? undefined : senders.get(sender)
      const own: Held = known ?? { requests: 0, bytes: 0, notifications: 0 }
      if (known !== undefined && isFull(known, senders.size + 1)) return 'share'
      if (sender !== null) senders.set(sender, own)
      own.requests += 1
      all.requests += 1
      return pass(own, sender)
    },
  }
}

/** Lets notifications in, and tells the operator when it cannot. */
export function createIntake(clock: Clock, log: Log): Admission {
  const admission = createAdmission(INTAKE_MAX)
  let told = Number.NEGATIVE_INFINITY
  return {
    held: admission.held,
    enter: (sender, bytes) => {
      const entered = admission.enter(sender, bytes)
      if (typeof entered === 'string' && clock.monotonic() - told >= OVERLOAD_TOLD_EVERY_MS) {
        told = clock.monotonic()
        log.warn(
          { ...admission.held(), sender: entered === 'share' ? (sender ?? undefined) : undefined },
          'More notifications come in than can be stored. Senders are asked to come again later (429, 503).',
        )
      }
      return entered
    },
  }
}
