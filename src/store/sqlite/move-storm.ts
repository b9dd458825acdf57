import type Database from 'better-sqlite3'
import { PRIORITY } from '../../core/effect.ts'
import { createHandStorm } from './hand-storm.ts'
import type { Detour } from './move-card.ts'
import { type CallsRow, createStormCalls } from './storm-calls.ts'

/**
 * Shows a storm in another channel, because its own takes nothing: by a fresh card, or by that of the storm which goes on
 * there. Runs inside a transaction of the commit queue.
 *
 * @param id of the storm
 */
export type MoveStorm = (id: string, detour: Detour) => void

type StormPlace = CallsRow & { readonly row: number; readonly taken: number; readonly last: number }

export function createMoveStorm(db: Database.Database): MoveStorm {
  const byId = db.prepare<[string], StormPlace>(
    'SELECT row, taken, last, mention, quiet FROM storms WHERE id = ?',
  )
  const openIn = db.prepare<[string], { row: number }>(
    'SELECT row FROM storms WHERE channel = ? AND ended IS NULL',
  )
  const forget = db.prepare('DELETE FROM effects WHERE storm = ?')
  const place = db.prepare(
    'UPDATE storms SET channel = ?, ts = NULL, drawn = 0, taken = taken - ? WHERE row = ?',
  )
  /** What the other channel shows already is not shown there twice. */
  const retire = db.prepare(
    `UPDATE cards SET instead = d.row, refused = ?, storm = NULL FROM cards d
     WHERE cards.storm = ? AND d.problem = cards.problem AND d.channel = ? AND d.row <> cards.row AND d.instead IS NULL`,
  )
  /** Nor what the storm there shows by a card of a third channel, which takes nothing either. */
  const retireShown = db.prepare(
    `UPDATE cards SET instead = d.row, refused = ?, storm = NULL FROM cards d
     WHERE cards.storm = ? AND d.problem = cards.problem AND +d.storm = ?`,
  )
  const holds = db.prepare('SELECT 1 FROM cards WHERE storm = ? LIMIT 1')
  const hand = createHandStorm(db)
  const handBulks = db.prepare('UPDATE bulks SET storm = ? WHERE storm = ?')
  const add = db.prepare(
    'UPDATE storms SET taken = taken + ?, last = max(last, ?), calm = NULL, drawn = 0 WHERE row = ?',
  )
  const owe = db.prepare('UPDATE storms SET rang_row = min(rang_row, ?) WHERE row = ?')
  const calls = createStormCalls(db)
  const end = db.prepare('UPDATE storms SET ended = ? WHERE row = ?')
  const draw = db.prepare(
    `INSERT INTO effects (lane, kind, method, storm, priority, rank, state, due, created)
     SELECT channel, 'storm', iif(ts IS NULL, 'post', 'update'), row, ${PRIORITY.post}, -1000, 'waiting', 0, ?
     FROM storms WHERE row = ?
     ON CONFLICT (storm, kind) WHERE storm IS NOT NULL AND state <> 'leased' DO UPDATE SET
       due = 0, state = 'waiting', attempts = 0`,
  )
  return (id, { to, error, at }) => {
    const storm = byId.get(id)
    if (storm === undefined) return
    const there = openIn.get(to)
    forget.run(storm.row)
    const shown = retire.run(error, storm.row, to).changes
    if (there === undefined) {
      place.run(to, shown, storm.row)
      if (holds.get(storm.row) === undefined) {
        end.run(at, storm.row)
        return
      }
    } else {
      const owed = storm.quiet === 0 ? calls.owedFrom(storm.row) : null
      calls.add(there.row, storm)
      const twice = retireShown.run(error, storm.row, there.row).changes
      hand(storm.row, there.row)
      handBulks.run(there.row, storm.row)
      add.run(storm.taken - shown - twice, storm.last, there.row)
      end.run(at, storm.row)
      // A host that came between may be named a second time; that is better than one of which nobody hears.
      if (owed !== null) owe.run(owed - 1, there.row)
      if (owed !== null) calls.ring(there.row, at)
    }
    draw.run(at, there?.row ?? storm.row)
  }
}
