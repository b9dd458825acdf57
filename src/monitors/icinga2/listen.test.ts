import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../../test/support/test-clock.ts'
import { TestLog } from '../../../test/support/test-log.ts'
import { Failure } from '../../core/failure.ts'
import type { Hint } from '../../core/monitor-api.ts'
import { systemClock } from '../../system/clock.ts'
import type { Http } from '../shared/http.ts'
import { listen } from './listen.ts'

type Opening = { readonly queue: string; readonly body: PassThrough }

let clock: TestClock
let log: TestLog
let openings: Opening[]
let hints: Hint[]
let status: number
let stop: () => Promise<void>

const settle = () => new Promise<void>((done) => setImmediate(() => setImmediate(done)))
const advance = (ms: number) => clock.advance(ms, settle)

const http = {
  stream: (call: { body: { queue: string } }, signal: AbortSignal) => {
    if (status === 0)
      return Promise.reject(new Failure('unavailable', { kind: 'later' }, 'icinga cannot be reached.'))
    const body = new PassThrough()
    signal.addEventListener('abort', () => body.destroy(new Error('aborted')))
    openings.push({ queue: call.body.queue, body })
    return Promise.resolve({ status, body })
  },
} as unknown as Http

beforeEach(async () => {
  clock = new TestClock()
  log = new TestLog()
  openings = []
  hints = []
  status = 200
  stop = listen(http, { name: 'icinga', clock, system: systemClock, log, proxy: null }, (hint) =>
    hints.push(hint),
  )
  await settle()
})

afterEach(async () => {
  await stop()
  expect(clock.pending).toBe(0)
})

describe('the event stream', () => {
  it('gives hints which checks changed, and nothing of what the events say', async () => {
    const event = { type: 'StateChange', host: 'web01', service: 'Disk /', state: 2 }
    const downtime = { host_name: 'web02', service_name: '' }
    openings[0]?.body.write(
      `${JSON.stringify(event)}\n${JSON.stringify({ type: 'DowntimeAdded', downtime })}\n`,
    )
    await settle()

    expect(hints).toEqual(['all', ['web01\u001fDisk /', 'web02']])
  })

  it('passes over what is no event', async () => {
    for (const line of [
      '',
      'garbage',
      '{',
      '[]',
      'null',
      '5',
      '{"host":5}',
      '{"host":""}',
      '{"downtime":{}}',
    ])
      openings[0]?.body.write(`${line}\n`)
    openings[0]?.body.write('{"host":"web01"}\n')
    await settle()

    expect(hints.slice(1).flat()).toEqual(['web01'])
  })

  it('comes back after the connection is lost, later and later, and says that all may have changed', async () => {
    openings[0]?.body.destroy(new Error('reset'))
    await settle()
    expect(openings).toHaveLength(1)
    await advance(1_000)
    expect(openings).toHaveLength(2)
    expect(hints).toEqual(['all', 'all'])

    status = 0
    openings[1]?.body.end()
    await settle()
    await advance(120_000)
    status = 200
    await advance(30_000)
    expect(openings).toHaveLength(3)
    expect(new Set(openings.map(({ queue }) => queue)).size).toBe(3)
    expect(log.lines.filter(({ level }) => level === 'info')).toHaveLength(1)
  })

  it('is opened anew after a long silence, because a dead connection says nothing', async () => {
    await advance(299_000)
    openings[0]?.body.write('{"host":"web01"}\n')
    await settle()
    await advance(299_000)
    expect(openings).toHaveLength(1)
    await advance(1_000)
    expect(openings).toHaveLength(2)
    expect(openings[0]?.body.destroyed).toBe(true)
    expect(hints.at(-1)).toBe('all')
    expect(log.lines).toEqual([])
  })

  it.each([401, 403, 404])('that is refused with %i is asked for seldom, and said once', async (refusal) => {
    status = refusal
    openings[0]?.body.end()
    await settle()
    await advance(20 * 60_000)

    expect(openings.length).toBeLessThanOrEqual(6)
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    expect(hints).toEqual(['all'])
  })

  it('leaves nothing open when it is stopped, in whatever it is at', async () => {
    openings[0]?.body.end()
    await settle()
    await stop()
    expect(clock.pending).toBe(0)
    await advance(60_000)
    expect(openings).toHaveLength(1)
  })
})
