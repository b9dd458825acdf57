/*
 * How soon people take problems, and how long those last. Counts are kept by day, so what can be said is a sum, a mean, and
 * between which bounds the median lies.
 */

/** How soon counts as soon, shortest first. The store keeps a count for each. */
export const TAKEN_WITHIN = ['5m', '15m', '1h'] as const
export type TakenWithin = (typeof TAKEN_WITHIN)[number]

/** Days without `since`: a quarter. */
export const REPORT_DAYS = 90

/** Events count apart from problems: they never recover, and who takes one ends it. */
export type ReportKind = 'problem' | 'event'

/** Sums over problems that opened in some time, whatever became of them when. Times are ms. */
export type ReportCounts = {
  readonly opened: number
  /** Ever, by anybody, here or in the monitor. */
  readonly taken: number
  readonly takenWithin: Readonly<Record<TakenWithin, number>>
  /** From opening to being taken first, all together. */
  readonly takenMs: number
  readonly closed: number
  /** Closed, and nobody ever took them. */
  readonly closedUntaken: number
  /** Closed because they recovered: not by another episode, nor by being taken as an event. */
  readonly recovered: number
  /** From opening to recovery, all together. */
  readonly recoveredMs: number
}

/** What one monitor had of one kind. */
export type ReportRow = ReportCounts & { readonly monitor: string; readonly kind: ReportKind }

export type Report = {
  /** The first day in it, UTC, such as 2026-01-31. */
  readonly since: string
  /** By kind, then by name of the monitor. */
  readonly monitors: readonly ReportRow[]
  /** All of them together, by kind. */
  readonly all: readonly (ReportCounts & { readonly kind: ReportKind })[]
}

/** @param since epoch ms; the day that it falls on is counted from its beginning */
export function reportOf(since: number, monitors: readonly ReportRow[]): Report {
  const kinds = ['problem', 'event'] as const
  return {
    since: new Date(since).toISOString().slice(0, 10),
    monitors,
    all: kinds.flatMap((kind) => {
      const rows = monitors.filter((row) => row.kind === kind)
      return rows.length === 0 ? [] : [{ kind, ...rows.reduce<ReportCounts>(add, NONE) }]
    }),
  }
}

const NONE: ReportCounts = {
  opened: 0,
  taken: 0,
  takenWithin: { '5m': 0, '15m': 0, '1h': 0 },
  takenMs: 0,
  closed: 0,
  closedUntaken: 0,
  recovered: 0,
  recoveredMs: 0,
}

function add(a: ReportCounts, b: ReportCounts): ReportCounts {
  return {
    opened: a.opened + b.opened,
    taken: a.taken + b.taken,
    takenWithin: {
      '5m': a.takenWithin['5m'] + b.takenWithin['5m'],
      '15m': a.takenWithin['15m'] + b.takenWithin['15m'],
      '1h': a.takenWithin['1h'] + b.takenWithin['1h'],
    },
    takenMs: a.takenMs + b.takenMs,
    closed: a.closed + b.closed,
    closedUntaken: a.closedUntaken + b.closedUntaken,
    recovered: a.recovered + b.recovered,
    recoveredMs: a.recoveredMs + b.recoveredMs,
  }
}

/** @returns the mean, in whole seconds; null of nothing */
export function meanSeconds(ms: number, count: number): number | null {
  return count === 0 ? null : Math.round(ms / count / 1000)
}

/** Where a median lies, in the words of `TAKEN_WITHIN`. */
export type MedianRange = 'up to 5m' | '5m to 15m' | '15m to 1h' | 'over 1h'

/** @returns between which bounds half of those that were taken had been taken; null when none was */
export function medianRange({ taken, takenWithin }: ReportCounts): MedianRange | null {
  if (taken === 0) return null
  const isHalf = (within: TakenWithin): boolean => takenWithin[within] * 2 >= taken
  if (isHalf('5m')) return 'up to 5m'
  if (isHalf('15m')) return '5m to 15m'
  return isHalf('1h') ? '15m to 1h' : 'over 1h'
}

/** @returns a part of the whole from 0 to 1, in thousandths; null of nothing */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1000) / 1000
}
