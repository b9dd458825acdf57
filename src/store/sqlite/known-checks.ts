import type { CheckName } from '../../core/ports.ts'
import type { Check, Problem } from '../../core/problem.ts'
import { CheckMap } from './check-map.ts'

/** A check as it stands in the database. */
export type KnownCheck = {
  readonly check: Check
  /** The open one; where it was asked for by its id, that one, also when it is closed. Null: none. */
  readonly problem: Problem | null
  /** Row of the open problem. */
  readonly open: number | null
  /** Row of the newest line of history. */
  readonly history: number | null
}

/** As it is kept here. Nobody else holds these objects, so they may change. */
type Kept = { check: KeptCheck; problem: Problem | null; open: number | null; history: number | null }
type KeptCheck = Mutable<Omit<Check, 'last' | 'tally'>> & {
  last: Mutable<NonNullable<Check['last']>> | null
  tally: Mutable<Check['tally']>
}
type Mutable<Of> = { -readonly [Key in keyof Of]: Of[Key] }

/** Checks that are remembered: what a busy monitor talks of, some 10 MB at most. */
const CHECKS_MAX = 5_000
/** Characters of a check's output that are remembered; one with more is read each time. */
const TEXT_MAX_CHARS = 1_000
/** Problems of which is remembered what waits for their cards: more than are open at once, some 10 MB. */
const COVERED_MAX = 100_000

/** All cards of the problem are those of a storm or of its host; none of its own is to be brought up to date. */
export const SHOWN_ELSEWHERE = -1

/**
 * Remembers what the database says of the checks that were heard of last, because reading a check costs a sixth of storing
 * a repeat. Only the server writes, in one connection, so it knows of each change: what writes a check or a problem
 * otherwise than by deciding about it has it forgotten, and so do a transaction that is undone and a commit of another
 * process.
 */
export class KnownChecks {
  readonly #checks = new CheckMap<Kept>()
  readonly #byRow = new Map<number, CheckName>()
  /** By row of the problem: the priority of what waits for each of its cards. */
  readonly #covered = new Map<number, number>()

  get(name: CheckName): KnownCheck | null {
    const known = this.#checks.get(name)
    return known === undefined ? null : { ...known, check: copyOf(known.check) }
  }

  has(name: CheckName): boolean {
    return this.#checks.get(name) !== undefined
  }

  /**
   * Notes what a repeat says. In place, because a new object for each repeat outlives the next collection of what is young:
   * all that is remembered would be copied again and again.
   *
   * @param history row of its line
   * @returns false when the check is not remembered
   */
  repeat(check: Check, history: number | null): boolean {
    const known = this.#checks.get(check)
    const { last, tally } = check
    if (known === undefined || known.check.last === null || last === null || isLong(check)) return false
    known.history = history
    known.check.lastStateTime = check.lastStateTime
    known.check.last.output = last.output
    known.check.last.time = last.time
    known.check.tally.count = tally.count
    known.check.tally.lastSeen = tally.lastSeen
    known.check.tally.output = tally.output
    return true
  }

  put(known: KnownCheck): void {
    const { check, problem, open, history } = known
    // Of one that was asked for by a problem that is over, the open problem was not read.
    if (isLong(check) || (problem?.row ?? null) !== open) {
      this.forget(check.row)
      return
    }
    const { size } = this.#checks
    this.#checks.set(check, { check: copyOf(check), problem, open, history })
    if (this.#checks.size === size) return
    this.#byRow.set(check.row, check)
    // One that is spoken of again is read again, once.
    const oldest = size < CHECKS_MAX ? undefined : this.#checks.oldest(check.monitor)
    if (oldest !== undefined) this.forget(oldest.check.row)
  }

  /** @param check its row */
  forget(check: number): void {
    const id = this.#byRow.get(check)
    if (id === undefined) return
    this.#byRow.delete(check)
    this.#checks.delete(id)
  }

  forgetAll(): void {
    this.#checks.clear()
    this.#byRow.clear()
    this.#covered.clear()
  }

  /**
   * @param problem its row
   * @returns true when all of its cards will be brought up to date with at least this priority already
   */
  isCovered(problem: number, priority: number): boolean {
    const covered = this.#covered.get(problem)
    return covered !== undefined && covered <= priority
  }

  cover(problem: number, priority: number): void {
    if (this.#covered.size >= COVERED_MAX) this.#covered.clear()
    this.#covered.set(problem, priority)
  }

  /** What waited for a card of it is on its way. */
  uncover(problem: number): void {
    this.#covered.delete(problem)
  }
}

function copyOf(check: Check): KeptCheck {
  const { last, tally } = check
  return { ...check, last: last === null ? null : { ...last }, tally: { ...tally } }
}

function isLong({ last, tally }: Check): boolean {
  return tally.output.length + (tally.longOutput?.length ?? 0) + (last?.output.length ?? 0) > TEXT_MAX_CHARS
}
