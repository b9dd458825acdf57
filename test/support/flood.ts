import { connect, type Socket } from 'node:net'
import { NOTIFY_KEY } from './notify-key.ts'

/*
 * A process of its own that sends notifications as fast as they are answered, on many connections, and does not wait when
 * it is asked to: the rudest sender there is.
 */

export type FloodOrder = {
  readonly port: number
  readonly seconds: number
  readonly connections: number
  /** Notifications in each request. */
  readonly batch: number
  /** Bytes that each request is filled up to. */
  readonly bytes?: number
  readonly key?: string
}

export type Flooded = {
  /** Notifications in answers 202. */
  readonly accepted: number
  readonly statuses: Readonly<Record<string, number>>
  /** Answers 429 and 503 that do not say when to come again. */
  readonly withoutRetryAfter: number
  /** Connections that ended before their answer. */
  readonly broken: number
}

const HOSTS = 500

process.on('message', (order: FloodOrder) => {
  void flood(order).then((flooded) => process.send?.(flooded))
})

function flood({ port, seconds, connections, batch, bytes = 0, key }: FloodOrder): Promise<Flooded> {
  const end = performance.now() + seconds * 1_000
  const statuses: Record<string, number> = {}
  let [accepted, withoutRetryAfter, broken, sent] = [0, 0, 0, 0]

  function next(): Buffer {
    const filler = 'x'.repeat(Math.max(0, Math.floor(bytes / batch) - 100))
    const notifications = Array.from({ length: batch }, () => ({
      host: `flood-${++sent % HOSTS}`,
      state: 'DOWN',
      output: `${sent}`,
      longOutput: filler,
    }))
    const body = JSON.stringify(notifications)
    return Buffer.from(
      `POST /notify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: ${key ?? NOTIFY_KEY}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
  }

  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let text = ''
      let waits = true
      socket.on('error', () => undefined)
      socket.on('close', () => {
        if (waits) broken++
        resolve()
      })
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        const headEnd = text.indexOf('\r\n\r\n')
        if (headEnd < 0) return
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
        if (text.length < headEnd + 4 + length) return
        const status = text.slice(9, 12)
        statuses[status] = (statuses[status] ?? 0) + 1
        if (status === '202') accepted += batch
        if ((status === '429' || status === '503') && !/^retry-after: \d+\r$/im.test(text))
          withoutRetryAfter++
        text = ''
        waits = performance.now() < end
        if (waits) socket.write(next())
        else socket.end()
      })
      socket.write(next())
    })
  return Promise.all(Array.from({ length: connections }, one)).then(() => ({
    accepted,
    statuses,
    withoutRetryAfter,
    broken,
  }))
}
