import type { Actor, Through } from './acknowledgement.ts'
import type { NotificationType } from './notification.ts'
import type { State } from './state.ts'

export type HistoryKind =
  | 'notification'
  | 'acknowledgement'
  | 'removal'
  | 'comment'
  | 'downtime'
  | 'delivery'
  | 'refusal'
  | 'rejected'

export const HISTORY_KINDS: readonly HistoryKind[] = [
  'notification',
  'acknowledgement',
  'removal',
  'comment',
  'downtime',
  'delivery',
  'refusal',
  'rejected',
]

/** A line to be written into the append-only record. `check` ties it to host and service; without one it stands alone. */
export type HistoryEntry = {
  readonly kind: HistoryKind
  readonly check: { readonly monitor: string; readonly key: string } | null
  /** Said only where there is no check. */
  readonly monitor: string | null
  /** Id of the problem. */
  readonly problem: string | null
  /** When it happened, epoch ms. */
  readonly time: number
  readonly type: NotificationType | null
  readonly state: State | null
  readonly actor: Actor | null
  readonly through: Through | null
  readonly comment: string | null
  readonly outcome: string
  readonly detail: string | null
}

/** A line of the record as it is read. */
export type HistoryRow = Omit<HistoryEntry, 'check' | 'monitor'> & {
  readonly id: string
  readonly monitor: string | null
  readonly host: string | null
  readonly service: string | null
  /** When it was written, epoch ms; the order of the record. */
  readonly recorded: number
}

/** @returns an entry with everything but what is given left empty. */
export function historyEntry(
  given: Pick<HistoryEntry, 'kind' | 'time' | 'outcome'> & Partial<HistoryEntry>,
): HistoryEntry {
  return {
    check: null,
    monitor: null,
    problem: null,
    type: null,
    state: null,
    actor: null,
    through: null,
    comment: null,
    detail: null,
    ...given,
  }
}
