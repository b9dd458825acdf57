import { expect, it } from 'vitest'
import { TestClock } from '../../test/support/test-clock.ts'
import { TestLog } from '../../test/support/test-log.ts'
import { Failure } from '../core/failure.ts'
import type { Lane, Outbox } from '../core/ports.ts'
import { RECHECK_MS } from './limits.ts'
import { createProbes } from './probes.ts'

it('tries what is parked again after the store could not be written', async () => {
  const clock = new TestClock()
  const woken: Lane[] = []
  let isFull = true
  let next: number | null = clock.now()
  const outbox: Partial<Outbox> = {
    stale: () => [],
    nextProbe: () => next,
    probe: async (again) => {
      if (isFull) throw new Failure('unavailable', { kind: 'later' }, 'The disk is full.')
      next = again
      return ['C1']
    },
  }
  const probes = createProbes({ outbox: outbox as Outbox, clock, log: new TestLog() }, (lane) => {
    woken.push(lane)
  })
  probes.look()
  await probes.settled()
  isFull = false
  await clock.advance(RECHECK_MS, () => probes.settled())

  expect(woken).toEqual(['C1'])
  probes.stop()
  expect(clock.pending).toBe(0)
})
