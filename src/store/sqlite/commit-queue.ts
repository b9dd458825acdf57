import type Database from 'better-sqlite3'
import { Failure } from '../../core/failure.ts'
import type { Clock, Log } from '../../core/ports.ts'
import { storeFailure } from './failures.ts'

/*
 * Group commit. Work that arrives together shares one transaction and one fsync; each piece has a savepoint, so that
 * one that throws takes nobody with it. Node accepts one connection a turn of its loop, so a commit waits until two
 * turns brought nothing new: senders that open a connection each are batched too. It never waits longer than
 * LINGER_MAX_MS, and a transaction is never heavier than WEIGHT_MAX, because it holds up the loop while it runs.
 */

const LINGER_QUIET_TURNS = 2
const LINGER_MAX_MS = 5
/** Notifications in one transaction: some 10 ms of work. */
const WEIGHT_MAX = 512
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

export type CommitQueue = {
  /** Runs `work` in the next transaction. @returns its answer once that is on disk */
  enqueue<Answer>(work: (now: number) => Answer, weight?: number): Promise<Answer>
  /** Calls `listener` after each commit. */
  onCommit(listener: () => void): void
  /** Resolves when nothing waits. */
  idle(): Promise<void>
  close(): Promise<void>
}

/**
 * @param arrivals how many connections and requests the server has seen; a change means that more work may be coming
 * @param time the clock that stamps what is written; `system` is the one that measures waiting
 */
export function createCommitQueue(
  db: Database.Database,
  time: Clock,
  system: Clock,
  arrivals: () => number,
  log: Log,
): CommitQueue {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const savepoint = db.prepare('SAVEPOINT piece')
  const release = db.prepare('RELEASE piece')
  const undo = db.prepare('ROLLBACK TO piece')
  const queue: Piece[] = []
  const listeners: (() => void)[] = []
  const idleWaiters: (() => void)[] = []
  let scheduled = false
  let closed = false
  let failing = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    const started = system.monotonic()
    let quiet = 0
    let heard = arrivals() + queue.length
    const turn = (): void => {
      const hears = arrivals() + queue.length
      quiet = hears === heard ? quiet + 1 : 0
      heard = hears
      if (quiet >= LINGER_QUIET_TURNS || system.monotonic() - started >= LINGER_MAX_MS) flush(started)
      else setImmediate(turn)
    }
    setImmediate(turn)
  }

  function flush(since: number): void {
    try {
      begin.run()
    } catch (error) {
      if (isBusy(error) && system.monotonic() - since < BUSY_GIVE_UP_MS) {
        system.timer(BUSY_RETRY_MS, () => flush(since))
        return
      }
      fail(queue.splice(0), error)
      return done()
    }
    const batch = takeBatch(queue)
    const results = runAll(batch)
    try {
      commit.run()
    } catch (error) {
      if (db.inTransaction) rollback.run()
      fail(batch, error)
      return done()
    }
    if (failing) log.info({}, 'The database can be written again.')
    failing = false
    for (const listener of listeners) listener()
    for (const settle of results) settle()
    done()
  }

  function runAll(batch: readonly Piece[]): (() => void)[] {
    const now = time.now()
    return batch.map((piece) => {
      savepoint.run()
      try {
        const answer = piece.run(now)
        release.run()
        return () => piece.resolve(answer)
      } catch (error) {
        undo.run()
        release.run()
        return () => piece.reject(error instanceof Failure ? error : storeFailure(error))
      }
    })
  }

  function fail(pieces: readonly Piece[], cause: unknown): void {
    const failure = storeFailure(cause)
    if (!failing) log.error({ err: cause }, `${failure.message} Nothing is accepted until that works again.`)
    failing = true
    for (const piece of pieces) piece.reject(failure)
  }

  function done(): void {
    scheduled = false
    if (queue.length > 0) schedule()
    else for (const resolve of idleWaiters.splice(0)) resolve()
  }

  const idle = (): Promise<void> =>
    !scheduled && queue.length === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))
  return {
    enqueue: (work, weight = 1) => {
      if (closed) return Promise.reject(new Failure('unavailable', { kind: 'later' }, 'The store is closed.'))
      return new Promise((resolve, reject) => {
        queue.push({ weight, run: work, resolve: resolve as (answer: unknown) => void, reject })
        schedule()
      })
    },
    onCommit: (listener) => {
      listeners.push(listener)
    },
    idle,
    close: async () => {
      closed = true
      await idle()
    },
  }
}

function takeBatch(queue: Piece[]): Piece[] {
  let weight = 0
  let length = 0
  for (const piece of queue) {
    if (length > 0 && weight + piece.weight > WEIGHT_MAX) break
    weight += piece.weight
    length++
  }
  return queue.splice(0, length)
}

function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY')
}
