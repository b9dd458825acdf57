import type Database from 'better-sqlite3'

/** Bytes of zeros in one transaction: some ms. */
const PIECE_BYTES = 1_000_000
/** How often the write-ahead log is tried to be emptied. */
const TRUNCATE_TRIES = 100

/**
 * Overwrites what is free in the file, and empties the write-ahead log: what was deleted stays readable in both until
 * something else needs the place. The free pages are filled with zeros in small steps and given back, because VACUUM
 * would shut out the server for as long as it takes.
 *
 * @param db a connection of its own, beside a running server
 * @returns false when others kept the log in use the whole time
 */
export async function wipeFree(db: Database.Database, pause: () => Promise<void>): Promise<boolean> {
  db.pragma('secure_delete = ON')
  const free = (): number => db.pragma('freelist_count', { simple: true }) as number
  const fill = db.prepare('INSERT INTO filler (zeros) VALUES (zeroblob(?))')
  const empty = db.prepare('DELETE FROM filler WHERE row = (SELECT min(row) FROM filler)')
  const drain = async (): Promise<void> => {
    while (db.transaction(() => empty.run().changes).immediate() > 0) await pause()
  }
  await drain()
  const bytes = free() * (db.pragma('page_size', { simple: true }) as number)
  for (let filled = 0; filled <= bytes && free() > 0; filled += PIECE_BYTES) {
    db.transaction(() => fill.run(PIECE_BYTES)).immediate()
    await pause()
  }
  await drain()
  return emptyLog(db, pause)
}

async function emptyLog(db: Database.Database, pause: () => Promise<void>): Promise<boolean> {
  const before = db.pragma('busy_timeout', { simple: true }) as number
  // It waits for readers with the writers' lock in hand; so it does not wait but is tried again.
  db.pragma('busy_timeout = 0')
  try {
    for (let tries = 0; tries < TRUNCATE_TRIES; tries++) {
      try {
        db.pragma('wal_checkpoint(PASSIVE)')
        const [done] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
        if (done?.busy === 0) return true
      } catch (error) {
        if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error
      }
      await pause()
    }
    return false
  } finally {
    db.pragma(`busy_timeout = ${before}`)
  }
}
