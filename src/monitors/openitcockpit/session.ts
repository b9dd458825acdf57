import { Failure } from '../../core/failure.ts'
import type { Clock } from '../../core/ports.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { createHttp, type HttpAnswer, type HttpOptions, jsonOf, statusFailure } from '../shared/http.ts'
import { notUnderstood } from './refusals.ts'
import { parsePage } from './schema.ts'

/** Rows of one page; its own paging stops at other numbers, so what comes back is counted. */
const PAGE_ROWS = 100
/** Pages of one list: 20 000 rows, which nobody reads from a card. */
const PAGES_MAX = 200

/** Fields of a query, in order. */
export type Query = readonly (readonly [name: string, value: string])[]

/** A list of the monitor: where it is, and under which name its rows are in the answer. */
export type List = { readonly path: string; readonly rows: string }

/** Speaks with one openITCOCKPIT. Every call may throw a Failure. */
export type Session = {
  readonly name: string
  readonly clock: Clock
  /** Hands one command to its queue. That it was queued is all it says. */
  submit(command: string, parameters: Readonly<Record<string, string | number>>): Promise<void>
  /** @returns the answer's JSON */
  get(path: string, query?: Query): Promise<unknown>
  /** @returns the first rows of a list */
  some(list: List, query: Query, rows: number): Promise<readonly unknown[]>
  /** @returns all rows of a list */
  all(list: List, query: Query): Promise<readonly unknown[]>
  close(): Promise<void>
}

/**
 * Prepares to speak; opens nothing yet. The key travels in the Authorization header only: in an address it would end up
 * in logs.
 *
 * @throws Error when the file of certificates cannot be read
 */
export function openSession(
  { apiKey, ...options }: Omit<HttpOptions, 'headers'> & { readonly apiKey: string },
  around: MonitorSurroundings,
): Session {
  const { name, clock } = around
  const http = createHttp({ ...options, headers: { authorization: `X-OITC-API ${apiKey}` } }, around)

  async function ask(call: Parameters<typeof http.call>[0]): Promise<HttpAnswer> {
    const answer = await http.call(call)
    if (answer.status >= 200 && answer.status < 300) return answer
    // A page of errors may repeat what it was asked with.
    throw statusFailure(name, { ...answer, text: answer.text.replaceAll(apiKey, '…') })
  }

  function parse(answer: HttpAnswer): unknown {
    return jsonOf(name, { ...answer, text: answer.text.replaceAll(apiKey, '…') })
  }

  async function get(path: string, query: Query = []): Promise<unknown> {
    // Without this field some lists answer as if a browser had asked (AppController::isAngularJsRequest).
    const search = new URLSearchParams()
    for (const [key, value] of [['angular', 'true'] as const, ...query]) search.append(key, value)
    return parse(await ask({ method: 'GET', path: `${path}?${search}` }))
  }

  async function page({ path, rows }: List, query: Query, limit: number, number: number) {
    const fields = [...query, ['scroll', 'true'], ['limit', String(limit)], ['page', String(number)]] as const
    const found = parsePage(await get(path, fields), rows)
    if (found === null) throw notUnderstood(name, rows)
    return found
  }

  return {
    name,
    clock,
    submit: async (command, parameters) => {
      const body = { command, ...parameters }
      // Only ever POST: a GET of this address changes things too.
      const answer = parse(await ask({ method: 'POST', path: '/nagios_module/cmd/submit.json', body }))
      if (typeof answer !== 'object' || answer === null) throw unclear(name)
    },
    get,
    some: async (list, query, rows) => (await page(list, query, rows, 1)).rows,
    all: async (list, query) => {
      const rows: unknown[] = []
      let previous = ''
      let usual = 0
      for (let number = 1; number <= PAGES_MAX; number++) {
        const found = await page(list, query, PAGE_ROWS, number).catch(endOfPages(number))
        if (found === null || found.rows.length === 0) return rows
        // A list that ignores the page would be read for ever.
        const text = JSON.stringify(found.rows)
        if (text === previous) return rows
        rows.push(...found.rows)
        if (found.hasNext === false || (found.hasNext === null && found.rows.length < usual)) return rows
        previous = text
        usual = found.rows.length
      }
      throw new Failure('invalid', { kind: 'later' }, `${name} has more than 20 000 ${list.rows} to read.`)
    },
    close: http.close,
  }
}

/** Behind the last page some versions answer that there is none. */
function endOfPages(number: number): (error: unknown) => null {
  return (error) => {
    if (number > 1 && error instanceof Failure && error.code === 'not_found') return null
    throw error
  }
}

function unclear(name: string): Failure {
  const sentence = `${name} answered an order with something else. Is the address that of openITCOCKPIT?`
  return new Failure('invalid', { kind: 'ambiguous' }, sentence)
}
