import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import { senderIdentity } from '../../core/notification.ts'
import type { CheckName, Decision, Keys, Lane, Loaded } from '../../core/ports.ts'
import type { Problem, ProblemView } from '../../core/problem.ts'
import { createApply } from './apply.ts'
import type { Folds } from './folds.ts'
import type { KnownCheck, KnownChecks } from './known-checks.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'
import type { Storms } from './storms.ts'
import { addRead, type CheckSlot, createUnitRows, type UnitRows } from './unit-rows.ts'

const DAY_MS = 24 * 60 * 60 * 1000

export type Decide = <Answer>(
  keys: Keys,
  decide: (loaded: Loaded, now: number) => Decision<Answer>,
  now: number,
  lanes: Set<Lane>,
) => Answer

/** Prepares the statements of `Store.decide`. What it returns runs inside a transaction of the commit queue. */
export function createDecide(
  db: Database.Database,
  newId: (at: number) => string,
  storms: Storms,
  folds: Folds,
  known: KnownChecks,
): Decide {
  // Two look-ups by key: SQLite plans a join on bare parameters anew at each call, which costs more than all the rest.
  const selectCheck = db.prepare<[string, string], CheckRow>(
    'SELECT * FROM checks WHERE monitor = ? AND key = ?',
  )
  const selectCheckByRow = db.prepare<[number], CheckRow>('SELECT * FROM checks WHERE row = ?')
  const selectOpen = db.prepare<[number], ProblemRow>(
    `SELECT ${PROBLEM_COLUMNS} FROM problems p WHERE p.row = ?`,
  )
  const selectProblem = db.prepare<[string], ProblemRow & { check_row: number }>(
    `SELECT ${PROBLEM_COLUMNS}, p.check_row AS check_row FROM problems p WHERE p.id = ?`,
  )
  const selectSeen = db.prepare<[number, Buffer], { at: number }>(
    'SELECT at FROM seen WHERE day = ? AND digest = ?',
  )
  const insertSeen = db.prepare('INSERT OR REPLACE INTO seen (day, digest, at) VALUES (?, ?, ?)')
  const selectInteraction = db.prepare<[string], { at: number }>('SELECT at FROM interactions WHERE id = ?')
  const insertInteraction = db.prepare('INSERT INTO interactions (id, at) VALUES (?, ?)')
  const apply = createApply(db, newId, storms, folds, known)

  function findSeen(digest: Buffer, day: number): number | null {
    return selectSeen.get(day, digest)?.at ?? selectSeen.get(day - 1, digest)?.at ?? null
  }

  function loadCheck(rows: UnitRows, name: CheckName): void {
    if (rows.checks.get(name) !== undefined) return
    const read = known.get(name) ?? readCheck(name)
    if (read !== null) addRead(rows, read)
  }

  function readCheck(name: CheckName): KnownCheck | null {
    const row = selectCheck.get(name.monitor, name.key)
    if (row === undefined) return null
    const problem = row.problem === null ? undefined : selectOpen.get(row.problem)
    return toKnown(row, problem === undefined ? null : toProblem(problem))
  }

  return (keys, decide, now, lanes) => {
    const rows = createUnitRows()
    const seen = new Map<string, number>()
    const day = Math.floor(now / DAY_MS)
    for (const notification of keys.notifications ?? []) {
      loadCheck(rows, notification)
      const identity = senderIdentity(notification)
      if (identity === null) continue
      const at = findSeen(digestOf(identity), day)
      if (at !== null) seen.set(identity, at)
    }
    for (const name of keys.checks ?? []) loadCheck(rows, name)
    const views = new Map<string, ProblemView>()
    for (const id of keys.problems ?? []) {
      const problem = selectProblem.get(id)
      const check = problem === undefined ? undefined : selectCheckByRow.get(problem.check_row)
      if (problem === undefined || check === undefined) continue
      const read = toKnown(check, toProblem(problem))
      addRead(rows, read)
      views.set(id, { problem: toProblem(problem), check: read.check, tally: toTally(check, problem) })
    }
    const interaction = keys.interaction ?? null
    const repeated = interaction !== null && selectInteraction.get(interaction) !== undefined

    const decision = decide(loadedFrom(rows, seen, views, repeated), now)

    for (const notification of keys.notifications ?? []) {
      const identity = senderIdentity(notification)
      if (identity === null || isRecent(seen.get(identity), now)) continue
      insertSeen.run(day, digestOf(identity), now)
      seen.set(identity, now)
    }
    if (interaction !== null && !repeated) insertInteraction.run(interaction, now)
    apply(decision.changes, rows, now, lanes)
    rows.checks.forEach((slot) => {
      remember(known, slot)
    })
    return decision.answer
  }
}

function isRecent(seenAt: number | undefined, now: number): boolean {
  return seenAt !== undefined && now - seenAt < DAY_MS
}

function toKnown(row: CheckRow, problem: Problem | null): KnownCheck {
  return { check: toCheck(row), problem, open: row.problem, history: row.history }
}

/** Keeps what is known of a check once it is written. */
function remember(known: KnownChecks, slot: CheckSlot): void {
  const { before, row, latest, touched, repeated, problem, open, history } = slot
  const check = latest ?? before?.check ?? null
  if (row === null || check === null) return
  if (repeated && known.repeat(check, history)) return
  if (touched || !known.has(check))
    known.put({ check: check.row === row ? check : { ...check, row }, problem, open, history })
}

function digestOf(identity: string): Buffer {
  return createHash('sha256').update(identity).digest().subarray(0, 16)
}

function loadedFrom(
  rows: UnitRows,
  seen: ReadonlyMap<string, number>,
  views: ReadonlyMap<string, ProblemView>,
  repeated: boolean,
): Loaded {
  return {
    check: (name) => rows.checks.get(name)?.before ?? null,
    seenAt: (notification) => seen.get(senderIdentity(notification) ?? '') ?? null,
    problem: (id) => views.get(id) ?? null,
    repeated,
  }
}
