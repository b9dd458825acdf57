import { ACKNOWLEDGEMENT_DEFAULTS, type Acknowledgement } from '../../core/acknowledgement.ts'
import type { ScheduledDowntime } from '../../core/downtime.ts'
import type { Field, NotificationType } from '../../core/notification.ts'
import type { Check, ClosedBecause, LastNotification, Problem, Tally } from '../../core/problem.ts'
import type { State } from '../../core/state.ts'

/** A row of `checks`, as SQLite gives it. */
export type CheckRow = {
  row: number
  monitor: string
  key: string
  host: string
  service: string | null
  host_display_name: string | null
  service_display_name: string | null
  address: string | null
  url: string | null
  labels: string | null
  fields: string | null
  in_downtime: number
  is_flapping: number
  last_state_time: number | null
  last_type: string | null
  last_state: string | null
  /** Null: as `output`. */
  last_output: string | null
  last_author: string | null
  last_comment: string | null
  last_time: number | null
  count: number
  last_seen: number
  output: string
  long_output: string | null
  rang: number | null
  problem: number | null
  history: number | null
  downtime: string | null
}

/** The columns of `problems`, prefixed because they are read beside those of `checks`. */
export type ProblemRow = {
  p_row: number
  p_id: string
  p_state: string | null
  p_is_event: number
  p_episode: string | null
  p_opened: number
  p_changed: number
  p_closed: number | null
  p_closed_because: string | null
  p_acknowledgement: string | null
  p_released: number | null
  p_first_taken_by: string | null
  p_first_taken: number | null
  p_count: number | null
  p_last_seen: number | null
  p_output: string | null
  p_long_output: string | null
}

export type CheckWithProblemRow = CheckRow & (ProblemRow | { p_row: null })

/** What a query over both tables selects. */
export const PROBLEM_COLUMNS = `p.row AS p_row, p.id AS p_id, p.state AS p_state, p.is_event AS p_is_event,
  p.episode AS p_episode, p.opened AS p_opened, p.changed AS p_changed, p.closed AS p_closed,
  p.closed_because AS p_closed_because, p.acknowledgement AS p_acknowledgement,
  p.released AS p_released, p.first_taken_by AS p_first_taken_by, p.first_taken AS p_first_taken, p.count AS p_count,
  p.last_seen AS p_last_seen, p.output AS p_output, p.long_output AS p_long_output`

/**
 * Rows of the checks of a host, by its name or display name, ignoring case; binds the name twice. An OR of the two would go
 * through all checks, because one of the indexes holds only some of them.
 */
export const ROWS_OF_HOST = `SELECT row FROM checks WHERE host = ? COLLATE NOCASE
  UNION SELECT row FROM checks WHERE host_display_name = ? COLLATE NOCASE`

export function toCheck(row: CheckRow): Check {
  return {
    row: row.row,
    monitor: row.monitor,
    key: row.key,
    host: row.host,
    service: row.service,
    hostDisplayName: row.host_display_name,
    serviceDisplayName: row.service_display_name,
    address: row.address,
    url: row.url,
    labels: row.labels === null ? null : (JSON.parse(row.labels) as Record<string, string>),
    fields: row.fields === null ? null : (JSON.parse(row.fields) as Field[]),
    inDowntime: row.in_downtime === 1,
    isFlapping: row.is_flapping === 1,
    lastStateTime: row.last_state_time,
    last: toLast(row),
    tally: {
      count: row.count,
      lastSeen: row.last_seen,
      output: row.output,
      longOutput: row.long_output,
      rang: row.rang,
    },
    downtime: row.downtime === null ? null : (JSON.parse(row.downtime) as ScheduledDowntime),
  }
}

function toLast(row: CheckRow): LastNotification | null {
  if (row.last_type === null || row.last_time === null) return null
  return {
    type: row.last_type as NotificationType,
    state: row.last_state as State | null,
    // Mostly it is what the tally says too, and stands there once.
    output: row.last_output ?? row.output,
    author: row.last_author,
    comment: row.last_comment,
    time: row.last_time,
  }
}

export function toProblem(row: ProblemRow): Problem {
  return {
    row: row.p_row,
    id: row.p_id,
    state: row.p_state as State | null,
    isEvent: row.p_is_event === 1,
    episode: row.p_episode,
    opened: row.p_opened,
    changed: row.p_changed,
    closed: row.p_closed,
    closedBecause: row.p_closed_because as ClosedBecause | null,
    acknowledgement: toAcknowledgement(row.p_acknowledgement),
    released: row.p_released,
    firstTaken: row.p_first_taken === null ? null : { by: row.p_first_taken_by ?? '', at: row.p_first_taken },
  }
}

function toAcknowledgement(json: string | null): Acknowledgement | null {
  return json === null ? null : { ...ACKNOWLEDGEMENT_DEFAULTS, ...(JSON.parse(json) as Acknowledgement) }
}

/** The tally of a problem: the check's while it is open, its own after. */
export function toTally(check: CheckRow, problem: ProblemRow): Tally {
  const own = problem.p_closed !== null
  return {
    count: own ? (problem.p_count ?? 0) : check.count,
    lastSeen: own ? (problem.p_last_seen ?? problem.p_opened) : check.last_seen,
    output: own ? (problem.p_output ?? '') : check.output,
    longOutput: own ? problem.p_long_output : check.long_output,
    rang: check.rang,
  }
}
