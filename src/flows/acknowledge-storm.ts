import type { Bulk, BulkCommand, BulkStore } from '../core/bulk.ts'
import { Failure } from '../core/failure.ts'
import { type Groups, type PermissionRule, permit } from '../core/permit.ts'
import type { Clock, Log, StormScope } from '../core/ports.ts'
import type { Refusal } from '../core/refusal.ts'
import type { AcknowledgeProblem, Acting } from './acknowledge-problem.ts'
import { leftOfBulk } from './left-of-bulk.ts'

/** Problems decided about in one transaction: some ms. */
const AT_ONCE = 100
/** After the store could not be written. */
const RETRY_MS = 5_000

export type AcknowledgeStormCommand = Acting &
  StormScope & {
    readonly comment: string | null
    readonly until: number | null
    /** Identifies the action; a repeat of it changes nothing. */
    readonly interaction: string
    /** Where it is said privately, once it is through, what could not be taken; null where there is no such place. */
    readonly replyTo: string | null
  }

export type AcknowledgeStormResult =
  /** It is written down and goes on by itself. `count`: problems that nobody had then. */
  | { readonly kind: 'begun'; readonly count: number }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** A person takes all of a storm, or one host's part of it: thousands, one after the other, also across a restart. */
export type AcknowledgeStorm = {
  begin(command: AcknowledgeStormCommand): Promise<AcknowledgeStormResult>
  /** Goes on with what was not finished. */
  resume(): void
  /** Resolves when nothing is being acknowledged. */
  settled(): Promise<void>
  /** Ends after the step that is under way; the rest waits for the next start. */
  stop(): Promise<void>
}

export function createAcknowledgeStorm(
  store: BulkStore,
  acknowledge: AcknowledgeProblem,
  rules: readonly PermissionRule[],
  clock: Clock,
  log: Log,
): AcknowledgeStorm {
  const running = new Set<Promise<void>>()
  const cancels = new Set<() => void>()
  let stopped = false

  async function run(bulk: Bulk): Promise<void> {
    try {
      for (let next = store.next(bulk, AT_ONCE); next !== null; next = store.next(bulk, AT_ONCE)) {
        if (stopped) return
        await take(bulk.command, next.problems)
        await store.advance(bulk.id, next.after)
      }
      const groups = unpackGroups(bulk.command.groups)
      await store.end(bulk.id, await leftOfBulk(store, bulk, rules, groups))
    } catch (error) {
      // That the store cannot be written is told by the store.
      if (!(error instanceof Failure))
        log.error({ err: error }, 'A storm could not be acknowledged. It is tried again.')
      if (stopped) return
      const cancel = clock.timer(RETRY_MS, () => {
        cancels.delete(cancel)
        go(bulk)
      })
      cancels.add(cancel)
    }
  }

  /** Each is decided by itself: what somebody has by now stays theirs, what is over stays over. */
  async function take(command: BulkCommand, [problem, ...others]: readonly string[]): Promise<void> {
    if (problem === undefined) return
    const { person, groups, comment, until } = command
    await acknowledge({
      person,
      groups: unpackGroups(groups),
      problem,
      others,
      through: 'modal',
      interaction: null,
      comment,
      until,
      sticky: true,
      persistent: false,
      notify: false,
      takeOver: false,
      replyTo: null,
    })
  }

  function go(bulk: Bulk): void {
    const work: Promise<void> = run(bulk).finally(() => running.delete(work))
    running.add(work)
  }

  return {
    begin: async ({ interaction, ...asked }) => {
      const { person, groups, storm, monitor, host, comment, until, replyTo } = asked
      const refusal = permit(person, 'acknowledge', rules, groups, null)
      if (refusal !== null) return { kind: 'refused', refusal }
      const command = { person, groups: packGroups(groups), storm, monitor, host, comment, until, replyTo }
      const begun = await store.begin(command, interaction)
      if (begun.kind !== 'begun') return begun
      go(begun.bulk)
      return { kind: 'begun', count: begun.count }
    },
    resume: () => {
      for (const bulk of store.unfinished()) go(bulk)
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    stop: async () => {
      stopped = true
      for (const cancel of cancels) cancel()
      await Promise.all(running)
    },
  }
}

function packGroups(groups: Groups): BulkCommand['groups'] {
  return [...groups].map(([id, members]) => [id, members === null ? null : [...members]])
}

function unpackGroups(groups: BulkCommand['groups']): Groups {
  return new Map(groups.map(([id, members]) => [id, members === null ? null : new Set(members)]))
}
