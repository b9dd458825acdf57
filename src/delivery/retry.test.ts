import { describe, expect, it } from 'vitest'
import { Failure, type FailureCode, type RetryClass } from '../core/failure.ts'
import { backoffMs, settleFailure } from './retry.ts'

const NOW = 1_795_291_200_000

function failure(retry: RetryClass, code: FailureCode = 'unavailable'): Failure {
  return new Failure(code, retry, 'A sentence.', { detail: 'word' })
}

describe('what becomes of an effect that failed', () => {
  it('the wait doubles, from a second to five minutes', () => {
    expect([1, 2, 3, 9, 10, 1_000].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000])
    expect(backoffMs(0)).toBe(1_000)
  })

  it.each<[RetryClass, object]>([
    [{ kind: 'never' }, { kind: 'park', error: 'word' }],
    [{ kind: 'too-late' }, { kind: 'drop', error: 'word' }],
    [{ kind: 'gone' }, { kind: 'repost' }],
    [
      { kind: 'after', ms: 30_000 },
      { kind: 'retry', at: NOW + 30_000, ambiguous: false, error: 'word' },
    ],
    [{ kind: 'stop' }, { kind: 'retry', at: NOW + 60_000, ambiguous: false, error: 'word' }],
    [{ kind: 'later' }, { kind: 'retry', at: NOW + 4_000, ambiguous: false, error: 'word' }],
    [{ kind: 'ambiguous' }, { kind: 'retry', at: NOW + 4_000, ambiguous: true, error: 'word' }],
  ])('%j', (retry, settlement) => {
    expect(settleFailure(3, failure(retry), NOW)).toEqual(settlement)
  })

  it('an error that nobody knows is tried five times, one that is known for ever', () => {
    const unknown = failure({ kind: 'later' }, 'rejected')
    expect([4, 5].map((attempts) => settleFailure(attempts, unknown, NOW).kind)).toEqual(['retry', 'park'])
    expect(settleFailure(5_000, failure({ kind: 'later' }), NOW).kind).toBe('retry')
  })
})
