import type Database from 'better-sqlite3'
import { PRIORITY } from '../../core/effect.ts'
import { createDeliveryRecord } from './delivery-record.ts'
import { createMoveStorm } from './move-storm.ts'
import type { FreshCard, Storms } from './storms.ts'

/** Where to, and why: Slack's word. */
export type Detour = { readonly to: string; readonly error: string; readonly at: number }

type CardRow = {
  readonly row: number
  readonly problem: number
  readonly channel: string
  readonly mention: string
  readonly quiet: number
  readonly posted: number | null
  readonly instead: number | null
}
type Target = {
  readonly row: number
  readonly ts: string | null
  readonly storm: number | null
  readonly folded: number | null
  readonly fresh: boolean
}

/** Problems that come to a channel because another takes nothing are as many there as new ones. */
export type TakeIn = Pick<Storms, 'admit'>

/**
 * Lets another card show a problem whose card is in a channel that takes nothing: the one that the problem has in the
 * other channel already, or a fresh one. The old card stays as a mark that it is not to be made again. What waits for
 * its thread goes along, unless the other thread tells it anyway.
 *
 * @param card id of the card
 * @param effect row of the effect that failed; null when none did
 */
export type MoveCard = (card: string, detour: Detour, effect: number | null) => void

/** What it returns runs inside a transaction of the commit queue, as all of these do. */
export function createMoveCard(
  db: Database.Database,
  newId: (at: number) => string,
  storms: TakeIn,
): MoveCard {
  const select = db.prepare<[string], CardRow>(
    'SELECT row, problem, channel, mention, quiet, posted, instead FROM cards WHERE id = ?',
  )
  const retire = db.prepare(
    'UPDATE cards SET instead = ?, refused = ?, storm = NULL, folded = NULL WHERE row = ?',
  )
  const follow = db.prepare('UPDATE cards SET instead = ? WHERE instead = ?')
  const waiting = db.prepare<[number], { priority: number; rank: number; created: number }>(
    `SELECT min(priority) AS priority, min(rank) AS rank, min(created) AS created FROM effects
     WHERE card = ? AND kind = 'card' HAVING count(*) > 0`,
  )
  const rankOf = db.prepare<[number], { rank: number }>(
    'SELECT -severity AS rank FROM problems WHERE row = ?',
  )
  const dropCardEffects = db.prepare(
    `DELETE FROM effects WHERE card = ? AND kind = 'card' AND (state <> 'leased' OR row = ?)`,
  )
  const put = db.prepare(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created)
     VALUES (?, 'card', ?, ?, ?, ?, 'waiting', 0, ?)
     ON CONFLICT (card) WHERE kind = 'card' AND state <> 'leased' DO NOTHING`,
  )
  const bring = db.prepare(
    `UPDATE cards SET folded = ? WHERE folded = ?
       AND NOT EXISTS (SELECT 1 FROM cards d WHERE d.problem = cards.problem AND d.channel = ?)`,
  )
  const retireShown = db.prepare(
    `UPDATE cards SET instead = d.row, refused = ?, folded = NULL FROM cards d
     WHERE cards.folded = ? AND d.problem = cards.problem AND +d.folded = ?`,
  )
  const foldedOn = db.prepare<[number], { id: string }>('SELECT id FROM cards WHERE folded = ?')
  const find = createTarget(db, newId, storms)
  const moveThread = createThreadMover(db)
  const { ofProblem: record } = createDeliveryRecord(db)

  /** The services that the card of a host shows go along; what the other channel shows already is moved as any card is. */
  function bringFolded(card: CardRow, target: Target, detour: Detour): void {
    retireShown.run(detour.error, card.row, target.row)
    if (target.storm === null) bring.run(target.row, card.row, detour.to)
    for (const { id } of foldedOn.all(card.row)) moveCard(id, detour, null)
  }

  function moveCard(id: string, detour: Detour, effect: number | null): void {
    const { to, error, at } = detour
    const card = select.get(id)
    if (card === undefined) return
    const target = find(card, to, at)
    const effects = waiting.get(card.row)
    if (card.instead === null) {
      follow.run(target.row, card.row)
      retire.run(target.row, error, card.row)
      bringFolded(card, target, detour)
      record(card.problem, at, 'moved', `${card.channel} takes nothing: ${error}; the card goes to ${to}`)
    }
    dropCardEffects.run(card.row, effect)
    moveThread(card, target, to, effect)
    if (!hasOwn(target)) return
    const method = target.ts === null ? 'post' : 'update'
    const priority = Math.min(effects?.priority ?? PRIORITY.post, PRIORITY.post)
    const rank = effects?.rank ?? rankOf.get(card.problem)?.rank ?? 0
    put.run(to, method, target.row, priority, rank, effects?.created ?? at)
  }
  return moveCard
}

/** @returns false when a storm or the card of the host shows the problem there */
function hasOwn({ storm, folded }: Target): boolean {
  return storm === null && folded === null
}

/** Finds or makes the card that is to show the problem. */
function createTarget(db: Database.Database, newId: (at: number) => string, storms: TakeIn) {
  const insert = db.prepare(
    `INSERT INTO cards (id, problem, channel, mention, quiet, posted) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (problem, channel) DO NOTHING`,
  )
  const select = db.prepare<
    [number, string],
    Omit<Target, 'fresh'> & { instead: number | null; mention: string }
  >('SELECT row, ts, storm, folded, instead, mention FROM cards WHERE problem = ? AND channel = ?')
  const byRow = db.prepare<[number], Omit<Target, 'fresh'>>(
    'SELECT row, ts, storm, folded FROM cards WHERE row = ?',
  )
  // It was given up for another once, and is needed again.
  const revive = db.prepare('UPDATE cards SET instead = NULL, refused = NULL, ts = NULL WHERE row = ?')
  const open = db.prepare<[number], FreshCard>(
    `SELECT k.row AS row, k.channel AS channel, k.mention AS mention, k.quiet AS quiet, p.severity AS severity
     FROM cards k JOIN problems p ON p.row = k.problem WHERE k.row = (SELECT ?) AND p.closed IS NULL`,
  )
  const setMention = db.prepare('UPDATE cards SET mention = ? WHERE row = ?')

  function admit(row: number, at: number): void {
    const card = open.get(row)
    // Delivery looks after both channels by itself when something moves.
    if (card !== undefined) storms.admit(card, at, new Set())
  }

  return (card: CardRow, to: string, at: number): Target => {
    const known = card.instead === null ? undefined : byRow.get(card.instead)
    if (known !== undefined) return { ...known, fresh: true }
    const made = insert.run(newId(at), card.problem, to, card.mention, card.quiet, card.posted).changes > 0
    const found = select.get(card.problem, to)
    if (found === undefined) throw new Error('A card that was just made is not there.')
    const { row, storm, folded } = found
    if (found.instead !== null) revive.run(row)
    if (!made && card.quiet === 0) {
      // Whoever was to be called in the other channel is called here.
      const all = new Set([
        ...(JSON.parse(found.mention) as string[]),
        ...(JSON.parse(card.mention) as string[]),
      ])
      setMention.run(JSON.stringify([...all]), row)
    }
    const isFresh = made || found.instead !== null
    if (isFresh && storm === null && folded === null) admit(row, at)
    const shown = byRow.get(row)
    return { row, ts: isFresh ? null : found.ts, storm: shown?.storm ?? null, folded, fresh: isFresh }
  }
}

/** Lines that are parked for what is in them stay where they are. */
function createThreadMover(db: Database.Database) {
  const mine = `card = ? AND kind = 'thread' AND (state IN ('waiting', 'blocked') OR (state = 'parked' AND due > 0) OR row = ?)`
  const drop = db.prepare(`DELETE FROM effects WHERE ${mine}`)
  const move = db.prepare(
    `UPDATE effects SET card = ?, lane = ?, state = 'blocked', due = 0, owner = NULL, lease_until = NULL,
       ambiguous_since = NULL WHERE ${mine}`,
  )
  const release = db.prepare(
    `UPDATE effects SET state = 'waiting' WHERE row = (SELECT min(e.row) FROM effects e
       WHERE e.card = ? AND e.kind = 'thread' AND e.state = 'blocked')
     AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.card = effects.card AND e.kind = 'thread'
       AND e.state IN ('waiting', 'leased'))`,
  )
  return (card: CardRow, target: Target, to: string, effect: number | null): void => {
    if (!target.fresh || !hasOwn(target)) {
      drop.run(card.row, effect)
      return
    }
    move.run(target.row, to, card.row, effect)
    if (target.ts !== null) release.run(target.row)
  }
}

/** Problems looked at in one step of moving the cards of a whole channel: some ms. */
const STEP_PROBLEMS = 200

/** @returns a function that does one step, see `Outbox.moveOthers` */
export function createMoveOthers(db: Database.Database, newId: (at: number) => string, storms: TakeIn) {
  const moveCard = createMoveCard(db, newId, storms)
  const moveStorm = createMoveStorm(db)
  const { alone: record } = createDeliveryRecord(db)
  const storm = db.prepare<[string], { id: string }>(
    `SELECT id FROM storms WHERE channel = ? AND ended IS NULL
       AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.storm = storms.row AND e.state = 'leased')`,
  )
  const look = db.prepare<[number, string], { problem: number; card: string | null }>(
    // A card that is being sent finds out by itself; what a storm or the card of a host shows goes along with that.
    `SELECT p.row AS problem, k.id AS card FROM
       (SELECT row FROM problems WHERE closed IS NULL AND row > (SELECT ?) ORDER BY row LIMIT ${STEP_PROBLEMS}) p
     LEFT JOIN cards k ON k.problem = p.row AND k.channel = (SELECT ?) AND k.instead IS NULL AND k.storm IS NULL AND k.folded IS NULL
       AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.card = k.row AND e.state = 'leased')
     ORDER BY p.row`,
  )
  return (from: string, detour: Detour, after: number): number | null => {
    // A storm that nothing happens in any more would find out never.
    const silent = after === 0 ? storm.get(from) : undefined
    if (silent !== undefined) {
      moveStorm(silent.id, detour)
      record(detour.at, 'moved', `${detour.error}: the card of a storm in ${from} goes to ${detour.to}`)
    }
    const found = look.all(after, from)
    for (const { card } of found) if (card !== null) moveCard(card, detour, null)
    const last = found.at(-1)
    return found.length < STEP_PROBLEMS || last === undefined ? null : last.problem
  }
}
