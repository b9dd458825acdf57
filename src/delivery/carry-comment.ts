import { commentedThere } from '../core/commented-there.ts'
import type { Order } from '../core/effect.ts'
import { Failure } from '../core/failure.ts'
import type { Progress, Result } from '../core/hand-over.ts'
import type { Words } from '../core/monitor-api.ts'
import type { Claimed, Clock, Follow, OrderWork } from '../core/ports.ts'
import { targetOf } from '../core/target.ts'
import type { Carried, Way } from './carry-order.ts'
import { COMMENT_ATTEMPTS_MAX } from './limits.ts'
import { settleOrderFailure } from './retry.ts'

type CommentOrder = Extract<Order, { what: 'comment' }>

/**
 * Adds a comment in the monitor. It cannot be looked up everywhere, and twice is better than never, so what may have been
 * lost is sent again a few times.
 */
export async function carryComment(
  { work, attempts }: Claimed<OrderWork>,
  order: CommentOrder,
  comment: Words,
  way: Way | null,
  clock: Clock,
): Promise<Carried> {
  const { check, view } = work
  const end = (result: Result, failure: Failure | null = null): Carried => ({
    settlement: { kind: 'done', ts: null },
    follow: followOf(work, order, result),
    failure,
    isMonitors: false,
  })
  if (way === null || !way.api.capabilities.comment) return end({ is: 'not_supported' })
  const progress: Progress = { of: order.id, sentAt: null, certain: false, before: null, reads: 0 }
  try {
    if (!(await way.turn()))
      return {
        settlement: { kind: 'go-on', at: clock.now(), progress, error: null },
        follow: null,
        failure: null,
        isMonitors: false,
      }
    await way.api.comment(targetOf(check, view?.problem ?? null), comment)
    return end({ is: 'sent' })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const retryAt = settleOrderFailure(attempts, error, clock.now())
    const isUnsure = error.retry.kind === 'ambiguous'
    if (retryAt === null || (isUnsure && attempts >= COMMENT_ATTEMPTS_MAX))
      return end({ is: 'failed', reason: error.message, retrying: false }, error)
    return {
      settlement: { kind: 'go-on', at: retryAt, progress, error: error.detail ?? error.code },
      follow: null,
      failure: error,
      isMonitors: !isUnsure,
    }
  }
}

function followOf({ check, view }: OrderWork, order: CommentOrder, result: Result): Follow {
  return {
    keys: view === null ? { checks: [check] } : { problems: [view.problem.id] },
    decide: (_, now) => commentedThere({ check, problem: view?.problem ?? null }, order, result, now),
  }
}
