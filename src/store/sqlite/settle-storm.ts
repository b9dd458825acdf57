import type Database from 'better-sqlite3'
import { PRIORITY } from '../../core/effect.ts'
import type { Claimed, Settlement, StormWork } from '../../core/ports.ts'
import { createMoveStorm } from './move-storm.ts'
import { createStormCalls } from './storm-calls.ts'

/** Settles what was claimed of a storm: its card, or a line that rings. Runs inside a transaction of the commit queue. */
export type SettleStorm = (claimed: Claimed<StormWork>, settlement: Settlement, at: number) => void

export function createSettleStorm(db: Database.Database): SettleStorm {
  const move = createMoveStorm(db)
  const calls = createStormCalls(db)
  const sql = prepare(db)

  function retry(claimed: Claimed<StormWork>, at: number, ambiguous: boolean, error: string): void {
    const newer = sql.other.get(claimed.row)
    // A line is known again by its own id, so that one in doubt must stay; the newer one says nothing that it would not.
    if (newer !== undefined && claimed.work.kind === 'storm-line') sql.remove.run(newer.row)
    if (newer === undefined || claimed.work.kind === 'storm-line') {
      sql.again.run(at, error, ambiguous ? 1 : 0, claimed.row)
      return
    }
    sql.inherit.run(ambiguous ? 1 : 0, claimed.row, claimed.row, at, newer.row)
    sql.remove.run(claimed.row)
  }

  function done(
    { row, work }: Claimed<StormWork>,
    { ts, found }: Extract<Settlement, { kind: 'done' }>,
    at: number,
  ): void {
    sql.remove.run(row)
    const { id, channel } = work.card
    const upto = found ? work.uptoThen : work.upto
    if (work.kind === 'storm-line') {
      sql.rang.run(at, upto, id)
      if (found) calls.ringForRest(id, at)
      return
    }
    if (work.card.ts === ts) {
      sql.drawn.run(at, id)
      return
    }
    sql.posted.run(ts, at, at, upto, id)
    sql.setMethod.run('update', id)
    if (found) calls.ringForRest(id, at)
    sql.record.run(at, at, 'posted', `card of a storm in ${channel}`)
  }

  return (claimed, settlement, at) => {
    const { work } = claimed
    const isEdit = work.kind === 'storm' && work.card.ts !== null
    switch (settlement.kind) {
      case 'done':
        return done(claimed, settlement, at)
      case 'retry':
        return retry(claimed, settlement.at, settlement.ambiguous && !isEdit, settlement.error)
      case 'repost':
        sql.gone.run(work.card.id)
        sql.setMethod.run('post', work.card.id)
        // A line of a thread that is gone has nobody to ring: the fresh card does that.
        if (work.kind === 'storm-line') {
          sql.remove.run(claimed.row)
          sql.postAgain.run(at, work.card.id)
        } else retry(claimed, at, false, 'message gone')
        sql.record.run(
          at,
          at,
          'gone',
          `the card of a storm in ${work.card.channel} was deleted; a fresh one follows`,
        )
        return
      case 'park':
        // A try of what is parked for its channel that fails for the same reason again is no news.
        if (settlement.again === undefined || sql.wasParkedFor.get(claimed.row)?.error !== settlement.error)
          sql.record.run(at, at, 'parked', `${settlement.error} (card of a storm in ${work.card.channel})`)
        if (sql.other.get(claimed.row) === undefined)
          sql.park.run(settlement.error, settlement.again ?? 0, claimed.row)
        else sql.remove.run(claimed.row)
        return
      case 'move':
        move(work.card.id, { to: settlement.to, error: settlement.error, at })
        sql.record.run(
          at,
          at,
          'moved',
          `${settlement.error}: the card of a storm in ${work.card.channel} goes to ${settlement.to}`,
        )
        return
      case 'drop':
      case 'go-on':
        sql.remove.run(claimed.row)
        return
    }
  }
}

function prepare(db: Database.Database) {
  const remove = db.prepare('DELETE FROM effects WHERE row = ?')
  const again = db.prepare(
    `UPDATE effects SET state = 'waiting', due = ?, error = ?, owner = NULL, lease_until = NULL,
       ambiguous_since = iif(?, coalesce(ambiguous_since, attempted), ambiguous_since) WHERE row = ?`,
  )
  const park = db.prepare(
    `UPDATE effects SET state = 'parked', error = ?, due = ?, owner = NULL, lease_until = NULL WHERE row = ?`,
  )
  const wasParkedFor = db.prepare<[number], { error: string | null }>(
    'SELECT error FROM effects WHERE row = ?',
  )
  /** A newer one may wait already, and does all of the work. */
  const other = db.prepare<[number], { row: number }>(
    `SELECT o.row AS row FROM effects e JOIN effects o ON o.storm = e.storm AND o.kind = e.kind AND o.state <> 'leased'
     WHERE e.row = (SELECT ?)`,
  )
  const inherit = db.prepare(
    `UPDATE effects SET ambiguous_since = coalesce(ambiguous_since,
         (SELECT coalesce(ambiguous_since, iif(?, attempted, NULL)) FROM effects WHERE row = ?)),
       data = (SELECT data FROM effects WHERE row = ?), due = max(due, ?) WHERE row = ?`,
  )
  const posted = db.prepare('UPDATE storms SET ts = ?, drawn = ?, rang = ?, rang_row = ? WHERE id = ?')
  const drawn = db.prepare('UPDATE storms SET drawn = ? WHERE id = ?')
  const rang = db.prepare('UPDATE storms SET rang = ?, rang_row = max(rang_row, ?) WHERE id = ?')
  const gone = db.prepare('UPDATE storms SET ts = NULL WHERE id = ?')
  const setMethod = db.prepare(
    `UPDATE effects SET method = ? WHERE kind = 'storm' AND storm = (SELECT row FROM storms WHERE id = ?)`,
  )
  /** Where one waits, it does so itself. */
  const postAgain = db.prepare(
    `INSERT INTO effects (lane, kind, method, storm, priority, rank, state, due, created)
     SELECT channel, 'storm', 'post', row, ${PRIORITY.post}, -1000, 'waiting', 0, ? FROM storms WHERE id = ?
     ON CONFLICT (storm, kind) WHERE storm IS NOT NULL AND state <> 'leased' DO NOTHING`,
  )
  const record = db.prepare(
    `INSERT INTO history (recorded, time, kind, outcome, detail) VALUES (?, ?, 'delivery', ?, ?)`,
  )
  return {
    remove,
    again,
    park,
    other,
    wasParkedFor,
    inherit,
    posted,
    drawn,
    rang,
    gone,
    setMethod,
    postAgain,
    record,
  }
}
