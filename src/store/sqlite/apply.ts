import type Database from 'better-sqlite3'
import type { Changes } from '../../core/changes.ts'
import type { HistoryEntry } from '../../core/history.ts'
import type { CheckName, Lane } from '../../core/ports.ts'
import type { Check, Problem } from '../../core/problem.ts'
import { severityOf } from '../../core/state.ts'
import { createEffectWriter } from './effects.ts'
import type { Folds } from './folds.ts'
import type { KnownChecks } from './known-checks.ts'
import type { Storms } from './storms.ts'
import { type CheckSlot, slotOf, type UnitRows } from './unit-rows.ts'

/** Of a check that is there. */
type WrittenSlot = CheckSlot & { row: number }

export type Apply = (changes: Changes, rows: UnitRows, now: number, lanes: Set<Lane>) => void

/**
 * Writes the changes of one unit: checks that are new, problems, history chained behind what was there, the check's
 * pointers, cards, effects. A repeat of a known problem costs one update and one insert. What the unit knows is as it was
 * written afterwards.
 */
export function createApply(
  db: Database.Database,
  newId: (at: number) => string,
  storms: Storms,
  folds: Folds,
  known: KnownChecks,
): Apply {
  const checks = createCheckWriter(db)
  const problems = createProblemWriter(db)
  const insertHistory = createHistoryWriter(db)
  const effects = createEffectWriter(db, newId, storms, folds, known)

  /** @returns null for a check that is neither there nor among what changes */
  function touch(rows: UnitRows, check: CheckName): WrittenSlot | null {
    const slot = slotOf(rows, check)
    if (slot.row === null) {
      if (slot.latest === null) return null
      slot.row = checks.insert(slot.latest)
    }
    slot.touched = true
    return slot as WrittenSlot
  }

  return (changes, rows, now, lanes) => {
    for (const check of changes.checks) slotOf(rows, check).latest = check
    for (const { problem, check } of changes.problems) {
      const slot = touch(rows, check)
      if (slot === null) throw new Error('A problem of a check that is not there.')
      problems.write(problem, slot, check, rows)
    }
    for (const entry of changes.history) {
      const slot = entry.check === null ? null : touch(rows, entry.check)
      const line = insertHistory(entry, slot, rows, now)
      if (slot !== null) slot.history = line
    }
    for (const check of changes.checks) touch(rows, check)
    rows.checks.forEach((slot) => {
      if (slot.touched) checks.write(slot as WrittenSlot)
    })
    effects(changes, rows, now, lanes)
  }
}

function createCheckWriter(db: Database.Database) {
  const insert = db.prepare(
    `INSERT INTO checks (monitor, key, host, service, host_display_name, service_display_name, address, url, labels,
       fields, in_downtime, is_flapping, count, last_seen, output)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '')`,
  )
  const update = db.prepare(
    `UPDATE checks SET in_downtime = ?, is_flapping = ?, last_state_time = ?, last_type = ?, last_state = ?,
       last_output = ?, last_author = ?, last_comment = ?, last_time = ?, count = ?, last_seen = ?, output = ?,
       long_output = ?, rang = ?, problem = ?, history = ? WHERE row = ?`,
  )
  /** What a repeat changes; binding the rest too costs as much again. */
  const repeat = db.prepare(
    `UPDATE checks SET last_state_time = ?, last_output = NULL, last_time = ?, count = ?, last_seen = ?, output = ?,
       history = ? WHERE row = ?`,
  )
  const rename = db.prepare(
    `UPDATE checks SET host = ?, service = ?, host_display_name = ?, service_display_name = ?, address = ?, url = ?,
       labels = ?, fields = ? WHERE row = ?`,
  )
  const point = db.prepare('UPDATE checks SET problem = ?, history = ? WHERE row = ?')
  const setDowntime = db.prepare('UPDATE checks SET downtime = ? WHERE row = ?')

  return {
    insert: (c: Check): number =>
      Number(insert.run(c.monitor, c.key, ...namesOf(c), json(c.labels), json(c.fields)).lastInsertRowid),
    write: (slot: WrittenSlot): void => {
      const { latest: c } = slot
      if (c === null) {
        point.run(slot.open, slot.history, slot.row)
        return
      }
      const { last, tally } = c
      const before = slot.before?.check ?? null
      if ((before?.downtime ?? null) !== c.downtime) setDowntime.run(json(c.downtime), slot.row)
      const renamed = before !== null && isRenamed(c, before)
      if (renamed) rename.run(...namesOf(c), json(c.labels), json(c.fields), slot.row)
      if (last !== null && isRepeat(c, slot)) {
        slot.repeated = !renamed && before?.downtime === c.downtime && slot.before?.problem === slot.problem
        const { count, lastSeen, output } = tally
        repeat.run(c.lastStateTime, last.time, count, lastSeen, output, slot.history, slot.row)
        return
      }
      update.run(
        c.inDowntime ? 1 : 0,
        c.isFlapping ? 1 : 0,
        c.lastStateTime,
        last?.type ?? null,
        last?.state ?? null,
        lastOutput(c),
        last?.author ?? null,
        last?.comment ?? null,
        last?.time ?? null,
        tally.count,
        tally.lastSeen,
        tally.output,
        tally.longOutput,
        tally.rang,
        slot.open,
        slot.history,
        slot.row,
      )
    },
  }
}

/** What the tally says as well is written once. */
function lastOutput({ last, tally }: Pick<Check, 'last' | 'tally'>): string | null {
  return last === null || last.output === tally.output ? null : last.output
}

function isRepeat({ last, tally, inDowntime, isFlapping }: Check, { before, open }: CheckSlot): boolean {
  if (before === null) return false
  const { check } = before
  return (
    lastOutput({ last, tally }) === null &&
    tally.longOutput === check.tally.longOutput &&
    last?.type === check.last?.type &&
    last?.state === check.last?.state &&
    last?.author === check.last?.author &&
    last?.comment === check.last?.comment &&
    tally.rang === check.tally.rang &&
    open === before.open &&
    inDowntime === check.inDowntime &&
    isFlapping === check.isFlapping
  )
}

function namesOf(c: Check): readonly (string | null)[] {
  return [c.host, c.service, c.hostDisplayName, c.serviceDisplayName, c.address, c.url]
}

/** What is said again is the very same value, see `hear`. */
function isRenamed(c: Check, before: Check): boolean {
  return (
    c.host !== before.host ||
    c.service !== before.service ||
    c.hostDisplayName !== before.hostDisplayName ||
    c.serviceDisplayName !== before.serviceDisplayName ||
    c.address !== before.address ||
    c.url !== before.url ||
    c.labels !== before.labels ||
    c.fields !== before.fields
  )
}

function createProblemWriter(db: Database.Database) {
  const insert = db.prepare(
    `INSERT INTO problems (state, severity, is_event, episode, opened, changed, closed, closed_because,
       acknowledgement, acknowledged_by, acknowledged_until, released, first_taken_by, first_taken, count, last_seen,
       output, long_output, id, check_row) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = db.prepare(
    `UPDATE problems SET state = ?, severity = ?, is_event = ?, episode = ?, opened = ?, changed = ?, closed = ?,
       closed_because = ?, acknowledgement = ?, acknowledged_by = ?, acknowledged_until = ?, released = ?,
       first_taken_by = ?, first_taken = ?, count = ?, last_seen = ?, output = ?, long_output = ? WHERE row = ?`,
  )
  return {
    write: (problem: Problem, slot: WrittenSlot, check: Check, rows: UnitRows): void => {
      const columns = [...columnsOf(problem), ...finalTally(problem, check)]
      const known = rows.problems.get(problem.id)
      if (known !== undefined) update.run(...columns, known)
      const row = known ?? Number(insert.run(...columns, problem.id, slot.row).lastInsertRowid)
      rows.problems.set(problem.id, row)
      if (problem.closed === null) {
        slot.problem = problem.row === row ? problem : { ...problem, row }
        if (known === undefined) slot.open = row
      } else if (slot.problem?.row === row) {
        slot.problem = null
        if (slot.open === row) slot.open = null
      }
    },
  }
}

function finalTally(problem: Problem, { tally }: Check): (string | number | null)[] {
  if (problem.closed === null) return [null, null, null, null]
  return [tally.count, tally.lastSeen, tally.output, tally.longOutput]
}

function columnsOf(p: Problem): (string | number | null)[] {
  const held = p.acknowledgement
  return [
    p.state,
    severityOf(p.state),
    p.isEvent ? 1 : 0,
    p.episode,
    p.opened,
    p.changed,
    p.closed,
    p.closedBecause,
    json(held),
    held === null ? null : (held.by.id ?? held.by.name),
    // What the monitor ends, or what is ending already, is not ours to end.
    held === null || held.foreign || held.ending !== null ? null : held.until,
    p.released,
    p.firstTaken?.by ?? null,
    p.firstTaken?.at ?? null,
  ]
}

function createHistoryWriter(db: Database.Database) {
  const insert = db.prepare(
    `INSERT INTO history (recorded, time, kind, check_row, problem, prev, monitor, type, state, actor_id, actor_name,
       through, comment, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  /** What a monitor says without a name and a comment: most of all lines. Each value that is bound costs some 0.1 us. */
  const insertHeard = db.prepare(
    `INSERT INTO history (recorded, time, kind, check_row, problem, prev, type, state, through, outcome, detail)
     VALUES (?, ?, 'notification', ?, ?, ?, ?, ?, 'monitor', ?, ?)`,
  )
  return (entry: HistoryEntry, slot: WrittenSlot | null, rows: UnitRows, now: number): number => {
    const { time, kind, type, state, actor, through, comment, outcome, detail } = entry
    const problem = entry.problem === null ? null : (rows.problems.get(entry.problem) ?? null)
    const isHeard = kind === 'notification' && through === 'monitor' && actor === null && comment === null
    if (slot !== null && isHeard) {
      const { row, history } = slot
      return Number(
        insertHeard.run(now, time, row, problem, history, type, state, outcome, detail).lastInsertRowid,
      )
    }
    return Number(
      insert.run(
        now,
        time,
        kind,
        slot?.row ?? null,
        problem,
        slot?.history ?? null,
        slot === null ? (entry.check?.monitor ?? entry.monitor) : null,
        type,
        state,
        actor?.id ?? null,
        actor?.name ?? null,
        through,
        comment,
        outcome,
        detail,
      ).lastInsertRowid,
    )
  }
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}
