import type { Acknowledgement } from './acknowledgement.ts'
import { carriesMarker, isOurs, withoutMarker } from './marker.ts'
import type { AcknowledgementReading, CheckReading, OrderAnswer } from './monitor-api.ts'
import type { Check, Problem } from './problem.ts'
import { isFine } from './state.ts'

/*
 * How an acknowledgement gets into the monitor and out of it again: look, tell, look again. What was read decides; that
 * something was sent proves nothing. The same steps serve the first attempt, a retry, and what a crash left open.
 */

/** When it is read back, ms after it was sent; after the last look it has failed. */
export const READ_BACK_MS: readonly number[] = [1_000, 2_000, 5_000, 10_000, 30_000]
/** What was read less than this after something was sent may not show it yet. */
export const SETTLE_MS = 1_000

/** How far one order got. */
export type Progress = {
  /** What it belongs to; that of another wish counts for nothing. */
  readonly of: string
  /** When it was sent, or may have been, epoch ms. */
  readonly sentAt: number | null
  /** False: it was on its way when the connection broke or a process ended. */
  readonly certain: boolean
  /** When something was last sent for an earlier wish; it may still be on its way, epoch ms. */
  readonly before: number | null
  /** How often it was read back since. */
  readonly reads: number
  /** How often a comment was sent whose answer was lost. */
  readonly lost?: number
}

/** How a hand-over ended, or how it stands. */
export type Result =
  | { readonly is: 'sent' | 'confirmed' | 'not_a_problem' | 'not_supported' }
  /** The monitor has another one, made there. */
  | { readonly is: 'already'; readonly theirs: AcknowledgementReading | null }
  | { readonly is: 'failed'; readonly reason: string; readonly retrying: boolean }

export type Step =
  | { readonly step: 'send' }
  | { readonly step: 'look-again'; readonly at: number; readonly reads: number }
  | { readonly step: 'settle'; readonly result: Result }

/** What was found when the monitor was asked. `unreadable`: it cannot be asked. */
export type Found =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'read'; readonly reading: CheckReading; readonly asOf: number }

/** Which wish an acknowledgement stands for at the moment: to be there, or to be gone. */
export function wishOf(held: Acknowledgement): string {
  return `${held.id} ${held.ending === null ? 'is' : `ends ${held.ending.at}`}`
}

/** What an acknowledgement is about. */
type Subject = { readonly problem: Problem; readonly check: Pick<Check, 'monitor'> }

/** Whoever takes over, takes over from the one they saw. */
function isReplaced({ replaces }: Acknowledgement, said: AcknowledgementReading): boolean {
  if (replaces === null || 'ids' in replaces) return false
  return (
    (said.author === null || said.author === replaces.by) && withoutMarker(said.comment) === replaces.comment
  )
}

/** @returns true when what silences there has to be renewed: half of its time is over */
export function isRunningOut(
  { until }: Pick<AcknowledgementReading, 'until'>,
  lastsMs: number | null,
  now: number,
): boolean {
  return lastsMs !== null && until !== null && until - now < lastsMs / 2
}

/**
 * Decides the next step of getting an acknowledgement into the monitor.
 *
 * @param lastsMs how long it lasts there until it has to be renewed; null where it lasts by itself
 */
export function nextToAcknowledge(
  { problem, check }: Subject,
  held: Acknowledgement,
  found: Found,
  progress: Progress,
  now: number,
  lastsMs: number | null = null,
): Step {
  if (problem.closed !== null) return settle({ is: 'not_a_problem' })
  if (found.kind !== 'read') return withoutReading(found, progress, check.monitor)
  const { reading, asOf } = found
  const { sentAt } = progress
  const said = reading.acknowledgement
  if (reading.acknowledged && said !== null && carriesMarker(said.comment, held.id)) {
    if (!isRunningOut(said, lastsMs, now)) return settle({ is: 'confirmed' })
    return sendOrLook(progress, asOf >= (sentAt ?? 0) + SETTLE_MS, check.monitor, now)
  }
  // What was read before the problem changed here is of an earlier state.
  const isFresh = asOf >= (sentAt === null ? Math.max(problem.changed, problem.opened) : sentAt + SETTLE_MS)
  if (reading.acknowledged && isFresh) {
    if (said === null || said.comment === null || said.comment === '') {
      // It does not tell the words. Acknowledged since we asked for it is as good as they get.
      if (sentAt !== null) return settle({ is: 'confirmed' })
      return held.replaces === null ? settle({ is: 'already', theirs: said }) : { step: 'send' }
    }
    const isTheirs = !isOurs(said.comment) && !isReplaced(held, said)
    if (isTheirs) return settle({ is: 'already', theirs: said })
  }
  if (isFresh && reading.hard && isFine(reading.state)) return settle({ is: 'not_a_problem' })
  return sendOrLook(progress, isFresh, check.monitor, now)
}

/** Decides the next step of getting an acknowledgement out of the monitor. */
export function nextToRemove(
  { problem, check }: Subject,
  held: Acknowledgement,
  found: Found,
  progress: Progress,
  now: number,
): Step {
  if (problem.closed !== null) return settle({ is: 'not_a_problem' })
  if (found.kind !== 'read') return withoutReading(found, progress, check.monitor)
  const { reading, asOf } = found
  const { sentAt } = progress
  const since = sentAt === null ? Math.max(problem.changed, held.at, held.handedAt) : sentAt + SETTLE_MS
  const wasThere = held.foreign || held.handOver === 'confirmed' || held.handOver === 'already'
  // What was sent before may arrive yet; orders are carried out in their order, so its end is sent after it.
  const mayArrive = !wasThere && sentAt === null && progress.before !== null
  if (!reading.acknowledged && asOf >= since && !mayArrive) return settle({ is: 'confirmed' })
  if (asOf >= since && reading.hard && isFine(reading.state)) return settle({ is: 'not_a_problem' })
  if (reading.acknowledged && asOf >= since && !isToBeRemoved(held, reading.acknowledgement))
    return settle({ is: 'already', theirs: reading.acknowledgement })
  return sendOrLook(progress, asOf >= since, check.monitor, now)
}

/** What can be done where nothing was read: an object that is not there cannot be told, a monitor that is dumb can. */
export function withoutReading(
  found: Exclude<Found, { kind: 'read' }>,
  { sentAt, certain }: Progress,
  monitor: string,
): Step {
  if (found.kind === 'unreadable')
    return sentAt === null || !certain ? { step: 'send' } : settle({ is: 'sent' })
  const reason = `${monitor} does not know this check, or does not let us see it.`
  return settle({ is: 'failed', reason, retrying: false })
}

/**
 * The monitor does not have it. Not sent yet: send it. Perhaps sent: send it again once a fresh look shows that it did
 * not arrive. Sent: look again.
 */
export function sendOrLook(
  { sentAt, certain, reads }: Progress,
  isFresh: boolean,
  monitor: string,
  now: number,
): Step {
  if (sentAt === null || (!certain && isFresh)) return { step: 'send' }
  const next = READ_BACK_MS[reads + 1]
  if (next === undefined)
    return certain
      ? settle({ is: 'failed', reason: `${monitor} did not take it.`, retrying: false })
      : { step: 'send' }
  return { step: 'look-again', at: Math.max(sentAt + next, now), reads: reads + 1 }
}

/**
 * A person removes what they saw on the card, also when it was made there. What runs out by itself removes only what is
 * ours. Clocks are not asked: the monitor's may be another.
 */
function isToBeRemoved(held: Acknowledgement, said: AcknowledgementReading | null): boolean {
  const byItself = held.ending?.because === 'expiry'
  if (said === null || said.comment === null || said.comment === '')
    return !byItself || held.handOver === 'confirmed'
  if (carriesMarker(said.comment, held.id)) return true
  if (byItself) return false
  if (!held.foreign) return held.handOver === 'already'
  const sameAuthor = said.author === null || said.author === held.by.name
  return sameAuthor && withoutMarker(said.comment) === held.comment
}

/** @returns what follows from the monitor's own answer; null when only a reading can tell */
export function resultOfAnswer(answer: OrderAnswer, isReadable: boolean): Result | null {
  if (answer === 'not_a_problem') return { is: 'not_a_problem' }
  if (isReadable) return null
  return answer === 'already' ? { is: 'already', theirs: null } : { is: 'sent' }
}

/** @returns when to look for the first time after something was sent, epoch ms */
export function firstLook(sentAt: number): number {
  return sentAt + (READ_BACK_MS[0] ?? 0)
}

function settle(result: Result): Step {
  return { step: 'settle', result }
}
