import type { Failure } from '../core/failure.ts'
import type { Claimed, Log, Method, Settlement } from '../core/ports.ts'
import type { Pace } from './pace.ts'

/** When to try again, on the clock that `Pace` runs by. */
export type FailureTimes = {
  /** This effect. */
  readonly retry: number
  /** Its channel; later with each failure in a row. */
  readonly backOff: () => number
}

/** What the outcome of one effect says of others: of its channel, its method, our token. */
export type Standing = {
  worked(): void
  failed(claimed: Claimed, failure: Failure, settlement: Settlement, times: FailureTimes): void
  /** `ok`, or Slack's word for what is wrong with our token. */
  word(): string
}

/** Keeps account of how Slack receives us, and tells the operator when that changes. */
export function createStanding(log: Log, pace: Pace): Standing {
  let word = 'ok'

  function stopped(facts: object, failure: Failure, until: number): void {
    if (word === 'ok')
      log.error(facts, `${failure.message} Nothing is sent to Slack until that is put right.`)
    word = failure.detail ?? failure.code
    pace.holdAll(until)
  }

  return {
    word: () => word,
    worked: () => {
      if (word !== 'ok') log.info({}, 'Slack takes our calls again.')
      word = 'ok'
    },
    failed: (claimed, failure, settlement, { retry, backOff }) => {
      const { lane, work, attempts, id } = claimed
      const facts = { lane, effect: id, attempts, reason: failure.detail ?? failure.code }
      switch (failure.retry.kind) {
        case 'stop':
          return stopped(facts, failure, retry)
        case 'after':
          log.warn(facts, 'Slack asked to slow down.')
          if (work.kind === 'update') pace.holdMethod('update', retry)
          else pace.holdLane(lane, retry)
          return
        case 'later':
        case 'ambiguous':
          if (settlement.kind === 'park') return parked(facts, failure, work.kind)
          log.warn(facts, `${failure.message} It is tried again.`)
          // An answer to one person has an address of its own, and an unknown word is about one message.
          if (work.kind !== 'reply' && failure.code !== 'rejected') pace.holdLane(lane, backOff())
          return
        case 'never':
          return parked(facts, failure, work.kind)
        case 'gone':
          log.info(facts, 'The message was deleted in Slack; a fresh one follows.')
          return
      }
    },
  }

  function parked(facts: object, failure: Failure, method: Method): void {
    const again = method === 'post' || method === 'update' ? ', and tried again when its problem changes' : ''
    log.error(facts, `${failure.message} The message is parked${again}.`)
  }
}
