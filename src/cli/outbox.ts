import { type OutboxEntry, openStoreBeside, type Tended } from '../store/open.ts'
import { EXIT } from './exit.ts'
import { readFormat } from './format.ts'
import { settings } from './settings.ts'
import { table } from './table.ts'

export type OutboxListOptions = {
  readonly parked?: boolean
  readonly limit: string
  readonly format: string
}
export type OutboxRetryOptions = { readonly all?: boolean }
export type OutboxDropOptions = { readonly allParked?: boolean }

/** All that may be parked at once; more is done by asking again. */
const ALL_MAX = 100_000

/** Prints what waits to be delivered, what could not be first. */
export function outboxList({ parked = false, limit, format }: OutboxListOptions): number {
  if (format === 'csv') {
    console.error('There is no CSV of the outbox. Use table or json.')
    return EXIT.wrong
  }
  const chosen = readFormat(format, limit)
  if (typeof chosen === 'number') return chosen
  const store = openStoreBeside(settings().database)
  try {
    const now = Date.now()
    const entries = store.outbox.list(chosen.limit, parked ? 'parked' : 'all')
    if (chosen.format === 'json')
      console.log(
        JSON.stringify(
          entries.map((one) => asJson(one, now)),
          null,
          2,
        ),
      )
    else
      console.log(
        table(
          ['id', 'state', 'age', 'lane', 'what', 'problem', 'attempts', 'error'],
          entries.map((one) => cells(one, now)),
        ),
      )
    return EXIT.done
  } finally {
    store.close()
  }
}

/** Lets what is parked be tried again. */
export function outboxRetry(ids: readonly string[], { all = false }: OutboxRetryOptions): number {
  return tend(ids, all, '--all', 'retry', 'tried again')
}

/** Gives up what is parked. */
export function outboxDrop(ids: readonly string[], { allParked = false }: OutboxDropOptions): number {
  return tend(ids, allParked, '--all-parked', 'drop', 'given up')
}

function tend(
  ids: readonly string[],
  all: boolean,
  flag: string,
  what: 'retry' | 'drop',
  done: string,
): number {
  if (all === ids.length > 0) {
    console.error(`Say which: ids of \`ackbridge outbox list\`, or ${flag} for everything that is parked.`)
    return EXIT.wrong
  }
  const store = openStoreBeside(settings().database)
  try {
    const chosen = all ? store.outbox.list(ALL_MAX, 'parked').map(({ id }) => id) : [...new Set(ids)]
    const results = store.outbox[what](chosen, Date.now())
    const count = results.filter((result) => result === 'done').length
    console.log(`${count} of ${chosen.length} ${done}.`)
    const wrong = chosen.flatMap((id, at) => fault(id, results[at] ?? 'unknown'))
    // What is not parked any more was seen to by the server meanwhile.
    if (all) return EXIT.done
    for (const sentence of wrong) console.error(sentence)
    return wrong.length === 0 ? EXIT.done : EXIT.wrong
  } finally {
    store.close()
  }
}

function fault(id: string, result: Tended): readonly string[] {
  // What was typed may be anything; an id has no other characters.
  const shown = id.replaceAll(/[^0-9a-zA-Z-]/g, '?').slice(0, 60)
  switch (result) {
    case 'done':
      return []
    case 'unknown':
      return [`Nothing of the id ${shown} is in the outbox. \`ackbridge outbox list\` shows what is.`]
    case 'not parked':
      return [`${shown} is not parked: it is on its way by itself.`]
  }
}

function asJson({ created, due, ...rest }: OutboxEntry, now: number): object {
  return {
    ...rest,
    created: new Date(created).toISOString(),
    ageSeconds: ageSeconds(created, now),
    due: due === null ? null : new Date(due).toISOString(),
  }
}

function cells(entry: OutboxEntry, now: number): (string | number | null)[] {
  const { id, state, lane, what, host, service, attempts, error, created } = entry
  const problem = host === null ? null : service === null ? host : `${host} / ${service}`
  return [id, state, ageInWords(ageSeconds(created, now)), lane, what, problem, attempts, error]
}

function ageSeconds(created: number, now: number): number {
  return Math.max(0, Math.floor((now - created) / 1000))
}

function ageInWords(seconds: number): string {
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`
}
