import type { Acknowledgement, Ending } from './acknowledgement.ts'
import type { ScheduledDowntime } from './downtime.ts'
import type { HistoryRow } from './history.ts'
import { hostName, type ProblemView, serviceName } from './problem.ts'
import { meanSeconds, medianRange, type Report, type ReportCounts, share, TAKEN_WITHIN } from './report.ts'

type Cell = string | number | null

/** Problems as the API and the command line give them. Times are ISO 8601. */
export function problemsJson(views: readonly ProblemView[]) {
  return views.map(({ problem, check, tally }) => ({
    id: problem.id,
    monitor: check.monitor,
    host: hostName(check),
    service: serviceName(check),
    state: problem.state,
    since: iso(problem.opened),
    changed: iso(problem.changed),
    lastSeen: iso(tally.lastSeen),
    count: tally.count,
    output: tally.output,
    inDowntime: check.inDowntime,
    isFlapping: check.isFlapping,
    acknowledgement: acknowledgementJson(problem.acknowledgement),
    downtime: downtimeJson(check.downtime),
  }))
}

function acknowledgementJson(held: Acknowledgement | null) {
  if (held === null) return null
  const { by, through, comment, sticky, handOver, reason, foreign } = held
  const [at, until] = [iso(held.at), isoOrNull(held.until)]
  return {
    by,
    at,
    through,
    comment,
    until,
    sticky,
    handOver,
    reason,
    foreign,
    ending: endingJson(held.ending),
  }
}

function downtimeJson(downtime: ScheduledDowntime | null) {
  if (downtime === null) return null
  const { by, comment, handOver, reason } = downtime
  const [from, until] = [iso(downtime.from), iso(downtime.until)]
  return { by, from, until, comment, handOver, reason, ending: endingJson(downtime.ending) }
}

function endingJson(ending: Ending | null) {
  if (ending === null) return null
  const { by, because, handOver, reason } = ending
  return { by, at: iso(ending.at), because, handOver, reason }
}

/** History as the API and the command line give it. Times are ISO 8601. */
export function historyJson(rows: readonly HistoryRow[]) {
  return rows.map((row) => ({ ...row, time: iso(row.time), recorded: iso(row.recorded) }))
}

const PROBLEM_HEADER = [
  'id',
  'monitor',
  'host',
  'service',
  'state',
  'since',
  'count',
  'acknowledged_by',
  'acknowledged_at',
  'until',
  'comment',
  'hand_over',
  'output',
]

/** @returns problems as CSV (RFC 4180) */
export function problemsCsv(views: readonly ProblemView[]): string {
  return csv(PROBLEM_HEADER, views.map(problemCells))
}

/** @returns one problem's cells, in the order of the CSV's header */
export function problemCells({ problem, check, tally }: ProblemView): Cell[] {
  const held = problem.acknowledgement
  return [
    problem.id,
    check.monitor,
    hostName(check),
    serviceName(check),
    problem.state ?? 'EVENT',
    iso(problem.opened),
    tally.count,
    held?.by.name ?? null,
    isoOrNull(held?.at ?? null),
    isoOrNull(held?.until ?? null),
    held?.comment ?? null,
    held?.handOver ?? null,
    tally.output,
  ]
}

const HISTORY_HEADER = [
  'id',
  'time',
  'recorded',
  'kind',
  'problem',
  'monitor',
  'host',
  'service',
  'type',
  'state',
  'actor_id',
  'actor_name',
  'through',
  'comment',
  'outcome',
  'detail',
]

/** @returns history as CSV (RFC 4180) */
export function historyCsv(rows: readonly HistoryRow[]): string {
  return csv(
    HISTORY_HEADER,
    rows.map((r) => [
      r.id,
      iso(r.time),
      iso(r.recorded),
      r.kind,
      r.problem,
      r.monitor,
      r.host,
      r.service,
      r.type,
      r.state,
      r.actor?.id ?? null,
      r.actor?.name ?? null,
      r.through,
      r.comment,
      r.outcome,
      r.detail,
    ]),
  )
}

/** The report as the API and the command line give it. Shares are of what opened, from 0 to 1; times are seconds. */
export function reportJson({ since, monitors, all }: Report) {
  return {
    since,
    monitors: monitors.map((row) => ({ monitor: row.monitor, kind: row.kind, ...countsJson(row) })),
    all: all.map((sum) => ({ kind: sum.kind, ...countsJson(sum) })),
  }
}

function countsJson(counts: ReportCounts) {
  const { opened, taken, takenWithin, closed } = counts
  const within = TAKEN_WITHIN.map((bound) => {
    const count = takenWithin[bound]
    return [bound, { count, share: share(count, opened) }] as const
  })
  return {
    opened,
    open: opened - closed,
    acknowledged: taken,
    acknowledgedShare: share(taken, opened),
    acknowledgedWithin: Object.fromEntries(within),
    timeToAcknowledge: { mean: meanSeconds(counts.takenMs, taken), median: medianRange(counts) },
    closedUnacknowledged: counts.closedUntaken,
    recovered: counts.recovered,
    timeToRecover: { mean: meanSeconds(counts.recoveredMs, counts.recovered) },
  }
}

const REPORT_HEADER = [
  'monitor',
  'kind',
  'opened',
  'open',
  'acknowledged',
  'acknowledged_share',
  ...TAKEN_WITHIN.flatMap((bound) => [`acknowledged_${bound}`, `acknowledged_${bound}_share`]),
  'time_to_acknowledge_mean',
  'time_to_acknowledge_median',
  'closed_unacknowledged',
  'recovered',
  'time_to_recover_mean',
]

/** @returns the report as CSV (RFC 4180); the monitor `*` is all of them together */
export function reportCsv({ monitors, all }: Report): string {
  return csv(
    REPORT_HEADER,
    [...monitors, ...all.map((sum) => ({ monitor: '*', ...sum }))].map((row) => [
      row.monitor,
      row.kind,
      row.opened,
      row.opened - row.closed,
      row.taken,
      share(row.taken, row.opened),
      ...TAKEN_WITHIN.flatMap((bound) => [row.takenWithin[bound], share(row.takenWithin[bound], row.opened)]),
      meanSeconds(row.takenMs, row.taken),
      medianRange(row),
      row.closedUntaken,
      row.recovered,
      meanSeconds(row.recoveredMs, row.recovered),
    ]),
  )
}

function csv(header: readonly string[], rows: readonly Cell[][]): string {
  return [header, ...rows].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('')
}

/** A cell that a spreadsheet would take for a formula gets a quote in front. https://owasp.org/www-community/attacks/CSV_Injection */
function csvCell(value: Cell): string {
  const text = value === null ? '' : String(value)
  const inert = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
