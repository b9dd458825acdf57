import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createHandStorm } from '../../src/store/sqlite/hand-storm.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { SOMEBODY } from '../../src/store/sqlite/person-words.ts'
import { removePerson } from '../../src/store/sqlite/remove-person.ts'
import { createRetention, type Place } from '../../src/store/sqlite/retention.ts'
import { createStormStore } from '../../src/store/sqlite/storm-store.ts'
import { createStormViews, type StormRow } from '../../src/store/sqlite/storm-view.ts'
import { RECOUNT_CHANGED } from '../../src/store/sqlite/storms.ts'
import { miscounted } from '../support/storm-counts.ts'

/* What the card of a storm shows is counted beforehand; here it is looked whether that is so for any way there. */

const MIGRATIONS = new URL('../../src/store/migrations/', import.meta.url)
const COUNTS = '0011-storm-counts.sql'

let folder: string
let file: string
let db: Database.Database

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-storm-counts-'))
  file = join(folder, 'test.db')
  db = new Database(file)
})

afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Brings the database to what it was before storms were counted. */
function migrateBefore(): void {
  const before = readdirSync(MIGRATIONS)
    .sort()
    .filter((name) => name < COUNTS)
  for (const name of before) db.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'))
  db.pragma(`user_version = ${before.length}`)
}

type One = { host: string; severity?: number; taken?: string; closed?: boolean; storm?: number | null }

function add({ host, severity = 30, taken, closed = false, storm = 1 }: One): number {
  const check = db
    .prepare(
      `INSERT INTO checks (monitor, key, host, service, in_downtime, is_flapping, count, last_seen, output)
       VALUES ('m', hex(randomblob(8)), ?, 's', 0, 0, 1, 1, '')`,
    )
    .run(host).lastInsertRowid
  const held =
    taken === undefined ? null : JSON.stringify({ by: { id: null, name: taken }, handOver: 'confirmed' })
  const problem = db
    .prepare(
      `INSERT INTO problems (id, check_row, state, severity, is_event, opened, changed, closed, acknowledgement, acknowledged_by)
       VALUES (hex(randomblob(8)), ?, 'CRITICAL', ?, 0, 5, 5, ?, ?, ?)`,
    )
    .run(check, severity, closed ? 9 : null, held, taken ?? null).lastInsertRowid
  db.prepare('UPDATE checks SET problem = ? WHERE row = ?').run(closed ? null : problem, check)
  const card = db
    .prepare(
      `INSERT INTO cards (id, problem, channel, mention, quiet) VALUES (hex(randomblob(8)), ?, 'C1', '[]', 0)`,
    )
    .run(problem).lastInsertRowid
  if (storm !== null) db.prepare('UPDATE cards SET storm = ? WHERE row = ?').run(storm, card)
  return Number(problem)
}

function begin(channel: string): void {
  db.prepare(
    `INSERT INTO storms (id, channel, mention, quiet, began, last, rang) VALUES (?, ?, '[]', 0, 1, 1, 1)`,
  ).run(channel, channel)
}

const row = (storm: number) => db.prepare('SELECT * FROM storms WHERE row = ?').get(storm) as StormRow
const view = (storm: number) => createStormViews(db).view(row(storm))

it('counts what is open in a storm that began under an older version', () => {
  migrateBefore()
  begin('C1')
  add({ host: 'a' })
  add({ host: 'a', severity: 10, taken: 'Ann' })
  add({ host: 'b', closed: true })
  add({ host: 'c', storm: null })
  migrate(db)

  expect(miscounted(file)).toEqual([])
  expect(view(1)).toMatchObject({ open: 2, untaken: 1, hostCount: 1, taken: [{ by: 'Ann', done: 1 }] })
})

it('counts a problem once that has two cards in a storm of an older version', () => {
  migrateBefore()
  begin('C1')
  const problem = add({ host: 'a' })
  db.prepare(
    `INSERT INTO cards (id, problem, channel, mention, quiet, storm) VALUES ('other', ?, 'C2', '[]', 0, 1)`,
  ).run(problem)
  migrate(db)

  expect(miscounted(file)).toEqual([])
  expect(view(1)).toMatchObject({ open: 1, untaken: 1, hostCount: 1 })
})

it('follows a host that gets another name, and one whose card leaves', () => {
  migrate(db)
  begin('C1')
  const [first] = [add({ host: 'a' }), add({ host: 'a' }), add({ host: 'b' })]
  db.prepare('UPDATE checks SET host = ? WHERE problem = ?').run('z', first)
  expect(view(1).hosts.map(({ host, open }) => [host, open])).toEqual([
    ['a', 1],
    ['b', 1],
    ['z', 1],
  ])
  db.prepare('UPDATE cards SET storm = NULL WHERE problem = ?').run(first)

  expect(view(1).hosts.map(({ host }) => host)).toEqual(['a', 'b'])
  expect(miscounted(file)).toEqual([])
})

it('counts a change once, however often it is told of it', () => {
  migrate(db)
  begin('C1')
  const problem = add({ host: 'a' })
  const recount = db.prepare(RECOUNT_CHANGED)
  expect(recount.run(problem).changes).toBe(0)
  db.prepare('UPDATE problems SET severity = 40, state = ? WHERE row = ?').run('DOWN', problem)
  expect(miscounted(file)).not.toEqual([])
  recount.run(problem)
  recount.run(problem)

  expect(miscounted(file)).toEqual([])
  expect(view(1).byState).toEqual([{ state: 'DOWN', open: 1, untaken: 1 }])
})

it('hands all that one storm shows to another, with whom it has called already', () => {
  migrate(db)
  begin('C1')
  begin('C2')
  add({ host: 'a' })
  add({ host: 'a', taken: 'Ann' })
  add({ host: 'b' })
  add({ host: 'b', storm: 2 })
  createHandStorm(db)(1, 2)

  expect(miscounted(file)).toEqual([])
  expect(view(2)).toMatchObject({ open: 4, untaken: 3, hostCount: 2 })
  expect(createStormViews(db).ringing({ ...row(2), rang_row: 3 })).toEqual({ named: [], count: 0 })
  expect(createStormViews(db).ringing({ ...row(2), rang_row: 0 }).count).toBe(2)
})

it('calls for a host once, also when it was well in between', () => {
  migrate(db)
  begin('C1')
  const first = add({ host: 'a' })
  db.prepare('UPDATE problems SET closed = 9 WHERE row = ?').run(first)
  db.prepare(RECOUNT_CHANGED).run(first)
  add({ host: 'a' })

  expect(createStormViews(db).ringing({ ...row(1), rang_row: first })).toEqual({ named: [], count: 0 })
})

it('forgets a person who is removed, and still says how much somebody has', async () => {
  migrate(db)
  begin('C1')
  add({ host: 'a', taken: 'Ann Other' })
  add({ host: 'a', taken: 'Ann Other' })
  await removePerson(db, { id: null, names: ['Ann Other'] }, () => Promise.resolve())

  expect(view(1).taken).toEqual([{ by: SOMEBODY, done: 2, sending: 0, failed: 0 }])
  expect(miscounted(file)).toEqual([])
})

it('drops the hosts of a storm that is over, and of no other', () => {
  migrate(db)
  begin('C1')
  begin('C2')
  db.transaction(() => {
    for (const storm of [1, 2])
      for (let n = 0; n < 600; n++) add({ host: `h${n}`, closed: storm === 1, storm })
  })()
  db.exec(
    `INSERT INTO storm_hosts (storm, monitor, host, check_row) SELECT 1, monitor, host, check_row FROM storm_hosts`,
  )
  db.exec('UPDATE storms SET ended = 9 WHERE row = 1')
  const step = createRetention(db)
  for (let place: Place | null = { phase: 'others', after: 0 }; place?.phase === 'others'; )
    place = step(place, 0, 10).next

  expect(db.prepare('SELECT storm, count(*) AS hosts FROM storm_hosts GROUP BY storm').all()).toEqual([
    { storm: 2, hosts: 600 },
  ])
})

it('keeps what waits to post the card of a storm that goes on, however long its channel takes nothing', () => {
  migrate(db)
  begin('C1')
  begin('C2')
  db.exec('UPDATE storms SET ended = 9 WHERE row = 2')
  db.exec(
    `INSERT INTO effects (lane, kind, method, storm, priority, rank, state, due, created)
     SELECT channel, 'storm', 'post', row, 1, 0, 'parked', 5, 1 FROM storms`,
  )
  createRetention(db)({ phase: 'others', after: 0 }, 100, 200)

  expect(db.prepare('SELECT storm FROM effects').pluck().all()).toEqual([1])
})

it('draws and lists a large storm as fast as a small one', () => {
  migrate(db)
  begin('C1')
  begin('C2')
  db.transaction(() => {
    for (let n = 0; n < 6_000; n++) add({ host: `h${n % 50}`, ...(n % 2 === 0 ? { taken: 'Ann' } : {}) })
    for (let n = 0; n < 60; n++) add({ host: `h${n % 50}`, storm: 2 })
  })()
  const views = createStormViews(db)
  const stormStore = createStormStore(db)
  const looks = [
    (storm: number) => views.view(row(storm)),
    (storm: number) => stormStore.size({ storm: `C${storm}`, monitor: null, host: null }),
    (storm: number) => stormStore.list(`C${storm}`, 40, 20),
  ]
  // Going through all would take some hundred times as long.
  for (const look of looks) expect(fastest(() => look(1))).toBeLessThan(20 * fastest(() => look(2)) + 0.2)
})

/** @returns ms of the fastest of some runs */
function fastest(run: () => unknown): number {
  const times = Array.from({ length: 20 }, () => {
    const began = performance.now()
    run()
    return performance.now() - began
  })
  return Math.min(...times)
}
