import type Database from 'better-sqlite3'
import type { ProblemCounts, ProblemFilter, Queries } from '../../core/ports.ts'
import type { CheckState, ProblemView } from '../../core/problem.ts'
import type { State } from '../../core/state.ts'
import { createHistoryQuery } from './history.ts'
import { createReportQuery } from './report.ts'
import {
  type CheckRow,
  type CheckWithProblemRow,
  PROBLEM_COLUMNS,
  type ProblemRow,
  ROWS_OF_HOST,
  toCheck,
  toProblem,
  toTally,
} from './rows.ts'

type ViewRow = CheckRow & ProblemRow

/*
 * What is open is few, the checks are many. SQLite cannot know and would begin at the checks; with CROSS JOIN it keeps the
 * order of the tables. https://sqlite.org/optoverview.html#crossjoin
 */

/** Questions answered by the open database; none of them writes. */
export function createQueries(db: Database.Database): Queries {
  const byId = db.prepare<[string], ViewRow>(
    `SELECT c.*, ${PROBLEM_COLUMNS} FROM problems p JOIN checks c ON c.row = p.check_row WHERE p.id = (SELECT ?)`,
  )
  const byHost = db.prepare<[string, string], CheckWithProblemRow>(
    `SELECT c.*, ${PROBLEM_COLUMNS} FROM checks c LEFT JOIN problems p ON p.row = c.problem
     WHERE c.row IN (${ROWS_OF_HOST})
     ORDER BY c.monitor, c.host, c.service`,
  )
  const names = db.prepare<[number], { name: string }>(
    `SELECT DISTINCT coalesce(c.host_display_name, c.host) AS name FROM problems p CROSS JOIN checks c ON c.row = p.check_row
     WHERE p.closed IS NULL LIMIT ?`,
  )
  const allNames = db.prepare<[number], { name: string }>(
    'SELECT DISTINCT coalesce(host_display_name, host) AS name FROM checks LIMIT ?',
  )
  const ofMonitor = db.prepare<[string, number, number], ViewRow>(
    `SELECT c.*, ${PROBLEM_COLUMNS} FROM problems p CROSS JOIN checks c ON c.row = p.check_row
     WHERE p.closed IS NULL AND c.monitor = (SELECT ?) AND p.row > (SELECT ?) ORDER BY p.row LIMIT ?`,
  )
  const byKey = db.prepare<[string, string], CheckWithProblemRow>(
    `SELECT c.*, ${PROBLEM_COLUMNS} FROM checks c LEFT JOIN problems p ON p.row = c.problem
     WHERE c.monitor = (SELECT ?) AND c.key = (SELECT ?)`,
  )
  const expiry = db.prepare<[], { at: number | null }>(
    'SELECT min(acknowledged_until) AS at FROM problems WHERE closed IS NULL AND acknowledged_until IS NOT NULL',
  )
  const expired = db.prepare<[number, number], { id: string }>(
    `SELECT id FROM problems WHERE closed IS NULL AND acknowledged_until IS NOT NULL AND acknowledged_until <= ?
     ORDER BY acknowledged_until LIMIT ?`,
  )
  const cardOf = db.prepare<[string], { channel: string; ts: string | null }>(
    // A problem without a card of its own is on that of a storm, or of its host.
    `SELECT coalesce(s.channel, h.channel, k.channel) AS channel, coalesce(k.ts, s.ts, h.ts) AS ts
     FROM cards k JOIN problems p ON p.row = k.problem
       LEFT JOIN storms s ON s.row = k.storm AND k.ts IS NULL
       LEFT JOIN cards f ON f.row = k.folded AND k.ts IS NULL
       LEFT JOIN cards h ON h.row = coalesce(f.instead, f.row)
     WHERE p.id = (SELECT ?) ORDER BY k.instead IS NOT NULL, coalesce(k.ts, s.ts, h.ts) IS NULL, k.row LIMIT 1`,
  )
  return {
    problem: (id) => {
      const row = byId.get(id)
      return row === undefined ? null : toView(row)
    },
    cardOf: (id) => cardOf.get(id) ?? null,
    problems: createProblemQuery(db),
    counts: createCountQuery(db),
    problemsOf: (monitor, after, limit) => ofMonitor.all(monitor, after, limit).map(toView),
    checksByKey: (monitor, keys) =>
      keys.flatMap((key) => {
        const row = byKey.get(monitor, key)
        return row === undefined ? [] : [toCheckState(row)]
      }),
    checksOfHost: (host, monitor) =>
      byHost
        .all(host, host)
        .filter((row) => monitor === null || row.monitor === monitor)
        .map(toCheckState),
    hostNames: (limit) => {
      const found = new Set(names.all(limit).map(({ name }) => name))
      if (found.size < limit) for (const { name } of allNames.all(limit)) found.add(name)
      return [...found].slice(0, limit)
    },
    history: createHistoryQuery(db),
    report: createReportQuery(db),
    nextExpiry: () => expiry.get()?.at ?? null,
    expired: (now, limit) => expired.all(now, limit).map(({ id }) => id),
  }
}

function toView(row: ViewRow): ProblemView {
  return { problem: toProblem(row), check: toCheck(row), tally: toTally(row, row) }
}

function toCheckState(row: CheckWithProblemRow): CheckState {
  return { check: toCheck(row), problem: row.p_row === null ? null : toProblem(row) }
}

/** @returns the conditions of a filter and what they bind */
function conditions(filter: ProblemFilter): { sql: string; values: (string | number)[] } {
  const parts = ['p.closed IS NULL']
  const values: (string | number)[] = []
  if (filter.taken === 'no') parts.push('p.acknowledged_by IS NULL')
  if (filter.taken === 'yes') parts.push('p.acknowledged_by IS NOT NULL')
  if (filter.takenBy !== undefined) {
    parts.push('p.acknowledged_by = ?')
    values.push(filter.takenBy)
  }
  if (filter.monitor !== undefined) {
    parts.push('c.monitor = ?')
    values.push(filter.monitor)
  }
  if (filter.states !== undefined) {
    parts.push(`p.state IN (${filter.states.map(() => '?').join(', ')})`)
    values.push(...filter.states)
  }
  if (filter.host !== undefined) {
    const like = likeOfGlob(filter.host)
    parts.push(`(c.host LIKE ? ESCAPE '!' OR c.host_display_name LIKE ? ESCAPE '!')`)
    values.push(like, like)
  }
  return { sql: parts.join(' AND '), values }
}

/** @returns the LIKE pattern (escaped by `!`) that matches as the glob does; both ignore case */
function likeOfGlob(glob: string): string {
  return glob.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%').replaceAll('?', '_')
}

function createProblemQuery(db: Database.Database): Queries['problems'] {
  return (filter, limit, cursor = null) => {
    const { sql, values } = conditions(filter)
    const after = parseCursor(cursor)
    const page = after === null ? '' : 'AND (-p.severity, p.opened, p.row) > (?, ?, ?)'
    const rows = db
      .prepare<(string | number)[], ViewRow & { severity: number }>(
        `SELECT c.*, ${PROBLEM_COLUMNS}, p.severity AS severity FROM problems p CROSS JOIN checks c ON c.row = p.check_row
         WHERE ${sql} ${page} ORDER BY p.severity DESC, p.opened, p.row LIMIT ?`,
      )
      .all(...values, ...(after ?? []), limit + 1)
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    const more = rows.length > limit && last !== undefined
    return {
      rows: shown.map(toView),
      cursor: more ? `${-last.severity}.${last.p_opened}.${last.p_row}` : null,
    }
  }
}

function parseCursor(cursor: string | null): number[] | null {
  const match = /^(-?\d{1,3})\.(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '')
  return match === null ? null : match.slice(1).map(Number)
}

function createCountQuery(db: Database.Database): Queries['counts'] {
  return (filter): ProblemCounts => {
    const { sql, values } = conditions(filter)
    const joined = filter.host !== undefined || filter.monitor !== undefined
    const rows = db
      .prepare<(string | number)[], { state: State | null; open: number; untaken: number }>(
        `SELECT p.state AS state, count(*) AS open, count(*) FILTER (WHERE p.acknowledged_by IS NULL) AS untaken
         FROM problems p ${joined ? 'CROSS JOIN checks c ON c.row = p.check_row' : ''} WHERE ${sql}
         GROUP BY p.severity, p.state ORDER BY p.severity DESC`,
      )
      .all(...values)
    return {
      open: rows.reduce((sum, row) => sum + row.open, 0),
      untaken: rows.reduce((sum, row) => sum + row.untaken, 0),
      byState: rows,
    }
  }
}
