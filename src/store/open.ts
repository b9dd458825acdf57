import { resolve } from 'node:path'
import { Failure } from '../core/failure.ts'
import {
  type BesideStore,
  type OpenStore,
  openSqlite,
  openSqliteBeside,
  type StoreOptions,
} from './sqlite/store.ts'

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

/** Opens the database for a command beside a running server; it must exist. */
export function openStoreBeside(url: string): BesideStore {
  return openSqliteBeside(fileOf(url))
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
