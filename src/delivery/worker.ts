import { Failure } from '../core/failure.ts'
import type { Chat, Claimed, Clock, Lane, Log, Meter, Outbox, Settlement } from '../core/ports.ts'
import { deliver } from './deliver.ts'
import { LANES_AT_ONCE, LEASE_MS } from './limits.ts'
import { createPace } from './pace.ts'
import { backoffMs, settleFailure } from './retry.ts'

/*
 * The worker serves lanes side by side and each lane one effect at a time: claim, send, settle. A lane that has nothing
 * due, or may not send yet, sleeps until a timer or a commit wakes it.
 */

export type Worker = {
  start(): void
  /** Resolves when no effect is under way and nothing is due that may go out now. */
  drain(): Promise<void>
  /** Lets what is under way end; claims nothing more. */
  stop(): Promise<void>
  /** What Slack last said of our standing: `ok`, or a word for what is wrong. */
  standing(): string
}

export type WorkerOptions = {
  readonly outbox: Outbox
  readonly chat: Chat
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
}

type LaneState = { running: boolean; asked: boolean; cancel: (() => void) | null; failures: number }

export function createWorker({ outbox, chat, clock, log, meter }: WorkerOptions): Worker {
  const pace = createPace()
  const lanes = new Map<Lane, LaneState>()
  const waiting: Lane[] = []
  const drained: (() => void)[] = []
  let running = 0
  let stopped = true
  let standing = 'ok'

  function laneOf(lane: Lane): LaneState {
    let state = lanes.get(lane)
    if (state === undefined) {
      state = { running: false, asked: false, cancel: null, failures: 0 }
      lanes.set(lane, state)
    }
    return state
  }

  function wake(lane: Lane): void {
    if (stopped) return
    const state = laneOf(lane)
    if (state.running) {
      state.asked = true
      return
    }
    state.cancel?.()
    state.cancel = null
    state.running = true
    if (running >= LANES_AT_ONCE) {
      waiting.push(lane)
      return
    }
    begin(lane, state)
  }

  function begin(lane: Lane, state: LaneState): void {
    running++
    serve(lane, state)
      .catch((error: unknown) => {
        log.error({ err: error, lane }, 'Delivery failed unexpectedly. It is tried again.')
        sleep(lane, state, clock.now() + backoffMs(++state.failures))
      })
      .finally(() => {
        running--
        state.running = false
        const again = state.asked
        state.asked = false
        if (again) wake(lane)
        const next = running < LANES_AT_ONCE ? waiting.shift() : undefined
        if (next !== undefined) begin(next, laneOf(next))
        if (running === 0 && waiting.length === 0) for (const resolve of drained.splice(0)) resolve()
      })
  }

  async function serve(lane: Lane, state: LaneState): Promise<void> {
    while (!stopped) {
      const now = clock.now()
      const ready = pace.ready(lane, now)
      if (ready > now) return sleep(lane, state, ready)
      const { methods, until } = pace.exhausted(lane, now)
      const claimed = await outbox.claim(lane, methods, LEASE_MS)
      if (claimed === null) {
        state.asked = false
        const next = Math.min(outbox.nextDue(lane, now) ?? Number.POSITIVE_INFINITY, until)
        if (Number.isFinite(next)) sleep(lane, state, next)
        return
      }
      await send(claimed, state)
    }
  }

  async function send(claimed: Claimed, state: LaneState): Promise<void> {
    const method = claimed.work.kind
    pace.spend(claimed.lane, method, clock.now())
    let settlement: Settlement
    try {
      settlement = await deliver(claimed, chat, pace, clock)
      state.failures = 0
      if (standing !== 'ok') log.info({}, 'Slack takes our calls again.')
      standing = 'ok'
    } catch (error) {
      const failure = error instanceof Failure ? error : null
      if (failure === null)
        log.error(
          { err: error, effect: claimed.id },
          'An effect could not be carried out. This is a fault in ackbridge.',
        )
      settlement = settleFailure(claimed.attempts, failure ?? bug(error), clock.now())
      if (failure !== null) hold(claimed, failure, settlement, state)
    }
    meter.count('ackbridge_deliveries_total', { method, result: settlement.kind })
    if (settlement.kind === 'done') {
      meter.observe('ackbridge_delivery_seconds', Math.max(0, clock.now() - claimed.created) / 1000, {
        method,
      })
    }
    await outbox.settle(claimed, settlement)
  }

  /** A failure says something of the channel, the method or the token, not only of this effect. */
  function hold(claimed: Claimed, failure: Failure, settlement: Settlement, state: LaneState): void {
    const { lane } = claimed
    const facts = {
      lane,
      effect: claimed.id,
      attempts: claimed.attempts,
      reason: failure.detail ?? failure.code,
    }
    switch (failure.retry.kind) {
      case 'stop':
        if (standing === 'ok')
          log.error(facts, `${failure.message} Nothing is sent to Slack until that is put right.`)
        standing = failure.detail ?? failure.code
        if (settlement.kind === 'retry') pace.holdAll(settlement.at)
        return
      case 'after':
        log.warn(facts, 'Slack asked to slow down.')
        if (settlement.kind !== 'retry') return
        if (claimed.work.kind === 'update') pace.holdMethod('update', settlement.at)
        else pace.holdLane(lane, settlement.at)
        return
      case 'never':
        log.error(facts, `${failure.message} The message is parked; \`ackbridge outbox list\` shows it.`)
        return
      case 'later':
      case 'ambiguous':
        log.warn(facts, `${failure.message} It is tried again.`)
        // An answer to one person has an address of its own; its failure says nothing of the others.
        if (claimed.work.kind !== 'reply' && failure.code !== 'rejected')
          pace.holdLane(lane, clock.now() + backoffMs(++state.failures))
        return
      case 'gone':
        log.info(facts, 'The message was deleted in Slack; a fresh one follows.')
        return
    }
  }

  function sleep(lane: Lane, state: LaneState, until: number): void {
    if (stopped) return
    state.cancel?.()
    state.cancel = clock.timer(Math.max(1, until - clock.now()), () => {
      state.cancel = null
      wake(lane)
    })
  }

  return {
    start: () => {
      stopped = false
      outbox.onWork((rung) => {
        for (const lane of rung) wake(lane)
      })
      for (const { lane } of outbox.lanes()) wake(lane)
    },
    drain: () =>
      running === 0 && waiting.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => drained.push(resolve)),
    stop: async () => {
      stopped = true
      for (const state of lanes.values()) state.cancel?.()
      waiting.length = 0
      if (running > 0) await new Promise<void>((resolve) => drained.push(resolve))
    },
    standing: () => standing,
  }
}

function bug(error: unknown): Failure {
  return new Failure('internal', { kind: 'never' }, 'An effect could not be carried out.', {
    detail: 'internal',
    cause: error,
  })
}
