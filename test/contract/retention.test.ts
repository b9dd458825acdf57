import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_CHANGES } from '../../src/core/changes.ts'
import { historyEntry } from '../../src/core/history.ts'
import { receive } from '../../src/core/lifecycle.ts'
import type { Notification } from '../../src/core/notification.ts'
import { type OpenStore, openStore, openStoreBeside } from '../../src/store/open.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createUuid7 } from '../../src/system/uuid7.ts'
import { UNSAID } from '../support/notification.ts'
import { TestClock } from '../support/test-clock.ts'
import { TestLog } from '../support/test-log.ts'

/* What the removal of old rows may and may not do, for any order of events and any clock. */

const DAY = 24 * 60 * 60_000
const HOSTS = ['a', 'b', 'c']
const NOW = new AbortController().signal

let folder: string
let clock: TestClock
let store: OpenStore
let file: string
const newId = createUuid7()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-retention-'))
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(): OpenStore {
  clock = new TestClock()
  file = join(folder, `${newId(0)}.db`)
  store = openStore(`file:${file}`, {
    clock,
    system: { ...systemClock, timer: (_: number, fire: () => void) => systemClock.timer(0, fire) },
    log: new TestLog(),
    arrivals: () => 0,
    owner: 'x',
    pid: process.pid,
    newId,
    storm: { threshold: 0, windowMs: 10_000 },
  } as unknown as Parameters<typeof openStore>[1])
  return store
}

/** Everything that was to be told has been told. */
function deliverAll(): void {
  const db = new Database(file)
  db.exec('DELETE FROM effects')
  db.close()
}

function told(host: string, isUp: boolean, output: string): Notification {
  return {
    monitor: 'native',
    key: host,
    type: isUp ? 'RECOVERY' : 'PROBLEM',
    host,
    service: null,
    state: isUp ? 'UP' : 'DOWN',
    output,
    ...UNSAID,
  }
}

async function hear(n: Notification): Promise<void> {
  await store.store.decide({ notifications: [n] }, (loaded, now) => {
    const route = () => [{ channel: 'C1', mention: [], quiet: false }]
    const context = { now, newId: () => newId(now), route }
    const { changes, outcome } = receive(loaded.check(n), loaded.seenAt(n), n, context)
    return { changes, answer: outcome }
  })
}

/** A line that belongs to a check and to no problem; it goes while its neighbours stay. */
async function recordAside(host: string, detail: string): Promise<void> {
  await store.store.decide({ checks: [{ monitor: 'native', key: host }] }, (loaded, now) => {
    const check = loaded.check({ monitor: 'native', key: host })?.check ?? null
    const entry = historyEntry({ kind: 'refusal', check, time: now, outcome: 'guest', detail })
    return { changes: { ...NO_CHANGES, history: check === null ? [] : [entry] }, answer: null }
  })
}

/** What is said of each host, by following its chain and by reading the whole record; newest first. */
function bothWays(host: string): readonly (readonly (string | null)[])[] {
  const chain = store.store.history({ host }, 1_000).rows
  const scan = store.store.history({}, 1_000).rows.filter((row) => row.host === host)
  return [chain.map(({ detail }) => detail), scan.map(({ detail }) => detail)]
}

const event = fc.record({
  host: fc.constantFrom(...HOSTS),
  isUp: fc.boolean(),
  isAside: fc.boolean(),
  // Also clocks that are set back, and ones that run ahead and are put right.
  step: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 12 }) }, fc.constantFrom(-20, -3, 30)),
  prune: fc.boolean(),
})

describe('removing what is old', () => {
  it('keeps open problems with all of theirs, and every chain whole, whatever happened and whatever the clock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        open()
        const since = new Map<string, string[]>()
        let n = 0
        for (const { host, isUp, isAside, step, prune } of events) {
          clock.step(step * DAY)
          const said = `${host} ${n++}`
          if (isAside) await recordAside(host, `aside ${n}`)
          await hear(told(host, isUp, said))
          const isOpen = store.store.checksOfHost(host, null)[0]?.problem !== null
          if (isOpen) since.set(host, [...(since.get(host) ?? []), said])
          else since.delete(host)
          if (prune) await store.housekeep(10, NOW)
          for (const one of HOSTS) {
            const [chain, scan] = bothWays(one)
            expect(chain).toEqual(scan)
            expect(chain).toEqual(expect.arrayContaining(since.get(one) ?? []))
          }
        }
        expect(store.store.counts({}).open).toBe(since.size)
        await store.close()
      }),
      { numRuns: 60 },
    )
    open()
  })

  it('takes nothing away that is younger, though the clock was far back when it was written', async () => {
    open()
    await hear(told('a', false, 'before'))
    clock.step(-1000 * DAY)
    await hear(told('b', false, 'while the clock was wrong'))
    await hear(told('b', true, 'still wrong'))
    clock.step(1000 * DAY)
    await hear(told('c', false, 'after'))
    await store.housekeep(10, NOW)

    expect(bothWays('a')[1]).toContain('before')
    expect(store.store.history({}, 100).rows.map(({ detail }) => detail)).toContain(
      'while the clock was wrong',
    )
  })

  it('is not held up by lines from a clock that ran ahead', async () => {
    open()
    clock.step(5000 * DAY)
    for (let n = 0; n < 700; n++) await hear(told('a', true, `ahead ${n}`))
    clock.step(-5000 * DAY)
    await hear(told('b', false, 'right again'))
    clock.step(20 * DAY)
    await hear(told('c', false, 'now'))
    await store.housekeep(10, NOW)

    const left = store.store.history({}, 2_000).rows.map(({ detail }) => detail)
    expect(left.filter((said) => said?.startsWith('ahead'))).toHaveLength(0)
    expect(left).toContain('right again')
  })

  it('never gives a row to another again', async () => {
    open()
    await hear(told('a', false, 'old'))
    await hear(told('a', true, 'over'))
    const rows = () => {
      const db = new Database(file, { readonly: true })
      const found = ['history', 'problems', 'checks'].map((table) =>
        db.prepare<[], number>(`SELECT max(row) FROM ${table}`).pluck().get(),
      )
      db.close()
      return found
    }
    const before = rows()
    clock.step(100 * DAY)
    await store.housekeep(10, NOW)

    expect(rows()).toEqual(before)
    await hear(told('b', false, 'new'))
    expect(bothWays('b')).toEqual([['new'], ['new']])
  })

  it('works in steps that others get between, and ends when it is told to', async () => {
    open()
    for (let n = 0; n < 1_200; n++) void hear(told(`h${n % 40}`, n % 3 === 0, `${n}`))
    await store.idle()
    deliverAll()
    clock.step(100 * DAY)
    await hear(told('new', false, 'new'))
    const stop = new AbortController()
    stop.abort()
    const removed = await store.housekeep(10, stop.signal)
    expect(removed.history).toBe(0)

    let commits = 0
    store.onCommit(() => {
      commits++
    })
    const pass = store.housekeep(10, NOW)
    await hear(told('new', false, 'between'))
    expect((await pass).problems).toBeGreaterThan(0)
    expect(commits).toBeGreaterThan(4)
  })

  it('leaves what still has to be told: a card or a monitor would say for good what is over', async () => {
    open()
    await hear(told('h0', false, 'ill'))
    await hear(told('h0', true, 'well'))
    clock.step(100 * DAY)
    await hear(told('new', false, 'new'))
    expect((await store.housekeep(10, NOW)).problems).toBe(0)

    deliverAll()
    expect((await store.housekeep(10, NOW)).problems).toBe(1)
  })

  it('can be killed anywhere: the steps that were done stand, the rest follows', async () => {
    open()
    for (let n = 0; n < 600; n++) await hear(told(`h${n % 4}`, Math.floor(n / 4) % 2 === 1, `${n}`))
    deliverAll()
    clock.step(100 * DAY)
    await hear(told('h0', false, 'open'))
    const beside = openStoreBeside(`file:${file}`)
    let steps = 0
    const dies = beside.prune(
      { cutoff: clock.now() - 10 * DAY, now: clock.now(), dryRun: false },
      async () => {
        if (++steps === 2) throw new Error('killed')
      },
    )
    await expect(dies).rejects.toThrow('killed')
    for (const host of ['h0', 'h1', 'h2', 'h3']) expect(bothWays(host)[0]).toEqual(bothWays(host)[1])

    await beside.prune({ cutoff: clock.now() - 10 * DAY, now: clock.now(), dryRun: false }, async () => {})
    beside.close()
    expect(bothWays('h0')).toEqual([['open'], ['open']])
    expect(store.store.history({}, 10).rows).toHaveLength(1)
  })

  it('says beforehand how much that would be, storms and downtimes too', async () => {
    open()
    for (const host of ['a', 'b', 'c', 'd']) await hear(told(host, false, 'ill'))
    for (const host of ['a', 'b']) await hear(told(host, true, 'well'))
    const db = new Database(file)
    for (const [row, ended] of [1, 1, 1, null].entries())
      db.prepare(
        `INSERT INTO storms (id, channel, mention, quiet, began, last, rang, ended) VALUES (?, ?, '[]', 0, 1, 1, 1, ?)`,
      ).run(`s${row}`, `C${row}`, ended)
    // The first keeps nothing, the second what is old, the third an open problem.
    for (const [host, storm] of [
      ['a', 2],
      ['c', 3],
    ])
      db.prepare(
        'UPDATE cards SET storm = ? WHERE problem IN (SELECT p.row FROM problems p JOIN checks c ON c.row = p.check_row WHERE c.host = ?)',
      ).run(storm, host)
    db.prepare(`UPDATE checks SET downtime = json_object('until', 5)`).run()
    db.exec('DELETE FROM effects')
    db.close()
    clock.step(20 * DAY)
    await hear(told('e', false, 'ill'))
    deliverAll()

    const beside = openStoreBeside(`file:${file}`)
    const order = { cutoff: clock.now() - 10 * DAY, now: clock.now() }
    const would = await beside.prune({ ...order, dryRun: true }, async () => {})
    const did = await beside.prune({ ...order, dryRun: false }, async () => {})
    beside.close()

    expect(would).toEqual(did)
    // Two storms, two downtimes, a day of the report.
    expect(would).toMatchObject({ problems: 2, checks: 2, others: 5 })
  })
})

/** Columns of text in which no person stands, or which other words than those of people fill. */
const WITHOUT_PEOPLE: Readonly<Record<string, string>> = {
  bulks: 'id',
  cards: 'id channel ts refused',
  checks:
    'monitor key host service host_display_name service_display_name address url labels fields last_type last_state last_output output long_output',
  effects: 'lane kind method state owner subject',
  facts: 'name value',
  history: 'kind monitor type state through outcome',
  interactions: 'id',
  keys: 'id name monitors channel',
  problems: 'id state episode closed_because output long_output',
  report_days: 'monitor',
  storms: 'id channel ts',
  storm_counts: 'state standing',
  storm_hosts: 'monitor host',
  storm_problems: 'state standing',
}
/** Where `prune --person` looks. */
const WITH_PEOPLE: Readonly<Record<string, string>> = {
  bulks: 'command',
  cards: 'mention',
  checks: 'downtime last_author last_comment',
  effects: 'data error',
  history: 'actor_id actor_name comment detail',
  problems: 'acknowledgement acknowledged_by first_taken_by',
  storms: 'mention',
  // Counted anew with the problem.
  storm_counts: 'by person',
  storm_problems: 'by person',
}

it('knows of every column whether people stand in it', () => {
  open()
  const db = new Database(file, { readonly: true })
  const columns = db
    .prepare<[], { name: string }>(
      `SELECT m.name || '.' || c.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c
       WHERE m.type = 'table' AND c.type = 'TEXT' ORDER BY 1`,
    )
    .all()
    .map(({ name }) => name)
  db.close()
  const known = [WITHOUT_PEOPLE, WITH_PEOPLE].flatMap((tables) =>
    Object.entries(tables).flatMap(([table, names]) => names.split(' ').map((name) => `${table}.${name}`)),
  )

  // A column that is new belongs into one of the lists, and if people stand in it, into remove-person.ts.
  expect(columns.filter((column) => !known.includes(column))).toEqual([])
})
