import type { Changes } from '../core/changes.ts'
import type { HistoryEntry } from '../core/history.ts'
import { receive } from '../core/lifecycle.ts'
import { type Notification, senderIdentity } from '../core/notification.ts'
import type { Decision, Loaded, Store } from '../core/ports.ts'
import { type CheckState, hostName, serviceName } from '../core/problem.ts'
import type { State } from '../core/state.ts'
import type { Outcome, ReceiveContext } from '../core/turn.ts'

/** What became of one notification, as the sender is told. */
export type ReceivedProblem = {
  readonly id: string | null
  readonly host: string
  readonly service: string | null
  readonly state: State | null
  readonly outcome: Outcome
}

/** What was not understood, kept in the record. */
export type Rejected = { readonly monitor: string; readonly reason: string; readonly excerpt: string }

export type ReceiveNotifications = (
  notifications: readonly Notification[],
  rejected: readonly Rejected[],
) => Promise<readonly ReceivedProblem[]>

/**
 * Receives the notifications of one request, all of them in one piece.
 *
 * @returns a function that answers when they are on disk; it throws Failure `unavailable` when they are not
 */
export function createReceiveNotifications(
  store: Pick<Store, 'decide'>,
  route: ReceiveContext['route'],
  newId: () => string,
): ReceiveNotifications {
  return (notifications, rejected) =>
    store.decide({ notifications }, (loaded, now) =>
      receiveAll(notifications, rejected, loaded, { now, newId, route }),
    )
}

function receiveAll(
  notifications: readonly Notification[],
  rejected: readonly Rejected[],
  loaded: Loaded,
  context: ReceiveContext,
): Decision<readonly ReceivedProblem[]> {
  const [only] = notifications
  if (notifications.length === 1 && only !== undefined && rejected.length === 0) {
    const before = loaded.check(only)
    const { state, outcome, changes } = receive(before, loaded.seenAt(only), only, context)
    return { changes, answer: [toAnswer(only, state, outcome, changes)] }
  }
  // Later notifications of a request see what earlier ones did.
  const states = new Map<string, CheckState>()
  const seen = new Set<string>()
  const sum: MutableChanges = { checks: [], problems: [], cards: [], history: [], effects: [] }
  const answer = notifications.map((notification) => {
    const key = `${notification.monitor}\n${notification.key}`
    const identity = senderIdentity(notification)
    const seenAt = identity !== null && seen.has(identity) ? context.now : loaded.seenAt(notification)
    if (identity !== null) seen.add(identity)
    const before = states.get(key) ?? loaded.check(notification)
    const { state, outcome, changes } = receive(before, seenAt, notification, context)
    states.set(key, state)
    add(sum, changes)
    return toAnswer(notification, state, outcome, changes)
  })
  sum.history.push(...rejected.map((one) => rejectedEntry(one, context.now)))
  return { changes: sum, answer }
}

type MutableChanges = { [Part in keyof Changes]: Changes[Part][number][] }

function add(sum: MutableChanges, changes: Changes): void {
  sum.checks.push(...changes.checks)
  sum.problems.push(...changes.problems)
  sum.cards.push(...changes.cards)
  sum.history.push(...changes.history)
  sum.effects.push(...changes.effects)
}

function toAnswer(n: Notification, state: CheckState, outcome: Outcome, changes: Changes): ReceivedProblem {
  const problem = state.problem ?? changes.problems.at(-1)?.problem ?? null
  return {
    id: problem?.id ?? null,
    host: hostName(state.check),
    service: serviceName(state.check),
    state: n.state,
    outcome,
  }
}

function rejectedEntry({ monitor, reason, excerpt }: Rejected, now: number): HistoryEntry {
  return {
    kind: 'rejected',
    check: null,
    monitor,
    problem: null,
    time: now,
    type: null,
    state: null,
    actor: null,
    through: 'monitor',
    comment: null,
    outcome: reason,
    detail: excerpt,
  }
}
