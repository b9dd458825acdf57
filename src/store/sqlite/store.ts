import { NO_CHANGES } from '../../core/changes.ts'
import type { IntakeKeys } from '../../core/intake-key.ts'
import type { Clock, Lane, Log, Outbox, Store } from '../../core/ports.ts'
import { CommitQueue } from './commit-queue.ts'
import { createDecide } from './decide.ts'
import { createFacts, type Facts } from './facts.ts'
import { storeFailure } from './failures.ts'
import { createHousekeeping } from './housekeeping.ts'
import { createIntakeKeys } from './keys.ts'
import { lockForServer } from './lock.ts'
import { makeFolder, openBeside, openDatabase, startCheckpoints } from './open.ts'
import { createOutbox } from './outbox.ts'
import { createQueries } from './queries.ts'

export type StoreOptions = {
  readonly file: string
  /** Stamps what is written. */
  readonly clock: Clock
  /** Measures waiting. */
  readonly system: Clock
  readonly log: Log
  /** Connections and requests seen so far, see the commit queue. */
  readonly arrivals: () => number
  /** Id of this start; leases of others are void. */
  readonly owner: string
  readonly pid: number
  /** Makes a UUIDv7 for a time in epoch ms. */
  readonly newId: (at: number) => string
}

export type OpenStore = {
  readonly store: Store
  readonly outbox: Outbox
  readonly keys: IntakeKeys
  readonly facts: Facts
  readonly housekeep: () => Promise<void>
  /** @throws Failure when nothing can be written */
  readonly probe: () => Promise<void>
  /** Calls `listener` after each commit. */
  readonly onCommit: (listener: () => void) => void
  readonly idle: () => Promise<void>
  /** How SQLite syncs at the moment; 2 is FULL. https://sqlite.org/pragma.html#pragma_synchronous */
  readonly synchronous: () => number
  readonly close: () => Promise<void>
}

/**
 * Opens the database for the server, which is the only one to use it so.
 *
 * @throws Failure `rejected` when another server has it or it is too new, `unavailable` when it cannot be opened
 */
export function openSqlite(options: StoreOptions): OpenStore {
  const { file, clock, system, log, arrivals, owner, pid, newId } = options
  try {
    // The lock first: a newer version must not change the schema under one that is running.
    makeFolder(file)
    const unlock = lockForServer(file, pid)
    const db = unlockOnError(unlock, () => openDatabase(file))
    const queue = new CommitQueue(db, { time: clock, system, arrivals, log })
    const work = createWorkBell(queue)
    const facts = createFacts(db)
    const decide = createDecide(db, newId)
    const stopCheckpoints = startCheckpoints(file)
    const store: Store = {
      ...createQueries(db),
      decide: (keys, decider) =>
        queue.enqueue((now) => decide(keys, decider, now, work.lanes), keys.notifications?.length ?? 1),
      record: (entries) =>
        queue.enqueue((now) =>
          decide(
            {},
            () => ({ changes: { ...NO_CHANGES, history: entries }, answer: undefined }),
            now,
            work.lanes,
          ),
        ),
    }
    return {
      store,
      outbox: createOutbox(
        db,
        queue,
        owner,
        work.listen,
        (follow, at) =>
          decide(
            follow.keys,
            (loaded, now) => ({ changes: follow.decide(loaded, now), answer: undefined }),
            at,
            work.lanes,
          ),
        clock.now(),
      ),
      keys: createIntakeKeys(db),
      facts,
      housekeep: createHousekeeping(db, queue),
      probe: () => queue.enqueue((now) => facts.set('probed', String(now))),
      onCommit: (listener) => queue.onCommit(listener),
      idle: () => queue.idle(),
      synchronous: () => db.pragma('synchronous', { simple: true }) as number,
      close: async () => {
        await queue.close()
        await stopCheckpoints()
        db.close()
        unlock()
      },
    }
  } catch (error) {
    throw storeFailure(error)
  }
}

function unlockOnError<Opened>(unlock: () => void, open: () => Opened): Opened {
  try {
    return open()
  } catch (error) {
    unlock()
    throw error
  }
}

/** Tells delivery, after each commit, which lanes have something to do. */
function createWorkBell(queue: { onCommit(listener: () => void): void }) {
  let lanes = new Set<Lane>()
  const listeners: ((lanes: ReadonlySet<Lane>) => void)[] = []
  queue.onCommit(() => {
    if (lanes.size === 0) return
    const rung = lanes
    bell.lanes = lanes = new Set()
    for (const listener of listeners) listener(rung)
  })
  const bell = {
    lanes,
    listen: (listener: (lanes: ReadonlySet<Lane>) => void): void => {
      listeners.push(listener)
    },
  }
  return bell
}

export type BesideStore = {
  readonly queries: ReturnType<typeof createQueries>
  readonly keys: IntakeKeys
  readonly close: () => void
}

/** Opens the database for a command that runs beside the server, or before its first start. */
export function openSqliteBeside(file: string): BesideStore {
  try {
    makeFolder(file)
    const db = openBeside(file)
    return {
      queries: createQueries(db),
      keys: createIntakeKeys(db),
      close: () => db.close(),
    }
  } catch (error) {
    throw storeFailure(error)
  }
}
