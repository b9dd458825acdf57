import type { Actor } from './acknowledgement.ts'
import { type Changes, NO_CHANGES } from './changes.ts'
import type { ThreadEvent } from './effect.ts'
import type { Result } from './hand-over.ts'
import { reasonOf } from './handed-over.ts'
import { historyEntry } from './history.ts'
import type { CheckState } from './problem.ts'
import { severityOf } from './state.ts'

/** @returns what changes when a comment was handed to the monitor, or could not be */
export function commentedThere(
  { check, problem }: CheckState,
  { by, comment }: { readonly by: Actor; readonly comment: string },
  result: Result,
  now: number,
): Changes {
  const reason = reasonOf(result)
  const event: ThreadEvent = { what: 'handed-over', at: now, of: 'comment', handOver: result.is, reason }
  const tells = problem !== null && problem.closed === null && result.is === 'failed'
  return {
    ...NO_CHANGES,
    history: [
      historyEntry({
        kind: 'comment',
        check,
        problem: problem?.id ?? null,
        time: now,
        state: problem?.state ?? null,
        actor: by,
        comment,
        outcome: result.is,
        detail: reason,
      }),
    ],
    effects: tells
      ? [{ kind: 'thread', problem: problem.id, event, rings: false, severity: severityOf(problem.state) }]
      : [],
  }
}
