import type { Through } from '../core/acknowledgement.ts'
import { type Changes, NO_CHANGES } from '../core/changes.ts'
import { type HistoryEntry, historyEntry } from '../core/history.ts'
import type { Action, Person } from '../core/permit.ts'
import type { Check, Problem } from '../core/problem.ts'
import type { Refusal } from '../core/refusal.ts'

/** What was refused to whom. */
export type Refused = {
  readonly person: Person
  readonly action: Action
  readonly through: Through
  readonly view: { readonly check: Check; readonly problem: Problem | null } | null
  readonly refusal: Refusal
}

/** @returns the line of the record that says who was refused what */
export function refusalEntry({ person, action, through, view, refusal }: Refused, now: number): HistoryEntry {
  return historyEntry({
    kind: 'refusal',
    check: view?.check ?? null,
    problem: view?.problem?.id ?? null,
    time: now,
    state: view?.problem?.state ?? null,
    actor: { id: person.id, name: person.name },
    through,
    outcome: refusal.why,
    detail: action,
  })
}

/**
 * @param replyTo where the person is told privately; null when the caller does that itself
 * @returns all that a refusal changes: a line in the record, and an answer
 */
export function refusalChanges(refused: Refused, replyTo: string | null, now: number): Changes {
  return {
    ...NO_CHANGES,
    history: [refusalEntry(refused, now)],
    effects:
      replyTo === null
        ? []
        : [{ kind: 'reply', url: replyTo, reply: { what: 'refused', refusal: refused.refusal } }],
  }
}
