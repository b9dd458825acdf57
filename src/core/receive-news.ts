import { type Effect, PRIORITY, type ThreadEvent } from './effect.ts'
import { withoutMarker } from './marker.ts'
import type { Check } from './problem.ts'
import { severityOf } from './state.ts'
import { type Received, recorded, type Turn, thread } from './turn.ts'

/** Flapping, downtime and custom notifications: shown where the problem is shown, never a card of their own. */
export function receiveNews(turn: Turn, heard: Check): Received {
  const { notification: n, type, time, problem } = turn
  const check: Check = {
    ...heard,
    inDowntime:
      type === 'DOWNTIMESTART' ||
      (heard.inDowntime && type !== 'DOWNTIMEEND' && type !== 'DOWNTIMECANCELLED'),
    isFlapping:
      type === 'FLAPPINGSTART' ||
      (heard.isFlapping && type !== 'FLAPPINGSTOP' && type !== 'FLAPPINGDISABLED'),
  }
  const answer = recorded(turn, 'recorded', check)
  if (problem === null) return answer
  const { author, output } = n
  const comment = withoutMarker(n.comment)
  const event: ThreadEvent = { what: 'said', at: time, type, author, comment, output }
  const severity = severityOf(problem.state)
  const effects: Effect[] = [
    { kind: 'card', problem: problem.id, priority: PRIORITY.change, severity },
    thread(problem.id, event, severity),
  ]
  return { ...answer, changes: { ...answer.changes, effects } }
}
