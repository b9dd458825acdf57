import { Failure } from '../core/failure.ts'
import {
  type Chat,
  type Claimed,
  type Clock,
  type Follow,
  isLaneOfMonitor,
  type Lane,
  type Log,
  type MessageWork,
  type Meter,
  type Method,
  type Monitors,
  methodOf,
  type OrdersWanted,
  type Outbox,
  REPLY_LANE,
  type Settlement,
} from '../core/ports.ts'
import { deliver } from './deliver.ts'
import {
  LANES_AT_ONCE,
  LEASE_MS,
  MONITORS_AT_ONCE,
  RECHECK_MS,
  SETTLE_RETRY_MAX_MS,
  URGENT_AT_ONCE,
} from './limits.ts'
import { createPace, type Pace } from './pace.ts'
import { createProbes, type Probes } from './probes.ts'
import { backoffMs, refugeOf, settleFailure } from './retry.ts'
import { createStanding, type Standing } from './standing.ts'
import { createTellMonitors, type TellMonitors } from './tell-monitors.ts'
import { deliveryTrouble } from './trouble.ts'
import { watchOutside } from './watch-outside.ts'

/*
 * The worker serves lanes side by side: claim, send, settle. In a lane of Slack one effect is under way at a time, in one of
 * a monitor as many orders as `tell-monitors` says. A lane that has nothing due, or may not send yet, sleeps until a timer
 * or a commit wakes it. Waiting is measured on a clock that is never set; only what is stored names a time of day.
 */

export type WorkerOptions = {
  readonly outbox: Outbox
  readonly chat: Chat
  readonly monitors: Monitors
  readonly clock: Clock
  /** Real time, in which other processes live. */
  readonly system: Clock
  readonly log: Log
  readonly meter: Meter
  /** Where cards go whose own channel takes nothing; null where there is none. */
  readonly defaultChannel: string | null
}

/** What can be waiting in a channel's lane. */
const MESSAGE_METHODS: readonly Method[] = ['post', 'update', 'thread']

/** A monitor takes orders at any time; how many, it shows itself. */
const FREE: ReturnType<Pace['exhausted']> = { methods: [], until: Number.POSITIVE_INFINITY }

/** How to settle an attempt, and what changes with it. */
type Tried = { readonly settlement: Settlement; readonly follow: Follow | null }

type LaneState = {
  running: boolean
  /** Effects that were claimed and are not settled. */
  underWay: number
  /** Woken while it ran: something was added or settled that its last look may have missed. */
  asked: boolean
  /** Woken for what was added, and has not looked for it. */
  added: boolean
  /** Goes on where it waits for that. */
  goOn: (() => void) | null
  /** Cancels the timer it sleeps on. */
  cancel: (() => void) | null
  /** Of the channel or the store, in a row. */
  failures: number
  /** Thrown by something that was under way. */
  fault: { readonly error: unknown } | null
}

/** How many lanes are served at once, of Slack's and of the monitors' each; neither waits for the other. */
type Budget = { running: number; readonly queued: Lane[]; readonly max: number }

export class Worker {
  readonly #options: WorkerOptions
  readonly #pace: Pace = createPace()
  readonly #standing: Standing
  readonly #tell: TellMonitors
  readonly #probes: Probes
  readonly #lanes = new Map<Lane, LaneState>()
  readonly #slack: Budget = { running: 0, queued: [], max: LANES_AT_ONCE }
  readonly #monitors: Budget = { running: 0, queued: [], max: MONITORS_AT_ONCE }
  readonly #drained: (() => void)[] = []
  /** Cancels the timers of what could not be written down. */
  readonly #unsettled = new Set<() => void>()
  #stopped = true
  #unwatch: () => void = () => undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#standing = createStanding(options.log, this.#pace)
    this.#tell = createTellMonitors({ ...options, pace: this.#pace })
    this.#probes = createProbes(options, (lane) => this.#wake(lane))
  }

  start(): void {
    this.#stopped = false
    const { outbox } = this.#options
    outbox.onWork((rung) => {
      for (const lane of rung) this.#wake(lane)
    })
    this.#look()
    this.#unwatch = watchOutside(outbox, this.#options.system, () => this.#look())
  }

  /** Looks for work anew, at a start and when another process has written. */
  #look(): void {
    if (this.#stopped) return
    for (const { lane } of this.#options.outbox.lanes()) this.#wake(lane)
    this.#probes.look()
  }

  /** Resolves when no effect is under way and nothing is due that may go out now. */
  async drain(): Promise<void> {
    await this.#probes.settled()
    if (this.#isIdle()) return
    await new Promise<void>((resolve) => this.#drained.push(resolve))
  }

  /** Lets what is under way end; claims nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#tell.stop()
    for (const state of this.#lanes.values()) {
      state.cancel?.()
      this.#stir(state)
    }
    for (const budget of [this.#slack, this.#monitors]) budget.queued.length = 0
    for (const cancel of this.#unsettled) cancel()
    this.#probes.stop()
    this.#unwatch()
    await this.drain()
  }

  /** What Slack last said of our standing: `ok`, or a word for what is wrong. */
  standing(): string {
    return this.#standing.word()
  }

  /** Channels that take nothing from us, with Slack's word for why. */
  refusedChannels(): ReadonlyMap<Lane, string> {
    return this.#standing.refused()
  }

  /** What people should know of what could not be delivered, in sentences. */
  trouble(): readonly string[] {
    return deliveryTrouble(this.#options.outbox, this.#standing.refused())
  }

  /** A monitor answers again: what waits for it goes out at once. */
  async release(lane: Lane): Promise<void> {
    this.#pace.releaseLane(lane)
    this.#tell.forgive(lane)
    await this.#options.outbox.hurry(lane)
    this.#wake(lane)
  }

  #budgetOf(lane: Lane): Budget {
    return isLaneOfMonitor(lane) ? this.#monitors : this.#slack
  }

  #isIdle(): boolean {
    return [this.#slack, this.#monitors].every(({ running, queued }) => running === 0 && queued.length === 0)
  }

  #laneOf(lane: Lane): LaneState {
    let state = this.#lanes.get(lane)
    if (state === undefined) {
      state = {
        running: false,
        underWay: 0,
        asked: false,
        added: false,
        goOn: null,
        cancel: null,
        failures: 0,
        fault: null,
      }
      this.#lanes.set(lane, state)
    }
    return state
  }

  #wake(lane: Lane): void {
    if (this.#stopped) return
    const state = this.#laneOf(lane)
    state.added = true
    if (state.running) return this.#stir(state)
    state.cancel?.()
    state.cancel = null
    state.running = true
    const budget = this.#budgetOf(lane)
    if (budget.running >= budget.max) budget.queued.push(lane)
    else this.#begin(lane, state)
  }

  #begin(lane: Lane, state: LaneState): void {
    this.#budgetOf(lane).running++
    this.#serve(lane, state)
      .catch((error: unknown) => {
        const { log, clock } = this.#options
        // That the store cannot be written is told by the store.
        if (error instanceof Failure)
          log.warn({ lane, reason: error.detail }, 'The outbox cannot be written. Delivery is tried again.')
        else log.error({ err: error, lane }, 'Delivery failed unexpectedly. It is tried again.')
        this.#sleep(lane, state, clock.monotonic() + backoffMs(++state.failures))
      })
      .finally(() => this.#end(lane, state))
  }

  #end(lane: Lane, state: LaneState): void {
    const budget = this.#budgetOf(lane)
    budget.running--
    state.running = false
    const again = state.asked
    state.asked = false
    if (again) this.#wake(lane)
    const next = budget.running < budget.max ? budget.queued.shift() : undefined
    if (next !== undefined) this.#begin(next, this.#laneOf(next))
    if (this.#isIdle()) for (const resolve of this.#drained.splice(0)) resolve()
  }

  #stir(state: LaneState): void {
    state.asked = true
    state.goOn?.()
    state.goOn = null
  }

  /** Until it is woken, or something that is under way has ended. */
  async #wait(state: LaneState): Promise<void> {
    if (!state.asked) await new Promise<void>((resolve) => (state.goOn = resolve))
  }

  async #serve(lane: Lane, state: LaneState): Promise<void> {
    try {
      while (!this.#stopped) {
        if (state.fault !== null) throw state.fault.error
        const wanted = this.#wanted(lane, state)
        state.asked = false
        if (wanted !== null) state.added = false
        const claimed = wanted === null ? [] : await this.#claim(lane, state, wanted)
        for (const one of claimed) this.#set(one, state)
        if (claimed.length > 0) continue
        if (state.underWay === 0) return
        await this.#wait(state)
      }
    } finally {
      for (; state.underWay > 0; state.asked = false) await this.#wait(state)
      state.fault = null
    }
  }

  /** @returns null while there are enough under way */
  #wanted(lane: Lane, { underWay, added }: LaneState): OrdersWanted | null {
    const most = isLaneOfMonitor(lane) ? this.#tell.atOnce(lane) : 1
    const free = most - underWay
    if (most === 1) return free > 0 ? { most: 1, of: 'least-tried' } : null
    // By halves, because those that begin together look together.
    if (free * 2 >= most) return { most: free, of: 'all' }
    const left = Math.min(free + URGENT_AT_ONCE, URGENT_AT_ONCE)
    return added && left > 0 ? { most: left, of: 'urgent' } : null
  }

  /** @returns what may go out now; where that is nothing, the lane has been put to sleep */
  async #claim(lane: Lane, state: LaneState, wanted: OrdersWanted): Promise<readonly Claimed[]> {
    const { outbox, clock } = this.#options
    const now = clock.monotonic()
    const ready = this.#pace.ready(lane, now)
    if (ready > now) return this.#sleep(lane, state, ready)
    const isMonitors = isLaneOfMonitor(lane)
    const { methods, until } = isMonitors ? FREE : this.#pace.exhausted(lane, now)
    // A busy monitor wakes a lane far more often than Slack lets it speak; then the store is not even asked.
    if (MESSAGE_METHODS.every((method) => methods.includes(method)) && lane !== REPLY_LANE)
      return this.#sleep(lane, state, until)
    // What becomes due while it is asked must not be missed by both questions.
    const asked = clock.now()
    const claimed = isMonitors
      ? await outbox.claimOrders(lane, LEASE_MS, wanted)
      : await outbox.claim(lane, methods, LEASE_MS).then((one) => (one === null ? [] : [one]))
    if (isMonitors) state.failures = 0
    if (claimed.length > 0) return claimed
    const wait = (outbox.nextDue(lane, asked) ?? Number.POSITIVE_INFINITY) - asked
    const next = Math.min(now + Math.min(wait, RECHECK_MS), until)
    return Number.isFinite(wait) || Number.isFinite(until) ? this.#sleep(lane, state, next) : []
  }

  /** Sets one going. */
  #set(claimed: Claimed, state: LaneState): void {
    state.underWay++
    void this.#send(claimed, state)
      .catch((error: unknown) => {
        state.fault = { error }
      })
      .finally(() => {
        state.underWay--
        this.#stir(state)
      })
  }

  async #send(claimed: Claimed, state: LaneState): Promise<void> {
    const { clock, meter } = this.#options
    const method = methodOf(claimed.work)
    this.#pace.spend(claimed.lane, method, clock.monotonic())
    const { settlement, follow } = await this.#try(claimed, state)
    meter.count('ackbridge_deliveries_total', { method, result: settlement.kind })
    if (settlement.kind === 'done') {
      meter.observe('ackbridge_delivery_seconds', Math.max(0, clock.now() - claimed.created) / 1000, {
        method,
      })
    }
    await this.#settle(claimed, settlement, follow)
  }

  /**
   * Until it is written nobody may take the effect up again. When it cannot be, it is tried beside the lane, which goes on;
   * what is still unwritten at the end is in doubt at the next start.
   */
  async #settle(claimed: Claimed, settlement: Settlement, follow: Follow | null, attempt = 1): Promise<void> {
    try {
      await this.#options.outbox.settle(claimed, settlement, follow ?? undefined)
      this.#probes.settledOne(claimed.lane, settlement)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (this.#stopped) return
      const cancel = this.#options.clock.timer(Math.min(backoffMs(attempt), SETTLE_RETRY_MAX_MS), () => {
        this.#unsettled.delete(cancel)
        void this.#settle(claimed, settlement, follow, attempt + 1).then(() => this.#wake(claimed.lane))
      })
      this.#unsettled.add(cancel)
    }
  }

  async #try(claimed: Claimed, state: LaneState): Promise<Tried> {
    try {
      const { work } = claimed
      return work.kind === 'order'
        ? await this.#tell.carry({ ...claimed, work })
        : { settlement: await this.#deliver({ ...claimed, work }, state), follow: null }
    } catch (error) {
      this.#options.log.error(
        { err: error, effect: claimed.id },
        'An effect could not be carried out. This is a fault in ackbridge.',
      )
      return { settlement: { kind: 'park', error: 'internal' }, follow: null }
    }
  }

  async #deliver(claimed: Claimed<MessageWork>, state: LaneState): Promise<Settlement> {
    const { chat, clock, defaultChannel } = this.#options
    try {
      const settlement = await deliver(claimed, chat, this.#pace, clock)
      state.failures = 0
      if (this.#standing.worked(claimed, settlement)) this.#probes.resume(claimed.lane)
      return settlement
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const settlement = settleFailure(
        claimed.attempts,
        error,
        clock.now(),
        refugeOf(claimed.work, defaultChannel),
      )
      const retry = clock.monotonic() + (settlement.kind === 'retry' ? settlement.at - clock.now() : 0)
      const backOff = (): number => clock.monotonic() + backoffMs(++state.failures)
      this.#standing.failed(claimed, error, settlement, { retry, backOff })
      return settlement
    }
  }

  /** @returns nothing that could go out meanwhile */
  #sleep(lane: Lane, state: LaneState, until: number): readonly [] {
    if (this.#stopped) return []
    const { clock } = this.#options
    state.cancel?.()
    state.cancel = clock.timer(Math.max(1, until - clock.monotonic()), () => {
      state.cancel = null
      this.#wake(lane)
    })
    return []
  }
}
