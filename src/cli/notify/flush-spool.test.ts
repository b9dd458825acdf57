import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { flushSpool, judge, type Verdict } from './flush-spool.ts'
import type { Sender, SendResult } from './send-body.ts'
import { listSpool, openSpool, storeInSpool } from './spool.ts'

const answered = (status: number): SendResult => ({
  kind: 'answered',
  status,
  text: '',
  retryAfter: undefined,
})

describe('judge', () => {
  test.each<[number, Verdict]>([
    [200, 'accepted'],
    [204, 'accepted'],
    [301, 'refused'],
    [400, 'rejected'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [405, 'refused'],
    [408, 'later'],
    [413, 'rejected'],
    [415, 'rejected'],
    [422, 'refused'],
    [429, 'later'],
    [500, 'later'],
    [503, 'later'],
  ])('%i: %s', (status, verdict) => {
    expect(judge(answered(status))).toBe(verdict)
  })

  test('no answer: later', () => {
    expect(judge({ kind: 'away', code: 'ECONNREFUSED' })).toBe('later')
  })
})

describe('flushSpool', () => {
  let spool: string
  beforeEach(() => {
    spool = join(mkdtempSync(join(tmpdir(), 'ackbridge-spool-')), 'spool')
    openSpool(spool)
  })
  afterEach(() => {
    rmSync(join(spool, '..'), { recursive: true, force: true })
  })

  function sender(answer: (body: string, monitor: string) => number): Sender & { sent: string[] } {
    const sent: string[] = []
    return {
      sent,
      send(monitor, body) {
        sent.push(body.toString())
        return Promise.resolve(answer(body.toString(), monitor)).then(answered)
      },
      close() {},
    }
  }

  test('stops at the first that the server does not take now', async () => {
    for (const [at, body] of ['a', 'b', 'c'].entries())
      storeInSpool(spool, 'm', body, 1_780_000_000_000 + at, 'ff')
    const server = sender((body) => (body === 'b' ? 503 : 202))

    const result = await flushSpool(spool, server, performance.now() + 1000)

    expect(server.sent).toEqual(['a', 'b'])
    expect(result.waiting).toBe(2)
    expect(listSpool(spool)).toHaveLength(2)
  })

  test('takes along what arrives meanwhile, and leaves refused monitors', async () => {
    storeInSpool(spool, 'gone', 'a', 1_780_000_000_000, 'ff')
    storeInSpool(spool, 'gone', 'b', 1_780_000_000_001, 'ff')
    storeInSpool(spool, 'm', 'c', 1_780_000_000_002, 'ff')
    const server = sender((body, monitor) => {
      if (body === 'c') storeInSpool(spool, 'm', 'late', 1_780_000_000_003, 'ff')
      return monitor === 'gone' ? 404 : 202
    })

    const result = await flushSpool(spool, server, performance.now() + 1000)

    expect(server.sent).toEqual(['a', 'c', 'late'])
    expect(result.waiting).toBe(0)
    expect(listSpool(spool)).toHaveLength(2)
  })

  test('begins nothing when time is up', async () => {
    storeInSpool(spool, 'm', 'a', 1_780_000_000_000, 'ff')
    const server = sender(() => 202)

    expect((await flushSpool(spool, server, performance.now())).waiting).toBe(1)
    expect(server.sent).toEqual([])
  })
})
