import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Failure } from '../core/failure.ts'
import type { Log } from '../core/ports.ts'
import type { MonitorKind } from '../monitors/monitor.ts'
import { createAdmission } from './admission.ts'
import { INTAKE_MAX } from './limits.ts'
import { createWebhookRoute } from './webhook-route.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** The route alone, whose store fails. @returns its answer, and what was logged as an error */
async function sendTo(failing: Error): Promise<{ answer: Response; text: string; errors: unknown[] }> {
  const errors: unknown[] = []
  const silent = (): void => undefined
  const log: Log = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (_, sentence) => errors.push(sentence),
  }
  const kind = {
    kind: 'slack-webhook',
    config: { safeParse: () => ({ data: {} }) },
    readBody: () => ({ value: {} }),
    notify: () => ({ notifications: [], rejected: [] }),
  } as unknown as MonitorKind
  const route = createWebhookRoute({
    kinds: new Map([['slack-webhook', kind]]),
    monitors: [],
    authenticate: () => ({ monitors: ['*'], mayRead: false, channel: null }),
    admission: createAdmission(INTAKE_MAX),
    receive: () => Promise.reject(failing),
    clock: { now: () => 0, monotonic: () => 0, timer: () => silent },
    log,
    meter: { count: silent, observe: silent },
  })
  const server = createServer((request, response) => {
    void route(request, response, { monitor: 'slack-webhook', key: 'k' })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' })
  return { answer, text: await answer.text(), errors }
}

describe('a message that cannot be stored', () => {
  it('is asked for again, which senders do after a 5xx only', async () => {
    const { answer, text, errors } = await sendTo(
      new Failure('unavailable', { kind: 'later' }, 'The disk is full.'),
    )
    expect([answer.status, text]).toEqual([503, 'service_unavailable'])
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(answer.headers.get('content-type')).toBe('text/plain')
    expect(errors).toEqual([])
  })

  it('because of a fault of ours is asked for too, and the fault is logged', async () => {
    const { answer, errors } = await sendTo(new TypeError('x is undefined'))
    expect(answer.status).toBe(503)
    expect(errors).toHaveLength(1)
  })
})
