import {
  type Acknowledgement,
  COMMENT_MAX_CHARS,
  foreignAcknowledgement,
  type TheirWords,
} from './acknowledgement.ts'
import { type Changes, NO_CHANGES } from './changes.ts'
import { type Effect, PRIORITY, type ThreadEvent } from './effect.ts'
import type { Result } from './hand-over.ts'
import { type HistoryEntry, historyEntry } from './history.ts'
import { withoutMarker } from './marker.ts'
import type { AcknowledgementReading } from './monitor-api.ts'
import { cutChars } from './output-preview.ts'
import type { Check, Problem } from './problem.ts'
import { severityOf } from './state.ts'

/** What came of a hand-over: the problem as it is now, and all that changes with it. */
export type HandedOver = { readonly problem: Problem; readonly changes: Changes }

type Subject = { readonly problem: Problem; readonly check: Check }

/**
 * Takes the result of a hand-over into the problem: of the acknowledgement, or of its end when it is ending. A result that
 * says what is known already changes nothing.
 */
export function handedOver(subject: Subject, result: Result, now: number): HandedOver {
  const { problem } = subject
  const held = problem.acknowledgement
  if (held === null) return { problem, changes: NO_CHANGES }
  return held.ending === null ? arrived(subject, held, result, now) : ended(subject, held, result, now)
}

function arrived(subject: Subject, held: Acknowledgement, result: Result, now: number): HandedOver {
  const { problem } = subject
  const reason = reasonOf(result)
  const retrying = result.is === 'failed' && result.retrying
  if (held.handOver === result.is && held.reason === reason && held.retrying === retrying)
    return { problem, changes: NO_CHANGES }
  const acknowledgement: Acknowledgement = {
    ...held,
    handOver: result.is,
    handedAt: now,
    reason,
    retrying,
    theirs: result.is === 'already' ? theirWords(result.theirs) : null,
  }
  // That it went well after a failure is news to whoever reads the thread; that it simply went well is on the card.
  const isNews = result.is !== 'sent' && (result.is !== 'confirmed' || held.handOver !== 'requested')
  const changed = { ...problem, acknowledgement }
  const tells = isNews && problem.closed === null && held.reason !== reason
  const event: ThreadEvent | null = tells
    ? { what: 'handed-over', at: now, of: 'acknowledgement', handOver: result.is, reason }
    : null
  return changesOf(subject, changed, event, [entry(subject, held, 'acknowledgement', result, now)])
}

function ended(subject: Subject, held: Acknowledgement, result: Result, now: number): HandedOver {
  const { problem } = subject
  const ending = held.ending
  if (ending === null) return { problem, changes: NO_CHANGES }
  const record = [entry(subject, held, 'removal', result, now)]
  switch (result.is) {
    case 'failed': {
      const { reason, retrying } = result
      if (ending.handOver === 'failed' && ending.reason === reason && ending.retrying === retrying)
        return { problem, changes: NO_CHANGES }
      const failed: Problem = {
        ...problem,
        acknowledgement: { ...held, ending: { ...ending, handOver: 'failed', reason, retrying } },
      }
      const event: ThreadEvent | null =
        ending.reason === reason || problem.closed !== null
          ? null
          : { what: 'handed-over', at: now, of: 'removal', handOver: 'failed', reason }
      return changesOf(subject, failed, event, record)
    }
    case 'already': {
      const theirs = result.theirs
      const times = { at: theirs?.at ?? now, until: theirs?.until ?? null, now }
      const comment = theirWords(theirs)?.comment ?? null
      const foreign = foreignAcknowledgement(theirs?.author ?? null, comment, times, theirs?.sticky ?? true)
      const event: ThreadEvent = {
        what: 'acknowledged',
        at: now,
        by: foreign.by,
        comment,
        until: foreign.until,
        foreign: true,
        tookOverFrom: null,
        handOver: 'confirmed',
      }
      return changesOf(subject, { ...problem, acknowledgement: foreign }, event, record)
    }
    default: {
      const event: ThreadEvent | null =
        ending.handOver === 'failed' && problem.closed === null
          ? { what: 'handed-over', at: now, of: 'removal', handOver: result.is, reason: null }
          : null
      return changesOf(subject, { ...problem, acknowledgement: null, released: now }, event, record)
    }
  }
}

/** The monitor does not have it acknowledged any more, and nobody here asked for that. */
export function removedThere(
  { problem, check }: Subject,
  because: 'monitor' | 'silence-ended',
  now: number,
): HandedOver {
  const held = problem.acknowledgement
  if (held === null) return { problem, changes: NO_CHANGES }
  const event: ThreadEvent = { what: 'acknowledgement-removed', at: now, by: null, because }
  return changesOf({ problem, check }, { ...problem, acknowledgement: null, released: now }, event, [
    historyEntry({
      kind: 'removal',
      check,
      problem: problem.id,
      time: now,
      state: problem.state,
      through: 'monitor',
      outcome: 'confirmed',
      detail: `acknowledgement of ${held.by.name}: ${check.monitor} does not have it any more`,
    }),
  ])
}

/** An acknowledgement that was taken away in the monitor because its problem is over; the card has nothing to say of it. */
export function leftWithProblem(
  { problem, check }: Subject,
  held: Acknowledgement,
  result: Result,
  now: number,
): Changes {
  if (result.is === 'failed' && result.retrying) return NO_CHANGES
  const history = historyEntry({
    kind: 'removal',
    check,
    problem: problem.id,
    time: now,
    state: problem.state,
    through: 'monitor',
    outcome: result.is,
    detail: reasonOf(result) ?? `acknowledgement of ${held.by.name}: its problem is over`,
  })
  return { ...NO_CHANGES, history: [history] }
}

function changesOf(
  { check }: Subject,
  problem: Problem,
  event: ThreadEvent | null,
  history: readonly HistoryEntry[],
): HandedOver {
  const severity = severityOf(problem.state)
  const effects: Effect[] = [{ kind: 'card', problem: problem.id, priority: PRIORITY.person, severity }]
  if (event !== null) effects.push({ kind: 'thread', problem: problem.id, event, rings: false, severity })
  return { problem, changes: { ...NO_CHANGES, problems: [{ problem, check }], history, effects } }
}

function entry(
  { problem, check }: Subject,
  held: Acknowledgement,
  kind: 'acknowledgement' | 'removal',
  result: Result,
  now: number,
): HistoryEntry {
  const { ending } = held
  return historyEntry({
    kind,
    check,
    problem: problem.id,
    time: now,
    state: problem.state,
    actor: kind === 'removal' ? (ending?.by ?? null) : held.by,
    through: kind === 'removal' ? (ending?.through ?? null) : held.through,
    comment: kind === 'removal' ? null : held.comment,
    outcome: result.is,
    detail: reasonOf(result),
  })
}

/** Characters of a foreign comment inside a reason. */
const REASON_MAX_CHARS = 300

/** @returns words of theirs as they are kept and compared: without a mark of ours, and bounded */
export function theirWords(said: AcknowledgementReading | null): TheirWords | null {
  if (said === null) return null
  const comment = withoutMarker(said.comment)
  return { by: said.author, comment: comment === null ? null : cutChars(comment, COMMENT_MAX_CHARS) }
}

/** @returns why it failed, or whose it is there; null when there is nothing to explain */
export function reasonOf(result: Result): string | null {
  switch (result.is) {
    case 'failed':
      return result.reason
    case 'already': {
      if (result.theirs === null) return null
      const comment = cutChars(withoutMarker(result.theirs.comment) ?? '', REASON_MAX_CHARS) || null
      return `${result.theirs.author ?? 'somebody'}${comment === null ? '' : `: “${comment}”`}`
    }
    default:
      return null
  }
}
