import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Failure } from '../core/failure.ts'
import type { Clock } from '../core/ports.ts'
import { type Backup, backUp } from './sqlite/backup.ts'
import {
  type BesideStore,
  type OpenStore,
  openSqlite,
  openSqliteBeside,
  type StoreOptions,
} from './sqlite/store.ts'

export type { OutboxEntry, Tended } from './sqlite/outbox-admin.ts'
export type { Sizes } from './sqlite/sizes.ts'
export type { BesideStore, OpenStore } from './sqlite/store.ts'

/**
 * Opens the database that `url` names, for the server.
 *
 * @param url `file:` and a path, relative to the working folder
 * @throws Failure `rejected` for another scheme, a database in use or too new; `unavailable` when it cannot be opened
 */
export function openStore(url: string, options: Omit<StoreOptions, 'file'>): OpenStore {
  return openSqlite({ ...options, file: fileOf(url) })
}

/**
 * Opens the database for a command, also beside a running server.
 *
 * @param absent what to do when there is none yet: `make` one, or `refuse`
 * @throws Failure `not_found` when it is to be refused, else like `openStore`
 */
export function openStoreBeside(url: string, absent: 'make' | 'refuse' = 'refuse'): BesideStore {
  const file = fileOf(url)
  if (absent === 'refuse') refuseAbsent(file)
  return openSqliteBeside(file)
}

/**
 * Copies the database into a new file, also beside a running server and also when it is of another version.
 *
 * @param target the file to make
 * @param pid of this process
 * @throws Failure `not_found`, `rejected` for a target that cannot be, `unavailable` for what may pass
 */
export function backUpStore(url: string, target: string, pid: number): Backup {
  const file = fileOf(url)
  refuseAbsent(file)
  return backUp(file, target, pid)
}

function refuseAbsent(file: string): void {
  if (existsSync(file)) return
  throw new Failure(
    'not_found',
    { kind: 'never' },
    `There is no database at ${file} yet. \`ackbridge start\` makes it.`,
  )
}

/** A database that cannot be opened is tried again this often. */
const REOPEN_MS = 5_000

/**
 * Opens the database as `openStore` does, but waits where waiting helps: a full or read-only disk may be mended while
 * senders wait; a database of somebody else's will not.
 *
 * @param stopped resolves when nobody waits any more
 */
export async function openStorePatiently(
  url: string,
  options: Omit<StoreOptions, 'file'>,
  stopped: Promise<void>,
): Promise<OpenStore> {
  const { log, system } = options
  for (let said = false; ; said = true) {
    try {
      return openStore(url, options)
    } catch (error) {
      if (!(error instanceof Failure) || error.retry.kind !== 'later') throw error
      const facts = { database: url, reason: error.detail }
      const every = `${REOPEN_MS / 1000} seconds`
      if (!said)
        log.error(
          facts,
          `${error.message} Notifications get 503 until it can be opened; it is tried every ${every}.`,
        )
      if ((await reopenOrStop(system, stopped)) === 'stopped') throw error
    }
  }
}

function reopenOrStop(system: Clock, stopped: Promise<void>): Promise<'reopen' | 'stopped'> {
  return new Promise((resolve) => {
    const cancel = system.timer(REOPEN_MS, () => resolve('reopen'))
    void stopped.then(() => {
      cancel()
      resolve('stopped')
    })
  })
}

/** @returns the absolute path in a `file:` URL */
export function fileOf(url: string): string {
  const match = /^file:(?:\/\/(?=\/))?(.+)$/.exec(url)
  if (match?.[1] === undefined) {
    throw new Failure(
      'rejected',
      { kind: 'never' },
      'DATABASE_URL has to be file: and a path, for example file:data/ackbridge.db.',
    )
  }
  return resolve(match[1])
}
