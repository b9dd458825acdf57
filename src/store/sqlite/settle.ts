import type Database from 'better-sqlite3'
import type { Progress } from '../../core/hand-over.ts'
import type { Claimed, Settlement } from '../../core/ports.ts'

/** What settling an effect says to the database. */
function prepareSettling(db: Database.Database) {
  const remove = db.prepare('DELETE FROM effects WHERE row = ?')
  // A doubt stays until the message is found or made: a later attempt that fails plainly says nothing of the earlier one.
  const again = db.prepare(
    `UPDATE effects SET state = 'waiting', due = ?, error = ?, owner = NULL, lease_until = NULL,
       ambiguous_since = iif(?, coalesce(ambiguous_since, attempted), ambiguous_since) WHERE row = ?`,
  )
  const park = db.prepare(
    `UPDATE effects SET state = 'parked', error = ?, owner = NULL, lease_until = NULL WHERE row = ?`,
  )
  const posted = db.prepare('UPDATE cards SET ts = ?, posted = ? WHERE id = ?')
  const unposted = db.prepare('UPDATE cards SET ts = NULL, posted = NULL WHERE id = ?')
  /** A thread reads in the order things happened: only its first line waits, the others behind it are blocked. */
  const release = db.prepare(
    `UPDATE effects SET state = 'waiting' WHERE row = (SELECT min(e.row) FROM effects e
       WHERE e.card = (SELECT row FROM cards WHERE id = ?) AND e.kind = 'thread' AND e.state = 'blocked')`,
  )
  const block = db.prepare(
    `UPDATE effects SET state = 'blocked' WHERE card = (SELECT row FROM cards WHERE id = ?) AND kind = 'thread' AND state = 'waiting'`,
  )
  const setMethod = db.prepare(
    `UPDATE effects SET method = ? WHERE card = (SELECT row FROM cards WHERE id = ?) AND kind = 'card'`,
  )
  /** What was in doubt is gone; it is not to be found again. */
  const believe = db.prepare(
    `UPDATE effects SET ambiguous_since = NULL, attempted = NULL WHERE card = (SELECT row FROM cards WHERE id = ?) AND kind = 'card'`,
  )
  /** A newer effect of the same card may wait already; two may not, and the newer one does all of the work. */
  const hasOther = db.prepare<[number, number], { row: number }>(
    `SELECT o.row AS row FROM effects e JOIN effects o ON o.card = e.card AND o.kind = 'card' AND o.state <> 'leased'
     WHERE e.row = (SELECT ?) AND e.kind = 'card'
     UNION ALL
     SELECT o.row FROM effects e JOIN effects o ON o.subject = e.subject AND o.kind = 'order' AND o.state <> 'leased'
     WHERE e.row = (SELECT ?) AND e.kind = 'order'`,
  )
  const goOn = db.prepare(
    `UPDATE effects SET state = 'waiting', due = ?, error = ?, owner = NULL, lease_until = NULL, ambiguous_since = NULL,
       data = json_set(data, '$.progress', json(?)) WHERE row = ?`,
  )
  const inform = db.prepare(
    `UPDATE effects SET data = json_set(data, '$.progress', json(?)) WHERE row = ? AND data ->> '$.progress' IS NULL`,
  )
  const inherit = db.prepare(
    `UPDATE effects SET ambiguous_since = coalesce(ambiguous_since,
         (SELECT coalesce(ambiguous_since, iif(?, attempted, NULL)) FROM effects WHERE row = ?)),
       due = max(due, ?), priority = min(priority, (SELECT priority FROM effects WHERE row = ?)) WHERE row = ?`,
  )
  return {
    remove,
    again,
    goOn,
    inform,
    park,
    posted,
    unposted,
    release,
    block,
    setMethod,
    believe,
    hasOther: (row: number) => hasOther.get(row, row),
    inherit,
  }
}

/** Prepares the statements that settle what was claimed. What it returns runs inside a transaction of the commit queue. */
export function createSettle(db: Database.Database) {
  const {
    remove,
    again,
    goOn,
    inform,
    park,
    posted,
    unposted,
    release,
    block,
    setMethod,
    believe,
    hasOther,
    inherit,
  } = prepareSettling(db)
  const record = createDeliveryRecord(db)

  /** A newer order of the same thing waits already; it has to know what was sent. @returns false when there is none */
  function handOn(claimed: Claimed, progress: Progress): boolean {
    const other = hasOther(claimed.row)
    if (other === undefined) return false
    inform.run(JSON.stringify(progress), other.row)
    return true
  }

  function retry(claimed: Claimed, at: number, ambiguous: boolean, error: string): void {
    const other = hasOther(claimed.row)
    if (other === undefined) {
      again.run(at, error, ambiguous ? 1 : 0, claimed.row)
      return
    }
    inherit.run(ambiguous ? 1 : 0, claimed.row, at, claimed.row, other.row)
    remove.run(claimed.row)
  }

  return (claimed: Claimed, settlement: Settlement, at: number): void => {
    const { work } = claimed
    const card = work.kind === 'reply' || work.kind === 'order' ? null : work.card
    switch (settlement.kind) {
      case 'done':
        remove.run(claimed.row)
        if (card === null) return
        if (work.kind === 'post') {
          posted.run(settlement.ts, at, card.id)
          setMethod.run('update', card.id)
          record(claimed, at, 'posted', `card in ${card.channel}`)
        }
        if (work.kind !== 'update') release.run(card.id)
        return
      case 'retry':
        // An edit can be made twice without harm, so there is nothing to doubt.
        return retry(claimed, settlement.at, settlement.ambiguous && work.kind !== 'update', settlement.error)
      case 'repost':
        if (card === null) return
        unposted.run(card.id)
        block.run(card.id)
        setMethod.run('post', card.id)
        believe.run(card.id)
        if (work.kind === 'thread') again.run(at, 'message gone', 0, claimed.row)
        else retry(claimed, at, false, 'message gone')
        if (work.kind === 'thread') wakeCard(db, claimed.row, at)
        record(claimed, at, 'gone', `the card in ${card.channel} was deleted; a fresh one follows`)
        return
      case 'go-on':
        if (handOn(claimed, settlement.progress)) remove.run(claimed.row)
        else goOn.run(settlement.at, settlement.error, JSON.stringify(settlement.progress), claimed.row)
        return
      case 'park':
        if (hasOther(claimed.row) === undefined) park.run(settlement.error, claimed.row)
        else remove.run(claimed.row)
        if (work.kind === 'thread') release.run(work.card.id)
        record(claimed, at, 'parked', settlement.error)
        return
      case 'drop':
        remove.run(claimed.row)
        record(claimed, at, 'dropped', settlement.error)
        return
    }
  }
}

/** A thread line found its card gone: the line waits, and the card is to be posted again. */
function wakeCard(db: Database.Database, thread: number, at: number): void {
  db.prepare(`UPDATE effects SET state = 'blocked' WHERE row = ?`).run(thread)
  db.prepare(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created)
     SELECT lane, 'card', 'post', card, 1, rank, 'waiting', 0, ? FROM effects WHERE row = ?
     ON CONFLICT (card) WHERE kind = 'card' AND state <> 'leased' DO NOTHING`,
  ).run(at, thread)
}

/** What became of a delivery is history too. Routine edits are not, they would drown the rest. */
function createDeliveryRecord(db: Database.Database) {
  const insert = db.prepare(
    `INSERT INTO history (recorded, time, kind, check_row, problem, prev, state, outcome, detail)
     VALUES (?, ?, 'delivery', ?, ?, (SELECT history FROM checks WHERE row = ?), ?, ?, ?)`,
  )
  const insertAlone = db.prepare(
    `INSERT INTO history (recorded, time, kind, outcome, detail) VALUES (?, ?, 'delivery', ?, ?)`,
  )
  const point = db.prepare('UPDATE checks SET history = ? WHERE row = ?')
  return ({ work }: Claimed, at: number, outcome: string, detail: string): void => {
    if (work.kind === 'reply') {
      insertAlone.run(at, at, outcome, detail)
      return
    }
    const check = work.kind === 'order' ? work.check : work.view.check
    const { row = null, state = null } = work.view?.problem ?? {}
    const line = insert.run(at, at, check.row, row, check.row, state, outcome, detail)
    point.run(Number(line.lastInsertRowid), check.row)
  }
}
