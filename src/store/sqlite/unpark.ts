import type Database from 'better-sqlite3'

/**
 * Lets what is parked wait anew. A line of a thread gets in line again: before those that are blocked, behind one that is
 * on its way.
 *
 * @returns a function that takes the row of an effect; false when that is not parked
 */
export function createUnpark(db: Database.Database): (row: number) => boolean {
  const select = db.prepare<[number], { kind: string; card: number | null }>(
    `SELECT kind, card FROM effects WHERE row = ? AND state = 'parked'`,
  )
  const wait = db.prepare(`UPDATE effects SET state = 'waiting', due = 0, attempts = 0 WHERE row = ?`)
  const block = db.prepare(`UPDATE effects SET state = 'blocked', due = 0, attempts = 0 WHERE row = ?`)
  // Of a thread only the first line waits, and none before the card is there.
  const stepBack = db.prepare(
    `UPDATE effects SET state = 'blocked' WHERE card = ? AND kind = 'thread' AND state = 'waiting'`,
  )
  const release = db.prepare(
    `UPDATE effects SET state = 'waiting' WHERE row = (SELECT min(e.row) FROM effects e
       WHERE e.card = ? AND e.kind = 'thread' AND e.state = 'blocked')
     AND (SELECT ts FROM cards WHERE row = ?) IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.card = ? AND e.kind = 'thread' AND e.state = 'leased')`,
  )
  return (row) => {
    const found = select.get(row)
    if (found === undefined) return false
    if (found.kind !== 'thread' || found.card === null) {
      wait.run(row)
      return true
    }
    block.run(row)
    stepBack.run(found.card)
    release.run(found.card, found.card, found.card)
    return true
  }
}
