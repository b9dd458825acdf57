import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { reportOf } from '../../src/core/report.ts'
import { openStoreBeside } from '../../src/store/open.ts'
import { createAnsweredRows } from './answered-rows.ts'
import type { LoadProcess } from './load-process.ts'
import { IS_LINUX } from './machine.ts'
import { type Measured, runRounds } from './rounds.ts'
import { startServer } from './server-process.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { ackbridgeSpec, ENTRY, NOTIFY_KEY, type Shape, type Site, type Subject } from './subjects.ts'

/** Open problems, and checks. */
const PROBLEMS = 100_000
const BATCH = 1_000
const ASKED = 200
const ASKED_COLD = 15
const DAY_MS = 24 * 60 * 60 * 1000
/** Days of the report that are there, those that are asked for, and monitors that had problems on each. */
const REPORT_KEPT_DAYS = 400
const REPORT_DAYS = 90
const REPORT_MONITORS = 10

/** What a question took, ms. */
export type Questions = {
  readonly worst: Spread
  readonly counts: Spread
  readonly historyWarm: Spread
  readonly historyCold: Spread | null
  /** Of hosts by a pattern that none has. */
  readonly historyPattern: Spread
  /** How soon problems were acknowledged, over 90 days and ten monitors. */
  readonly report: Spread
}

export type Scale = {
  readonly lines: number
  readonly megabytes: number
  readonly small: Measured
  readonly large: Measured
  readonly questions: Questions
}

type Order = { readonly rounds: number; readonly seconds: number; readonly full: boolean }

/**
 * Compares a database of 100 000 open problems and as many lines of history with one that has a hundred times the history.
 *
 * @throws Error when what was accepted is not there
 */
export async function measureScale(site: Site, load: LoadProcess, order: Order): Promise<Scale> {
  const lines = order.full ? 10_000_000 : 1_000_000
  const config = join(site.folder, 'scale.yml')
  // A card each: a storm of so many would be drawn every other second, which is another figure.
  writeFileSync(config, 'storm: { threshold: 0 }\n')
  const specOf = (name: string) => ackbridgeSpec(site, name, ENTRY.src, { ACKBRIDGE_CONFIG: config })
  const small = specOf('scale-small')
  const large = specOf('scale-large')
  await openProblems(small.spec, load)
  copyFileSync(small.database, large.database)
  lengthenHistory(large.database, lines)
  fillReport(large.database, Date.now())
  const questions = askQuestions(large.database)

  const subjects = new Map<'small' | 'large', Subject>()
  try {
    for (const [name, { spec, database }] of [['small', small] as const, ['large', large] as const]) {
      const process = await startServer(spec)
      const rows = createAnsweredRows(database, `kind = 'notification'`, lastLineIn(database))
      const title = `ackbridge, 100 000 open, ${name === 'small' ? 0.1 : lines / 1e6} M lines of history`
      subjects.set(name, { name: `scale-${name}`, title, shape: SHAPE, process, rows })
    }
    const measured = await runRounds(subjects, load, order, () => undefined)
    const [a, b] = [measured.get('small'), measured.get('large')]
    if (a === undefined || b === undefined) throw new Error('Nothing was measured.')
    return { lines, megabytes: statSync(large.database).size / 1e6, small: a, large: b, questions }
  } finally {
    await Promise.all([...subjects.values()].map(({ process }) => process.stop()))
    for (const { database } of [small, large]) rmSync(database, { force: true })
  }
}

/** Goes on where opening stopped, so that one in ten changes a state. */
const SHAPE: Shape = { batch: 1, keepAlive: true, connections: 32, problems: PROBLEMS, from: PROBLEMS }

async function openProblems(spec: Parameters<typeof startServer>[0], load: LoadProcess): Promise<void> {
  const server = await startServer(spec)
  try {
    const { accepted, refused } = await load.run({
      name: 'scale-fill',
      port: server.port,
      key: NOTIFY_KEY,
      seconds: 600,
      connections: 1,
      batch: BATCH,
      keepAlive: true,
      problems: PROBLEMS,
      requestsMax: PROBLEMS / BATCH,
    })
    if (refused !== null || accepted !== PROBLEMS)
      throw new Error(`scale: ${accepted} were accepted. ${refused}`)
  } finally {
    await server.stop()
  }
}

/** Copies the newest line of each check again and again, as if each had been told as often. */
function lengthenHistory(file: string, lines: number): void {
  const db = new Database(file)
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = OFF')
    const copy = db.prepare(
      `INSERT INTO history (recorded, time, kind, check_row, problem, prev, type, state, through, outcome, detail)
       SELECT h.recorded + 1, h.time + 1, h.kind, h.check_row, h.problem, h.row, h.type, h.state, h.through, 'repeated', h.detail
       FROM checks c JOIN history h ON h.row = c.history ORDER BY c.row`,
    )
    // Checks are numbered from 1 on, and their lines are added in that order.
    const point = db.prepare('UPDATE checks SET history = ? + row')
    for (let last = lastLine(db); last < lines; last += PROBLEMS) {
      if (copy.run().changes !== PROBLEMS) throw new Error('scale: not every check has a line.')
      point.run(last)
    }
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}

/** As much of the report as is kept where ten monitors have problems every day, and events. */
function fillReport(file: string, now: number): void {
  const db = new Database(file)
  try {
    const insert = db.prepare(
      `INSERT OR IGNORE INTO report_days SELECT ?, ?, value, 40, 30, 10, 20, 25, 36000000, 39, 9, 38, 72000000
       FROM json_each('[0, 1]')`,
    )
    const today = Math.floor(now / DAY_MS)
    db.transaction(() => {
      for (let ago = 0; ago < REPORT_KEPT_DAYS; ago++)
        for (let monitor = 0; monitor < REPORT_MONITORS; monitor++)
          insert.run(today - ago, `monitor-${monitor}`)
    })()
  } finally {
    db.close()
  }
}

function lastLine(db: Database.Database): number {
  return Number(db.prepare('SELECT max(row) FROM history').pluck().get())
}

function lastLineIn(file: string): number {
  const db = new Database(file, { readonly: true })
  try {
    return lastLine(db)
  } finally {
    db.close()
  }
}

function askQuestions(file: string): Questions {
  const url = `file:${file}`
  const store = openStoreBeside(url)
  const { queries } = store
  const host = (index: number): string =>
    `db-${String((index * 7_919) % PROBLEMS).padStart(4, '0')}.example.net`
  const times = (count: number, ask: (index: number) => unknown): Spread =>
    spreadOf(Array.from({ length: count }, (_, index) => timed(() => ask(index))))
  try {
    queries.history({ host: host(0) }, 20)
    const since = Date.now() - REPORT_DAYS * DAY_MS
    const warm = (index: number) => queries.history({ host: host(index) }, 20)
    for (let index = 0; index < ASKED; index++) warm(index)
    return {
      worst: times(ASKED, () => queries.problems({}, 20)),
      counts: times(ASKED / 10, () => queries.counts({})),
      historyWarm: times(ASKED, warm),
      report: times(ASKED, () => reportOf(since, queries.report({ since }))),
      historyPattern: times(ASKED / 10, () => queries.history({ host: 'web-*' }, 20)),
      historyCold: askCold(file, host),
    }
  } finally {
    store.close()
  }
}

/** Each time with the file out of the system's cache, and its connection new. */
function askCold(file: string, host: (index: number) => string): Spread | null {
  if (!IS_LINUX) return null
  return spreadOf(
    Array.from({ length: ASKED_COLD }, (_, index) => {
      // Nothing is copied: it is how the system is told to forget a file.
      const { status } = spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
      if (status !== 0) return Number.NaN
      const store = openStoreBeside(`file:${file}`)
      try {
        store.queries.problem('none')
        return timed(() => store.queries.history({ host: host(ASKED + index) }, 20))
      } finally {
        store.close()
      }
    }),
  )
}

function timed(run: () => unknown): number {
  const began = performance.now()
  run()
  return performance.now() - began
}
