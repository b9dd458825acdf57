import { commentedThere } from '../core/commented-there.ts'
import type { Order } from '../core/effect.ts'
import { Failure } from '../core/failure.ts'
import { type Progress, type Result, SETTLE_MS } from '../core/hand-over.ts'
import type { MonitorApi, Target, Words } from '../core/monitor-api.ts'
import type { Claimed, Clock, Follow, OrderWork } from '../core/ports.ts'
import { targetOf } from '../core/target.ts'
import type { Carried, Way } from './carry-order.ts'
import { COMMENT_ATTEMPTS_MAX } from './limits.ts'
import { settleOrderFailure } from './retry.ts'

type CommentOrder = Extract<Order, { what: 'comment' }>

/**
 * Adds a comment in the monitor. What may have arrived is looked up where that is possible; where it is not, twice is better
 * than never, and it is sent again a few times.
 */
export async function carryComment(
  claimed: Claimed<OrderWork>,
  order: CommentOrder,
  comment: Words,
  way: Way | null,
  clock: Clock,
): Promise<Carried> {
  const { work, attempts } = claimed
  const { check, view } = work
  const { monitor } = check
  const end = (result: Result, failure: Failure | null = null): Carried => ({
    settlement: { kind: 'done', ts: null },
    follow: followOf(work, order, result),
    failure,
    isMonitors: false,
  })
  const fail = (reason: string, failure: Failure | null = null): Carried =>
    end({ is: 'failed', reason, retrying: false }, failure)
  if (way === null || !way.api.capabilities.comment) return end({ is: 'not_supported' })
  const { api } = way
  const target = targetOf(check, view?.problem ?? null)
  const progress = progressOf(claimed, order)
  let lost = progress.lost ?? 0
  let sending = false
  try {
    if (progress.sentAt !== null && api.findComment !== undefined) {
      if (!(await way.turn())) return goOn(clock.now(), progress)
      const asOf = clock.now()
      const found = await find(api, target, comment.marker)
      // Many that were claimed when a process ended had not been sent: what is not there counts only if an answer was lost.
      if (claimed.ambiguousSince !== null && found === 'unknown') lost++
      if (found === 'there') return end({ is: 'sent' })
      const freshAt = progress.sentAt + SETTLE_MS
      if (found === 'absent' && asOf < freshAt) return goOn(freshAt, progress)
      if (lost >= COMMENT_ATTEMPTS_MAX)
        return fail(
          found === 'absent' ? `${monitor} did not take it.` : `Whether ${monitor} has it is not known.`,
        )
    }
    if (!(await way.turn())) return goOn(clock.now(), progress)
    sending = true
    await api.comment(target, comment)
    return end({ is: 'sent' })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const retryAt = settleOrderFailure(attempts, error, clock.now())
    const isLost = sending && error.retry.kind === 'ambiguous'
    const isLast = isLost && lost + 1 >= COMMENT_ATTEMPTS_MAX && api.findComment === undefined
    if (retryAt === null || isLast) return fail(error.message, error)
    const left = isLost ? { ...progress, sentAt: clock.now(), lost: lost + 1 } : progress
    return goOn(retryAt, left, error, !isLost)
  }
}

/** Where it may not be looked for, it is not known. */
async function find(api: MonitorApi, target: Target, marker: string) {
  try {
    return (await api.findComment?.(target, marker)) ?? 'unknown'
  } catch (error) {
    if (error instanceof Failure && error.retry.kind === 'never') return 'unknown'
    throw error
  }
}

/** How far it got, and whether it may be there. */
function progressOf({ work, ambiguousSince }: Claimed<OrderWork>, { id }: CommentOrder): Progress {
  const known = work.progress ?? { of: id, sentAt: null, certain: false, before: null, reads: 0 }
  // It was on its way when a process ended.
  return ambiguousSince === null ? known : { ...known, sentAt: ambiguousSince }
}

function goOn(at: number, progress: Progress, failure: Failure | null = null, isMonitors = false): Carried {
  const error = failure === null ? null : (failure.detail ?? failure.code)
  return { settlement: { kind: 'go-on', at, progress, error }, follow: null, failure, isMonitors }
}

function followOf({ check, view }: OrderWork, order: CommentOrder, result: Result): Follow {
  return {
    keys: view === null ? { checks: [check] } : { problems: [view.problem.id] },
    decide: (_, now) => commentedThere({ check, problem: view?.problem ?? null }, order, result, now),
  }
}
