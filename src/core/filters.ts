import { HISTORY_KINDS, type HistoryKind } from './history.ts'
import type { HistoryFilter, ProblemFilter, ReportFilter } from './ports.ts'
import { REPORT_DAYS } from './report.ts'
import type { State } from './state.ts'

/** Filters as people write them on the command line and in addresses. */
export type FilterWords = Readonly<Record<string, string | undefined>>

const STATES: ReadonlyMap<string, readonly State[]> = new Map<string, readonly State[]>([
  ['critical', ['CRITICAL']],
  ['warning', ['WARNING']],
  ['unknown', ['UNKNOWN']],
  ['down', ['DOWN', 'UNREACHABLE']],
  ['unreachable', ['UNREACHABLE']],
])

/** @returns the states that a word such as `critical` or `down` means, null when it is no such word */
export function statesOfWord(word: string): readonly State[] | null {
  return STATES.get(word.toLowerCase()) ?? null
}

/** Reads `monitor`, `host`, `state` and `filter` (unacked, acked). */
export function parseProblemFilter(words: FilterWords): ProblemFilter | { fault: string } {
  const { monitor, host, state, filter } = words
  const states = state === undefined ? undefined : statesOfWord(state)
  if (states === null)
    return { fault: `There is no state ${state}. Use critical, warning, unknown, down or unreachable.` }
  if (filter !== undefined && filter !== 'unacked' && filter !== 'acked') {
    return { fault: `There is no filter ${filter}. Use unacked or acked.` }
  }
  const taken = filter === 'unacked' ? 'no' : filter === 'acked' ? 'yes' : undefined
  return { monitor, host, states, taken }
}

/** Reads `monitor`, `host`, `service`, `problem`, `kind` and `since` (7d, 12h, 30m, or ISO 8601). */
export function parseHistoryFilter(words: FilterWords, now: number): HistoryFilter | { fault: string } {
  const { monitor, host, service, problem, kind, since } = words
  const from = since === undefined ? undefined : parseSince(since, now)
  if (from === null) return noTime(since)
  if (kind !== undefined && !HISTORY_KINDS.includes(kind as HistoryKind)) {
    return { fault: `There is no kind ${kind}. Use one of ${HISTORY_KINDS.join(', ')}.` }
  }
  return {
    monitor,
    host,
    service,
    problem,
    since: from,
    kinds: kind === undefined ? undefined : [kind as HistoryKind],
  }
}

/** Reads `monitor` and `since`, which is a quarter where it is absent. */
export function parseReportFilter(words: FilterWords, now: number): ReportFilter | { fault: string } {
  const { monitor, since = `${REPORT_DAYS}d` } = words
  const from = parseSince(since, now)
  return from === null ? noTime(since) : { monitor, since: from }
}

function noTime(since: string | undefined): { fault: string } {
  return { fault: `${since} is no time. Use a span such as 7d, 12h or 30m, or a date such as 2026-01-31.` }
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

function parseSince(text: string, now: number): number | null {
  const span = /^(\d{1,5})([mhdw])$/.exec(text.trim())
  if (span !== null) return now - Number(span[1]) * (UNIT_MS[span[2] ?? ''] ?? 0)
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}
