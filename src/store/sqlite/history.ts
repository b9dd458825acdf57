import type Database from 'better-sqlite3'
import type { Through } from '../../core/acknowledgement.ts'
import type { HistoryKind, HistoryRow } from '../../core/history.ts'
import type { NotificationType } from '../../core/notification.ts'
import type { HistoryFilter, Queries } from '../../core/ports.ts'
import type { State } from '../../core/state.ts'
import { rowId } from './row-id.ts'
import { ROWS_OF_HOST } from './rows.ts'

type Row = {
  row: number
  recorded: number
  time: number
  kind: string
  prev: number | null
  problem_id: string | null
  monitor: string | null
  host: string | null
  service: string | null
  host_display_name: string | null
  service_display_name: string | null
  type: string | null
  state: string | null
  actor_id: string | null
  actor_name: string | null
  through: string | null
  comment: string | null
  outcome: string
  detail: string | null
}

/** A line of a check's chain. */
type Link = { readonly check: number; readonly row: number }
type Head = Link & { readonly service: string | null; readonly service_display_name: string | null }

const COLUMNS = `h.row AS row, h.recorded AS recorded, h.time AS time, h.kind AS kind, h.prev AS prev,
  p.id AS problem_id, coalesce(c.monitor, h.monitor) AS monitor, c.host AS host, c.service AS service,
  c.host_display_name AS host_display_name, c.service_display_name AS service_display_name, h.type AS type,
  h.state AS state, h.actor_id AS actor_id, h.actor_name AS actor_name, h.through AS through, h.comment AS comment,
  h.outcome AS outcome, h.detail AS detail`
const FROM = `FROM history h LEFT JOIN checks c ON c.row = h.check_row LEFT JOIN problems p ON p.row = h.problem`

/**
 * The lines of some checks are found by walking the chain of each, side by side. Where there are more checks than this, the
 * record is read backwards: then some of them said something not long ago.
 */
const CHAINS_MAX = 5_000
/** So many chains are walked also for later pages, which begin at the newest line anew, and for very long pages. */
const CHAINS_ALWAYS = 200
/** Looks at the head of a chain for one page. */
const LOOKS_MAX = 2_000_000

/**
 * Reads the record, newest line first. Questions about one host follow the chains of its checks, so that they cost what
 * they show; others read the record backwards.
 */
export function createHistoryQuery(db: Database.Database): Queries['history'] {
  const line = db.prepare<[number], Row>(`SELECT ${COLUMNS} ${FROM} WHERE h.row = (SELECT ?)`)

  /** A line that is removed may have older ones behind it, which stay with their problem. */
  const keptBefore = db
    .prepare<[number, number], number | null>(
      'SELECT max(row) FROM history_kept WHERE check_row = ? AND row < ?',
    )
    .pluck()

  function walk(heads: readonly Link[], filter: HistoryFilter, limit: number, before: number): Row[] {
    const found: Row[] = []
    const open = [...heads]
    while (open.length > 0 && found.length < limit) {
      const newest = open.reduce((best, link, at) => (link.row > (open[best]?.row ?? 0) ? at : best), 0)
      const { check, row: at } = open[newest] as Link
      const row = line.get(at)
      const next = row === undefined ? (keptBefore.get(check, at) ?? null) : row.prev
      const isOver = row !== undefined && filter.since !== undefined && row.recorded < filter.since
      if (row !== undefined && !isOver && row.row < before && fits(row, filter)) found.push(row)
      if (next === null || isOver) open.splice(newest, 1)
      else open[newest] = { check, row: next }
    }
    return found
  }

  /** @returns null where the record has to be read backwards */
  function heads(filter: HistoryFilter, most: number): readonly Link[] | null {
    const { host, service, problem, monitor } = filter
    const namesSome = host !== undefined || (service !== undefined && isGlob(service))
    if (!namesSome && problem === undefined) return null
    const where = new Conditions('history IS NOT NULL')
    if (problem !== undefined) where.add('row = (SELECT check_row FROM problems WHERE id = ?)', problem)
    if (monitor !== undefined) where.add('monitor = ?', monitor)
    if (host !== undefined && !isGlob(host)) where.add(`row IN (${ROWS_OF_HOST})`, host, host)
    else if (host !== undefined) addName(where, 'host', host)
    if (service !== undefined && isGlob(service)) addName(where, 'service', service)
    const checks = db
      .prepare<(string | number)[], Head>(
        `SELECT row AS "check", history AS row, service, service_display_name FROM checks WHERE ${where.sql} LIMIT ?`,
      )
      .all(...where.values, most + 1)
    if (checks.length > most) return null
    if (service === undefined || isGlob(service)) return checks
    const name = service.toLowerCase()
    return checks.filter(
      (check) => check.service?.toLowerCase() === name || check.service_display_name?.toLowerCase() === name,
    )
  }

  return (filter, limit, cursor = null) => {
    const before = cursor === null ? Number.MAX_SAFE_INTEGER : Number.parseInt(cursor, 36)
    if (!Number.isSafeInteger(before)) return { rows: [], cursor: null }
    const most = cursor === null ? Math.min(CHAINS_MAX, Math.round(LOOKS_MAX / (limit + 1))) : CHAINS_ALWAYS
    const chains = heads(filter, Math.max(most, CHAINS_ALWAYS))
    const rows =
      chains === null ? scan(db, filter, limit + 1, before) : walk(chains, filter, limit + 1, before)
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    return {
      rows: shown.map(toHistoryRow),
      cursor: rows.length > limit && last !== undefined ? last.row.toString(36) : null,
    }
  }
}

function fits(row: Row, filter: HistoryFilter): boolean {
  if (filter.problem !== undefined && row.problem_id !== filter.problem) return false
  return filter.kinds === undefined || filter.kinds.includes(row.kind as HistoryKind)
}

function scan(db: Database.Database, filter: HistoryFilter, limit: number, before: number): Row[] {
  const where = new Conditions('h.row < ?', before)
  if (filter.since !== undefined) where.add('h.recorded >= ?', filter.since)
  if (filter.monitor !== undefined) where.add('coalesce(c.monitor, h.monitor) = ?', filter.monitor)
  if (filter.problem !== undefined) where.add('p.id = ?', filter.problem)
  if (filter.kinds !== undefined)
    where.add(`h.kind IN (${filter.kinds.map(() => '?').join(', ')})`, ...filter.kinds)
  if (filter.host !== undefined) addName(where, 'host', filter.host)
  if (filter.service !== undefined) addName(where, 'service', filter.service)
  return db
    .prepare<(string | number)[], Row>(
      `SELECT ${COLUMNS} ${FROM} WHERE ${where.sql} ORDER BY h.row DESC LIMIT ?`,
    )
    .all(...where.values, limit)
}

/** Conditions that all have to hold, and what they bind. */
class Conditions {
  readonly #parts: string[] = []
  readonly values: (string | number)[] = []

  constructor(first: string, ...bound: (string | number)[]) {
    this.add(first, ...bound)
  }

  add(sql: string, ...bound: readonly (string | number)[]): void {
    this.#parts.push(sql)
    this.values.push(...bound)
  }

  get sql(): string {
    return this.#parts.join(' AND ')
  }
}

/** Of checks: a name or display name that matches, ignoring case. */
function addName(where: Conditions, column: 'host' | 'service', name: string): void {
  const glob = globOf(name.toLowerCase())
  where.add(`(lower(${column}) GLOB ? OR lower(${column}_display_name) GLOB ?)`, glob, glob)
}

function isGlob(name: string): boolean {
  return /[*?]/.test(name)
}

/** SQLite's GLOB also knows `[…]`; ours does not. */
function globOf(glob: string): string {
  return glob.replaceAll('[', '[[]')
}

function toHistoryRow(row: Row): HistoryRow {
  return {
    id: rowId('history', row.recorded, row.row),
    time: row.time,
    recorded: row.recorded,
    kind: row.kind as HistoryKind,
    problem: row.problem_id,
    monitor: row.monitor,
    host: row.host_display_name ?? row.host,
    service: row.service_display_name ?? row.service,
    type: row.type as NotificationType | null,
    state: row.state as State | null,
    actor:
      row.actor_name === null && row.actor_id === null
        ? null
        : { id: row.actor_id, name: row.actor_name ?? row.actor_id ?? '' },
    through: row.through as Through | null,
    comment: row.comment,
    outcome: row.outcome,
    detail: row.detail,
  }
}
