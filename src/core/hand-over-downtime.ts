import type { Changes } from './changes.ts'
import { NO_CHANGES } from './changes.ts'
import { type ScheduledDowntime, shown, spanWords } from './downtime.ts'
import type { ThreadEvent } from './effect.ts'
import {
  type Found,
  type Progress,
  type Result,
  SETTLE_MS,
  type Step,
  sendOrLook,
  withoutReading,
} from './hand-over.ts'
import { reasonOf } from './handed-over.ts'
import { historyEntry } from './history.ts'
import { carriesMarker } from './marker.ts'
import type { DowntimeReading } from './monitor-api.ts'
import type { CheckState } from './problem.ts'

/** Which wish a downtime stands for at the moment: to be there, or to be gone. */
export function wishOfDowntime({ id, ending }: ScheduledDowntime): string {
  return `${id} ${ending === null ? 'is' : `ends ${ending.at}`}`
}

/** Decides the next step of getting a downtime into the monitor. */
export function nextToSetDowntime(
  downtime: ScheduledDowntime,
  monitor: string,
  found: Found,
  progress: Progress,
  now: number,
): Step {
  if (now >= downtime.until) {
    const reason = `Its time was over before ${monitor} could be told.`
    return settle(progress.sentAt === null ? { is: 'failed', reason, retrying: false } : { is: 'sent' })
  }
  if (found.kind !== 'read') return withoutReading(found, progress, monitor)
  const { downtimes } = found.reading
  if (downtimes === null) return withoutReading({ kind: 'unreadable' }, progress, monitor)
  if (ours(downtime, downtimes) !== undefined) return settle({ is: 'confirmed' })
  const isFresh = found.asOf >= (progress.sentAt ?? 0) + SETTLE_MS
  return sendOrLook(progress, isFresh, monitor, now)
}

/** Decides the next step of getting a downtime of ours out of the monitor. */
export function nextToEndDowntime(
  downtime: ScheduledDowntime,
  monitor: string,
  found: Found,
  progress: Progress,
  now: number,
): Step {
  if (now >= downtime.until) return settle({ is: 'confirmed' })
  if (found.kind !== 'read') return withoutReading(found, progress, monitor)
  const { downtimes } = found.reading
  if (downtimes === null) return withoutReading({ kind: 'unreadable' }, progress, monitor)
  const since = progress.sentAt === null ? (downtime.ending?.at ?? 0) : progress.sentAt + SETTLE_MS
  const isFresh = found.asOf >= since
  // What was sent before may arrive yet; its end is sent after it.
  const wasThere = downtime.handOver === 'confirmed'
  const mayArrive = !wasThere && progress.sentAt === null && progress.before !== null
  if (isFresh && !mayArrive && ours(downtime, downtimes) === undefined) return settle({ is: 'confirmed' })
  return sendOrLook(progress, isFresh, monitor, now)
}

/** @returns the monitor's own record of a downtime of ours */
export function ours({ id, reference }: ScheduledDowntime, there: readonly DowntimeReading[]) {
  return there.find((one) => carriesMarker(one.comment, id) || one.reference === reference)
}

function settle(result: Result): Step {
  return { step: 'settle', result }
}

/** Takes the result of a hand-over into the check's downtime. */
export function downtimeHandedOver(
  { check, problem }: CheckState,
  downtime: ScheduledDowntime,
  result: Result,
  reference: string | null,
  now: number,
): Changes {
  const { ending } = downtime
  const reason = reasonOf(result)
  const retrying = result.is === 'failed' && result.retrying
  const isFailed = result.is === 'failed'
  const before = ending ?? downtime
  if (ending === null && result.is === 'confirmed' && before.handOver === 'confirmed') return NO_CHANGES
  if (isFailed && before.handOver === 'failed' && before.reason === reason && before.retrying === retrying)
    return NO_CHANGES
  const named = { ...downtime, reference: reference ?? downtime.reference }
  const after: ScheduledDowntime | null =
    ending === null
      ? { ...named, handOver: result.is, reason, retrying }
      : isFailed
        ? { ...named, ending: { ...ending, handOver: 'failed', reason, retrying } }
        : null
  const of = ending === null ? 'downtime' : 'downtime-removal'
  const isNews = before.reason !== reason && (isFailed || before.handOver === 'failed')
  const event: ThreadEvent | null = isNews
    ? { what: 'handed-over', at: now, of, handOver: result.is, reason }
    : null
  return {
    ...NO_CHANGES,
    checks: [{ ...check, downtime: after }],
    history: [
      historyEntry({
        kind: 'downtime',
        check,
        problem: problem?.id ?? null,
        time: now,
        state: problem?.state ?? null,
        actor: ending === null ? downtime.by : ending.by,
        through: ending === null ? downtime.through : ending.through,
        comment: ending === null ? downtime.comment : null,
        outcome: result.is,
        detail: reason ?? (ending === null ? spanWords(downtime.from, downtime.until) : 'removal'),
      }),
    ],
    effects: shown(problem, event),
  }
}
