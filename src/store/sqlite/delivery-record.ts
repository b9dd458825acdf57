import type Database from 'better-sqlite3'
import type { Claimed } from '../../core/ports.ts'

/** Writes a line of history about a delivery. */
export type DeliveryRecord = {
  /** About what was claimed. */
  of(claimed: Claimed, at: number, outcome: string, detail: string): void
  /** About a problem, by row. */
  ofProblem(problem: number, at: number, outcome: string, detail: string): void
  /** About nothing else we keep. */
  alone(at: number, outcome: string, detail: string): void
}

/** What became of a delivery is history too. Routine edits are not, they would drown the rest. */
export function createDeliveryRecord(db: Database.Database): DeliveryRecord {
  const insert = db.prepare(
    `INSERT INTO history (recorded, time, kind, check_row, problem, prev, state, outcome, detail)
     VALUES (?, ?, 'delivery', ?, ?, (SELECT history FROM checks WHERE row = ?), ?, ?, ?)`,
  )
  const insertAlone = db.prepare(
    `INSERT INTO history (recorded, time, kind, outcome, detail) VALUES (?, ?, 'delivery', ?, ?)`,
  )
  const point = db.prepare('UPDATE checks SET history = ? WHERE row = ?')
  const selectProblem = db.prepare<[number], { check: number; state: string | null }>(
    'SELECT check_row AS "check", state FROM problems WHERE row = ?',
  )

  function write(
    check: number,
    problem: number | null,
    state: string | null,
    at: number,
    outcome: string,
    detail: string,
  ): void {
    const line = insert.run(at, at, check, problem, check, state, outcome, detail)
    point.run(Number(line.lastInsertRowid), check)
  }

  const alone: DeliveryRecord['alone'] = (at, outcome, detail) => {
    insertAlone.run(at, at, outcome, detail)
  }
  return {
    alone,
    of: ({ work }, at, outcome, detail) => {
      if (work.kind === 'reply' || work.kind === 'storm' || work.kind === 'storm-line')
        return alone(at, outcome, detail)
      const check = work.kind === 'order' ? work.check : work.view.check
      const { row = null, state = null } = work.view?.problem ?? {}
      write(check.row, row, state, at, outcome, detail)
    },
    ofProblem: (problem, at, outcome, detail) => {
      const known = selectProblem.get(problem)
      if (known !== undefined) write(known.check, problem, known.state, at, outcome, detail)
    },
  }
}
