import type Database from 'better-sqlite3'
import type { State } from '../../core/state.ts'
import type { HostInStorm, StormView, Taken } from '../../core/storm.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'
import { RINGS_FROM } from './storms.ts'

export type StormRow = {
  row: number
  id: string
  channel: string
  mention: string
  quiet: number
  ts: string | null
  began: number
  taken: number
  calm: number | null
  ended: number | null
  rang_row: number
}

/** Hosts that a card names. */
const HOSTS_SHOWN = 10
const WORST_SHOWN = 5

/** What a storm's card and its lines show, as it is now. */
export type StormViews = {
  row(storm: number): StormRow | null
  view(storm: StormRow): StormView
  /** Hosts that got their first problem that rings after people were last rung. */
  ringing(storm: StormRow): readonly HostInStorm[]
}

/** One line for each way in which problems of a storm are alike. */
type GroupRow = {
  check_row: number
  state: State | null
  monitor: string
  host: string
  name: string
  by: string | null
  hand_over: string | null
  ending: string | null
  open: number
  oldest: number
}

/**
 * All of a storm's problems are gone through for a drawing, some 2 µs each, however many others there are.
 */
export function createStormViews(db: Database.Database): StormViews {
  const byRow = db.prepare<[number], StormRow>('SELECT * FROM storms WHERE row = ?')
  const groups = db.prepare<[number], GroupRow>(
    `SELECT min(c.row) AS check_row, p.state AS state, c.monitor AS monitor, c.host AS host, coalesce(c.host_display_name, c.host) AS name,
       p.acknowledgement ->> '$.by.name' AS by, p.acknowledgement ->> '$.handOver' AS hand_over,
       p.acknowledgement ->> '$.ending.handOver' AS ending, count(*) AS open, min(p.opened) AS oldest
     FROM cards k JOIN problems p ON p.row = k.problem JOIN checks c ON c.row = p.check_row
     WHERE k.storm = (SELECT ?) AND p.closed IS NULL
     GROUP BY p.severity, p.state, c.monitor, c.host, 5, 6, 7 ORDER BY p.severity DESC`,
  )
  // From the storm's cards: by the order of all problems, each of another storm would be looked for among all of this one's.
  const worst = db.prepare<[number], CheckRow & ProblemRow>(
    `SELECT c.*, ${PROBLEM_COLUMNS} FROM cards k CROSS JOIN problems p ON p.row = k.problem
       CROSS JOIN checks c ON c.row = p.check_row
     WHERE k.storm = (SELECT ?) AND p.closed IS NULL AND p.acknowledged_by IS NULL
     ORDER BY p.severity DESC, p.opened, p.row LIMIT ${WORST_SHOWN}`,
  )
  const firsts = db.prepare<[number, number], HostInStorm>(
    `SELECT min(c.row) AS "check", c.monitor AS monitor, c.host AS host, coalesce(c.host_display_name, c.host) AS name,
       count(*) FILTER (WHERE p.closed IS NULL) AS open,
       count(*) FILTER (WHERE p.closed IS NULL AND p.acknowledged_by IS NULL) AS untaken
     FROM cards k JOIN problems p ON p.row = k.problem JOIN checks c ON c.row = p.check_row
     WHERE k.storm = (SELECT ?) AND p.severity >= ${RINGS_FROM}
     GROUP BY c.monitor, c.host HAVING min(p.row) > (SELECT ?) AND untaken > 0 ORDER BY untaken DESC`,
  )
  const held = db.prepare<[number], { count: number }>(
    'SELECT count(*) AS count FROM cards WHERE storm = (SELECT ?)',
  )
  return {
    row: (storm) => byRow.get(storm) ?? null,
    view: (storm) => {
      const rows = groups.all(storm.row)
      const views = worst.all(storm.row).map((row) => ({
        problem: toProblem(row),
        check: toCheck(row),
        tally: toTally(row, row),
      }))
      return viewOf(storm, rows, views, held.get(storm.row)?.count ?? 0)
    },
    ringing: (storm) => firsts.all(storm.row, storm.rang_row),
  }
}

function viewOf(
  storm: StormRow,
  rows: readonly GroupRow[],
  worst: StormView['worst'],
  held: number,
): StormView {
  const { id, began, taken: all, calm, ended } = storm
  const free = rows.filter(({ by }) => by === null)
  const states = [...new Set(rows.map(({ state }) => state))]
  const hosts = hostsOf(rows)
  return {
    id,
    began,
    all,
    open: sum(rows),
    left: Math.max(0, all - held),
    untaken: sum(free),
    byState: states.map((state) => ({
      state,
      open: sum(rows.filter((row) => row.state === state)),
      untaken: sum(free.filter((row) => row.state === state)),
    })),
    hosts: hosts.slice(0, HOSTS_SHOWN),
    hostCount: hosts.length,
    worst,
    oldestUntaken: free.length === 0 ? null : Math.min(...free.map(({ oldest }) => oldest)),
    taken: takenOf(rows),
    calm,
    ended,
  }
}

function hostsOf(rows: readonly GroupRow[]): readonly HostInStorm[] {
  const hosts = new Map<string, HostInStorm>()
  for (const { check_row: check, monitor, host, name, by, open } of rows) {
    const key = JSON.stringify([monitor, host])
    const before = hosts.get(key) ?? { check, monitor, host, name, open: 0, untaken: 0 }
    const untaken = before.untaken + (by === null ? open : 0)
    hosts.set(key, { ...before, open: before.open + open, untaken })
  }
  return [...hosts.values()].sort((a, b) => b.untaken - a.untaken || b.open - a.open)
}

function takenOf(rows: readonly GroupRow[]): readonly Taken[] {
  const people = new Map<string, Taken>()
  for (const { by, hand_over: handOver, ending, open } of rows) {
    if (by === null) continue
    const before = people.get(by) ?? { by, done: 0, sending: 0, failed: 0 }
    const standing = ending ?? handOver
    const field = standing === 'requested' ? 'sending' : standing === 'failed' ? 'failed' : 'done'
    people.set(by, { ...before, [field]: before[field] + open })
  }
  const size = ({ done, sending, failed }: Taken): number => done + sending + failed
  return [...people.values()].sort((a, b) => size(b) - size(a))
}

function sum(rows: readonly GroupRow[]): number {
  return rows.reduce((total, { open }) => total + open, 0)
}
