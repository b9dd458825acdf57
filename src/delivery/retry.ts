import type { Failure } from '../core/failure.ts'
import type { Settlement } from '../core/ports.ts'
import {
  BACKOFF_FIRST_MS,
  BACKOFF_MAX_MS,
  ORDER_BACKOFF_MAX_MS,
  RETRY_AFTER_MAX_MS,
  STOPPED_RETRY_MS,
  UNKNOWN_FAILURE_ATTEMPTS,
} from './limits.ts'

/** @returns how long to wait after so many attempts, ms */
export function backoffMs(attempts: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** Math.max(0, Math.min(attempts, 30) - 1), BACKOFF_MAX_MS)
}

/**
 * Decides what becomes of an effect that failed; the only place that does.
 *
 * @param attempts made so far, this one included
 */
export function settleFailure(attempts: number, failure: Failure, now: number): Settlement {
  const error = failure.detail ?? failure.code
  switch (failure.retry.kind) {
    case 'never':
      return { kind: 'park', error }
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
