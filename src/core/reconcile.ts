import { acknowledgementOrder } from './acknowledge.ts'
import { foreignAcknowledgement } from './acknowledgement.ts'
import { type Changes, mergeChanges, NO_CHANGES } from './changes.ts'
import { shown } from './downtime.ts'
import { PRIORITY, type ThreadEvent } from './effect.ts'
import { isRunningOut, type Result } from './hand-over.ts'
import { downtimeHandedOver, ours } from './hand-over-downtime.ts'
import { handedOver, removedThere, theirWords } from './handed-over.ts'
import { historyEntry } from './history.ts'
import { receive } from './lifecycle.ts'
import { carriesMarker, isOurs } from './marker.ts'
import type { CheckReading } from './monitor-api.ts'
import type { Notification, NotificationType } from './notification.ts'
import { cutChars } from './output-preview.ts'
import type { Check, CheckState, Problem } from './problem.ts'
import { isFine, severityOf } from './state.ts'
import type { ReceiveContext } from './turn.ts'

/*
 * Brings a check in line with what its monitor says of it, whatever we were told or not told. Changes of state go the way
 * of notifications, so that they have the same consequences. Nothing is concluded from what was read before our own
 * knowledge, from a state that the monitor is still making sure of, or from absence.
 */

export type ReadFacts = {
  readonly monitor: string
  readonly reading: CheckReading
  /** How long an acknowledgement lasts there until it has to be renewed, ms; null where it lasts by itself. */
  readonly lastsMs?: number | null
  /**
   * A check that is known and not well is a problem again, whoever told it: where acknowledging means silencing, the next
   * trouble may never be told.
   */
  readonly reopens?: boolean
  /** How old the reading is at most, epoch ms. */
  readonly asOf: number
  readonly context: ReceiveContext
  /** Open problems that we never heard of. */
  readonly adopt: boolean
}

/** A monitor may list for so long what it has told to be over. */
const LISTED_ON_MS = 5 * 60_000
/** Characters of an author's name that are kept. */
const NAME_MAX_CHARS = 255

type Facts = ReadFacts & {
  /** Nothing was heard of the check since it was read. */
  readonly isFresh: boolean
}

/** @returns all that changes; NO_CHANGES when the monitor and we agree */
export function reconcile(before: CheckState | null, read: ReadFacts): Changes {
  const facts: Facts = { ...read, isFresh: before === null || before.check.tally.lastSeen <= read.asOf }
  const changes: Changes[] = []
  let state = before
  const step = (
    next: (known: CheckState | null) => { state: CheckState | null; changes: Changes } | null,
  ): void => {
    const done = next(state)
    if (done === null || done.changes === NO_CHANGES) return
    state = done.state
    changes.push(done.changes)
  }
  step((known) => ofState(known, facts))
  step((known) => ofAcknowledgement(known, facts))
  step((known) => ofDowntime(known, facts))
  step((known) => ofNews(known, facts, 'inDowntime', ['DOWNTIMESTART', 'DOWNTIMEEND']))
  step((known) => ofNews(known, facts, 'isFlapping', ['FLAPPINGSTART', 'FLAPPINGSTOP']))
  return changes.length === 0 ? NO_CHANGES : mergeChanges(changes)
}

type Done = { readonly state: CheckState | null; readonly changes: Changes } | null

function ofState(known: CheckState | null, facts: Facts): Done {
  const { reading, isFresh, adopt } = facts
  if (!reading.hard || !isFresh) return null
  const problem = known?.problem ?? null
  const fine = isFine(reading.state)
  if (problem === null) {
    const isWanted = adopt || (known !== null && facts.reopens === true && isNewTrouble(known.check, facts))
    return fine || !isWanted ? null : hear(known, 'PROBLEM', facts)
  }
  if (problem.isEvent) return null
  if (fine) return hear(known, 'RECOVERY', facts)
  if (reading.state !== problem.state) return hear(known, 'PROBLEM', facts)
  return named(known, reading)
}

/** What is still listed just after it recovered is the old trouble, of which not everybody has heard that it ended. */
function isNewTrouble({ lastStateTime }: Check, { reading, context }: Facts): boolean {
  if (lastStateTime === null || context.now - lastStateTime >= LISTED_ON_MS) return true
  return reading.since !== null && reading.since > lastStateTime
}

function hear(known: CheckState | null, type: NotificationType, facts: Facts): Done {
  const { state, changes } = receive(
    known,
    null,
    notificationOf(known?.check ?? null, type, facts),
    facts.context,
  )
  return { state, changes }
}

function notificationOf(
  check: Check | null,
  type: NotificationType,
  { monitor, reading, context }: Facts,
): Notification {
  const isState = type === 'PROBLEM' || type === 'RECOVERY'
  const said = type === 'ACKNOWLEDGEMENT' ? reading.acknowledgement : null
  return {
    monitor,
    key: reading.key,
    type,
    host: check?.host ?? reading.host,
    service: check === null ? reading.service : check.service,
    state: reading.state,
    episode: null,
    hostDisplayName: reading.hostDisplayName,
    serviceDisplayName: reading.serviceDisplayName,
    address: null,
    // Some monitors hide an output that they cannot spell; what is known of it is better than nothing.
    output: isState ? reading.output || (type === 'PROBLEM' ? (check?.tally.output ?? '') : '') : '',
    longOutput: null,
    author: said === null ? null : cutChars(said.author ?? '', NAME_MAX_CHARS) || null,
    comment: theirWords(said)?.comment ?? null,
    time: isState ? timeOf(check, reading, context.now) : null,
    isRead: true,
    url: null,
    id: null,
    labels: null,
    fields: null,
    channel: null,
  }
}

/** When it happened as the monitor says, as far as that goes with what is known. Null: now. */
function timeOf(check: Check | null, { since }: CheckReading, now: number): number | null {
  const last = check?.lastStateTime ?? 0
  return since === null || since > now ? null : Math.max(since, last)
}

/** Names for people that no notification brought along. */
function named(known: CheckState | null, reading: CheckReading): Done {
  if (known === null) return null
  const { check, problem } = known
  const hostDisplayName = check.hostDisplayName ?? differing(reading.hostDisplayName, check.host)
  const serviceDisplayName =
    check.service === null
      ? null
      : (check.serviceDisplayName ?? differing(reading.serviceDisplayName, check.service))
  if (hostDisplayName === check.hostDisplayName && serviceDisplayName === check.serviceDisplayName)
    return null
  const renamed: Check = { ...check, hostDisplayName, serviceDisplayName }
  return {
    state: { check: renamed, problem },
    changes: {
      ...NO_CHANGES,
      checks: [renamed],
      effects:
        problem === null
          ? []
          : [
              {
                kind: 'card',
                problem: problem.id,
                priority: PRIORITY.change,
                severity: severityOf(problem.state),
              },
            ],
    },
  }
}

function differing(name: string | null, from: string): string | null {
  return name === null || name === '' || name === from ? null : name
}

function ofAcknowledgement(known: CheckState | null, facts: Facts): Done {
  const { reading, asOf, context } = facts
  const problem = known?.problem ?? null
  if (known === null || problem === null || problem.isEvent || isFine(reading.state)) return null
  const { check } = known
  const held = problem.acknowledgement
  if (held === null) {
    const isOld = problem.released !== null && problem.released >= asOf
    return !reading.acknowledged || !facts.isFresh || isOld || isLeftOver(problem, facts)
      ? null
      : takenThere(known, problem, facts)
  }
  if (held.handedAt > asOf || held.at > asOf) return null
  if (held.ending !== null) {
    const { at, handOver } = held.ending
    if (handOver === 'requested' || at > asOf || reading.acknowledged) return null
    return after(check, handedOver({ problem, check }, { is: 'confirmed' }, context.now))
  }
  if (!reading.acknowledged) {
    const wasThere = held.foreign || ['confirmed', 'already', 'not_a_problem', 'sent'].includes(held.handOver)
    const because = facts.lastsMs == null ? 'monitor' : 'silence-ended'
    return wasThere ? after(check, removedThere({ problem, check }, because, context.now)) : null
  }
  return ofTheirs(known, problem, facts)
}

/** A silence of ours for an earlier problem of this check, which is on its way out. */
function isLeftOver({ opened }: Problem, { reading, lastsMs = null }: Facts): boolean {
  const said = reading.acknowledgement
  return lastsMs !== null && said !== null && isOurs(said.comment) && said.at !== null && said.at < opened
}

/** It is acknowledged there and here. By the same? */
function ofTheirs(known: CheckState, problem: Problem, facts: Facts): Done {
  const { reading, context } = facts
  const { check } = known
  const held = problem.acknowledgement
  const said = reading.acknowledgement
  // Words that could not be read tell nobody from anybody.
  if (held === null || said === null || said.comment === null || said.comment === '') return null
  if (held.foreign) {
    const comment = theirWords(said)?.comment ?? null
    const sameAuthor = said.author === null || said.author === held.by.name || isOurs(said.comment)
    // The same person may go by a login in one place and by a name in the other.
    return comment === held.comment && (comment !== null || sameAuthor)
      ? null
      : takenThere(known, problem, facts)
  }
  if (held.handOver === 'requested') return null
  // What runs out and cannot be renewed is not confirmed by being there for a little longer.
  const isLapsing = held.handOver === 'failed' && isRunningOut(said, facts.lastsMs ?? null, context.now)
  if (carriesMarker(said.comment, held.id) && isLapsing) return null
  if (carriesMarker(said.comment, held.id))
    return held.handOver === 'confirmed'
      ? renewed(known, problem, facts)
      : after(check, handedOver({ problem, check }, { is: 'confirmed' }, context.now))
  if (isOurs(said.comment) || held.handOver === 'already') return null
  return held.handOver === 'failed'
    ? after(check, handedOver({ problem, check }, { is: 'already', theirs: said }, context.now))
    : takenThere(known, problem, facts)
}

/** What silences there for a while only is sent again in time. */
function renewed(known: CheckState, problem: Problem, { reading, lastsMs = null, context }: Facts): Done {
  const said = reading.acknowledgement
  if (said === null || !isRunningOut(said, lastsMs, context.now)) return null
  return { state: known, changes: { ...NO_CHANGES, effects: [acknowledgementOrder(known.check, problem)] } }
}

function takenThere(known: CheckState, problem: Problem, facts: Facts): Done {
  const { reading, context } = facts
  const said = reading.acknowledgement
  const done = hear(known, 'ACKNOWLEDGEMENT', facts)
  const now = done?.state?.problem?.acknowledgement
  if (done === null || now === undefined || now === null || !now.foreign) return done
  // A reading says more than a notification: since when, until when.
  const at = said?.at ?? null
  const times = {
    at: at === null || at < problem.opened || at > context.now ? context.now : at,
    until: said?.until ?? null,
    now: context.now,
  }
  const acknowledgement = foreignAcknowledgement(now.by.name, now.comment, times, said?.sticky ?? true)
  const refine = (one: Problem): Problem => (one.id === problem.id ? { ...one, acknowledgement } : one)
  return {
    state: done.state && { ...done.state, problem: done.state.problem && refine(done.state.problem) },
    changes: {
      ...done.changes,
      problems: done.changes.problems.map((one) => ({ ...one, problem: refine(one.problem) })),
    },
  }
}

function after(check: Check, { problem, changes }: { problem: Problem; changes: Changes }): Done {
  return { state: { check, problem }, changes }
}

/** A downtime that was set from here: over, removed there, or there after all. */
function ofDowntime(known: CheckState | null, { reading, asOf, context }: Facts): Done {
  const downtime = known?.check.downtime ?? null
  if (known === null || downtime === null) return null
  const { now } = context
  const settle = (result: Result): Done => {
    const changes = downtimeHandedOver(known, downtime, result, null, now)
    return { state: { ...known, check: changes.checks[0] ?? known.check }, changes }
  }
  if (now >= downtime.until) {
    const { ending: end, handOver: was } = downtime
    const isNever = end === null && (was === 'requested' || was === 'failed')
    const detail = isNever ? `Its time was over before ${known.check.monitor} could be told.` : 'over'
    return downtimeGone(known, null, { outcome: isNever ? 'failed' : 'confirmed', detail }, now)
  }
  const { ending, handOver } = downtime
  if (reading.downtimes === null || downtime.at > asOf || (ending?.at ?? 0) > asOf) return null
  const isThere = ours(downtime, reading.downtimes) !== undefined
  if (ending !== null) return ending.handOver === 'failed' && !isThere ? settle({ is: 'confirmed' }) : null
  if (isThere) return handOver === 'failed' ? settle({ is: 'confirmed' }) : null
  const removed = { outcome: 'confirmed', detail: `removed in ${known.check.monitor}` }
  return handOver === 'confirmed' ? downtimeGone(known, 'monitor', removed, now) : null
}

/** The card does not show it any more; that it was removed in the monitor before its end is told. */
function downtimeGone(
  { check, problem }: CheckState,
  by: 'monitor' | null,
  record: { readonly outcome: string; readonly detail: string },
  now: number,
): Done {
  const gone: Check = { ...check, downtime: null }
  const event: ThreadEvent | null = by === null ? null : { what: 'downtime-removed', at: now, by: null }
  const history = historyEntry({
    kind: 'downtime',
    check,
    problem: problem?.id ?? null,
    time: now,
    state: problem?.state ?? null,
    through: 'monitor',
    ...record,
  })
  return {
    state: { check: gone, problem },
    changes: { ...NO_CHANGES, checks: [gone], history: [history], effects: shown(problem, event) },
  }
}

/** What shows on the card without being a state: downtime and flapping. */
function ofNews(
  known: CheckState | null,
  facts: Facts,
  of: 'inDowntime' | 'isFlapping',
  [start, end]: readonly [NotificationType, NotificationType],
): Done {
  const { reading, isFresh } = facts
  const there = reading[of]
  if (known === null || known.problem === null || there === null || there === known.check[of]) return null
  return !isFresh ? null : hear(known, there ? start : end, facts)
}
