/*
 * Moves the write-ahead log into the database once a second, on a thread of its own: done by the server's thread, it
 * would hold up every request for as long as it takes.
 */
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

const EVERY_MS = 1_000

const db = new Database(workerData as string, { timeout: 0, fileMustExist: true })
// The server's thread waits for nothing; this one may, and a failed turn is tried again at the next.
const timer = setInterval(() => {
  try {
    db.pragma('wal_checkpoint(PASSIVE)')
  } catch {
    // A disk that cannot be written is reported by the server's own writes.
  }
}, EVERY_MS)

// The thread ends by itself: ended from outside while it loads the driver, it would take the process along.
parentPort?.once('message', () => {
  clearInterval(timer)
  db.close()
  parentPort?.close()
})
