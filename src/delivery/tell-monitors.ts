import { PRIORITY } from '../core/effect.ts'
import { Failure } from '../core/failure.ts'
import type { Claimed, Clock, Follow, Lane, Monitors, OrderWork, Settlement } from '../core/ports.ts'
import { type Carried, carryOrder, type Way } from './carry-order.ts'
import {
  MONITOR_FAILURES_IN_A_ROW,
  ORDERS_AT_ONCE,
  RETRY_AFTER_MAX_MS,
  TOLD_AT_ONCE,
  TURN_WAIT_MAX_MS,
} from './limits.ts'
import type { Pace } from './pace.ts'
import { orderBackoffMs } from './retry.ts'
import { type ReadOne, shareReadings } from './share-readings.ts'
import { createTurns, type Turns, type TurnUsed } from './turns.ts'

/*
 * Orders to monitors. Many of one monitor are under way side by side: they look together, and tell it a few at a time. One
 * that cannot be reached is left alone for a while, and so is one that fails at one order after the other; what it refuses
 * is about one check. Then one order alone shows whether it is well again.
 */

export type TellMonitors = {
  /** Carries one order as far as it goes. @returns how to settle it, and what changes with it */
  carry(
    claimed: Claimed<OrderWork>,
  ): Promise<{ readonly settlement: Settlement; readonly follow: Follow | null }>
  /** How many orders of a lane may be under way. */
  atOnce(lane: Lane): number
  /** It answers again: nothing is held against it. */
  forgive(lane: Lane): void
  /** What waits to be told waits for the next start. */
  stop(): void
}

type Options = { readonly monitors: Monitors; readonly pace: Pace; readonly clock: Clock }

/** How it goes with one monitor. */
type Standing = {
  readonly turns: Turns
  readonly read: ReadOne | null
  /** Of the monitor itself, in a row. */
  failures: number
  /** Rows of the orders that it failed at since one went well: one that always fails says nothing of it. */
  readonly ordersFailed: Set<number>
  /** What it failed at last. */
  last: Failure | null
}

export function createTellMonitors(options: Options): TellMonitors {
  return new Teller(options)
}

class Teller implements TellMonitors {
  readonly #options: Options
  readonly #standings = new Map<Lane, Standing>()
  #stopped = false

  constructor(options: Options) {
    this.#options = options
  }

  async carry(claimed: Claimed<OrderWork>) {
    const { lane, work } = claimed
    const { monitors, clock } = this.#options
    const api = monitors.api(work.check.monitor)
    const standing = this.#standingOf(lane, work.check.monitor)
    const { turns, read: shared } = standing
    let hasTurn = false
    let used: TurnUsed = 'not'
    /** It answered something. */
    let wasAsked = false
    const turn = async (): Promise<boolean> => {
      const since = clock.monotonic()
      if (!hasTurn) await turns.take(claimed.priority === PRIORITY.person)
      hasTurn = true
      if (this.#stopped || clock.monotonic() - since > TURN_WAIT_MAX_MS) return false
      if (standing.last !== null && this.#isHeld(lane)) throw unsent(standing.last)
      used = 'ill'
      wasAsked = true
      return true
    }
    try {
      const way: Way | null =
        api === null || shared === null ? null : { api, read: noting(shared, () => (wasAsked = true)), turn }
      const carried = await carryOrder(claimed, way, clock)
      const { failure } = carried
      if (used !== 'not' && (failure === null || isRefusal(failure))) used = 'well'
      // What fails because others failed a moment ago is no further failure.
      if (failure === null ? wasAsked : !this.#isHeld(lane)) this.#note(claimed, standing, carried)
      return carried
    } finally {
      // Who comes next has to know how this one went.
      if (hasTurn) turns.give(used)
    }
  }

  atOnce(lane: Lane): number {
    const standing = this.#standings.get(lane)
    return standing === undefined || standing.failures === 0 ? ORDERS_AT_ONCE : 1
  }

  forgive(lane: Lane): void {
    const standing = this.#standings.get(lane)
    if (standing === undefined) return
    standing.failures = 0
    standing.ordersFailed.clear()
  }

  stop(): void {
    this.#stopped = true
  }

  #standingOf(lane: Lane, name: string): Standing {
    let standing = this.#standings.get(lane)
    if (standing === undefined) {
      const api = this.#options.monitors.api(name)
      const read = api === null ? null : shareReadings(api)
      standing = { turns: createTurns(TOLD_AT_ONCE), read, failures: 0, ordersFailed: new Set(), last: null }
      this.#standings.set(lane, standing)
    }
    return standing
  }

  #isHeld(lane: Lane): boolean {
    const now = this.#options.clock.monotonic()
    return this.#options.pace.ready(lane, now) > now
  }

  #note({ lane, row, work }: Claimed<OrderWork>, standing: Standing, { failure, isMonitors }: Carried): void {
    const { monitors, pace } = this.#options
    // What it refuses, it has answered.
    if (failure === null || isRefusal(failure)) {
      standing.failures = 0
      standing.ordersFailed.clear()
    } else if (standing.ordersFailed.size < MONITOR_FAILURES_IN_A_ROW) standing.ordersFailed.add(row)
    const isOpen = standing.ordersFailed.size >= MONITOR_FAILURES_IN_A_ROW
    if (failure !== null && (isMonitors || isOpen)) {
      standing.last = failure
      pace.holdLane(lane, this.#holdUntil(failure, standing))
    }
    if (standing.read !== null && (failure === null || isMonitors))
      monitors.heard(work.check.monitor, failure)
  }

  #holdUntil({ retry }: Failure, standing: Standing): number {
    const backOff = orderBackoffMs(++standing.failures)
    return (
      this.#options.clock.monotonic() +
      (retry.kind === 'after' ? Math.min(retry.ms, RETRY_AFTER_MAX_MS) : backOff)
    )
  }
}

/** @returns the same way to read, which says when something was read */
function noting(read: ReadOne, onRead: () => void): ReadOne {
  return async (target) => {
    const reading = await read(target)
    onRead()
    return reading
  }
}

/** It answers, and takes this one not. */
function isRefusal({ retry, code }: Failure): boolean {
  return retry.kind === 'never' || code === 'not_found'
}

function unsent({ code, message, detail }: Failure): Failure {
  return new Failure(code, { kind: 'later' }, message, detail === null ? {} : { detail })
}
