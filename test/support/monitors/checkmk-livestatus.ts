import type { State } from '../../../src/core/state.ts'
import type { StandInCheck } from './stand-in.ts'

/*
 * What the stand-in for Checkmk keeps of a host or service, as rows of Livestatus, and the queries over them.
 */

type Comment = { id: number; author: string; comment: string; type: number; at: number }
type Downtime = { id: number; author: string; comment: string; from: number; until: number }
export type Check = {
  host: string
  service: string | null
  state: number
  hard: boolean
  output: string
  alias: string
  displayName: string
  since: number
  acknowledged: 0 | 1 | 2
  expiry: string | null
  comments: Comment[]
  downtimes: Downtime[]
}
const HOST_STATES: readonly State[] = ['UP', 'DOWN', 'UNREACHABLE']
const SERVICE_STATES: readonly State[] = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']

export function newCheck(given: StandInCheck, since: number): Check {
  const states = given.service === null ? HOST_STATES : SERVICE_STATES
  return {
    host: given.host,
    service: given.service,
    state: Math.max(0, states.indexOf(given.state)),
    hard: given.hard ?? true,
    output: given.output ?? `${given.state} - as set`,
    alias: given.hostDisplayName ?? given.host,
    displayName: given.serviceDisplayName ?? given.service ?? '',
    since,
    acknowledged: 0,
    expiry: null,
    comments: [],
    downtimes: [],
  }
}

export function kept({ acknowledged, expiry, comments, downtimes }: Check): Partial<Check> {
  return { acknowledged, expiry, comments, downtimes }
}

export function unacknowledge(check: Check): void {
  check.acknowledged = 0
  check.expiry = null
  check.comments = check.comments.filter(({ type }) => type !== 4)
}

export function columnsOf(check: Check, host: Check | undefined): Readonly<Record<string, unknown>> {
  const { service } = check
  return {
    ...(service === null
      ? { name: check.host, alias: check.alias }
      : { host_name: check.host, host_alias: host?.alias ?? '', description: service }),
    display_name: service === null ? check.host : check.displayName,
    state: check.state,
    state_type: check.hard ? 1 : 0,
    has_been_checked: 1,
    acknowledged: check.acknowledged === 0 ? 0 : 1,
    acknowledgement_type: check.acknowledged,
    scheduled_downtime_depth: check.downtimes.length,
    plugin_output: check.output,
    last_state_change: check.since,
    is_flapping: 0,
    comments_with_extra_info: check.comments.map((c) => [c.id, c.author, c.comment, c.type, c.at]),
    downtimes_with_extra_info: check.downtimes.map((d) => [
      d.id,
      d.author,
      d.comment,
      0,
      d.from,
      d.from,
      d.until,
      1,
      0,
      0,
      0,
    ]),
  }
}

/** Whether a Livestatus query holds for a row. */
export function holds(query: unknown, row: Readonly<Record<string, unknown>>): boolean {
  const { op, left, right, expr } = query as { op: string; left: string; right: string; expr: unknown[] }
  if (op === 'and' || op === 'or') {
    if (expr.length === 0) throw new Error('An empty list in a query')
    return op === 'and' ? expr.every((one) => holds(one, row)) : expr.some((one) => holds(one, row))
  }
  if (typeof right !== 'string' || /[\r\n]/.test(right)) throw new Error('A line break reached Livestatus')
  const value = String(row[left] ?? '')
  if (op === '~') return new RegExp(right).test(value)
  return op === '=' ? value === right : value !== right
}

/** As Python's urllib.parse.unquote: once, and what is no code stays. */
export function unquote(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (codes) =>
    Buffer.from(codes.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}
