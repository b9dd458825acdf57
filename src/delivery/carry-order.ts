import { type Acknowledgement, type Actor, COMMENT_MAX_CHARS } from '../core/acknowledgement.ts'
import { type Changes, NO_CHANGES } from '../core/changes.ts'
import type { ScheduledDowntime } from '../core/downtime.ts'
import { Failure } from '../core/failure.ts'
import {
  type Found,
  firstLook,
  nextToAcknowledge,
  nextToRemove,
  type Progress,
  type Result,
  resultOfAnswer,
  type Step,
  wishOf,
} from '../core/hand-over.ts'
import {
  downtimeHandedOver,
  nextToEndDowntime,
  nextToSetDowntime,
  wishOfDowntime,
} from '../core/hand-over-downtime.ts'
import { handedOver, leftWithProblem } from '../core/handed-over.ts'
import { markerOf } from '../core/marker.ts'
import type { KnownDowntime, MonitorApi, OrderAnswer, Target, Words } from '../core/monitor-api.ts'
import { cutChars } from '../core/output-preview.ts'
import type { Claimed, Clock, Follow, Loaded, OrderWork, Settlement } from '../core/ports.ts'
import type { Check, ProblemView } from '../core/problem.ts'
import { targetOf } from '../core/target.ts'
import { carryComment } from './carry-comment.ts'
import { settleOrderFailure } from './retry.ts'
import type { ReadOne } from './share-readings.ts'

/** An order that was carried out as far as it goes now: how to settle it, and what changes with that. */
export type Carried = {
  readonly settlement: Settlement
  readonly follow: Follow | null
  /** What the monitor failed at, if it did. */
  readonly failure: Failure | null
  /** It is the monitor that failed, and not this one order. */
  readonly isMonitors: boolean
}

/** How a monitor is asked and told, beside others that do so. */
export type Way = {
  readonly api: MonitorApi
  readonly read: ReadOne
  /**
   * Waits until it takes one more. @returns false when it is not to be told any more before the next start
   * @throws Failure where it failed at others meanwhile
   */
  readonly turn: () => Promise<boolean>
}

/** What the steps are made of, whatever they are about. */
type Wish = {
  /** Names this wish; progress of another one counts for nothing. */
  readonly id: string
  readonly decide: (found: Found, progress: Progress, now: number) => Step
  /** What is there does not matter to it. */
  readonly isBlind?: true
  readonly send: (api: MonitorApi) => Promise<OrderAnswer>
  /** @returns what changes when the wish still stands */
  readonly conclude: (loaded: Loaded, result: Result, now: number) => Changes
  readonly keys: Follow['keys']
}

/**
 * Carries one order as far as it goes: looks at the monitor where that is possible, decides by what is there, tells it, and
 * says when to look again. Whatever was interrupted is taken up again by looking first.
 */
export async function carryOrder(
  claimed: Claimed<OrderWork>,
  way: Way | null,
  clock: Clock,
): Promise<Carried> {
  const { work } = claimed
  if (work.order.what === 'comment') {
    const { by, comment, id } = work.order
    return carryComment(claimed, work.order, words(by, comment, id, ''), way, clock)
  }
  const wish =
    work.order.what === 'downtime'
      ? downtimeWish(work.check, work.view)
      : acknowledgementWish(claimed, way?.api.capabilities ?? null)
  if (wish === null) return { settlement: DONE, follow: null, failure: null, isMonitors: false }
  const known = work.progress?.of === wish.id ? work.progress : null
  const progress: Progress = {
    of: wish.id,
    // Of what was on its way when a process ended, nobody knows whether it got there.
    sentAt: known?.sentAt ?? claimed.ambiguousSince,
    certain: known !== null && known.sentAt !== null && known.certain,
    // What an earlier wish sent, the monitor may have before it the whole time.
    before: known === null ? (work.progress?.sentAt ?? work.progress?.before ?? null) : known.before,
    reads: known?.reads ?? 0,
  }
  if (way === null) return concluded(wish, { is: 'not_supported' })
  return goOn(claimed, wish, progress, way, clock)
}

const DONE: Settlement = { kind: 'done', ts: null }

async function goOn(
  claimed: Claimed<OrderWork>,
  wish: Wish,
  progress: Progress,
  way: Way,
  clock: Clock,
): Promise<Carried> {
  const { api } = way
  let sending = false
  try {
    const { check, view } = claimed.work
    const target = targetOf(check, view?.problem ?? null)
    const found: Found = wish.isBlind ? { kind: 'unreadable' } : await look(way, target, check.monitor)
    const step = wish.decide(found, progress, clock.now())
    if (step.step === 'settle') return concluded(wish, step.result)
    if (step.step === 'look-again') return later(step.at, { ...progress, reads: step.reads })
    if (!(await way.turn())) return later(clock.now(), progress)
    sending = true
    const answer = await wish.send(api)
    const sentAt = clock.now()
    const result = resultOfAnswer(answer, api.capabilities.read)
    if (result !== null) return concluded(wish, result)
    return later(firstLook(sentAt), { ...progress, sentAt, certain: true, reads: 0 })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return failed(claimed, wish, progress, error, sending, api, clock)
  }
}

function later(at: number, progress: Progress): Carried {
  const settlement: Settlement = { kind: 'go-on', at, progress, error: null }
  return { settlement, follow: null, failure: null, isMonitors: false }
}

function concluded(wish: Wish, result: Result, failure: Failure | null = null): Carried {
  return { settlement: DONE, follow: followOf(wish, result), failure, isMonitors: false }
}

function followOf(wish: Wish, result: Result): Follow {
  return { keys: wish.keys, decide: (loaded, now) => wish.conclude(loaded, result, now) }
}

/** The card says at once what went wrong; whether it is tried again by itself is decided in `retry.ts`. */
function failed(
  claimed: Claimed<OrderWork>,
  wish: Wish,
  progress: Progress,
  failure: Failure,
  sending: boolean,
  api: MonitorApi,
  clock: Clock,
): Carried {
  const now = clock.now()
  const retryAt = settleOrderFailure(claimed.attempts, failure, now)
  const reason = failure.message
  if (retryAt === null) return concluded(wish, { is: 'failed', reason, retrying: false }, failure)
  // Without a way to look, what may have got there is sent again: rather twice than never.
  const unsure = sending && failure.retry.kind === 'ambiguous' && api.capabilities.read
  const { sentAt, certain } = unsure ? { sentAt: now, certain: false } : progress
  const settlement: Settlement = {
    kind: 'go-on',
    at: retryAt,
    progress: { ...progress, sentAt, certain, reads: 0 },
    error: failure.detail ?? failure.code,
  }
  // Where it could be read a moment ago, it is about this order; or about what it is that nobody could ask.
  const isAll = !sending || !api.capabilities.read || failure.retry.kind === 'after'
  const isMonitors = isAll && failure.code !== 'not_found'
  return { settlement, follow: followOf(wish, { is: 'failed', reason, retrying: true }), failure, isMonitors }
}

/** @throws Failure `not_found` where it may be there in a moment */
async function look({ api, read }: Way, target: Target, monitor: string): Promise<Found> {
  if (!api.capabilities.read) return { kind: 'unreadable' }
  const { asOf, checks } = await read(target)
  const reading = checks.get(target.key)
  if (reading !== undefined) return { kind: 'read', reading, asOf }
  // Where what is not listed is over once that lasts, it may be listed again in a moment, as after the monitor's start.
  if (api.capabilities.absence === 'over')
    throw new Failure('not_found', { kind: 'later' }, `${monitor} does not list this alert at the moment.`)
  return { kind: 'unknown' }
}

function words(by: Actor, comment: string | null, id: string, otherwise: string): Words {
  return {
    author: by.name,
    comment: cutChars(comment ?? otherwise, COMMENT_MAX_CHARS),
    marker: markerOf(id),
  }
}

function acknowledgementWish(
  { work: { view, check }, created }: Claimed<OrderWork>,
  capabilities: MonitorApi['capabilities'] | null,
): Wish | null {
  const held = view?.problem.acknowledgement ?? null
  if (view === null || held === null || (held.foreign && held.ending === null)) return null
  const isOver = view.problem.closed !== null
  if (isOver && capabilities?.silences !== undefined && !held.foreign)
    return lastWish(view, held, capabilities.silences.lastsMs, created)
  // What stands there ends there with its problem; only what is still on its way has to be settled.
  const isSettled = held.ending === null && held.handOver !== 'requested' && held.handOver !== 'failed'
  const lastsMs = capabilities?.silences?.lastsMs ?? null
  // What a reading has settled meanwhile needs no more; only what runs out there is to be sent again.
  if (isSettled && (isOver || lastsMs === null)) return null
  const { problem } = view
  const target = targetOf(check, view?.problem ?? null)
  const id = wishOf(held)
  const { ending } = held
  return {
    id,
    decide: (found, progress, now) =>
      ending === null
        ? nextToAcknowledge(view, held, found, progress, now, lastsMs)
        : nextToRemove(view, held, found, progress, now),
    send: (api) =>
      ending === null
        ? api.acknowledge(target, orderOf(held, api))
        : api.removeAcknowledgement(target, ending.by?.name ?? held.by.name, ownMarker(held)),
    conclude: (loaded, result, now) => {
      const fresh = loaded.problem(problem.id)
      const current = fresh?.problem.acknowledgement ?? null
      if (fresh === null || current === null || wishOf(current) !== id) return NO_CHANGES
      // A reading has settled it while this was on its way.
      if (
        result.is === 'failed' &&
        current.handOver === 'confirmed' &&
        current.ending === null &&
        lastsMs === null
      )
        return NO_CHANGES
      return handedOver(fresh, result, now).changes
    },
    keys: { problems: [problem.id] },
  }
}

/** Of what is ours only ours goes; what was made there goes as a person saw it. */
function ownMarker(held: Acknowledgement): string | null {
  return held.foreign || held.handOver === 'already' ? null : markerOf(held.id)
}

/**
 * When what silences is ended, ms after we know that its problem is over: more than once, because a member of a cluster may list late what
 * another was told a moment ago.
 */
const END_SILENCE_MS: readonly number[] = [0, 10_000, 30_000]

/** A silence outlives its problem, and the next one would be mute: it is taken away with the problem. */
function lastWish(view: ProblemView, held: Acknowledgement, lastsMs: number, created: number): Wish {
  const { problem, check } = view
  const target = targetOf(check, problem)
  return {
    id: `${held.id} left`,
    isBlind: true,
    decide: (_, { sentAt, certain }, now) => {
      if (sentAt === null || !certain)
        // By then it has ended by itself.
        return now > created + lastsMs
          ? { step: 'settle', result: { is: 'not_a_problem' } }
          : { step: 'send' }
      const next = END_SILENCE_MS.map((ms) => created + ms).find((at) => at > sentAt)
      if (next === undefined) return { step: 'settle', result: { is: 'confirmed' } }
      return next <= now ? { step: 'send' } : { step: 'look-again', at: next, reads: 0 }
    },
    send: async (api) => {
      const before = held.replaces !== null && 'ids' in held.replaces ? held.replaces.ids : []
      for (const id of [held.id, ...before])
        await api.removeAcknowledgement(target, held.by.name, markerOf(id))
      return 'taken'
    },
    conclude: (_, result, now) => leftWithProblem(view, held, result, now),
    keys: { problems: [problem.id] },
  }
}

function orderOf(held: Acknowledgement, api: MonitorApi) {
  const { sticky, persistent, notify, until, replaces } = held
  return {
    ...words(held.by, held.comment, held.id, 'Acknowledged in Slack'),
    sticky,
    persistent,
    notify,
    until: api.capabilities.expires ? until : null,
    replace: replaces !== null,
  }
}

function downtimeWish(check: Check, view: ProblemView | null): Wish | null {
  const { downtime } = check
  if (downtime === null) return null
  const target = targetOf(check, view?.problem ?? null)
  const id = wishOfDowntime(downtime)
  const name = { monitor: check.monitor, key: check.key }
  let reference: string | null = null
  return {
    id,
    decide: (found, progress, now) =>
      (downtime.ending === null ? nextToSetDowntime : nextToEndDowntime)(
        downtime,
        check.monitor,
        found,
        progress,
        now,
      ),
    send: async (api) => {
      if (downtime.ending !== null) await api.removeDowntime(target, knownDowntime(downtime))
      else reference = await api.scheduleDowntime(target, knownDowntime(downtime))
      return 'taken'
    },
    conclude: (loaded, result, now) => {
      const known = loaded.check(name)
      if (known?.check.downtime == null || wishOfDowntime(known.check.downtime) !== id) return NO_CHANGES
      return downtimeHandedOver(known, known.check.downtime, result, reference, now)
    },
    keys: { checks: [name] },
  }
}

function knownDowntime({ by, comment, id, from, until, reference }: ScheduledDowntime): KnownDowntime {
  return { ...words(by, comment, id, 'Downtime set in Slack'), from, until, reference }
}
