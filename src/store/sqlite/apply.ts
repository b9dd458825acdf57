import type Database from 'better-sqlite3'
import type { Changes } from '../../core/changes.ts'
import type { HistoryEntry } from '../../core/history.ts'
import type { Lane } from '../../core/ports.ts'
import type { Check, Problem } from '../../core/problem.ts'
import { severityOf } from '../../core/state.ts'
import { createEffectWriter } from './effects.ts'
import type { Folds } from './folds.ts'
import type { KnownCheck, KnownChecks } from './known-checks.ts'
import type { Storms } from './storms.ts'
import { checkKey, type UnitRows } from './unit-rows.ts'

export type Apply = (changes: Changes, rows: UnitRows, now: number, lanes: Set<Lane>) => void

/** A check while it is written: where it is, and what its pointers become. */
type CheckSlot = {
  readonly row: number
  readonly before: KnownCheck | null
  problem: Problem | null
  open: number | null
  history: number | null
}

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

  return (changes, rows, now, lanes) => {
    const slots = new Map<string, CheckSlot>()
    const latest = new Map<string, Check>()
    for (const check of changes.checks) latest.set(checkKey(check), check)
    const slotOf = (key: string): CheckSlot | null => {
      const made = slots.get(key)
      if (made !== undefined) return made
      const before = rows.checks.get(key) ?? null
      const check = latest.get(key)
      const row = before?.check.row ?? (check === undefined ? undefined : checks.insert(check))
      if (row === undefined) return null
      const { problem = null, open = null, history = null } = before ?? {}
      const slot = { row, before, problem, open, history }
      slots.set(key, slot)
      return slot
    }

    for (const { problem, check } of changes.problems) {
      const slot = slotOf(checkKey(check))
      if (slot === null) throw new Error('A problem of a check that is not there.')
      problems.write(problem, slot, check, rows)
    }
    for (const entry of changes.history) {
      const slot = entry.check === null ? null : slotOf(checkKey(entry.check))
      const line = insertHistory(entry, slot, rows, now)
      if (slot !== null) slot.history = line
    }
    for (const key of latest.keys()) slotOf(key)
    for (const [key, slot] of slots) {
      const check = latest.get(key)
      if (check === undefined) checks.point(slot)
      else checks.update(check, slot)
      rows.checks.set(key, knownNow(slot, check))
    }
    effects(changes, rows, now, lanes)
  }
}

function knownNow(
  { row, before, problem, open, history }: CheckSlot,
  written: Check | undefined,
): KnownCheck {
  const check = written ?? before?.check
  if (check === undefined) throw new Error('A check that was neither read nor written.')
  return { check: check.row === row ? check : { ...check, row }, problem, open, history }
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
    `UPDATE checks SET last_state_time = ?, last_output = ?, last_time = ?, count = ?, last_seen = ?, output = ?,
       long_output = ?, history = ? WHERE row = ?`,
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
    update: (c: Check, slot: CheckSlot): void => {
      const { last, tally } = c
      const before = slot.before?.check ?? null
      if ((before?.downtime ?? null) !== c.downtime) setDowntime.run(json(c.downtime), slot.row)
      if (before !== null && isRenamed(c, before))
        rename.run(...namesOf(c), json(c.labels), json(c.fields), slot.row)
      if (last !== null && isRepeat(c, slot)) {
        const { count, lastSeen, output, longOutput } = tally
        repeat.run(
          c.lastStateTime,
          lastOutput(c),
          last.time,
          count,
          lastSeen,
          output,
          longOutput,
          slot.history,
          slot.row,
        )
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
    point: (slot: CheckSlot): void => {
      point.run(slot.open, slot.history, slot.row)
    },
  }
}

/** What the tally says as well is written once; that is most of what a repeat writes of a check. */
function lastOutput({ last, tally }: Check): string | null {
  return last === null || last.output === tally.output ? null : last.output
}

function isRepeat({ last, tally, inDowntime, isFlapping }: Check, { before, open }: CheckSlot): boolean {
  if (before === null) return false
  const { check } = before
  return (
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

function isRenamed(c: Check, before: Check): boolean {
  return (
    c.host !== before.host ||
    c.service !== before.service ||
    c.hostDisplayName !== before.hostDisplayName ||
    c.serviceDisplayName !== before.serviceDisplayName ||
    c.address !== before.address ||
    c.url !== before.url ||
    !sameLabels(c.labels, before.labels) ||
    (c.fields !== before.fields && json(c.fields) !== json(before.fields))
  )
}

/** By hand, because each notification brings its labels anew, and writing them as JSON to compare costs more than all else here. */
function sameLabels(a: Check['labels'], b: Check['labels']): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  const names = Object.keys(a)
  // Their order is the sender's, and shown.
  return (
    Object.keys(b).length === names.length &&
    Object.keys(b).every((name, at) => name === names[at] && a[name] === b[name])
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
    write: (problem: Problem, slot: CheckSlot, check: Check, rows: UnitRows): void => {
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
  return (entry: HistoryEntry, slot: CheckSlot | null, rows: UnitRows, now: number): number =>
    Number(
      insert.run(
        now,
        entry.time,
        entry.kind,
        slot?.row ?? null,
        entry.problem === null ? null : (rows.problems.get(entry.problem) ?? null),
        slot?.history ?? null,
        slot === null ? (entry.check?.monitor ?? entry.monitor) : null,
        entry.type,
        entry.state,
        entry.actor?.id ?? null,
        entry.actor?.name ?? null,
        entry.through,
        entry.comment,
        entry.outcome,
        entry.detail,
      ).lastInsertRowid,
    )
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}
