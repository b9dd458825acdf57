import { type AcknowledgeOutcome, type AcknowledgeRequest, acknowledge } from '../core/acknowledge.ts'
import { type Changes, NO_CHANGES } from '../core/changes.ts'
import type { Effect } from '../core/effect.ts'
import type { Groups, PermissionRule, Person } from '../core/permit.ts'
import { permit } from '../core/permit.ts'
import type { Loaded, Store } from '../core/ports.ts'
import { checkName, type ProblemView } from '../core/problem.ts'
import type { Refusal } from '../core/refusal.ts'
import { refusalChanges } from './refusal.ts'

/** Who acts, and what is known of them. */
export type Acting = { readonly person: Person; readonly groups: Groups }

export type AcknowledgeCommand = Omit<AcknowledgeRequest, 'by' | 'handOver'> &
  Acting & {
    readonly problem: string
    /** Identifies the action; a repeat of it changes nothing. */
    readonly interaction: string | null
    /** Where a private answer goes that cannot be given at once; null when the caller says it itself. */
    readonly replyTo: string | null
  }

export type AcknowledgeResult = AcknowledgeOutcome | { readonly kind: 'repeated' }

export type AcknowledgeProblem = (command: AcknowledgeCommand) => Promise<AcknowledgeResult>

/** A person takes a problem, whichever way they asked. @throws Failure `unavailable` when it could not be stored */
export function createAcknowledgeProblem(
  store: Pick<Store, 'decide'>,
  rules: readonly PermissionRule[],
): AcknowledgeProblem {
  return (command) =>
    store.decide({ problems: [command.problem], interaction: command.interaction }, (loaded, now) => {
      if (loaded.repeated) return { changes: NO_CHANGES, answer: { kind: 'repeated' } }
      return decide(command, loaded, rules, now)
    })
}

function decide(
  command: AcknowledgeCommand,
  loaded: Loaded,
  rules: readonly PermissionRule[],
  now: number,
): { changes: Changes; answer: AcknowledgeResult } {
  const { person, groups } = command
  const view = loaded.problem(command.problem)
  const subject = view === null ? null : { check: view.check, state: view.problem.state }
  const refusal = permit(person, 'acknowledge', rules, groups, subject)
  if (refusal !== null) return refuse(command, view, refusal, now)
  if (view === null) return refuse(command, null, { why: 'problem-unknown' }, now)
  // Until a monitor's API can be told, every acknowledgement is kept here only, and the card says so.
  const request: AcknowledgeRequest = {
    ...command,
    by: { id: person.id, name: person.name },
    handOver: 'not_supported',
  }
  const { outcome, changes } = acknowledge(view, request, now)
  if (outcome.kind === 'refused') return refuse(command, view, outcome.refusal, now)
  if (outcome.kind === 'held' && command.replyTo !== null) {
    return { changes: { ...changes, effects: [heldReply(command.replyTo, view)] }, answer: outcome }
  }
  return { changes, answer: outcome }
}

function heldReply(url: string, { problem, check }: ProblemView): Effect {
  const held = problem.acknowledgement
  const by = held?.by ?? { id: null, name: 'Somebody' }
  const since = held?.at ?? problem.opened
  const { comment = null, until = null } = held ?? {}
  return {
    kind: 'reply',
    url,
    reply: { what: 'held', problem: problem.id, name: checkName(check), by, since, comment, until },
  }
}

function refuse(
  command: AcknowledgeCommand,
  view: ProblemView | null,
  refusal: Refusal,
  now: number,
): { changes: Changes; answer: AcknowledgeResult } {
  const { person, through, replyTo } = command
  const changes = refusalChanges({ person, action: 'acknowledge', through, view, refusal }, replyTo, now)
  return { changes, answer: { kind: 'refused', refusal } }
}
