import { type RemoveOutcome, removeAcknowledgement } from '../core/acknowledge.ts'
import type { Through } from '../core/acknowledgement.ts'
import { type Changes, NO_CHANGES } from '../core/changes.ts'
import { type PermissionRule, permit } from '../core/permit.ts'
import type { Loaded, Store } from '../core/ports.ts'
import type { ProblemView } from '../core/problem.ts'
import type { Refusal } from '../core/refusal.ts'
import type { Acting, Ways } from './acknowledge-problem.ts'
import { refusalChanges } from './refusal.ts'

export type RemoveCommand = Acting & {
  readonly problem: string
  readonly through: Through
  readonly interaction: string | null
  readonly replyTo: string | null
}

export type RemoveResult = RemoveOutcome | { readonly kind: 'repeated' }

export type RemoveAcknowledgement = (command: RemoveCommand) => Promise<RemoveResult>

/** A person takes an acknowledgement back. @throws Failure `unavailable` when it could not be stored */
export function createRemoveAcknowledgement(
  store: Pick<Store, 'decide'>,
  rules: readonly PermissionRule[],
  ways: Ways,
): RemoveAcknowledgement {
  return (command) =>
    store.decide({ problems: [command.problem], interaction: command.interaction }, (loaded, now) => {
      if (loaded.repeated) return { changes: NO_CHANGES, answer: { kind: 'repeated' } }
      return decide(command, loaded, { rules, ways }, now)
    })
}

function decide(
  command: RemoveCommand,
  loaded: Loaded,
  { rules, ways }: { readonly rules: readonly PermissionRule[]; readonly ways: Ways },
  now: number,
): { changes: Changes; answer: RemoveResult } {
  const { person, groups, through } = command
  const view = loaded.problem(command.problem)
  const subject = view === null ? null : { check: view.check, state: view.problem.state }
  const refusal = permit(person, 'remove', rules, groups, subject)
  if (refusal !== null) return refuse(command, view, refusal, now)
  if (view === null) return refuse(command, null, { why: 'problem-unknown' }, now)
  const by = { id: person.id, name: person.name }
  const { outcome, changes } = removeAcknowledgement(
    view,
    { by, through, because: 'person', way: ways(view.check.monitor) },
    now,
  )
  return outcome.kind === 'refused'
    ? refuse(command, view, outcome.refusal, now)
    : { changes, answer: outcome }
}

function refuse(
  command: RemoveCommand,
  view: ProblemView | null,
  refusal: Refusal,
  now: number,
): { changes: Changes; answer: RemoveResult } {
  const { person, through, replyTo } = command
  const changes = refusalChanges({ person, action: 'remove', through, view, refusal }, replyTo, now)
  return { changes, answer: { kind: 'refused', refusal } }
}
