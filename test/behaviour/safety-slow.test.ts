import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpServer, startHttpServer } from '../../src/http/server.ts'
import { systemClock } from '../../src/system/clock.ts'
import { until } from '../support/command.ts'
import { exchange } from '../support/raw-socket.ts'
import { TestLog } from '../support/test-log.ts'

/*
 * Senders that take their time. The limits are a hundredth of the real ones, so that nobody waits for them.
 */

let server: HttpServer | null = null
afterEach(async () => {
  await server?.stop(1_000)
  server = null
})

async function start(): Promise<number> {
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    log: new TestLog(),
    clock: systemClock,
    onArrival: () => undefined,
    timeouts: { request: 300, headers: 200, keepAlive: 400, check: 20 },
  })
  return server.port
}

describe('a sender that takes its time', () => {
  it.each([
    ['sends nothing', ''],
    ['never ends its head', 'POST /notify HTTP/1.1\r\nHost: x\r\n'],
    ['never ends its body', 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{'],
  ])('and %s is closed', async (_what, text) => {
    const { statuses, isClosed } = await exchange(await start(), [text], { maxMs: 2_500 })

    expect(isClosed).toBe(true)
    for (const status of statuses) expect([405, 408]).toContain(status)
  })

  it('and drips its head, byte by byte, is closed', async () => {
    const port = await start()
    const began = performance.now()
    await new Promise<void>((closed) => {
      const socket = connect({ port, host: '127.0.0.1' })
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('error', () => undefined)
      socket.resume()
      socket.on('close', () => {
        clearInterval(drip)
        closed()
      })
      socket.write('GET / HTTP/1.1\r\nX: ')
    })
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('and holds its end of a refused connection open is closed by us', async () => {
    const port = await start()
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.write('no http at all\r\n\r\n')
    await until(() => text.includes('400'), 2_000)

    // A stop waits for every connection, so it would have to wait for this one.
    const stopping = performance.now()
    await server?.stop(2_000)
    expect(performance.now() - stopping).toBeLessThan(1_500)
    socket.destroy()
  })
})
