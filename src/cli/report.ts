import { duration } from '../core/duration.ts'
import { reportCsv, reportJson } from '../core/export.ts'
import { parseReportFilter } from '../core/filters.ts'
import { medianRange, type Report, type ReportCounts, reportOf, TAKEN_WITHIN } from '../core/report.ts'
import { openStoreBeside } from '../store/open.ts'
import { EXIT } from './exit.ts'
import { isFormat } from './format.ts'
import { settings } from './settings.ts'
import { table } from './table.ts'

export type ReportOptions = {
  readonly since: string
  readonly monitor?: string
  readonly format: string
}

/** Prints how soon problems were acknowledged and how long they lasted. */
export function report({ since, monitor, format }: ReportOptions): number {
  if (!isFormat(format)) return EXIT.wrong
  const filter = parseReportFilter({ since, monitor }, Date.now())
  if ('fault' in filter) {
    console.error(filter.fault)
    return EXIT.wrong
  }
  const store = openStoreBeside(settings().database)
  try {
    const found = reportOf(filter.since, store.queries.report(filter))
    if (format === 'json') console.log(JSON.stringify(reportJson(found), null, 2))
    else if (format === 'csv') process.stdout.write(reportCsv(found))
    else console.log(tableOf(found))
    return EXIT.done
  } finally {
    store.close()
  }
}

function tableOf({ since, monitors, all }: Report): string {
  const header = [
    'monitor',
    'kind',
    'opened',
    'acknowledged',
    ...TAKEN_WITHIN.map((bound) => `in ${bound}`),
    'mean to acknowledge',
    'median',
    'closed unacknowledged',
    'recovered',
    'mean to recover',
  ]
  const rows = [...monitors, ...all.map((sum) => ({ monitor: '*', ...sum }))]
  return `Opened since ${since} (UTC).\n${table(
    header,
    rows.map((row) => [row.monitor, row.kind, ...cells(row), ...recovery(row)]),
  )}`
}

function cells(counts: ReportCounts): (string | number)[] {
  const { opened, taken, takenWithin, closedUntaken } = counts
  const part = (count: number): string => partOf(count, opened)
  return [
    opened,
    part(taken),
    ...TAKEN_WITHIN.map((bound) => part(takenWithin[bound])),
    mean(counts.takenMs, taken),
    medianRange(counts) ?? '-',
    part(closedUntaken),
  ]
}

function recovery({ kind, opened, recovered, recoveredMs }: Report['all'][number]): readonly string[] {
  if (kind === 'event') return ['-', '-']
  return [partOf(recovered, opened), mean(recoveredMs, recovered)]
}

function mean(ms: number, count: number): string {
  return count === 0 ? '-' : duration(ms / count)
}

/** Not all is never 100 %, and something is never 0 %. */
function partOf(part: number, whole: number): string {
  const rounded = Math.round((part / Math.max(1, whole)) * 100)
  const isNearlyNone = part > 0 && rounded === 0
  const isNearlyAll = part < whole && rounded === 100
  return `${part} (${isNearlyNone ? '<1' : isNearlyAll ? '>99' : rounded}%)`
}
