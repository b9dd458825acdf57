import type Database from 'better-sqlite3'
import { PRIORITY } from '../../core/effect.ts'
import type { Lane } from '../../core/ports.ts'
import { CALM_MS, countNew, OWN_CARDS_WHEN_CALM, type StormRules } from '../../core/storm.ts'
import type { KnownChecks } from './known-checks.ts'
import { type CallsRow, createStormCalls, RANK, RINGS_FROM } from './storm-calls.ts'

/** A card that was just made for a problem, of which nothing has gone out yet. */
export type FreshCard = {
  readonly row: number
  readonly channel: string
  /** JSON. */
  readonly mention: string
  readonly quiet: number
  readonly severity: number
}

/** Which problems are shown by the card of a storm, and when that has to be drawn again. */
export type Storms = {
  /** @returns true when a storm takes the problem, so that it gets no card of its own */
  admit(card: FreshCard, now: number, lanes: Set<Lane>): boolean
  /** Something of a problem has changed. @param isPersons somebody waits to see it */
  touch(problem: number, isPersons: boolean, now: number, lanes: Set<Lane>): void
  /** Gives the worst of what has become calm a card of their own, and ends what is over. */
  settleDown(now: number, lanes: Set<Lane>): void
  /** @returns true while any storm is not over */
  any(): boolean
}

/** One new problem of a channel: the row of its card, and when it came. */
type Counted = { readonly row: number; readonly at: number }

/** A storm's card is drawn this often at most: edits have a rate for the whole workspace, which others need too. */
const DRAW_EVERY_MS = 2_000

/** Counts a problem anew if it is not as it was counted for a storm. */
export const RECOUNT_CHANGED =
  'INSERT INTO storm_recount (problem) SELECT problem FROM storm_changed WHERE problem = (SELECT ?) LIMIT 1'

/** @param newId makes a UUIDv7 for a time in epoch ms */
export function createStorms(
  db: Database.Database,
  newId: (at: number) => string,
  rules: StormRules,
  known: Pick<KnownChecks, 'uncover'>,
): Storms {
  // After a restart new problems are counted anew; a storm that goes on is in the database.
  const counted = new Map<string, readonly Counted[]>()
  const intake = prepareIntake(db)
  const calls = createStormCalls(db)
  const draw = createDraw(db)
  const settleDown = createSettleDown(db, draw, known)
  const any = db.prepare('SELECT 1 FROM storms WHERE ended IS NULL LIMIT 1')

  function begin({ row: own, channel, mention, quiet }: FreshCard, now: number): number {
    const current = intake.current.get(channel)
    if (current !== undefined) intake.revive.run(current.row)
    const row =
      current?.row ??
      Number(intake.begin.run(newId(now), channel, mention, quiet, now, now, now).lastInsertRowid)
    // What waits for its turn is part of the flood, and nobody has seen anything of it yet.
    const waiting = intake.waiting.all(current?.calm ?? null, channel, own)
    let took = 0
    for (const { card, problem, hasLeft, ...called } of waiting) {
      intake.join.run(row, card)
      calls.add(row, called)
      // What left when it was calm, and is back before anybody saw it, is counted already.
      if (hasLeft === 0) took++
      // What a host's card shows goes where that goes.
      took += intake.takeFolded.run(row, card).changes
      intake.forget.run(card)
      known.uncover(problem)
    }
    took -= intake.eachOnce.run({ storm: row }).changes
    intake.took.run(now, took, row)
    return row
  }

  return {
    admit: (card, now, lanes) => {
      if (rules.threshold === 0) return false
      // A transaction that fails is run again: what it counted the first time has the same rows, and is counted once.
      const before = (counted.get(card.channel) ?? []).filter(({ row }) => row !== card.row)
      const { times, isStorm } = countNew(
        before.map(({ at }) => at),
        now,
        rules,
      )
      counted.set(card.channel, [...before, { row: card.row, at: now }].slice(-times.length))
      const current = intake.current.get(card.channel)
      const goesOn = current !== undefined && current.calm === null
      if (!goesOn && !isStorm) return false
      const storm = goesOn ? current.row : begin(card, now)
      const shown = intake.once.run({ card: card.row, storm }).changes
      intake.join.run(storm, card.row)
      intake.took.run(now, 1 - shown, storm)
      draw(storm, PRIORITY.post, now, lanes)
      if (current?.mention !== card.mention || current.quiet !== card.quiet) calls.add(storm, card)
      if (card.severity >= RINGS_FROM) calls.ring(storm, now)
      return true
    },
    touch: (problem, isPersons, now, lanes) => {
      const shown = intake.ofProblem.all(problem)
      if (shown.length === 0) return
      intake.recount.run(problem)
      for (const { storm } of shown) draw(storm, isPersons ? PRIORITY.person : PRIORITY.post, now, lanes)
      if (!isPersons) calls.ringForHostOf(problem, now)
    },
    settleDown,
    any: () => any.get() !== undefined,
  }
}

function prepareIntake(db: Database.Database) {
  return {
    current: db.prepare<[string], CallsRow & { row: number; calm: number | null }>(
      'SELECT row, calm, mention, quiet FROM storms WHERE channel = ? AND ended IS NULL',
    ),
    begin: db.prepare(
      'INSERT INTO storms (id, channel, mention, quiet, began, last, rang) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    revive: db.prepare('UPDATE storms SET calm = NULL WHERE row = ?'),
    /** Cards of the channel of which nothing was tried yet, and of which nobody wonders whether it got there. */
    waiting: db.prepare<
      [number | null, string, number],
      { card: number; problem: number; mention: string; quiet: number; hasLeft: number }
    >(
      `SELECT k.row AS card, k.problem AS problem, k.mention AS mention, k.quiet AS quiet,
         EXISTS (SELECT 1 FROM effects e WHERE e.card = k.row AND e.kind = 'card' AND e.created = (SELECT ?)) AS hasLeft
       FROM cards k
       WHERE k.channel = (SELECT ?) AND k.ts IS NULL AND k.storm IS NULL AND k.instead IS NULL AND k.folded IS NULL AND k.row <> (SELECT ?)
         AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.card = k.row AND (e.state = 'leased' OR e.attempts > 0 OR e.ambiguous_since IS NOT NULL))`,
    ),
    join: db.prepare('UPDATE cards SET storm = ? WHERE row = ?'),
    takeFolded: db.prepare('UPDATE cards SET storm = ?, folded = NULL WHERE folded = ?'),
    // A storm that came from a channel that takes nothing may show the problem already, by the card it was to have there.
    once: db.prepare<[{ card: number; storm: number }]>(
      `UPDATE cards SET instead = @card, storm = NULL
       WHERE problem = (SELECT problem FROM cards WHERE row = @card) AND +storm = @storm AND row <> @card`,
    ),
    eachOnce: db.prepare<[{ storm: number }]>(
      `UPDATE cards SET storm = NULL, instead =
         (SELECT max(d.row) FROM cards d WHERE d.problem = cards.problem AND +d.storm = @storm)
       WHERE storm = @storm AND EXISTS (SELECT 1 FROM cards d
         WHERE d.problem = cards.problem AND +d.storm = @storm AND d.row > cards.row)`,
    ),
    forget: db.prepare('DELETE FROM effects WHERE card = ?'),
    took: db.prepare('UPDATE storms SET last = ?, taken = taken + ? WHERE row = ?'),
    recount: db.prepare(RECOUNT_CHANGED),
    ofProblem: db.prepare<[number], { storm: number }>(
      'SELECT storm FROM cards WHERE problem = ? AND storm IS NOT NULL',
    ),
  }
}

type DrawRow = { lane: Lane; due: number; created: number; error: string | null }
type Draw = (storm: number, priority: number, now: number, lanes: Set<Lane>) => void

/**
 * A storm has at most one effect that waits to bring its card up to date. A parked one wakes when something changes, but
 * where the channel takes nothing: there it is tried now and then. What is in doubt is looked for no sooner than planned.
 */
function createDraw(db: Database.Database): Draw {
  const upsert = db.prepare<[number, number, number, number, number], DrawRow>(
    `INSERT INTO effects (lane, kind, method, storm, priority, rank, state, due, created)
     SELECT channel, 'storm', iif(ts IS NULL, 'post', 'update'), row, ?, ${RANK}, 'waiting',
       iif(?, 0, min(drawn, ?) + ${DRAW_EVERY_MS}), ? FROM storms WHERE row = ?
     ON CONFLICT (storm, kind) WHERE storm IS NOT NULL AND state <> 'leased' DO UPDATE SET
       priority = min(priority, excluded.priority),
       attempts = iif(state = 'parked' AND due = 0, 0, attempts),
       due = iif(state = 'waiting' AND error IS NULL AND ambiguous_since IS NULL, min(due, excluded.due), due),
       state = iif(state = 'parked' AND due > 0, 'parked', 'waiting')
     RETURNING lane, due, created, error`,
  )
  return (storm, priority, now, lanes) => {
    const isPersons = priority === PRIORITY.person ? 1 : 0
    for (const { lane, due, created, error } of upsert.all(priority, isPersons, now, now, storm)) {
      // In a flood it waits for its time already, and so does delivery: asking it to look each time would cost a tenth of all.
      if (due <= now || created === now || error !== null) lanes.add(lane)
    }
  }
}

function createSettleDown(
  db: Database.Database,
  draw: Draw,
  known: Pick<KnownChecks, 'uncover'>,
): Storms['settleDown'] {
  // The clock may have been set back: then nothing is newer than what comes.
  const catchUp = db.prepare('UPDATE storms SET last = ? WHERE ended IS NULL AND last > ?')
  // Whoever takes all of it gets all of it, also what is about to leave.
  const calmed = db.prepare<[number], { row: number }>(
    `SELECT row FROM storms WHERE ended IS NULL AND calm IS NULL AND last <= ?
       AND NOT EXISTS (SELECT 1 FROM bulks b WHERE b.storm = storms.row)`,
  )
  const calm = db.prepare('UPDATE storms SET calm = ? WHERE row = ?')
  const worst = db.prepare<[number], { card: number; problem: number; severity: number }>(
    `SELECT k.row AS card, o.problem AS problem, -o.rank AS severity FROM
       (SELECT storm, rank, opened, problem FROM storm_problems WHERE storm = (SELECT ?) AND taken = 0
        ORDER BY rank, opened, problem LIMIT ${OWN_CARDS_WHEN_CALM}) o
       CROSS JOIN cards k ON k.problem = o.problem AND k.storm = o.storm ORDER BY o.rank, o.opened, o.problem`,
  )
  const leave = db.prepare('UPDATE cards SET storm = NULL WHERE row = ?')
  // Where the storm is shown elsewhere, its cards have another channel than it has.
  const post = db.prepare<[number, number, number], { lane: Lane }>(
    `INSERT INTO effects (lane, kind, method, card, priority, rank, state, due, created, ambiguous_since)
     SELECT channel, 'card', 'post', row, ${PRIORITY.post}, ?, 'waiting', 0, ?, copied FROM cards WHERE row = ? RETURNING lane`,
  )
  const over = db.prepare<[], { row: number }>(
    `SELECT s.row AS row FROM storms s WHERE s.ended IS NULL AND s.calm IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM storm_problems o WHERE o.storm = s.row)`,
  )
  const end = db.prepare('UPDATE storms SET ended = ? WHERE row = ?')

  return (now, lanes) => {
    catchUp.run(now, now)
    for (const { row } of calmed.all(now - CALM_MS)) {
      calm.run(now, row)
      for (const { card, problem, severity } of worst.all(row)) {
        leave.run(card)
        known.uncover(problem)
        for (const { lane } of post.all(-severity, now, card)) lanes.add(lane)
      }
      draw(row, PRIORITY.post, now, lanes)
    }
    for (const { row } of over.all()) {
      end.run(now, row)
      draw(row, PRIORITY.post, now, lanes)
    }
  }
}
