import type { IncomingMessage, ServerResponse } from 'node:http'
import { historyCsv, historyJson, problemsCsv, problemsJson, reportCsv, reportJson } from '../core/export.ts'
import { parseHistoryFilter, parseProblemFilter, parseReportFilter } from '../core/filters.ts'
import type { Clock, Queries } from '../core/ports.ts'
import { reportOf } from '../core/report.ts'
import { sendJson, sendRefusal, sendText } from './answer.ts'
import { type Authenticate, keyOf } from './auth.ts'

const LIMIT_DEFAULT = 1_000
const LIMIT_MAX = 10_000

export type ApiRoutes = {
  problems(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void
  history(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void
  report(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void
}

/** Reads problems, history and the report out of the store, for keys that may read. */
export function createApiRoutes(queries: Queries, authenticate: Authenticate, clock: Clock): ApiRoutes {
  function permitted(request: IncomingMessage, response: ServerResponse): boolean {
    const grant = authenticate(keyOf(request))
    if (grant?.mayRead) return true
    const message =
      grant === null
        ? 'Send a valid key: Authorization: Bearer KEY, or X-API-Key: KEY.'
        : 'This key may not read. `ackbridge keys add NAME --read` makes one that may.'
    const error = grant === null ? 'unauthorized' : 'forbidden'
    sendRefusal(response, { status: grant === null ? 401 : 403, error, message })
    return false
  }

  function page(query: URLSearchParams): { limit: number; cursor: string | null; csv: boolean } {
    const asked = Number(query.get('limit') ?? LIMIT_DEFAULT)
    const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, LIMIT_MAX) : LIMIT_DEFAULT
    return { limit, cursor: query.get('cursor'), csv: query.get('format') === 'csv' }
  }

  return {
    problems: (request, response, query) => {
      if (!permitted(request, response)) return
      const filter = parseProblemFilter(Object.fromEntries(query))
      if ('fault' in filter)
        return sendRefusal(response, { status: 400, error: 'invalid_request', message: filter.fault })
      const { limit, cursor, csv } = page(query)
      const { rows, cursor: next } = queries.problems(filter, limit, cursor)
      if (csv) sendText(response, 200, 'text/csv; charset=utf-8', problemsCsv(rows))
      else sendJson(response, 200, { problems: problemsJson(rows), cursor: next })
    },
    history: (request, response, query) => {
      if (!permitted(request, response)) return
      const filter = parseHistoryFilter(Object.fromEntries(query), clock.now())
      if ('fault' in filter)
        return sendRefusal(response, { status: 400, error: 'invalid_request', message: filter.fault })
      const { limit, cursor, csv } = page(query)
      const { rows, cursor: next } = queries.history(filter, limit, cursor)
      if (csv) sendText(response, 200, 'text/csv; charset=utf-8', historyCsv(rows))
      else sendJson(response, 200, { history: historyJson(rows), cursor: next })
    },
    report: (request, response, query) => {
      if (!permitted(request, response)) return
      const filter = parseReportFilter(Object.fromEntries(query), clock.now())
      if ('fault' in filter)
        return sendRefusal(response, { status: 400, error: 'invalid_request', message: filter.fault })
      const report = reportOf(filter.since, queries.report(filter))
      if (query.get('format') === 'csv') sendText(response, 200, 'text/csv; charset=utf-8', reportCsv(report))
      else sendJson(response, 200, reportJson(report))
    },
  }
}
