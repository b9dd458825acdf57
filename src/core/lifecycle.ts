import { acknowledgementOrder } from './acknowledge.ts'
import { type Changes, NO_CHANGES } from './changes.ts'
import { type Effect, PRIORITY, type ThreadEvent } from './effect.ts'
import { hear } from './hear.ts'
import { type HistoryEntry, historyEntry } from './history.ts'
import type { Notification, NotificationType } from './notification.ts'
import { FIELDS_SHOWN, outputPreview } from './output-preview.ts'
import type { Check, CheckState, ClosedBecause, Problem } from './problem.ts'
import { receiveAcknowledgement } from './receive-acknowledgement.ts'
import { receiveNews } from './receive-news.ts'
import { isReminderDue } from './remind.ts'
import { isFine, type State, severityOf } from './state.ts'
import {
  heardEntry,
  type ReceiveContext,
  type Received,
  recorded,
  removalEntry,
  type Turn,
  thread,
} from './turn.ts'

/** Two equal notifications without an id are one when their times are this close. */
export const DUPLICATE_WINDOW_MS = 60_000
/** A notification with an id is recognised for this long when it is sent again. */
export const SEEN_WINDOW_MS = 24 * 60 * 60 * 1000

/**
 * Decides what a notification means for its check.
 *
 * @param before the check and its open problem, null when it was never heard of
 * @param seenAt when a notification with the same id, type and state was received before, epoch ms; null if never
 */
export function receive(
  before: CheckState | null,
  seenAt: number | null,
  notification: Notification,
  context: ReceiveContext,
): Received {
  const time = Math.min(notification.time ?? context.now, context.now)
  const type = typeByState(notification)
  const known = before?.check ?? newCheck(notification, context.now)
  const turn: Turn = { notification, type, time, context, problem: before?.problem ?? null, check: known }

  if (isDuplicate(known, seenAt, turn)) return recorded(turn, 'duplicate', hearAgain(known, turn))
  const check = hear(known, notification, type, time, context.now)
  // What was not believed is nothing that a later notification could repeat.
  if (isStale(known, turn)) return recorded(turn, 'stale', { ...check, last: null })
  switch (type) {
    case 'PROBLEM':
    case 'EVENT':
      return receiveProblem(turn, check)
    case 'RECOVERY':
      return receiveRecovery(turn, check)
    case 'ACKNOWLEDGEMENT':
      return receiveAcknowledgement(turn, check)
    default:
      return receiveNews(turn, check)
  }
}

/** State decides between PROBLEM and RECOVERY, because some monitors send one word with the other state. */
function typeByState({ type, state }: Notification): NotificationType {
  if (state === null || (type !== 'PROBLEM' && type !== 'RECOVERY')) return type
  return isFine(state) ? 'RECOVERY' : 'PROBLEM'
}

function newCheck(n: Notification, now: number): Check {
  return {
    row: 0,
    monitor: n.monitor,
    key: n.key,
    host: n.host,
    service: n.service,
    hostDisplayName: n.hostDisplayName,
    serviceDisplayName: n.serviceDisplayName,
    address: n.address,
    url: n.url,
    labels: n.labels,
    fields: n.fields,
    inDowntime: false,
    isFlapping: false,
    lastStateTime: null,
    last: null,
    tally: { count: 0, lastSeen: now, output: '', longOutput: null, rang: null },
    downtime: null,
  }
}

function isDuplicate(
  check: Check,
  seenAt: number | null,
  { notification: n, type, time, context, problem }: Turn,
): boolean {
  if (n.id !== null && seenAt !== null && context.now - seenAt < SEEN_WINDOW_MS) return true
  if (n.id !== null && !n.idOfSending) return false
  if (isOtherEpisode(n, problem)) return false
  const last = check.last
  return (
    last !== null &&
    last.type === type &&
    last.state === n.state &&
    last.output === n.output &&
    last.author === n.author &&
    last.comment === n.comment &&
    Math.abs(time - last.time) <= DUPLICATE_WINDOW_MS
  )
}

/** Said again without an id, it also holds for its own time, so that what happened in between is older. */
function hearAgain(check: Check, { notification: n, type, time }: Turn): Check {
  if (n.id !== null || (type !== 'PROBLEM' && type !== 'RECOVERY')) return check
  return { ...check, lastStateTime: Math.max(time, check.lastStateTime ?? time) }
}

function isStale(check: Check, { type, notification, problem }: Turn): boolean {
  // Only what the sender says of its own time counts as late. Without it the order of arrival holds, also when our
  // clock was set back.
  const said = notification.time ?? Number.POSITIVE_INFINITY
  // An acknowledgement of before the problem began was of an earlier one.
  if (type === 'ACKNOWLEDGEMENT') return problem !== null && said < problem.opened
  if (type !== 'PROBLEM' && type !== 'RECOVERY') return false
  if (check.lastStateTime !== null && said < check.lastStateTime) return true
  return type === 'RECOVERY' && isOtherEpisode(notification, problem)
}

function isOtherEpisode({ episode }: Notification, problem: Problem | null): boolean {
  return episode !== null && problem?.episode != null && problem.episode !== episode
}

function receiveProblem(turn: Turn, heard: Check): Received {
  const { notification: n, time, problem, type } = turn
  const check = type === 'PROBLEM' ? { ...heard, lastStateTime: time } : heard
  if (problem === null)
    return isOfEndedEpisode(turn) ? recorded(turn, 'recorded', check) : open(turn, check, NO_CHANGES)
  if (isOtherEpisode(n, problem)) {
    return open(turn, check, closing(turn, check, problem, 'episode').changes)
  }
  const tally = {
    ...check.tally,
    count: check.tally.count + 1,
    output: n.output,
    longOutput: n.longOutput,
  }
  const counted = { ...check, tally }
  if (type === 'EVENT' && !problem.isEvent) return repeat(turn, counted, problem)
  // What was only an event is a problem from here on: it recovers, and taking it does not end it.
  if (type === 'PROBLEM' && problem.isEvent && n.state !== null) {
    return change(turn, counted, { ...problem, isEvent: false }, n.state)
  }
  if (n.state === problem.state || n.state === null) return repeat(turn, counted, problem)
  return change(turn, counted, problem, n.state)
}

/**
 * An attack does not stop because somebody has taken it; what goes on and is no worse belongs to what they have taken. What
 * says something else, but for its numbers, is something else.
 */
function isOfEndedEpisode({ type, notification: n, check, context }: Turn): boolean {
  const { quietMs = 0, state, output } = n
  const { last, tally } = check
  if (type !== 'EVENT' || last === null || last.type !== 'EVENT') return false
  // A clock that was set back says nothing of how long it paused.
  const paused = Math.abs(context.now - tally.lastSeen)
  const isNoWorse = severityOf(state) <= severityOf(last.state)
  return paused < quietMs && isNoWorse && withoutNumbers(output) === withoutNumbers(last.output)
}

/** Ports, counts and times differ from one event of an attack to the next. */
function withoutNumbers(output: string): string {
  return output.replaceAll(/\d+/g, '#')
}

function open(turn: Turn, check: Check, earlier: Changes): Received {
  const { notification: n, time, context } = turn
  const problem: Problem = {
    row: 0,
    id: context.newId(),
    state: n.state,
    isEvent: turn.type === 'EVENT',
    episode: n.episode,
    opened: Math.min(n.since ?? time, time),
    changed: time,
    closed: null,
    closedBecause: null,
    acknowledgement: null,
    released: null,
    firstTaken: null,
  }
  const opened: Check = {
    ...check,
    tally: { count: 1, lastSeen: context.now, output: n.output, longOutput: n.longOutput, rang: context.now },
  }
  const severity = severityOf(n.state)
  const effects: Effect[] = [{ kind: 'card', problem: problem.id, priority: PRIORITY.post, severity }]
  const output = notOnCard(n)
  if (output !== null) effects.push(thread(problem.id, { what: 'output', at: time, output }, severity))
  return {
    outcome: 'opened',
    state: { check: opened, problem },
    changes: {
      checks: [opened],
      problems: [...earlier.problems, { problem, check: opened }],
      cards: [{ problem: problem.id, destinations: context.route(opened, n.state, n.channel) }],
      history: [...earlier.history, heardEntry(turn, 'opened', problem.id)],
      effects: [...earlier.effects, ...effects],
    },
  }
}

/** @returns all that was said, where a card does not show all of it */
function notOnCard({ output, longOutput, fields }: Notification): string | null {
  const whole = longOutput === null ? output : `${output}\n${longOutput}`
  const hidden = (fields ?? []).slice(FIELDS_SHOWN).map(({ label, value }) => `${label}: ${value}`)
  if (hidden.length === 0) return outputPreview(output, longOutput).cut ? whole : null
  return [...(outputPreview(output, longOutput).cut ? [whole] : []), ...hidden].join('\n')
}

function repeat(turn: Turn, check: Check, problem: Problem): Received {
  const { now } = turn.context
  const severity = severityOf(problem.state)
  const effects: Effect[] = [{ kind: 'card', problem: problem.id, priority: PRIORITY.count, severity }]
  let { tally } = check
  if (isReminderDue(check, problem, now)) {
    tally = { ...tally, rang: now }
    const { state } = problem
    const event: ThreadEvent = {
      what: 'reminded',
      at: turn.time,
      state,
      output: tally.output,
      count: tally.count,
    }
    effects.push({ kind: 'thread', problem: problem.id, event, rings: true, severity })
  }
  const counted = { ...check, tally }
  return {
    outcome: 'repeated',
    state: { check: counted, problem },
    changes: {
      ...NO_CHANGES,
      checks: [counted],
      history: [heardEntry(turn, 'repeated', problem.id)],
      effects,
    },
  }
}

function change(turn: Turn, check: Check, problem: Problem, state: State): Received {
  const { notification: n, time, context } = turn
  const severity = severityOf(state)
  const worse = severity > severityOf(problem.state)
  const ends = problem.acknowledgement !== null && !problem.acknowledgement.sticky
  const changed: Problem = {
    ...problem,
    state,
    changed: time,
    acknowledgement: ends ? null : problem.acknowledgement,
    released: ends ? context.now : problem.released,
  }
  const rings = worse && !check.inDowntime
  const counted: Check = rings ? { ...check, tally: { ...check.tally, rang: context.now } } : check
  const event: ThreadEvent = { what: 'changed', at: time, from: problem.state, to: state, output: n.output }
  const effects: Effect[] = [
    { kind: 'card', problem: problem.id, priority: PRIORITY.change, severity },
    { kind: 'thread', problem: problem.id, event, rings, severity },
  ]
  const history = [heardEntry(turn, 'changed', problem.id)]
  if (ends) {
    const removed: ThreadEvent = {
      what: 'acknowledgement-removed',
      at: time,
      by: null,
      because: 'state-change',
    }
    effects.push(thread(problem.id, removed, severity))
    history.push(removalEntry(turn, problem, 'The state changed and the acknowledgement was not sticky.'))
  }
  return {
    outcome: 'changed',
    state: { check: counted, problem: changed },
    changes: {
      checks: [counted],
      problems: [{ problem: changed, check: counted }],
      cards: [{ problem: problem.id, destinations: context.route(counted, state, n.channel) }],
      history,
      effects,
    },
  }
}

function receiveRecovery(turn: Turn, heard: Check): Received {
  const check = { ...heard, lastStateTime: turn.time }
  // An event never recovers; that its host is well says nothing of it.
  if (turn.problem === null || turn.problem.isEvent) return recorded(turn, 'recorded', check)
  return closing(turn, check, turn.problem, 'recovery')
}

function closing(turn: Turn, heard: Check, problem: Problem, because: ClosedBecause): Received {
  const { notification: n, time } = turn
  const recovery = because === 'recovery'
  const tally = recovery ? { ...heard.tally, output: n.output, longOutput: n.longOutput } : heard.tally
  const check = { ...heard, tally }
  const closed: Problem = {
    ...problem,
    // A time before the problem opened is the sender's clock; a card that lasted less than nothing helps nobody.
    closed: Math.max(time, problem.opened),
    closedBecause: because,
  }
  const event: ThreadEvent = {
    what: 'closed',
    at: time,
    state: recovery ? n.state : null,
    output: recovery ? n.output : '',
    because,
    lastedMs: Math.max(0, time - problem.opened),
  }
  return {
    outcome: 'closed',
    state: { check, problem: null },
    changes: {
      ...NO_CHANGES,
      checks: [check],
      problems: [{ problem: closed, check }],
      history: [recovery ? heardEntry(turn, 'closed', problem.id) : endedEntry(turn, problem)],
      effects: [
        { kind: 'card', problem: problem.id, priority: PRIORITY.change, severity: 0 },
        thread(problem.id, event, 0),
        ...leftThere(check, problem),
      ],
    },
  }
}

/** What was handed to the monitor may have to be ended there, and what is still on its way is settled. */
function leftThere(check: Check, problem: Problem): Effect[] {
  const held = problem.acknowledgement
  return held === null || held.handOver === 'not_supported' ? [] : [acknowledgementOrder(check, problem)]
}

/** The end of an episode that the monitor told only by beginning another. */
function endedEntry(turn: Turn, problem: Problem): HistoryEntry {
  return historyEntry({
    kind: 'notification',
    check: turn.check,
    problem: problem.id,
    time: turn.time,
    state: problem.state,
    through: 'monitor',
    outcome: 'closed',
    detail: `Episode ${problem.episode} ended: the monitor reports episode ${turn.notification.episode}.`,
  })
}
