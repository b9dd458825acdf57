import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { TestLog } from '../../../test/support/test-log.ts'
import { systemClock } from '../../system/clock.ts'
import { CommitQueue, type CommitQueueOptions } from './commit-queue.ts'

let db: Database.Database | null = null
afterEach(() => db?.close())

function start(more: Partial<CommitQueueOptions> = {}): CommitQueue {
  db = new Database(':memory:')
  return new CommitQueue(db, {
    time: systemClock,
    system: systemClock,
    arrivals: () => 0,
    log: new TestLog(),
    ...more,
  })
}

/** What has no weight is a person's. */
const NOTIFICATIONS = 400

describe('what a person does', () => {
  it('is written before notifications that came earlier', async () => {
    const queue = start()
    const order: string[] = []
    const notifications = Array.from({ length: 10 }, (_, n) =>
      queue.enqueue(() => order.push(`notifications ${n}`), NOTIFICATIONS),
    )
    const click = queue.enqueue(() => order.push('click'))
    await click

    expect(order).toEqual(['click', 'notifications 0'])
    await Promise.all(notifications)
    expect(order).toHaveLength(11)
  })

  it('does not keep notifications from being written, however much it is', async () => {
    const queue = start()
    let clicks = 0
    const all = Array.from({ length: 2_000 }, () => queue.enqueue(() => clicks++))
    await queue.enqueue(() => clicks, 1)

    expect(clicks).toBeLessThan(600)
    await Promise.all(all)
    expect(clicks).toBe(2_000)
  })

  it('is waited for at the end, as notifications are', async () => {
    const queue = start()
    let written = 0
    void queue.enqueue(() => written++)
    void queue.enqueue(() => written++, 1)
    await queue.close()

    expect(written).toBe(2)
    await expect(queue.enqueue(() => written++)).rejects.toThrow('The store is closed.')
  })
})

describe('what cannot be written', () => {
  it('is kept in no part when SQLite ends the transaction by itself, as on a full disk', async () => {
    const log = new TestLog()
    log.announce(/cannot be written|Nothing is accepted/)
    const queue = start({ log })
    const open = db as Database.Database
    open.exec('CREATE TABLE kept (n INTEGER)')
    const keep = (n: number) => queue.enqueue(() => open.prepare('INSERT INTO kept VALUES (?)').run(n))
    const ends = (): void => {
      open.exec('ROLLBACK')
      throw new Error('full')
    }
    const told = await Promise.allSettled([keep(1), queue.enqueue(ends), keep(2)])

    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(open.prepare('SELECT n FROM kept').all()).toEqual([])
    await keep(3)
    expect(open.prepare('SELECT n FROM kept').pluck().all()).toEqual([3])
  })

  it('is refused when the database cannot even be looked at, and the next is tried anew', async () => {
    const log = new TestLog()
    log.announce(/cannot be written|Nothing is accepted/)
    let broken = true
    const onBegin = (): void => {
      if (broken) throw new Error('disk I/O error')
    }
    const queue = start({ log, onBegin })
    await expect(queue.enqueue(() => 1)).rejects.toThrow()
    broken = false

    await expect(queue.enqueue(() => 2)).resolves.toBe(2)
  })
})
