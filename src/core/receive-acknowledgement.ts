import type { Acknowledgement } from './acknowledgement.ts'
import { NO_CHANGES } from './changes.ts'
import { PRIORITY, type ThreadEvent } from './effect.ts'
import { historyEntry } from './history.ts'
import type { Check, Problem } from './problem.ts'
import { severityOf } from './state.ts'
import { heardEntry, type Received, recorded, type Turn, thread } from './turn.ts'

/** Somebody acknowledged in the monitor. Shown with its author; said again, it changes nothing. */
export function receiveAcknowledgement(turn: Turn, check: Check): Received {
  const { notification: n, time, problem } = turn
  if (problem === null) return recorded(turn, 'recorded', check)
  const by = { id: null, name: n.author ?? 'somebody' }
  const current = problem.acknowledgement
  if (current?.foreign && current.by.name === by.name && current.comment === n.comment) {
    return recorded(turn, 'recorded', check)
  }
  const acknowledgement: Acknowledgement = {
    by,
    at: time,
    through: 'monitor',
    comment: n.comment,
    sticky: true,
    persistent: false,
    notify: false,
    until: null,
    handOver: 'confirmed',
    foreign: true,
  }
  const taken: Problem = {
    ...problem,
    acknowledgement,
    firstTaken: problem.firstTaken ?? { by: by.name, at: time },
    ...(problem.isEvent ? { closed: time, closedBecause: 'acknowledgement' as const } : {}),
  }
  const severity = severityOf(problem.state)
  const event: ThreadEvent = {
    what: 'acknowledged',
    at: time,
    by,
    comment: n.comment,
    until: null,
    foreign: true,
    tookOverFrom: current?.by.name ?? null,
    handOver: 'confirmed',
  }
  return {
    outcome: taken.closed === null ? 'changed' : 'closed',
    state: { check, problem: taken.closed === null ? taken : null },
    changes: {
      ...NO_CHANGES,
      checks: [check],
      problems: [{ problem: taken, check }],
      history: [
        heardEntry(turn, taken.closed === null ? 'changed' : 'closed', problem.id),
        historyEntry({
          kind: 'acknowledgement',
          check,
          problem: problem.id,
          time,
          state: problem.state,
          actor: by,
          through: 'monitor',
          comment: n.comment,
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
