import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UNSAID } from '../../../test/support/notification.ts'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { NO_CHANGES } from '../../core/changes.ts'
import { receive } from '../../core/lifecycle.ts'
import { keyOfNames, type Notification } from '../../core/notification.ts'
import type { Decision, Loaded } from '../../core/ports.ts'
import type { CheckState } from '../../core/problem.ts'
import { systemClock } from '../../system/clock.ts'
import { createUuid7 } from '../../system/uuid7.ts'
import { type OpenStore, openSqlite } from './store.ts'

const MINUTE = 60_000
const HOSTS = ['web01', 'web02', 'db01']

let folder = ''
let opened: OpenStore | null = null
let clock = new TestClock()
const newId = createUuid7()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-known-'))
})
afterEach(async () => {
  await opened?.close()
  opened = null
  rmSync(folder, { recursive: true, force: true })
})

async function start(threshold = 0): Promise<OpenStore> {
  await opened?.close()
  clock = new TestClock()
  opened = openSqlite({
    file: join(folder, 'known.db'),
    clock,
    system: systemClock,
    log: new TestLog(),
    arrivals: () => 0,
    owner: 'test',
    pid: process.pid,
    storm: { threshold, windowMs: 10_000 },
    newId,
  })
  return opened
}

const CALM: Notification = {
  monitor: 'icinga',
  key: keyOfNames('web01', 'HTTP'),
  type: 'PROBLEM',
  host: 'web01',
  service: 'HTTP',
  state: 'CRITICAL',
  output: 'refused',
  ...UNSAID,
}

const decideBy =
  (notification: Notification) =>
  (loaded: Loaded, now: number): Decision<CheckState> => {
    const route = () => [{ channel: 'C0ALERTS', mention: [], quiet: false }]
    const context = { now, newId: () => newId(now), route }
    const { state, changes } = receive(
      loaded.check(notification),
      loaded.seenAt(notification),
      notification,
      context,
    )
    return { changes, answer: state }
  }

const tell = ({ store }: OpenStore, notification: Notification): Promise<CheckState> =>
  store.decide({ notifications: [notification] }, decideBy(notification))

/** What a unit is given to decide by. */
const given = ({ store }: OpenStore, { monitor, key }: Notification): Promise<CheckState | null> =>
  store.decide({ checks: [{ monitor, key }] }, (loaded) => {
    const state = loaded.check({ monitor, key })
    const answer = state === null ? null : { check: state.check, problem: state.problem }
    return { changes: NO_CHANGES, answer }
  })

const inDatabase = ({ store }: OpenStore, { monitor, key }: Notification): CheckState | null =>
  store.checksByKey(monitor, [key])[0] ?? null

const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })
const text = fc.constantFrom('', 'refused', 'timeout', 'x'.repeat(2_000))
/** What differs least from the last one is written in the shortest way. */
const repeat: fc.Arbitrary<Notification> = fc
  .record({
    output: text,
    longOutput: some(text),
    author: some(fc.constant('ann')),
    address: some(fc.constant('10.0.0.1')),
  })
  .map((one) => ({ ...CALM, ...one }))
const anything: fc.Arbitrary<Notification> = fc
  .record({
    monitor: fc.constantFrom('icinga', 'native'),
    host: fc.constantFrom(...HOSTS),
    service: some(fc.constantFrom('HTTP', 'Disk')),
    type: fc.constantFrom(
      'PROBLEM',
      'RECOVERY',
      'ACKNOWLEDGEMENT',
      'DOWNTIMESTART',
      'FLAPPINGSTART',
      'CUSTOM',
      'EVENT',
    ),
    bad: fc.constantFrom('WARNING', 'CRITICAL'),
    episode: some(fc.constantFrom('1', '2')),
    hostDisplayName: some(fc.constantFrom('Web', 'Database')),
    address: some(fc.constantFrom('10.0.0.1', '10.0.0.2')),
    output: text,
    longOutput: some(text),
    author: some(fc.constantFrom('ann', 'ben')),
    comment: some(fc.constantFrom('seen', 'mine')),
    ago: some(fc.integer({ min: 0, max: 10 * MINUTE })),
    id: some(fc.constantFrom('n1', 'n2', 'n3')),
    labels: some(
      fc.constantFrom(
        {},
        { team: 'web' },
        { team: 'db' },
        { team: 'web', site: 'fra' },
        { site: 'fra', team: 'web' },
      ),
    ),
    fields: some(fc.constantFrom([], [{ label: 'Zone', value: 'DMZ' }])),
  })
  .map(({ ago, bad, type, ...one }): Notification => {
    const wrong = one.service === null ? 'DOWN' : (bad as 'CRITICAL')
    const fine = one.service === null ? 'UP' : 'OK'
    return {
      ...CALM,
      ...one,
      key: keyOfNames(one.host, one.service),
      type: type as Notification['type'],
      state: type === 'RECOVERY' ? fine : wrong,
      time: ago === null ? null : clock.now() - ago,
    }
  })

const notification = fc.oneof(repeat, anything)

describe('what is remembered of a check', () => {
  it.each([0, 3])('is what the database says, whatever was told, with storms from %d', async (threshold) => {
    const open = await start(threshold)
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(notification, fc.constantFrom(0, 1_000, MINUTE)), { minLength: 1, maxLength: 20 }),
        async (list) => {
          run++
          const told = list.map(
            ([one, pause]) => [{ ...one, monitor: `${one.monitor}-${run}` }, pause] as const,
          )
          for (const [one, pause] of told) {
            await clock.advance(pause, () => Promise.resolve())
            await tell(open, one)
            expect(await given(open, one)).toEqual(inDatabase(open, one))
          }
          for (const [one] of told) expect(await given(open, one)).toEqual(inDatabase(open, one))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is read again when another process has written', async () => {
    const open = await start()
    await tell(open, CALM)
    const other = new Database(join(folder, 'known.db'))
    other.prepare(`UPDATE checks SET last_author = 'somebody', output = 'other'`).run()
    other.close()

    expect((await given(open, CALM))?.check.tally.output).toBe('other')
  })

  it('is read again when what was written is undone', async () => {
    const open = await start()
    await tell(open, CALM)
    const worse = { ...CALM, output: 'never stored' }
    const other = { ...CALM, host: 'web02', key: keyOfNames('web02', 'HTTP') }
    // In the same transaction, before it.
    const beside = tell(open, other)
    const broken = open.store.decide({ notifications: [worse] }, (loaded, now) => {
      const { changes, answer } = decideBy(worse)(loaded, now)
      const [entry] = changes.history
      // A value that the table does not take.
      const history = entry === undefined ? [] : [{ ...entry, time: 0.5 }]
      return { changes: { ...changes, history: [...changes.history, ...history] }, answer }
    })

    await expect(broken).rejects.toThrow()
    await beside
    expect(inDatabase(open, other)?.check.tally.count).toBe(1)
    expect(await given(open, other)).toEqual(inDatabase(open, other))
    expect((await given(open, CALM))?.check.tally).toMatchObject({ output: 'refused', count: 1 })
    expect(await given(open, CALM)).toEqual(inDatabase(open, CALM))
  })

  it('is bounded: what was not spoken of for long is read again', async () => {
    const open = await start()
    for (let at = 0; at < 6_000; at += 500) {
      await Promise.all(
        Array.from({ length: 500 }, (_, n) =>
          tell(open, { ...CALM, host: `h${at + n}`, key: keyOfNames(`h${at + n}`, 'HTTP') }),
        ),
      )
    }
    for (const n of [0, 1, 5_999]) {
      const one = { ...CALM, host: `h${n}`, key: keyOfNames(`h${n}`, 'HTTP') }
      expect(await given(open, one)).toEqual(inDatabase(open, one))
    }
  })
})
