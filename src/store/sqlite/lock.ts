import Database from 'better-sqlite3'
import { Failure } from '../../core/failure.ts'

/**
 * Makes sure that one server uses a database. The lock is one that the operating system takes back when the process
 * ends, however it ends: a write transaction that stays open, on a small file beside the database.
 *
 * @returns a function that gives the lock back
 * @throws Failure `rejected` naming the process that has it
 */
export function lockForServer(file: string, pid: number): () => void {
  const db = new Database(`${file}.lock`, { timeout: 0 })
  try {
    db.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)')
    db.transaction(() => {
      db.exec('DELETE FROM holder')
      db.prepare('INSERT INTO holder VALUES (?)').run(pid)
    }).immediate()
    db.exec('BEGIN IMMEDIATE')
  } catch (error) {
    const busy = (error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true
    const holder = busy
      ? (db.prepare('SELECT pid FROM holder').pluck().get() as number | undefined)
      : undefined
    db.close()
    if (!busy) throw error
    throw new Failure(
      'rejected',
      { kind: 'never' },
      `Another ackbridge${holder === undefined ? '' : ` (process ${holder})`} is running on ${file}. Stop it first, or start this one in another folder or with its own DATABASE_URL.`,
    )
  }
  return () => db.close()
}
