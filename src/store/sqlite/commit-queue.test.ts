import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { TestLog } from '../../../test/support/test-log.ts'
import { systemClock } from '../../system/clock.ts'
import { CommitQueue } from './commit-queue.ts'

let db: Database.Database | null = null
afterEach(() => db?.close())

function start(): CommitQueue {
  db = new Database(':memory:')
  return new CommitQueue(db, {
    time: systemClock,
    system: systemClock,
    arrivals: () => 0,
    log: new TestLog(),
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
