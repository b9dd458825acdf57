import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { acknowledge } from '../../src/core/acknowledge.ts'
import { receive } from '../../src/core/lifecycle.ts'
import type { Notification } from '../../src/core/notification.ts'
import type { ReportRow } from '../../src/core/report.ts'
import { type OpenStore, openStore } from '../../src/store/open.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createUuid7 } from '../../src/system/uuid7.ts'
import { UNSAID } from '../support/notification.ts'
import { TestClock } from '../support/test-clock.ts'
import { TestLog } from '../support/test-log.ts'

/* What the report adds up by day is what counting every problem there ever was comes to, whatever happened. */

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const KEEP_DAYS = 10
const NOW = new AbortController().signal
const MONITORS = ['dc1', 'dc2']

const MIGRATIONS = new URL('../../src/store/migrations/', import.meta.url)

let folder: string
let clock: TestClock
let store: OpenStore
let file: string
const newId = createUuid7()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-report-'))
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function openNew(): void {
  clock = new TestClock()
  file = join(folder, `${newId(0)}.db`)
  openAgain()
}

function openAgain(): void {
  store = openStore(`file:${file}`, {
    clock,
    system: { ...systemClock, timer: (_, fire) => systemClock.timer(0, fire) },
    log: new TestLog(),
    arrivals: () => 0,
    owner: newId(0),
    pid: process.pid,
    newId,
    storm: { threshold: 0, windowMs: 10_000 },
  })
}

function inFile<Answer>(ask: (db: Database.Database) => Answer): Answer {
  const db = new Database(file)
  try {
    return ask(db)
  } finally {
    db.close()
  }
}

type Told = Pick<Notification, 'monitor' | 'host' | 'type'> & Partial<Notification>

function notification(told: Told): Notification {
  return {
    key: told.host,
    service: null,
    state: told.type === 'RECOVERY' ? 'UP' : 'DOWN',
    output: newId(0),
    ...UNSAID,
    ...told,
  }
}

/** @param fails a part of it that the schema refuses comes last, when all else is written */
async function hear(n: Notification, fails = false): Promise<void> {
  const heard = store.store.decide({ notifications: [n] }, (loaded, now) => {
    const route = () => [{ channel: 'C1', mention: [], quiet: false }]
    const context = { now, newId: () => newId(now), route }
    const { changes } = receive(loaded.check(n), loaded.seenAt(n), n, context)
    const broken = { ...changes.history[0], outcome: null } as unknown as (typeof changes.history)[number]
    return {
      changes: fails ? { ...changes, history: [...changes.history, broken] } : changes,
      answer: null,
    }
  })
  if (fails) await expect(heard).rejects.toThrow()
  else await heard
}

/** Somebody takes what is open of a host, by button. */
async function take(monitor: string, host: string): Promise<void> {
  const open = store.store.checksOfHost(host, monitor)[0]?.problem
  if (open == null) return
  await store.store.decide({ problems: [open.id] }, (loaded, now) => {
    const view = loaded.problem(open.id)
    if (view === null) throw new Error('It was there.')
    const request = {
      id: newId(now),
      by: { id: 'U1', name: 'ann' },
      through: 'button',
      comment: newId(0),
      until: null,
      sticky: true,
      persistent: false,
      notify: false,
      takeOver: true,
      way: { acknowledge: false, remove: false, comment: false },
    } as const
    return { changes: acknowledge(view, request, now).changes, answer: null }
  })
}

type Kept = {
  id: string
  monitor: string
  is_event: number
  opened: number
  closed: number | null
  closed_because: string | null
  first_taken: number | null
}

/** Notes every problem as it is; those that are removed later stay as they were when they were last seen. */
function createLook(seen: Map<string, Kept>): { look(): void; close(): void } {
  const db = new Database(file, { readonly: true })
  const all = db.prepare<[], Kept>(
    `SELECT id, monitor, is_event, opened, closed, closed_because, first_taken
     FROM problems p JOIN checks c ON c.row = p.check_row`,
  )
  return {
    look: () => {
      for (const row of all.all()) seen.set(row.id, row)
    },
    close: () => db.close(),
  }
}

function countedOneByOne(seen: Iterable<Kept>, since: number): ReportRow[] {
  const from = Math.floor(since / DAY) * DAY
  const rows = new Map<string, ReportRow>()
  for (const { monitor, is_event, opened, closed, closed_because, first_taken } of seen) {
    if (opened < from) continue
    const key = `${1 - is_event} ${monitor}`
    const row = rows.get(key) ?? nothing(monitor, is_event === 1 ? 'event' : 'problem')
    const took = first_taken === null ? null : first_taken - opened
    const isIn = (minutes: number): number => (took !== null && took <= minutes * MINUTE ? 1 : 0)
    const isRecovered = closed !== null && closed_because === 'recovery'
    rows.set(key, {
      ...row,
      opened: row.opened + 1,
      taken: row.taken + (took === null ? 0 : 1),
      takenWithin: {
        '5m': row.takenWithin['5m'] + isIn(5),
        '15m': row.takenWithin['15m'] + isIn(15),
        '1h': row.takenWithin['1h'] + isIn(60),
      },
      takenMs: row.takenMs + (took ?? 0),
      closed: row.closed + (closed === null ? 0 : 1),
      closedUntaken: row.closedUntaken + (closed !== null && took === null ? 1 : 0),
      recovered: row.recovered + (isRecovered ? 1 : 0),
      recoveredMs: row.recoveredMs + (isRecovered ? closed - opened : 0),
    })
  }
  const place = ({ kind, monitor }: ReportRow): string => `${kind === 'problem' ? 0 : 1} ${monitor}`
  return [...rows.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1))
}

function nothing(monitor: string, kind: ReportRow['kind']): ReportRow {
  const takenWithin = { '5m': 0, '15m': 0, '1h': 0 }
  const [times, closings] = [
    { taken: 0, takenWithin, takenMs: 0 },
    { closed: 0, closedUntaken: 0 },
  ]
  return { monitor, kind, opened: 0, ...times, ...closings, recovered: 0, recoveredMs: 0 }
}

const step = fc.record({
  what: fc.constantFrom(
    'PROBLEM',
    'PROBLEM',
    'RECOVERY',
    'EVENT',
    'ACKNOWLEDGEMENT',
    'take',
    'take',
    'fail',
    'episode',
    'long ago',
    'restart',
    'prune',
  ),
  monitor: fc.constantFrom(...MONITORS),
  host: fc.constantFrom('a', 'b'),
  after: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 90 * MINUTE }) },
    fc.integer({ min: 0, max: 3 * DAY }),
    fc.constantFrom(0, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE),
  ),
})

it('equals what counting every problem comes to, after random days with crashes and removals', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 35 }), async (steps) => {
      openNew()
      const seen = new Map<string, Kept>()
      const { look, close } = createLook(seen)
      let cutoff = 0
      for (const { what, monitor, host, after } of steps) {
        clock.step(after)
        const now = clock.now()
        if (what === 'take') await take(monitor, host)
        else if (what === 'fail') await hear(notification({ monitor, host, type: 'PROBLEM' }), true)
        else if (what === 'episode')
          await hear(notification({ monitor, host, type: 'PROBLEM', episode: newId(0) }))
        else if (what === 'long ago')
          await hear(notification({ monitor, host, type: 'PROBLEM', since: now - after } as Told))
        else if (what === 'prune') {
          await store.housekeep(KEEP_DAYS, NOW)
          cutoff = Math.max(cutoff, now - KEEP_DAYS * DAY)
        } else if (what === 'restart') {
          await store.close()
          openAgain()
        } else await hear(notification({ monitor, host, type: what, author: 'ann', comment: newId(0) }))
        look()
      }
      const since = Math.max(cutoff, clock.now() - 30 * DAY)
      expect(store.store.report({ since })).toEqual(countedOneByOne(seen.values(), since))
      close()
      await store.close()
    }),
    { numRuns: 30 },
  )
  openNew()
})

it('is filled from the problems that are there when an older database is opened', async () => {
  openNew()
  for (const monitor of MONITORS) {
    for (const host of ['a', 'b', 'c', 'd']) await hear(notification({ monitor, host, type: 'PROBLEM' }))
    clock.step(7 * MINUTE)
    await take(monitor, 'a')
    clock.step(20 * MINUTE)
    await hear(notification({ monitor, host: 'b', type: 'ACKNOWLEDGEMENT', author: 'ben' }))
    await hear(notification({ monitor, host: 'a', type: 'RECOVERY' }))
    await hear(notification({ monitor, host: 'c', type: 'RECOVERY' }))
    await hear(notification({ monitor, host: 'e', type: 'EVENT' }))
    await take(monitor, 'e')
    clock.step(DAY)
  }
  const before = store.store.report({ since: 0 })
  expect(before).toHaveLength(4)
  await store.close()
  file = olderDatabase(file)

  openAgain()

  expect(store.store.report({ since: 0 })).toEqual(before)
})

/** @returns a database of before there was a report, with the same checks and problems */
function olderDatabase(current: string): string {
  const older = join(folder, 'older.db')
  const db = new Database(older)
  const before = readdirSync(MIGRATIONS)
    .sort()
    .filter((name) => name < '0010')
  for (const name of before) db.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'))
  db.prepare('ATTACH ? AS newer').run(current)
  const columnsOf = (table: string): string[] =>
    db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table)
  for (const table of ['checks', 'problems']) {
    const kept = columnsOf(table).filter((name) => name !== 'pending')
    db.exec(`INSERT INTO main.${table} (${kept.join(', ')}) SELECT ${kept.join(', ')} FROM newer.${table}`)
  }
  db.pragma(`user_version = ${before.length}`)
  db.close()
  return older
}

it('is left alone by whatever neither opens, first takes nor closes a problem', async () => {
  openNew()
  await hear(notification({ monitor: 'dc1', host: 'a', type: 'PROBLEM' }))
  await take('dc1', 'a')
  inFile((db) => {
    for (const change of ['INSERT', 'UPDATE', 'DELETE'])
      db.exec(
        `CREATE TRIGGER guard_${change} BEFORE ${change} ON report_days BEGIN SELECT raise(ABORT, 'touched'); END`,
      )
  })

  await hear(notification({ monitor: 'dc1', host: 'a', type: 'PROBLEM' }))
  await hear(notification({ monitor: 'dc1', host: 'a', type: 'PROBLEM', state: 'UNREACHABLE' }))
  await hear(notification({ monitor: 'dc1', host: 'a', type: 'ACKNOWLEDGEMENT', author: 'ben' }))
  await take('dc1', 'a')
  await hear(notification({ monitor: 'dc1', host: 'x', type: 'RECOVERY' }))

  await expect(hear(notification({ monitor: 'dc1', host: 'a', type: 'RECOVERY' }))).rejects.toThrow(/touched/)
  inFile((db) => {
    for (const change of ['INSERT', 'UPDATE', 'DELETE']) db.exec(`DROP TRIGGER guard_${change}`)
  })
})
