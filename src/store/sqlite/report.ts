import type Database from 'better-sqlite3'
import type { Queries } from '../../core/ports.ts'
import type { ReportRow } from '../../core/report.ts'

/*
 * What the report adds up is kept by triggers of the schema; see migrations/0010-report.sql for what is counted when.
 */

const DAY_MS = 24 * 60 * 60 * 1000

type Row = {
  monitor: string
  is_event: number
  opened: number
  taken: number
  taken_5m: number
  taken_15m: number
  taken_1h: number
  taken_ms: number
  closed: number
  closed_untaken: number
  recovered: number
  recovered_ms: number
}

const SUMS = ['opened', 'taken', 'taken_5m', 'taken_15m', 'taken_1h', 'taken_ms']
  .concat('closed', 'closed_untaken', 'recovered', 'recovered_ms')
  .map((column) => `sum(${column}) AS ${column}`)
  .join(', ')

// An event that turned out to be a problem is moved there, and may leave a row of zeros.

/** Adds up days, of which there is one row a monitor: some thousand at most. */
export function createReportQuery(db: Database.Database): Queries['report'] {
  const select = db.prepare<{ from: number; monitor: string | null }, Row>(
    `SELECT monitor, is_event, ${SUMS} FROM report_days
     WHERE day >= @from AND (@monitor IS NULL OR monitor = @monitor)
     GROUP BY is_event, monitor HAVING sum(opened) > 0 ORDER BY is_event, monitor`,
  )
  return ({ since, monitor = null }) =>
    select.all({ from: Math.floor(since / DAY_MS), monitor }).map(toReportRow)
}

function toReportRow(row: Row): ReportRow {
  return {
    monitor: row.monitor,
    kind: row.is_event === 1 ? 'event' : 'problem',
    opened: row.opened,
    taken: row.taken,
    takenWithin: { '5m': row.taken_5m, '15m': row.taken_15m, '1h': row.taken_1h },
    takenMs: row.taken_ms,
    closed: row.closed,
    closedUntaken: row.closed_untaken,
    recovered: row.recovered,
    recoveredMs: row.recovered_ms,
  }
}
