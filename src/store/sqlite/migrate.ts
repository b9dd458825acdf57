import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { Failure } from '../../core/failure.ts'

const FOLDER = join(import.meta.dirname, '..', 'migrations')

/**
 * Brings the database to the newest schema, one transaction a migration.
 *
 * @throws Failure `rejected` when the database was written by a newer version
 */
export function migrate(db: Database.Database): void {
  const files = migrations()
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > files.length) {
    throw new Failure(
      'rejected',
      { kind: 'never' },
      `The database has schema ${version}, this version knows up to ${files.length}. Start the newer ackbridge, or restore a backup made before it.`,
    )
  }
  files.forEach((file, index) => {
    if (index < version) return
    db.transaction(() => {
      db.exec(readFileSync(join(FOLDER, file), 'utf8'))
      db.pragma(`user_version = ${index + 1}`)
    }).immediate()
  })
}

/** @throws Failure `rejected` when the database is of another version than this one */
export function expectSchema(db: Database.Database): void {
  const version = db.pragma('user_version', { simple: true }) as number
  const known = migrations().length
  if (version === known) return
  const sentence =
    version > known
      ? 'The database was written by a newer ackbridge. Use that one.'
      : 'The database was written by an older ackbridge. Start this one once; that brings it up to date.'
  throw new Failure('rejected', { kind: 'never' }, sentence)
}

function migrations(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
}
