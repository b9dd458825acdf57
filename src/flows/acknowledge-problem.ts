import {
  type AcknowledgeOutcome,
  type AcknowledgeRequest,
  acknowledge,
  type HandOverWay,
} from '../core/acknowledge.ts'
import { COMMENT_MAX_CHARS } from '../core/acknowledgement.ts'
import { type Changes, mergeChanges, NO_CHANGES } from '../core/changes.ts'
import type { NotTaken, Reply } from '../core/effect.ts'
import { cutChars } from '../core/output-preview.ts'
import type { Groups, PermissionRule, Person } from '../core/permit.ts'
import { permit } from '../core/permit.ts'
import type { Store } from '../core/ports.ts'
import { checkName, type ProblemView } from '../core/problem.ts'
import type { Refusal } from '../core/refusal.ts'
import { refusalEntry } from './refusal.ts'

/** Who acts, and what is known of them. */
export type Acting = { readonly person: Person; readonly groups: Groups }

/** What each monitor can be told; by its name. */
export type Ways = (monitor: string) => HandOverWay

export type AcknowledgeCommand = Omit<AcknowledgeRequest, 'by' | 'id' | 'way'> &
  Acting & {
    readonly problem: string
    /** More problems, each decided by itself. */
    readonly others?: readonly string[]
    /** Identifies the action; a repeat of it changes nothing. */
    readonly interaction: string | null
    /** Where a private answer goes that cannot be given at once; null when the caller says it itself. */
    readonly replyTo: string | null
    /** Answer also when it went well, because the person does not see the card where they are. */
    readonly confirm?: boolean
  }

/** What became of the problem; of the others, a private answer tells. */
export type AcknowledgeResult = AcknowledgeOutcome | { readonly kind: 'repeated' }

export type AcknowledgeProblem = (command: AcknowledgeCommand) => Promise<AcknowledgeResult>

/** A person takes a problem, whichever way they asked. @throws Failure `unavailable` when it could not be stored */
export function createAcknowledgeProblem(
  store: Pick<Store, 'decide'>,
  rules: readonly PermissionRule[],
  ways: Ways,
  newId: () => string,
): AcknowledgeProblem {
  return (command) => {
    const problems = [command.problem, ...(command.others ?? [])]
    return store.decide<AcknowledgeResult>({ problems, interaction: command.interaction }, (loaded, now) => {
      if (loaded.repeated) return { changes: NO_CHANGES, answer: { kind: 'repeated' } }
      const decided = problems.map((id) => decide(command, loaded.problem(id), { rules, ways, newId }, now))
      const [first] = decided
      if (first === undefined) throw new Error('A command without a problem.')
      const changes = mergeChanges(decided.map((one) => one.changes))
      return {
        changes: { ...changes, effects: [...changes.effects, ...reply(command, decided)] },
        answer: first.outcome,
      }
    })
  }
}

type Decided = {
  readonly view: ProblemView | null
  readonly outcome: AcknowledgeOutcome
  readonly changes: Changes
}

type Means = {
  readonly rules: readonly PermissionRule[]
  readonly ways: Ways
  readonly newId: () => string
}

function decide(
  command: AcknowledgeCommand,
  view: ProblemView | null,
  { rules, ways, newId }: Means,
  now: number,
): Decided {
  const { person, groups, comment, through } = command
  const refuse = (refusal: Refusal): Decided => ({
    view,
    outcome: { kind: 'refused', refusal },
    changes: {
      ...NO_CHANGES,
      history: [refusalEntry({ person, action: 'acknowledge', through, view, refusal }, now)],
    },
  })
  const subject = view === null ? null : { check: view.check, state: view.problem.state }
  const refusal = permit(person, 'acknowledge', rules, groups, subject)
  if (refusal !== null) return refuse(refusal)
  if (view === null) return refuse({ why: 'problem-unknown' })
  const request: AcknowledgeRequest = {
    ...command,
    comment: comment === null ? null : cutChars(comment, COMMENT_MAX_CHARS),
    by: { id: person.id, name: person.name },
    id: newId(),
    way: ways(view.check.monitor),
  }
  const { outcome, changes } = acknowledge(view, request, now)
  return outcome.kind === 'refused' ? refuse(outcome.refusal) : { view, outcome, changes }
}

function reply(command: AcknowledgeCommand, decided: readonly Decided[]) {
  const { replyTo: url } = command
  const [first] = decided
  if (url === null || first === undefined) return []
  const { outcome } = first
  // One reason that holds for all, such as being a guest, is said once.
  const isSame = (one: Decided): boolean =>
    outcome.kind === 'refused' &&
    one.outcome.kind === 'refused' &&
    one.outcome.refusal.why === outcome.refusal.why
  if (outcome.kind === 'refused' && decided.every(isSame))
    return [{ kind: 'reply', url, reply: { what: 'refused', refusal: outcome.refusal } } as const]
  if (outcome.kind === 'held' && decided.length === 1)
    return [{ kind: 'reply', url, reply: heldReply(command, first.view, outcome.acknowledgement) } as const]
  if (decided.length === 1 && !command.confirm) return []
  return [{ kind: 'reply', url, reply: takenReply(command, decided) } as const]
}

function heldReply(
  { comment, until }: AcknowledgeCommand,
  view: ProblemView | null,
  held: Extract<AcknowledgeOutcome, { kind: 'held' }>['acknowledgement'],
): Reply {
  return {
    what: 'held',
    problem: view?.problem.id ?? '',
    name: nameOf(view),
    by: held.by,
    since: held.at,
    comment: held.comment,
    until: held.until,
    asked: { comment, until },
  }
}

function takenReply({ until }: AcknowledgeCommand, decided: readonly Decided[]): Reply {
  const names: string[] = []
  const told = new Set<string>()
  const untold = new Set<string>()
  const not: NotTaken[] = []
  for (const { view, outcome } of decided) {
    const name = nameOf(view)
    if (outcome.kind === 'held') not.push({ name, heldBy: outcome.acknowledgement.by })
    else if (outcome.kind === 'refused') not.push({ name, refusal: outcome.refusal })
    else {
      names.push(name)
      const { handOver } = outcome.problem.acknowledgement ?? { handOver: 'not_supported' }
      const monitors = handOver === 'not_supported' ? untold : told
      if (view !== null) monitors.add(view.check.monitor)
    }
  }
  return { what: 'taken', names, until, not, told: [...told], untold: [...untold] }
}

function nameOf(view: ProblemView | null): string {
  return view === null ? 'a problem' : checkName(view.check)
}
