import type Database from 'better-sqlite3'
import { Failure } from '../../core/failure.ts'
import type { Clock, Log } from '../../core/ports.ts'
import { storeFailure } from './failures.ts'

/*
 * Group commit. Work that arrives together shares one transaction and one fsync. One piece that throws takes nobody with
 * it: then everything is undone, and done again with a savepoint for each, because savepoints for all cost more than
 * the rare second run. Node accepts one connection a turn of its loop, so a commit waits until two
 * turns brought nothing new: senders that open a connection each are batched too. It never waits longer than
 * LINGER_MAX_MS, and a transaction is never heavier than WEIGHT_MAX, because it holds up the loop while it runs. Somebody
 * waits for what a person does, so it goes before notifications, which may be thousands.
 */

const LINGER_QUIET_TURNS = 2
const LINGER_MAX_MS = 5
/**
 * On a slow disk it may wait as long as the last commit took, up to this: in the turns of 5 ms between commits of 60, some
 * connections would not be accepted for seconds, and a click of a person may be on one.
 */
const LINGER_SLOW_MAX_MS = 50
/** Notifications in one transaction: some 10 ms of work. */
const WEIGHT_MAX = 512
/** Of these, what goes before notifications; they always get on too. */
const FIRST_MAX = 256
/** Another process writes for at most 20 ms at a time; ask again this much later. */
const BUSY_RETRY_MS = 4
/** After this long without the lock the waiting work is refused. */
const BUSY_GIVE_UP_MS = 5_000

type Piece = {
  readonly weight: number
  readonly run: (now: number) => unknown
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export type CommitQueueOptions = {
  /** Stamps what is written. */
  readonly time: Clock
  /** Measures waiting. */
  readonly system: Clock
  /** How many connections and requests the server has seen; a change means that more work may be coming. */
  readonly arrivals: () => number
  readonly log: Log
  /** Called in each transaction before anything else. */
  readonly onBegin?: () => void
  /** Called when something that ran is undone. */
  readonly onUndo?: () => void
}

export class CommitQueue {
  readonly #db: Database.Database
  readonly #options: CommitQueueOptions
  readonly #sql: Readonly<
    Record<'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'undo', Database.Statement>
  >
  /** What goes before the rest. */
  readonly #first: Piece[] = []
  readonly #queue: Piece[] = []
  readonly #listeners: (() => void)[] = []
  readonly #idleWaiters: (() => void)[] = []
  #scheduled = false
  #closed = false
  #failing = false
  #lingerMs = LINGER_MAX_MS

  constructor(db: Database.Database, options: CommitQueueOptions) {
    this.#db = db
    this.#options = options
    this.#sql = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      rollback: db.prepare('ROLLBACK'),
      savepoint: db.prepare('SAVEPOINT piece'),
      release: db.prepare('RELEASE piece'),
      undo: db.prepare('ROLLBACK TO piece'),
    }
  }

  /**
   * Runs `work` in one of the next transactions; it may be run twice, the first time without effect.
   *
   * @param weight notifications that it writes, or as much other work; absent: little, and before what has a weight
   * @returns its answer once that is on disk
   * @throws Failure `unavailable` when it could not be written
   */
  enqueue<Answer>(work: (now: number) => Answer, weight?: number): Promise<Answer> {
    if (this.#closed) {
      return Promise.reject(new Failure('unavailable', { kind: 'later' }, 'The store is closed.'))
    }
    return new Promise((resolve, reject) => {
      const line = weight === undefined ? this.#first : this.#queue
      const piece = { weight: Math.max(1, weight ?? 1), run: work, reject }
      line.push({ ...piece, resolve: resolve as (answer: unknown) => void })
      this.#schedule()
    })
  }

  /** Calls `listener` after each commit. */
  onCommit(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Resolves when nothing waits. */
  idle(): Promise<void> {
    if (!this.#scheduled && this.#waiting === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idleWaiters.push(resolve))
  }

  /** Takes nothing more and resolves when what waits is written. */
  async close(): Promise<void> {
    this.#closed = true
    await this.idle()
  }

  get #waiting(): number {
    return this.#first.length + this.#queue.length
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const { arrivals, system } = this.#options
    const started = system.monotonic()
    let quiet = 0
    let heard = arrivals() + this.#waiting
    const turn = (): void => {
      const hears = arrivals() + this.#waiting
      quiet = hears === heard ? quiet + 1 : 0
      heard = hears
      if (quiet >= LINGER_QUIET_TURNS || system.monotonic() - started >= this.#lingerMs) this.#flush(started)
      else setImmediate(turn)
    }
    setImmediate(turn)
  }

  #flush(since: number, batch: readonly Piece[] | null = null): void {
    const { system } = this.#options
    try {
      this.#sql.begin.run()
      this.#options.onBegin?.()
    } catch (error) {
      this.#undo()
      if (isBusy(error) && system.monotonic() - since < BUSY_GIVE_UP_MS) {
        system.timer(BUSY_RETRY_MS, () => this.#flush(since, batch))
        return
      }
      this.#fail(batch ?? [...this.#first.splice(0), ...this.#queue.splice(0)], error)
      this.#done()
      return
    }
    const pieces = batch ?? this.#take()
    const results = batch === null ? this.#runBare(pieces) : this.#runEach(pieces)
    if (results === null) {
      this.#undo()
      this.#flush(since, pieces)
      return
    }
    this.#commit(pieces, results)
  }

  #take(): Piece[] {
    const first = takeBatch(this.#first, FIRST_MAX)
    // What goes first is light, so it leaves room.
    return [...first, ...takeBatch(this.#queue, WEIGHT_MAX - first.length)]
  }

  #commit(pieces: readonly Piece[], results: readonly (() => void)[]): void {
    const { system } = this.#options
    try {
      const began = system.monotonic()
      this.#sql.commit.run()
      const took = system.monotonic() - began
      this.#lingerMs = Math.min(Math.max(LINGER_MAX_MS, took), LINGER_SLOW_MAX_MS)
    } catch (error) {
      this.#undo()
      this.#fail(pieces, error)
      this.#done()
      return
    }
    if (this.#failing) this.#options.log.info({}, 'The database can be written again.')
    this.#failing = false
    for (const listener of this.#listeners) listener()
    for (const settle of results) settle()
    this.#done()
  }

  #undo(): void {
    this.#options.onUndo?.()
    // A full disk may have ended it already.
    if (this.#db.inTransaction) this.#sql.rollback.run()
  }

  /** @returns null when a piece threw */
  #runBare(pieces: readonly Piece[]): (() => void)[] | null {
    const now = this.#options.time.now()
    try {
      return pieces.map((piece) => {
        const answer = piece.run(now)
        return () => piece.resolve(answer)
      })
    } catch {
      return null
    }
  }

  #runEach(pieces: readonly Piece[]): (() => void)[] {
    const now = this.#options.time.now()
    const { savepoint, release, undo } = this.#sql
    return pieces.map((piece) => {
      // A savepoint outside a transaction would begin one of its own, and keep what all are told has failed.
      if (!this.#db.inTransaction) return () => undefined
      savepoint.run()
      try {
        const answer = piece.run(now)
        release.run()
        return () => piece.resolve(answer)
      } catch (error) {
        this.#options.onUndo?.()
        // A full disk may have ended the whole transaction; then there is nothing to go back to, and COMMIT says so.
        if (this.#db.inTransaction) {
          undo.run()
          release.run()
        }
        return () => piece.reject(storeFailure(error))
      }
    })
  }

  #fail(pieces: readonly Piece[], cause: unknown): void {
    const failure = storeFailure(cause)
    const { log } = this.#options
    if (!this.#failing)
      log.error({ err: cause }, `${failure.message} Nothing is accepted until that works again.`)
    this.#failing = true
    for (const piece of pieces) piece.reject(failure)
  }

  #done(): void {
    this.#scheduled = false
    if (this.#waiting > 0) this.#schedule()
    else for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }
}

/** @returns the first of the line that weigh no more than `max` together, or its very first */
function takeBatch(queue: Piece[], max: number): Piece[] {
  let weight = 0
  let length = 0
  for (const piece of queue) {
    if (length > 0 && weight + piece.weight > max) break
    weight += piece.weight
    length++
  }
  return queue.splice(0, length)
}

function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY')
}
