import { type Acknowledgement, foreignAcknowledgement } from './acknowledgement.ts'
import { NO_CHANGES } from './changes.ts'
import { PRIORITY, type ThreadEvent } from './effect.ts'
import { handedOver } from './handed-over.ts'
import { historyEntry } from './history.ts'
import { carriesMarker, isOurs, withoutMarker } from './marker.ts'
import type { Check, Problem } from './problem.ts'
import { severityOf } from './state.ts'
import { heardEntry, type Received, recorded, type Turn, thread } from './turn.ts'

/** Somebody acknowledged in the monitor. Shown with its author; said again, it changes nothing. */
export function receiveAcknowledgement(turn: Turn, check: Check): Received {
  const { notification: n, problem } = turn
  if (problem === null) return recorded(turn, 'recorded', check)
  if (isOurs(n.comment)) return receiveEcho(turn, check, problem)
  const current = problem.acknowledgement
  if (current !== null && isNoNews(current, turn)) return recorded(turn, 'recorded', check)
  const times = { at: turn.time, until: null, now: turn.context.now }
  return takenThere(turn, check, problem, foreignAcknowledgement(n.author, n.comment, times))
}

/**
 * Said again, said late, or without a word of who and why (which our own echo may be): the next reading of the monitor
 * knows better.
 */
function isNoNews(current: Acknowledgement, { notification: n }: Turn): boolean {
  if (n.author === null && n.comment === null) return true
  if (!current.foreign) return n.time !== null && n.time < current.at
  // The same person may go by a login in one place and by a name in the other.
  return current.comment === n.comment && (n.comment !== null || current.by.name === n.author)
}

/** The monitor tells us of what we told it. */
function receiveEcho(turn: Turn, check: Check, problem: Problem): Received {
  const { context, notification: n } = turn
  const answer = recorded(turn, 'recorded', check)
  const held = problem.acknowledgement
  if (held === null || held.ending !== null || !carriesMarker(n.comment, held.id)) return answer
  const { problem: confirmed, changes } = handedOver({ problem, check }, { is: 'confirmed' }, context.now)
  if (changes === NO_CHANGES) return answer
  return {
    outcome: 'changed',
    state: { check, problem: confirmed },
    changes: {
      ...changes,
      checks: [check],
      history: [heardEntry(turn, 'changed', problem.id), ...changes.history],
    },
  }
}

function takenThere(turn: Turn, check: Check, problem: Problem, held: Acknowledgement): Received {
  const { time } = turn
  const taken: Problem = {
    ...problem,
    acknowledgement: held,
    firstTaken: problem.firstTaken ?? { by: held.by.name, at: time },
    ...(problem.isEvent ? { closed: time, closedBecause: 'acknowledgement' as const } : {}),
  }
  const severity = severityOf(problem.state)
  const event: ThreadEvent = {
    what: 'acknowledged',
    at: time,
    by: held.by,
    comment: withoutMarker(held.comment),
    until: held.until,
    foreign: true,
    tookOverFrom: problem.acknowledgement?.by.name ?? null,
    handOver: 'confirmed',
  }
  const outcome = taken.closed === null ? 'changed' : 'closed'
  return {
    outcome,
    state: { check, problem: taken.closed === null ? taken : null },
    changes: {
      ...NO_CHANGES,
      checks: [check],
      problems: [{ problem: taken, check }],
      history: [
        heardEntry(turn, outcome, problem.id),
        historyEntry({
          kind: 'acknowledgement',
          check,
          problem: problem.id,
          time,
          state: problem.state,
          actor: held.by,
          through: 'monitor',
          comment: held.comment,
          outcome: 'confirmed',
        }),
      ],
      effects: [
        { kind: 'card', problem: problem.id, priority: PRIORITY.change, severity },
        thread(problem.id, event, severity),
      ],
    },
  }
}
