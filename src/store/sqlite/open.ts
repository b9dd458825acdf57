import { mkdirSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { expectSchema, migrate } from './migrate.ts'

/** Makes the folder of the database, readable by its owner only. */
export function makeFolder(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
}

/**
 * Opens the database file, making it if need be, and brings it to the newest schema.
 *
 * @throws Failure for a database that is newer; the driver's or the file system's error otherwise
 */
export function openDatabase(file: string): Database.Database {
  const db = new Database(file, { timeout: 0 })
  try {
    db.pragma('journal_mode = WAL')
    // Said explicitly: this build falls to NORMAL after the first write in WAL mode, which loses answered
    // notifications when the power fails.
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    db.pragma('cache_size = -16000')
    // What is deleted is overwritten where that costs no write of its own, so that little is left of people who go.
    db.pragma('secure_delete = FAST')
    // The worker checkpoints; this is the net for when it cannot.
    db.pragma('wal_autocheckpoint = 20000')
    migrate(db)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/**
 * Opens the database for a command beside a running server. Waits up to a second for its turn to write. A new file gets
 * the schema; an older one keeps what it has, because the server that runs may be the older version too.
 *
 * @throws Failure `rejected` for a database of another version
 */
export function openBeside(file: string): Database.Database {
  const db = new Database(file, { timeout: 1_000 })
  try {
    if (isEmpty(db)) db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    if (isEmpty(db)) migrate(db)
    else expectSchema(db)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

function isEmpty(db: Database.Database): boolean {
  return db.pragma('user_version', { simple: true }) === 0
}

/** @returns a function that ends the thread that checkpoints `file`, and resolves when it has ended */
export function startCheckpoints(file: string): () => Promise<void> {
  const script = new URL(`./checkpoint-worker${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(script, { workerData: file })
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.unref()
  // Without the worker the database still checkpoints, only less smoothly.
  worker.on('error', () => undefined)
  return () => {
    worker.ref()
    worker.postMessage('end')
    return ended
  }
}
