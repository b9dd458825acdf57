import { type Actor, COMMENT_MAX_CHARS, type Through } from '../core/acknowledgement.ts'
import { type Changes, NO_CHANGES } from '../core/changes.ts'
import { removeDowntime, scheduleDowntime } from '../core/downtime.ts'
import { cutChars } from '../core/output-preview.ts'
import { type PermissionRule, permit } from '../core/permit.ts'
import type { CheckName, Store } from '../core/ports.ts'
import type { CheckState } from '../core/problem.ts'
import type { Refusal } from '../core/refusal.ts'
import type { Acting } from './acknowledge-problem.ts'
import { refusalEntry } from './refusal.ts'

/** What a monitor can be told of downtimes; by its name. */
export type DowntimeWays = (monitor: string) => { readonly set: boolean; readonly remove: boolean }

type About = Acting & {
  readonly check: CheckName
  readonly through: Through
  readonly interaction: string | null
}

/** `until` in epoch ms; it begins now. */
export type SetDowntimeCommand = About & { readonly until: number; readonly comment: string | null }

export type DowntimeResult =
  | { readonly kind: 'requested' | 'repeated' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export type SetDowntime = {
  set(command: SetDowntimeCommand): Promise<DowntimeResult>
  /** Removes the one that was set from here. */
  remove(command: About): Promise<DowntimeResult>
}

/** A person sets a downtime in the monitor, or removes it. @throws Failure `unavailable` when it could not be stored */
export function createSetDowntime(
  store: Pick<Store, 'decide'>,
  rules: readonly PermissionRule[],
  ways: DowntimeWays,
  newId: () => string,
): SetDowntime {
  return {
    set: (command) =>
      decided(store, command, rules, (state, by, now) => {
        const { through, until } = command
        const comment = command.comment === null ? null : cutChars(command.comment, COMMENT_MAX_CHARS)
        const request = { id: newId(), by, through, comment, from: now, until }
        return scheduleDowntime(state, request, ways(state.check.monitor).set, now)
      }),
    remove: (command) =>
      decided(store, command, rules, (state, by, now) => {
        const { monitor } = state.check
        if (ways(monitor).remove) return removeDowntime(state, { by, through: command.through }, now)
        const name = state.check.host
        return {
          outcome: { kind: 'refused', refusal: { why: 'no-downtime', name, monitor } },
          changes: NO_CHANGES,
        }
      }),
  }
}

type Decide = (
  state: CheckState,
  by: Actor,
  now: number,
) => {
  outcome: { kind: 'requested' } | { kind: 'refused'; refusal: Refusal }
  changes: Changes
}

function decided(
  store: Pick<Store, 'decide'>,
  { check, person, groups, through, interaction }: About,
  rules: readonly PermissionRule[],
  decide: Decide,
): Promise<DowntimeResult> {
  return store.decide<DowntimeResult>({ checks: [check], interaction }, (loaded, now) => {
    if (loaded.repeated) return { changes: NO_CHANGES, answer: { kind: 'repeated' } }
    const state = loaded.check(check)
    const refuse = (refusal: Refusal) => ({
      changes: {
        ...NO_CHANGES,
        history: [refusalEntry({ person, action: 'downtime', through, view: state, refusal }, now)],
      },
      answer: { kind: 'refused', refusal } as const,
    })
    const subject = state === null ? null : { check: state.check, state: state.problem?.state ?? null }
    const refusal = permit(person, 'downtime', rules, groups, subject)
    if (refusal !== null) return refuse(refusal)
    if (state === null) return refuse({ why: 'problem-unknown' })
    const { outcome, changes } = decide(state, { id: person.id, name: person.name }, now)
    return outcome.kind === 'refused' ? refuse(outcome.refusal) : { changes, answer: { kind: 'requested' } }
  })
}
