import type Database from 'better-sqlite3'
import type { BulkStore } from '../../core/bulk.ts'
import { type Changes, NO_CHANGES } from '../../core/changes.ts'
import type { IntakeKeys } from '../../core/intake-key.ts'
import type { Clock, Lane, Log, Outbox, Store, StormStore } from '../../core/ports.ts'
import type { StormRules } from '../../core/storm.ts'
import { createBulks } from './bulks.ts'
import { CommitQueue } from './commit-queue.ts'
import { createDecide } from './decide.ts'
import { createFacts, type Facts } from './facts.ts'
import { storeFailure } from './failures.ts'
import { createFolds } from './folds.ts'
import { createHousekeeping, type Housekeep } from './housekeeping.ts'
import { createIntakeKeys } from './keys.ts'
import { KnownChecks } from './known-checks.ts'
import { lockForServer } from './lock.ts'
import { makeFolder, openBeside, openDatabase, startCheckpoints } from './open.ts'
import { createOutbox } from './outbox.ts'
import { createOutboxAdmin, type OutboxAdmin } from './outbox-admin.ts'
import { type Prune, prune } from './prune.ts'
import { createQueries } from './queries.ts'
import { type PersonRemoved, type PersonToRemove, removePerson } from './remove-person.ts'
import { createSizes, type Sizes } from './sizes.ts'
import { createStormStore } from './storm-store.ts'
import { createStorms } from './storms.ts'
import { wipeFree } from './wipe.ts'

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
  /** When new problems of one channel are too many for a card each. */
  readonly storm: StormRules
  /** Makes a UUIDv7 for a time in epoch ms. */
  readonly newId: (at: number) => string
}

export type OpenStore = {
  readonly store: Store
  readonly outbox: Outbox
  readonly keys: IntakeKeys
  readonly facts: Facts
  readonly housekeep: Housekeep
  readonly sizes: () => Sizes
  readonly stormStore: StormStore
  readonly bulks: BulkStore
  readonly storms: { readonly any: () => boolean; readonly settle: () => Promise<void> }
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
    const known = new KnownChecks()
    const queue = new CommitQueue(db, {
      time: clock,
      system,
      arrivals,
      log,
      onBegin: createForgetOfOthers(db, known),
      onUndo: () => known.forgetAll(),
    })
    const work = createWorkBell(queue)
    const facts = createFacts(db)
    const storms = createStorms(db, newId, options.storm, known)
    const folds = createFolds(db, storms, known)
    const decide = createDecide(db, newId, storms, folds, known)
    const write = (changes: Partial<Changes>, at: number): void =>
      decide({}, () => ({ changes: { ...NO_CHANGES, ...changes }, answer: undefined }), at, work.lanes)
    const stopCheckpoints = startCheckpoints(file)
    const store: Store = {
      ...createQueries(db),
      decide: (keys, decider) =>
        queue.enqueue((now) => decide(keys, decider, now, work.lanes), keys.notifications?.length),
      record: (entries) => queue.enqueue((now) => write({ history: entries }, now)),
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
        newId,
        storms,
        clock.now(),
        known,
      ),
      keys: createIntakeKeys(db),
      facts,
      housekeep: createHousekeeping(db, queue, system, known),
      sizes: createSizes(db, file),
      stormStore: createStormStore(db),
      bulks: createBulks(db, queue, (effects, at) => write({ effects }, at), newId),
      storms: {
        any: () => storms.any() || folds.any(),
        settle: () =>
          queue.enqueue((now) => {
            storms.settleDown(now, work.lanes)
            folds.unfold(now, work.lanes)
          }),
      },
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

/** Commands beside the server may write too; what they changed is read again. */
function createForgetOfOthers(db: Database.Database, known: KnownChecks): () => void {
  const select = db.prepare<[], number>('PRAGMA data_version').pluck()
  let version = select.get()
  return () => {
    const current = select.get()
    if (current !== version) known.forgetAll()
    version = current
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
  readonly outbox: OutboxAdmin
  readonly sizes: () => Sizes
  readonly prune: Prune
  /** Leaves nothing of a person in the file but that somebody was there. */
  readonly removePerson: (who: PersonToRemove, pause: () => Promise<void>) => Promise<PersonRemoved>
  /** Overwrites what is free. @returns false when the write-ahead log was in use the whole time */
  readonly wipeFree: (pause: () => Promise<void>) => Promise<boolean>
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
      outbox: createOutboxAdmin(db),
      sizes: createSizes(db, file),
      prune: (order, pause) => told(() => prune(db, order, pause)),
      removePerson: (who, pause) => told(() => removePerson(db, who, pause)),
      wipeFree: (pause) => told(() => wipeFree(db, pause)),
      close: () => db.close(),
    }
  } catch (error) {
    throw storeFailure(error)
  }
}

/** @throws Failure for what the driver throws */
async function told<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    throw storeFailure(error)
  }
}
