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
  readonly #checks = new CheckMap<KnownCheck>()
  readonly #byRow = new Map<number, CheckName>()
  /** By row of the problem: the priority of what waits for each of its cards. */
  readonly #covered = new Map<number, number>()

  get(check: CheckName): KnownCheck | null {
    return this.#checks.get(check) ?? null
  }

  put(known: KnownCheck): void {
    const { check, problem, open } = known
    const { last, tally } = check
    const chars = tally.output.length + (tally.longOutput?.length ?? 0) + (last?.output.length ?? 0)
    // Of one that was asked for by a problem that is over, the open problem was not read.
    if (chars > TEXT_MAX_CHARS || (problem?.row ?? null) !== open) {
      this.forget(check.row)
      return
    }
    const { size } = this.#checks
    this.#checks.set(check, known)
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
