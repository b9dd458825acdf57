import type { Acknowledgement, HandOver } from '../core/acknowledgement.ts'
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

const STANDING: Readonly<Record<HandOver, string>> = {
  requested: ' (sending)',
  sent: ' (sent)',
  confirmed: '',
  already: ' (theirs there)',
  not_a_problem: ' (well there)',
  failed: ' (FAILED)',
  not_supported: ' (kept here)',
}

/** How far it is true in the monitor; nothing where it simply is. */
function standing({ handOver, ending }: Acknowledgement): string {
  if (ending === null) return STANDING[handOver]
  return ending.handOver === 'failed' ? ' (removal FAILED)' : ' (being removed)'
}

function cells({ problem, check, tally }: ProblemView): (string | number | null)[] {
  const held = problem.acknowledgement
  const who = held === null ? null : held.by.name + standing(held)
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
