import type { Effect } from './effect.ts'
import type { Person } from './permit.ts'
import type { StormScope } from './ports.ts'
import type { ProblemView } from './problem.ts'

/*
 * A bulk: somebody takes all of a storm, or of what it has of one host. What they take is written down when they take it;
 * then each problem is decided about by itself, also across a restart.
 */

/** What a person wants of a storm, as it is kept until it is done. */
export type BulkCommand = StormScope & {
  readonly person: Person
  /** Who was in which user group; null where nobody could say. */
  readonly groups: readonly (readonly [group: string, members: readonly string[] | null])[]
  readonly comment: string | null
  readonly until: number | null
  /** Where to say privately what could not be taken; null where there is no such place. */
  readonly replyTo: string | null
}

export type Bulk = { readonly id: string; readonly command: BulkCommand }

export type BegunBulk =
  /** `count`: problems that it is about. */
  | { readonly kind: 'begun'; readonly bulk: Bulk; readonly count: number }
  | { readonly kind: 'nothing' }
  /** The interaction was heard before. */
  | { readonly kind: 'repeated' }

/** Of the problems that a bulk is about, how many are what by now. */
export type BulkSum = {
  readonly asked: number
  /** Its person has them, or had them when they ended. */
  readonly taken: number
  /** Over before that. */
  readonly ended: number
}

export type BulkStore = {
  /**
   * Writes down that somebody takes all that is there now and that nobody has.
   *
   * @param interaction identifies what they did; a repeat of it changes nothing
   * @throws Failure `unavailable`
   */
  begin(command: BulkCommand, interaction: string): Promise<BegunBulk>
  /** What was begun and is not done. */
  unfinished(): readonly Bulk[]
  /** @returns ids of the next problems that nobody has, and how far that gets; null when there are no more */
  next(bulk: Bulk, limit: number): { readonly problems: readonly string[]; readonly after: number } | null
  advance(id: string, after: number): Promise<void>
  sum(bulk: Bulk): BulkSum
  /**
   * Open problems that it is about and that its person does not have, in the order of their rows. Takes its turn behind
   * what waits to be written, so that a person who could not get thousands holds nobody up.
   *
   * @param after row of the last one seen
   */
  left(bulk: Bulk, after: number, limit: number): Promise<readonly ProblemView[]>
  /** It is through. @param effects what that leads to, written in one piece with it */
  end(id: string, effects: readonly Effect[]): Promise<void>
}
