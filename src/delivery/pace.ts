import { isLaneOfMonitor, type Method } from '../core/ports.ts'
import { CHANNEL_BURST, CHANNEL_EVERY_MS, RING_EVERY_MS, UPDATE_BURST, UPDATES_PER_MINUTE } from './limits.ts'

type Bucket = { tokens: number; filled: number }

/** Says when what may be sent. All times in ms on a clock that is never set back. */
export type Pace = {
  /** @returns when the lane may send anything at all; `now` or earlier means at once */
  ready(lane: string, now: number): number
  /** @returns methods that have no budget left in this lane, and when the first of them has again */
  exhausted(lane: string, now: number): { methods: readonly Method[]; until: number }
  /** Counts one call. */
  spend(lane: string, method: Method, now: number): void
  /** Slack asked to wait. */
  holdLane(lane: string, until: number): void
  /** Whoever asked to wait is well again. */
  releaseLane(lane: string): void
  holdMethod(method: Method, until: number): void
  /** Nothing at all goes to Slack before that time. */
  holdAll(until: number): void
  /** @returns true when the channel may ring */
  mayRing(lane: string, now: number): boolean
  /** It rang. */
  rang(lane: string, now: number): void
}

/** Methods that put a new message into a channel; edits have a rate of their own, so that a click shows at once. */
const MESSAGES: readonly Method[] = ['post', 'thread']

/** Token buckets: one a channel for messages, one for all edits. */
export function createPace(): Pace {
  const channels = new Map<string, Bucket>()
  const edits: Bucket = { tokens: UPDATE_BURST, filled: 0 }
  const laneHolds = new Map<string, number>()
  const methodHolds = new Map<Method, number>()
  const rings = new Map<string, number>()
  let everything = 0
  const editEveryMs = 60_000 / UPDATES_PER_MINUTE

  function bucketOf(lane: string): Bucket {
    let bucket = channels.get(lane)
    if (bucket === undefined) {
      bucket = { tokens: CHANNEL_BURST, filled: 0 }
      channels.set(lane, bucket)
    }
    return bucket
  }

  return {
    ready: (lane, now) => Math.max(now, isLaneOfMonitor(lane) ? 0 : everything, laneHolds.get(lane) ?? 0),
    exhausted: (lane, now) => {
      const untils = new Map<Method, number>()
      const empty = (method: Method, until: number): void => {
        if (until > now) untils.set(method, Math.max(until, untils.get(method) ?? 0))
      }
      for (const [method, until] of methodHolds) empty(method, until)
      fill(edits, UPDATE_BURST, editEveryMs, now)
      if (edits.tokens < 1) empty('update', edits.filled + editEveryMs)
      const bucket = bucketOf(lane)
      fill(bucket, CHANNEL_BURST, CHANNEL_EVERY_MS, now)
      if (bucket.tokens < 1) for (const method of MESSAGES) empty(method, bucket.filled + CHANNEL_EVERY_MS)
      return { methods: [...untils.keys()], until: Math.min(...untils.values()) }
    },
    spend: (lane, method, now) => {
      if (method === 'update') {
        fill(edits, UPDATE_BURST, editEveryMs, now)
        edits.tokens -= 1
      } else if (MESSAGES.includes(method)) {
        const bucket = bucketOf(lane)
        fill(bucket, CHANNEL_BURST, CHANNEL_EVERY_MS, now)
        bucket.tokens -= 1
      }
    },
    holdLane: (lane, until) => {
      laneHolds.set(lane, Math.max(laneHolds.get(lane) ?? 0, until))
    },
    releaseLane: (lane) => {
      laneHolds.delete(lane)
    },
    holdMethod: (method, until) => {
      methodHolds.set(method, Math.max(methodHolds.get(method) ?? 0, until))
    },
    holdAll: (until) => {
      everything = Math.max(everything, until)
    },
    mayRing: (lane, now) => now - (rings.get(lane) ?? Number.NEGATIVE_INFINITY) >= RING_EVERY_MS,
    rang: (lane, now) => {
      rings.set(lane, now)
    },
  }
}

function fill(bucket: Bucket, burst: number, everyMs: number, now: number): void {
  const gained = Math.floor((now - bucket.filled) / everyMs)
  if (bucket.tokens + gained >= burst) {
    bucket.tokens = burst
    bucket.filled = now
  } else if (gained > 0) {
    bucket.tokens += gained
    bucket.filled += gained * everyMs
  }
}
