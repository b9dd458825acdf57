import type Database from 'better-sqlite3'
import { PRIORITY } from '../../core/effect.ts'

/**
 * Shows a storm in another channel, because its own takes nothing: by a fresh card, or by that of the storm which goes on
 * there. Runs inside a transaction of the commit queue.
 *
 * @param id of the storm
 */
export type MoveStorm = (id: string, to: string, at: number) => void

type StormPlace = { readonly row: number; readonly taken: number; readonly last: number }

export function createMoveStorm(db: Database.Database): MoveStorm {
  const byId = db.prepare<[string], StormPlace>('SELECT row, taken, last FROM storms WHERE id = ?')
  const openIn = db.prepare<[string], { row: number }>(
    'SELECT row FROM storms WHERE channel = ? AND ended IS NULL',
  )
  const forget = db.prepare('DELETE FROM effects WHERE storm = ?')
  const place = db.prepare('UPDATE storms SET channel = ?, ts = NULL, drawn = 0 WHERE row = ?')
  const hand = db.prepare('UPDATE cards SET storm = ? WHERE storm = ?')
  const handBulks = db.prepare('UPDATE bulks SET storm = ? WHERE storm = ?')
  const add = db.prepare(
    'UPDATE storms SET taken = taken + ?, last = max(last, ?), calm = NULL, drawn = 0 WHERE row = ?',
  )
  const end = db.prepare('UPDATE storms SET ended = ? WHERE row = ?')
  const draw = db.prepare(
    `INSERT INTO effects (lane, kind, method, storm, priority, rank, state, due, created)
     SELECT channel, 'storm', iif(ts IS NULL, 'post', 'update'), row, ${PRIORITY.post}, -1000, 'waiting', 0, ?
     FROM storms WHERE row = ?
     ON CONFLICT (storm, kind) WHERE storm IS NOT NULL AND state <> 'leased' DO UPDATE SET
       due = 0, state = 'waiting', attempts = 0`,
  )
  return (id, to, at) => {
    const storm = byId.get(id)
    if (storm === undefined) return
    const there = openIn.get(to)
    forget.run(storm.row)
    if (there === undefined) place.run(to, storm.row)
    else {
      hand.run(there.row, storm.row)
      handBulks.run(there.row, storm.row)
      add.run(storm.taken, storm.last, there.row)
      end.run(at, storm.row)
    }
    draw.run(at, there?.row ?? storm.row)
  }
}
