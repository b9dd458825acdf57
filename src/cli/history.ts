import { historyCsv, historyJson } from '../core/export.ts'
import { parseHistoryFilter } from '../core/filters.ts'
import type { HistoryRow } from '../core/history.ts'
import { openStoreBeside } from '../store/open.ts'
import { EXIT } from './exit.ts'
import { readFormat } from './format.ts'
import { settings } from './settings.ts'
import { table } from './table.ts'

export type HistoryOptions = {
  readonly host?: string
  readonly service?: string
  readonly monitor?: string
  readonly since: string
  readonly limit: string
  readonly format: string
}

/** Prints what happened, oldest first. */
export function history(options: HistoryOptions): number {
  const chosen = readFormat(options.format, options.limit)
  if (typeof chosen === 'number') return chosen
  const { host, service, monitor, since } = options
  const filter = parseHistoryFilter({ host, service, monitor, since }, Date.now())
  if ('fault' in filter) {
    console.error(filter.fault)
    return EXIT.wrong
  }
  const store = openStoreBeside(settings().database)
  try {
    const rows = [...store.queries.history(filter, chosen.limit).rows].reverse()
    if (chosen.format === 'json') console.log(JSON.stringify(historyJson(rows), null, 2))
    else if (chosen.format === 'csv') process.stdout.write(historyCsv(rows))
    else
      console.log(
        table(
          ['time', 'kind', 'monitor', 'host', 'service', 'state', 'outcome', 'who', 'through', 'text'],
          rows.map(cells),
        ),
      )
    return EXIT.done
  } finally {
    store.close()
  }
}

function cells(row: HistoryRow): (string | null)[] {
  const { time, kind, monitor, host, service, state, outcome, actor, through, comment, detail } = row
  return [
    new Date(time).toISOString(),
    kind,
    monitor,
    host,
    service,
    state,
    outcome,
    actor?.name ?? null,
    through,
    comment ?? detail,
  ]
}
