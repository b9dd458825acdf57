import type { Failure } from '../core/failure.ts'
import type { AnyWork, MessageWork, Settlement } from '../core/ports.ts'
import {
  BACKOFF_FIRST_MS,
  BACKOFF_MAX_MS,
  ORDER_BACKOFF_MAX_MS,
  PROBE_MS,
  RETRY_AFTER_MAX_MS,
  STOPPED_RETRY_MS,
  UNKNOWN_FAILURE_ATTEMPTS,
} from './limits.ts'

/** @returns how long to wait after so many attempts, ms */
export function backoffMs(attempts: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** Math.max(0, Math.min(attempts, 30) - 1), BACKOFF_MAX_MS)
}

/** Where a message can be shown whose own channel takes nothing. */
export type Refuge =
  | { readonly kind: 'channel'; readonly channel: string }
  /** Nobody needs it there: what it is about is over, and nobody was told of it but in the channel that is gone. */
  | { readonly kind: 'needless'; readonly others: string | null }
  | { readonly kind: 'none' }

/** @returns where this can go when its own channel takes nothing; the default channel may be that very channel */
export function refugeOf(work: AnyWork, defaultChannel: string | null): Refuge {
  if (work.kind === 'reply' || work.kind === 'order') return { kind: 'none' }
  const others = work.card.channel === defaultChannel ? null : defaultChannel
  if (isNeedless(work)) return { kind: 'needless', others }
  return others === null ? { kind: 'none' } : { kind: 'channel', channel: others }
}

function isNeedless(work: Exclude<MessageWork, { kind: 'reply' }>): boolean {
  switch (work.kind) {
    case 'post':
    case 'update':
    case 'thread':
      return work.card.ts !== null && work.view.problem.closed !== null
    case 'storm':
      return work.storm.open === 0
    // The card finds out by itself, and calls people where it goes.
    case 'storm-line':
      return true
  }
}

/**
 * Decides what becomes of an effect that failed; the only place that does.
 *
 * @param attempts made so far, this one included
 * @param refuge where it can go should its channel take nothing
 */
export function settleFailure(
  attempts: number,
  failure: Failure,
  now: number,
  refuge: Refuge = { kind: 'none' },
): Settlement {
  const error = failure.detail ?? failure.code
  switch (failure.retry.kind) {
    case 'never':
    // Bare words were refused too.
    case 'plainer':
      return { kind: 'park', error }
    case 'too-late':
      return { kind: 'drop', error }
    case 'elsewhere':
      return settleRefused(error, now, refuge)
    case 'gone':
      return { kind: 'repost' }
    case 'after':
      return {
        kind: 'retry',
        at: now + Math.min(failure.retry.ms, RETRY_AFTER_MAX_MS),
        ambiguous: false,
        error,
      }
    case 'stop':
      return { kind: 'retry', at: now + STOPPED_RETRY_MS, ambiguous: false, error }
    case 'ambiguous':
      return { kind: 'retry', at: now + backoffMs(attempts), ambiguous: true, error }
    case 'later':
      if (failure.code === 'rejected' && attempts >= UNKNOWN_FAILURE_ATTEMPTS) return { kind: 'park', error }
      return { kind: 'retry', at: now + backoffMs(attempts), ambiguous: false, error }
  }
}

function settleRefused(error: string, now: number, refuge: Refuge): Settlement {
  switch (refuge.kind) {
    case 'channel':
      return { kind: 'move', to: refuge.channel, error }
    case 'needless':
      return { kind: 'drop', error, refused: { others: refuge.others } }
    case 'none':
      return { kind: 'park', error, again: now + PROBE_MS }
  }
}

/**
 * Decides whether an order to a monitor that failed is tried again by itself.
 *
 * @param attempts made so far, this one included
 * @returns when, epoch ms; null when only a person can make it work
 */
export function settleOrderFailure(attempts: number, failure: Failure, now: number): number | null {
  switch (failure.retry.kind) {
    case 'never':
    case 'gone':
    case 'elsewhere':
    case 'plainer':
    case 'too-late':
      return null
    case 'after':
      return now + Math.min(failure.retry.ms, RETRY_AFTER_MAX_MS)
    case 'later':
    case 'ambiguous':
    case 'stop':
      return now + orderBackoffMs(attempts)
  }
}

/** @returns how long to leave a monitor alone after so many failures in a row, ms */
export function orderBackoffMs(attempts: number): number {
  return Math.min(backoffMs(attempts), ORDER_BACKOFF_MAX_MS)
}
