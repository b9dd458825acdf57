import { expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import type { Lane, Outbox } from '../core/ports.ts'
import { Worker, type WorkerOptions } from './worker.ts'

it('does not miss what becomes due while the store is asked', async () => {
  const clock = new TestClock()
  const lane = 'monitor:dc1' as Lane
  const due = clock.now() + 1_000
  let claims = 0
  const outbox = {
    onWork: () => {},
    lanes: () => [{ lane, due }],
    // Decides by when it is asked; its commit takes a while.
    claim: async () => {
      claims++
      if (claims === 1) await clock.advance(1_005, async () => {})
      return null
    },
    nextDue: (_: Lane, after: number) => (due > after ? due : null),
  } as unknown as Outbox
  const worker = new Worker({ outbox, clock } as unknown as WorkerOptions)
  worker.start()
  await worker.drain()
  await clock.advance(10, () => worker.drain())
  expect(claims).toBeGreaterThan(1)
  await worker.stop()
})
