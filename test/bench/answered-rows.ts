import Database from 'better-sqlite3'

/** Checks the promise of an answer: what was accepted is in the database. */
export type AnsweredRows = {
  /** @returns notifications recorded since the last call, as another process sees them */
  count(): number | Promise<number>
}

/**
 * @param condition what tells notifications from other lines; `rowid` grows with each line
 * @param from the last line that does not count
 */
export function createAnsweredRows(file: string, condition: string, from = 0): AnsweredRows {
  let last = from
  return {
    count: () => {
      const db = new Database(file, { readonly: true })
      try {
        const rows = db
          .prepare<[number], { lines: number; last: number | null }>(
            `SELECT count(*) AS lines, max(rowid) AS last FROM history WHERE rowid > ? AND ${condition}`,
          )
          .get(last)
        last = rows?.last ?? last
        return rows?.lines ?? 0
      } finally {
        db.close()
      }
    },
  }
}
