import { statSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { prunedUpTo } from './old-history.ts'

/** How large the database is. Asked for by whoever watches, so nothing here reads more than a few pages. */
export type Sizes = {
  readonly databaseBytes: number
  /** The write-ahead log beside it. */
  readonly walBytes: number
  /** Part of the file that is free and will be used again. */
  readonly freeBytes: number
  /** An estimate: rows between the oldest that may be removed and the newest. */
  readonly historyRows: number
  /** When the oldest line was written, epoch ms; null when there is none. */
  readonly oldestHistory: number | null
}

export function createSizes(db: Database.Database, file: string): () => Sizes {
  const first = db.prepare<[], { row: number; recorded: number }>(
    'SELECT row, recorded FROM history ORDER BY row LIMIT 1',
  )
  const last = db.prepare<[], number | null>('SELECT max(row) FROM history').pluck()
  return () => {
    const oldest = first.get()
    const pageSize = db.pragma('page_size', { simple: true }) as number
    const from = Math.max(prunedUpTo(db), (oldest?.row ?? 1) - 1)
    return {
      databaseBytes: bytesOf(file),
      walBytes: bytesOf(`${file}-wal`),
      freeBytes: (db.pragma('freelist_count', { simple: true }) as number) * pageSize,
      historyRows: Math.max(0, (last.get() ?? 0) - from),
      oldestHistory: oldest?.recorded ?? null,
    }
  }
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
