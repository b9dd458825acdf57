import type Database from 'better-sqlite3'
import type { Through } from '../../core/acknowledgement.ts'
import type { HistoryKind, HistoryRow } from '../../core/history.ts'
import type { NotificationType } from '../../core/notification.ts'
import type { HistoryFilter, Queries } from '../../core/ports.ts'
import type { State } from '../../core/state.ts'
import { rowId } from './row-id.ts'

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

const COLUMNS = `h.row AS row, h.recorded AS recorded, h.time AS time, h.kind AS kind, h.prev AS prev,
  p.id AS problem_id, coalesce(c.monitor, h.monitor) AS monitor, c.host AS host, c.service AS service,
  c.host_display_name AS host_display_name, c.service_display_name AS service_display_name, h.type AS type,
  h.state AS state, h.actor_id AS actor_id, h.actor_name AS actor_name, h.through AS through, h.comment AS comment,
  h.outcome AS outcome, h.detail AS detail`
const FROM = `FROM history h LEFT JOIN checks c ON c.row = h.check_row LEFT JOIN problems p ON p.row = h.problem`

/** A host's lines are found by walking each of its checks' chains; more checks than this are scanned instead. */
const CHAINS_MAX = 200

/**
 * Reads the record, newest line first. Questions about one host follow the chains of its checks, so that they cost what
 * they show; others read the record backwards.
 */
export function createHistoryQuery(db: Database.Database): Queries['history'] {
  const checksOfHost = db.prepare<
    [string, string],
    {
      row: number
      monitor: string
      service: string | null
      service_display_name: string | null
      history: number | null
    }
  >(
    `SELECT row, monitor, service, service_display_name, history FROM checks
     WHERE (host = ? COLLATE NOCASE OR host_display_name = ? COLLATE NOCASE) AND history IS NOT NULL`,
  )
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

  function heads(filter: HistoryFilter): readonly Link[] | null {
    if (filter.host === undefined || /[*?]/.test(filter.host + (filter.service ?? ''))) return null
    const service = filter.service?.toLowerCase()
    const checks = checksOfHost
      .all(filter.host, filter.host)
      .filter(
        (c) =>
          (filter.monitor === undefined || c.monitor === filter.monitor) &&
          (service === undefined ||
            c.service?.toLowerCase() === service ||
            c.service_display_name?.toLowerCase() === service),
      )
    if (checks.length > CHAINS_MAX) return null
    return checks.flatMap(({ row, history }) => (history === null ? [] : [{ check: row, row: history }]))
  }

  return (filter, limit, cursor = null) => {
    const before = cursor === null ? Number.MAX_SAFE_INTEGER : Number.parseInt(cursor, 36)
    if (!Number.isSafeInteger(before)) return { rows: [], cursor: null }
    const chains = heads(filter)
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
  const parts = ['h.row < ?']
  const values: (string | number)[] = [before]
  const add = (sql: string, ...bound: (string | number)[]): void => {
    parts.push(sql)
    values.push(...bound)
  }
  if (filter.since !== undefined) add('h.recorded >= ?', filter.since)
  if (filter.monitor !== undefined) add('coalesce(c.monitor, h.monitor) = ?', filter.monitor)
  if (filter.problem !== undefined) add('p.id = ?', filter.problem)
  if (filter.kinds !== undefined)
    add(`h.kind IN (${filter.kinds.map(() => '?').join(', ')})`, ...filter.kinds)
  if (filter.host !== undefined) {
    const glob = filter.host.toLowerCase()
    add('(lower(c.host) GLOB ? OR lower(c.host_display_name) GLOB ?)', globOf(glob), globOf(glob))
  }
  if (filter.service !== undefined) {
    const glob = filter.service.toLowerCase()
    add('(lower(c.service) GLOB ? OR lower(c.service_display_name) GLOB ?)', globOf(glob), globOf(glob))
  }
  return db
    .prepare<(string | number)[], Row>(
      `SELECT ${COLUMNS} ${FROM} WHERE ${parts.join(' AND ')} ORDER BY h.row DESC LIMIT ?`,
    )
    .all(...values, limit)
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
