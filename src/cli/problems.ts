import { problemsCsv, problemsJson } from '../core/export.ts'
import { parseProblemFilter } from '../core/filters.ts'
import { hostName, type ProblemView, serviceName } from '../core/problem.ts'
import { openStoreBeside } from '../store/open.ts'
import { EXIT } from './exit.ts'
import { readFormat } from './format.ts'
import { settings } from './settings.ts'
import { table } from './table.ts'

export type ProblemsOptions = {
  readonly host?: string
  readonly monitor?: string
  readonly state?: string
  readonly filter?: string
  readonly limit: string
  readonly format: string
}

/** Prints what is open, worst first. */
export function problems(options: ProblemsOptions): number {
  const chosen = readFormat(options.format, options.limit)
  if (typeof chosen === 'number') return chosen
  const { host, monitor, state, filter: which } = options
  const filter = parseProblemFilter({ host, monitor, state, filter: which })
  if ('fault' in filter) {
    console.error(filter.fault)
    return EXIT.wrong
  }
  const store = openStoreBeside(settings().database)
  try {
    const { rows } = store.queries.problems(filter, chosen.limit)
    if (chosen.format === 'json') console.log(JSON.stringify(problemsJson(rows), null, 2))
    else if (chosen.format === 'csv') process.stdout.write(problemsCsv(rows))
    else
      console.log(
        table(['state', 'host', 'service', 'monitor', 'since', 'count', 'who', 'output'], rows.map(cells)),
      )
    return EXIT.done
  } finally {
    store.close()
  }
}

function cells({ problem, check, tally }: ProblemView): (string | number | null)[] {
  const held = problem.acknowledgement
  const isThere = held?.handOver === 'confirmed' && held.ending === null
  const standing = held?.ending == null ? held?.handOver : `removal ${held.ending.handOver}`
  const who = held === null ? null : isThere ? held.by.name : `${held.by.name} (${standing})`
  return [
    problem.state ?? 'EVENT',
    hostName(check),
    serviceName(check),
    check.monitor,
    new Date(problem.opened).toISOString(),
    tally.count,
    who,
    tally.output,
  ]
}
