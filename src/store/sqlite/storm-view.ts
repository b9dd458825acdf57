import type Database from 'better-sqlite3'
import type { State } from '../../core/state.ts'
import type { HostInStorm, ReachedHosts, StormView, Taken } from '../../core/storm.ts'
import { type CheckRow, PROBLEM_COLUMNS, type ProblemRow, toCheck, toProblem, toTally } from './rows.ts'

export type StormRow = {
  row: number
  id: string
  channel: string
  mention: string
  quiet: number
  ts: string | null
  began: number
  taken: number
  held: number
  calm: number | null
  ended: number | null
  rang_row: number
}

/** Hosts that a card or a line names. */
const HOSTS_SHOWN = 10
const WORST_SHOWN = 5

/** What a storm's card and its lines show, as it is now. */
export type StormViews = {
  row(storm: number): StormRow | null
  view(storm: StormRow): StormView
  /** Hosts that got their first problem that rings after people were last rung. */
  ringing(storm: StormRow): ReachedHosts
}

/** Problems of a storm that are alike; text is '' where there is none. `person`: people may have the same name. */
type CountRow = {
  taken: number
  state: State | ''
  person: string
  by: string
  standing: string
  open: number
}

/** What is shown is counted already, see the migration `storm-counts`: a drawing costs as much in any storm. */
export function createStormViews(db: Database.Database): StormViews {
  const byRow = db.prepare<[number], StormRow>('SELECT * FROM storms WHERE row = ?')
  const counts = db.prepare<[number], CountRow>(
    'SELECT taken, state, person, by, standing, open FROM storm_counts WHERE storm = ? ORDER BY rank',
  )
  const worst = db.prepare<[number], CheckRow & ProblemRow>(
    `SELECT c.*, ${PROBLEM_COLUMNS} FROM
       (SELECT rank, opened, problem FROM storm_problems WHERE storm = (SELECT ?) AND taken = 0
        ORDER BY rank, opened, problem LIMIT ${WORST_SHOWN}) o
       CROSS JOIN problems p ON p.row = o.problem CROSS JOIN checks c ON c.row = p.check_row
     ORDER BY o.rank, o.opened, o.problem`,
  )
  const oldest = db.prepare<[number], { opened: number | null }>(
    // The first of each rank; there are few ranks.
    `SELECT min((SELECT min(o.opened) FROM storm_problems o WHERE o.storm = r.storm AND o.taken = 0 AND o.rank = r.rank)) AS opened
     FROM (SELECT DISTINCT storm, rank FROM storm_counts WHERE storm = ? AND taken = 0) r`,
  )
  const hostColumns = `h.check_row AS "check", h.monitor AS monitor, h.host AS host,
    coalesce((SELECT c.host_display_name FROM checks c WHERE c.row = h.check_row), h.host) AS name, h.open AS open, h.untaken AS untaken`
  const hosts = db.prepare<[number], HostInStorm>(
    `SELECT ${hostColumns} FROM storm_hosts h WHERE h.storm = ? AND h.open > 0
     ORDER BY h.untaken DESC, h.open DESC LIMIT ${HOSTS_SHOWN}`,
  )
  const hostCount = db.prepare<[number], { count: number }>(
    'SELECT count(*) AS count FROM storm_hosts WHERE storm = ? AND open > 0',
  )
  const rings = 'FROM storm_hosts h WHERE h.storm = ? AND h.rings > ? AND h.untaken > 0'
  const ringing = db.prepare<[number, number], HostInStorm>(
    `SELECT ${hostColumns} ${rings} ORDER BY h.untaken DESC LIMIT ${HOSTS_SHOWN}`,
  )
  const ringingCount = db.prepare<[number, number], { count: number }>(`SELECT count(*) AS count ${rings}`)
  return {
    row: (storm) => byRow.get(storm) ?? null,
    view: (storm) => {
      const rows = counts.all(storm.row)
      const views = worst.all(storm.row).map((row) => ({
        problem: toProblem(row),
        check: toCheck(row),
        tally: toTally(row, row),
      }))
      return {
        ...countsOf(storm, rows),
        hosts: hosts.all(storm.row),
        hostCount: hostCount.get(storm.row)?.count ?? 0,
        worst: views,
        oldestUntaken: oldest.get(storm.row)?.opened ?? null,
      }
    },
    ringing: ({ row, rang_row: after }) => ({
      named: ringing.all(row, after),
      count: ringingCount.get(row, after)?.count ?? 0,
    }),
  }
}

function countsOf({ id, began, taken: all, held, calm, ended }: StormRow, rows: readonly CountRow[]) {
  const free = rows.filter(({ taken }) => taken === 0)
  const states = [...new Set(rows.map(({ state }) => state))]
  return {
    id,
    began,
    all,
    open: sum(rows),
    left: Math.max(0, all - held),
    untaken: sum(free),
    byState: states.map((state) => ({
      state: state === '' ? null : state,
      open: sum(rows.filter((row) => row.state === state)),
      untaken: sum(free.filter((row) => row.state === state)),
    })),
    taken: takenOf(rows),
    calm,
    ended,
  }
}

function takenOf(rows: readonly CountRow[]): readonly Taken[] {
  const people = new Map<string, Taken>()
  for (const { taken, person, by, standing, open } of rows) {
    if (taken === 0) continue
    const before = people.get(person) ?? { by, done: 0, sending: 0, failed: 0 }
    const field = standing === 'requested' ? 'sending' : standing === 'failed' ? 'failed' : 'done'
    people.set(person, { ...before, [field]: before[field] + open })
  }
  const size = ({ done, sending, failed }: Taken): number => done + sending + failed
  return [...people.values()].sort((a, b) => size(b) - size(a))
}

function sum(rows: readonly CountRow[]): number {
  return rows.reduce((total, { open }) => total + open, 0)
}
