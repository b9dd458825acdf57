import { Failure } from '../core/failure.ts'
import {
  type Chat,
  type Claimed,
  type Clock,
  type Lane,
  type Log,
  type Meter,
  type Method,
  type Outbox,
  REPLY_LANE,
  type Settlement,
} from '../core/ports.ts'
import { deliver } from './deliver.ts'
import { LANES_AT_ONCE, LEASE_MS, RECHECK_MS } from './limits.ts'
import { createPace, type Pace } from './pace.ts'
import { backoffMs, settleFailure } from './retry.ts'
import { createStanding, type Standing } from './standing.ts'

/*
 * The worker serves lanes side by side and each lane one effect at a time: claim, send, settle. A lane that has nothing
 * due, or may not send yet, sleeps until a timer or a commit wakes it. Waiting is measured on a clock that is never set;
 * only what is stored names a time of day.
 */

export type WorkerOptions = {
  readonly outbox: Outbox
  readonly chat: Chat
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
}

/** What can be waiting in a channel's lane. */
const MESSAGE_METHODS: readonly Method[] = ['post', 'update', 'thread']

type LaneState = {
  running: boolean
  /** Woken while it ran: something was added that its last look may have missed. */
  asked: boolean
  /** Cancels the timer it sleeps on. */
  cancel: (() => void) | null
  failures: number
}

export class Worker {
  readonly #options: WorkerOptions
  readonly #pace: Pace = createPace()
  readonly #standing: Standing
  readonly #lanes = new Map<Lane, LaneState>()
  readonly #queued: Lane[] = []
  readonly #drained: (() => void)[] = []
  #running = 0
  #stopped = true

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#standing = createStanding(options.log, this.#pace)
  }

  start(): void {
    this.#stopped = false
    const { outbox } = this.#options
    outbox.onWork((rung) => {
      for (const lane of rung) this.#wake(lane)
    })
    for (const { lane } of outbox.lanes()) this.#wake(lane)
  }

  /** Resolves when no effect is under way and nothing is due that may go out now. */
  drain(): Promise<void> {
    if (this.#running === 0 && this.#queued.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** Lets what is under way end; claims nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const state of this.#lanes.values()) state.cancel?.()
    this.#queued.length = 0
    await this.drain()
  }

  /** What Slack last said of our standing: `ok`, or a word for what is wrong. */
  standing(): string {
    return this.#standing.word()
  }

  #laneOf(lane: Lane): LaneState {
    let state = this.#lanes.get(lane)
    if (state === undefined) {
      state = { running: false, asked: false, cancel: null, failures: 0 }
      this.#lanes.set(lane, state)
    }
    return state
  }

  #wake(lane: Lane): void {
    if (this.#stopped) return
    const state = this.#laneOf(lane)
    if (state.running) {
      state.asked = true
      return
    }
    state.cancel?.()
    state.cancel = null
    state.running = true
    if (this.#running >= LANES_AT_ONCE) this.#queued.push(lane)
    else this.#begin(lane, state)
  }

  #begin(lane: Lane, state: LaneState): void {
    this.#running++
    this.#serve(lane, state)
      .catch((error: unknown) => {
        const { log, clock } = this.#options
        log.error({ err: error, lane }, 'Delivery failed unexpectedly. It is tried again.')
        this.#sleep(lane, state, clock.monotonic() + backoffMs(++state.failures))
      })
      .finally(() => this.#end(lane, state))
  }

  #end(lane: Lane, state: LaneState): void {
    this.#running--
    state.running = false
    const again = state.asked
    state.asked = false
    if (again) this.#wake(lane)
    const next = this.#running < LANES_AT_ONCE ? this.#queued.shift() : undefined
    if (next !== undefined) this.#begin(next, this.#laneOf(next))
    if (this.#running === 0 && this.#queued.length === 0)
      for (const resolve of this.#drained.splice(0)) resolve()
  }

  async #serve(lane: Lane, state: LaneState): Promise<void> {
    const { outbox, clock } = this.#options
    while (!this.#stopped) {
      const now = clock.monotonic()
      const ready = this.#pace.ready(lane, now)
      if (ready > now) return this.#sleep(lane, state, ready)
      const { methods, until } = this.#pace.exhausted(lane, now)
      // A busy monitor wakes a lane far more often than Slack lets it speak; then the store is not even asked.
      if (MESSAGE_METHODS.every((method) => methods.includes(method)) && lane !== REPLY_LANE) {
        state.asked = false
        return this.#sleep(lane, state, until)
      }
      state.asked = false
      const claimed = await outbox.claim(lane, methods, LEASE_MS)
      if (claimed === null) {
        const wait = (outbox.nextDue(lane, clock.now()) ?? Number.POSITIVE_INFINITY) - clock.now()
        const next = Math.min(now + Math.min(wait, RECHECK_MS), until)
        if (Number.isFinite(wait) || Number.isFinite(until)) this.#sleep(lane, state, next)
        return
      }
      await this.#send(claimed, state)
    }
  }

  async #send(claimed: Claimed, state: LaneState): Promise<void> {
    const { outbox, clock, meter } = this.#options
    const method = claimed.work.kind
    this.#pace.spend(claimed.lane, method, clock.monotonic())
    const settlement = await this.#try(claimed, state)
    meter.count('ackbridge_deliveries_total', { method, result: settlement.kind })
    if (settlement.kind === 'done') {
      meter.observe('ackbridge_delivery_seconds', Math.max(0, clock.now() - claimed.created) / 1000, {
        method,
      })
    }
    await outbox.settle(claimed, settlement)
  }

  async #try(claimed: Claimed, state: LaneState): Promise<Settlement> {
    const { chat, clock, log } = this.#options
    try {
      const settlement = await deliver(claimed, chat, this.#pace, clock)
      state.failures = 0
      this.#standing.worked()
      return settlement
    } catch (error) {
      if (error instanceof Failure) {
        const settlement = settleFailure(claimed.attempts, error, clock.now())
        const retry = clock.monotonic() + (settlement.kind === 'retry' ? settlement.at - clock.now() : 0)
        const backOff = (): number => clock.monotonic() + backoffMs(++state.failures)
        this.#standing.failed(claimed, error, settlement, { retry, backOff })
        return settlement
      }
      log.error(
        { err: error, effect: claimed.id },
        'An effect could not be carried out. This is a fault in ackbridge.',
      )
      return { kind: 'park', error: 'internal' }
    }
  }

  #sleep(lane: Lane, state: LaneState, until: number): void {
    if (this.#stopped) return
    const { clock } = this.#options
    state.cancel?.()
    state.cancel = clock.timer(Math.max(1, until - clock.monotonic()), () => {
      state.cancel = null
      this.#wake(lane)
    })
  }
}
