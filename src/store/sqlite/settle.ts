import type Database from 'better-sqlite3'
import type { CardRef, Claimed, Settlement } from '../../core/ports.ts'
import { createDeliveryRecord } from './delivery-record.ts'
import { createMoveCard, type TakeIn } from './move-card.ts'
import { createSettleStorm } from './settle-storm.ts'

/** Nothing is ever put off longer; what seems to be was put off before the clock was set back. */
export const DUE_MAX_MS = 10 * 60_000

/** What settling an effect says to the database. */
function prepareSettling(db: Database.Database) {
  const remove = db.prepare('DELETE FROM effects WHERE row = ?')
  // A doubt stays until the message is found or made: a later attempt that fails plainly says nothing of the earlier one.
  const again = db.prepare(
    `UPDATE effects SET state = 'waiting', due = ?, error = ?, owner = NULL, lease_until = NULL,
       ambiguous_since = iif(?, coalesce(ambiguous_since, attempted), ambiguous_since) WHERE row = ?`,
  )
  const park = db.prepare(
    `UPDATE effects SET state = 'parked', error = ?, due = ?, owner = NULL, lease_until = NULL WHERE row = ?`,
  )
  const posted = db.prepare('UPDATE cards SET ts = ?, posted = ? WHERE id = ?')
  // That it was posted once is kept: a fresh one is not late.
  const unposted = db.prepare('UPDATE cards SET ts = NULL WHERE id = ?')
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
  /** It does not say what it should, until its channel takes messages again. */
  const stale = db.prepare('UPDATE cards SET refused = ? WHERE id = ? AND instead IS NULL')
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
    stale,
    hasOther: (row: number) => hasOther.get(row, row),
    inherit,
  }
}

/** Prepares the statements that settle what was claimed. What it returns runs inside a transaction of the commit queue. */
export function createSettle(db: Database.Database, newId: (at: number) => string, storms: TakeIn) {
  const { remove, again, goOn, inform, park, release, hasOther, inherit, ...sql } = prepareSettling(db)
  const { of: record } = createDeliveryRecord(db)
  const settleStorm = createSettleStorm(db)
  const moveCard = createMoveCard(db, newId, storms)
  const isNews = createIsNews(db)

  function putOff({ row }: Claimed, wait: Extract<Settlement, { kind: 'go-on' }>, now: number): void {
    const other = hasOther(row)
    const progress = JSON.stringify(wait.progress)
    // What waits for a time that was noted before the clock was set back would be given out at once, again and again.
    if (other === undefined)
      return void goOn.run(Math.min(wait.at, now + DUE_MAX_MS), wait.error, progress, row)
    // A newer order of the same thing waits already; it has to know what was sent.
    inform.run(progress, other.row)
    remove.run(row)
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
    if (work.kind === 'storm' || work.kind === 'storm-line')
      return settleStorm({ ...claimed, work }, settlement, at)
    const card = work.kind === 'reply' || work.kind === 'order' ? null : work.card
    switch (settlement.kind) {
      case 'done':
        remove.run(claimed.row)
        if (card === null) return
        if (work.kind === 'post') {
          sql.posted.run(settlement.ts, at, card.id)
          sql.setMethod.run('update', card.id)
          record(claimed, at, 'posted', `card in ${card.channel}`)
        }
        if (work.kind !== 'update') release.run(card.id)
        if (settlement.plainly !== undefined)
          record(claimed, at, 'plain', `${settlement.plainly}: the ${work.kind} was said in bare words`)
        return
      case 'retry':
        // An edit can be made twice without harm, so there is nothing to doubt.
        return retry(claimed, settlement.at, settlement.ambiguous && work.kind !== 'update', settlement.error)
      case 'repost':
        if (card === null) return
        sql.unposted.run(card.id)
        sql.block.run(card.id)
        sql.setMethod.run('post', card.id)
        sql.believe.run(card.id)
        if (work.kind === 'thread') again.run(at, 'message gone', 0, claimed.row)
        else retry(claimed, at, false, 'message gone')
        if (work.kind === 'thread') wakeCard(db, claimed.row, at)
        record(claimed, at, 'gone', `the card in ${card.channel} was deleted; a fresh one follows`)
        return
      case 'go-on':
        putOff(claimed, settlement, at)
        return
      case 'park':
        if (isNews(claimed, settlement))
          record(claimed, at, 'parked', `${work.kind}${whereOf(card)}: ${settlement.error}`)
        if (hasOther(claimed.row) === undefined)
          park.run(settlement.error, settlement.again ?? 0, claimed.row)
        else remove.run(claimed.row)
        // Where the channel takes nothing, what is behind in the thread keeps its place.
        if (work.kind === 'thread' && settlement.again === undefined) release.run(work.card.id)
        return
      case 'move':
        if (card !== null) moveCard(card.id, { to: settlement.to, error: settlement.error, at }, claimed.row)
        return
      case 'drop':
        remove.run(claimed.row)
        if (work.kind === 'update' && settlement.refused !== undefined)
          sql.stale.run(settlement.error, work.card.id)
        if (work.kind === 'thread') release.run(work.card.id)
        record(claimed, at, 'dropped', `${work.kind}${whereOf(card)}: ${settlement.error}`)
        return
    }
  }
}

/** A try of what is parked that fails for the same reason again is none. */
function createIsNews(db: Database.Database) {
  const select = db.prepare<[number], { error: string | null }>('SELECT error FROM effects WHERE row = ?')
  return ({ row }: Claimed, { again, error }: Extract<Settlement, { kind: 'park' }>): boolean =>
    again === undefined || select.get(row)?.error !== error
}

function whereOf(card: CardRef | null): string {
  return card === null ? '' : ` in ${card.channel}`
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
