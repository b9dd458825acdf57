import { connect, type Socket } from 'node:net'
import { createTraffic, type Dialect, type Traffic } from './traffic.ts'

/*
 * The load generator, a process of its own: N connections, each with one request under way at a time. It speaks HTTP by
 * hand over node:net, because a client library costs more than the servers it measures.
 */

/** One slice, as the benchmark orders it. */
export type LoadOrder = {
  /** Slices of one name share their traffic. */
  readonly name: string
  readonly port: number
  /** See `TrafficOptions`. */
  readonly dialect?: Dialect
  readonly key: string
  readonly seconds: number
  readonly connections: number
  readonly batch: number
  readonly keepAlive: boolean
  /** See `TrafficOptions`. */
  readonly problems?: number
  readonly from?: number
  /** Ends the slice earlier. */
  readonly requestsMax?: number
}

export type LoadResult = {
  readonly requests: number
  /** Notifications in the answers that say that they were taken. */
  readonly accepted: number
  /** The first other answer, if there was one. */
  readonly refused: string | null
  /** From the first request to the last answer. */
  readonly seconds: number
}

/** An answer that takes longer than this ends the benchmark. */
const ANSWER_TIMEOUT_MS = 20_000
const HEAD_END = Buffer.from('\r\n\r\n')

const traffics = new Map<string, Traffic>()

process.on('message', (order: LoadOrder) => {
  runSlice(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))

function trafficOf(order: LoadOrder): Traffic {
  const { name } = order
  const known = traffics.get(name) ?? createTraffic(order)
  traffics.set(name, known)
  return known
}

function runSlice(order: LoadOrder): Promise<LoadResult> {
  const traffic = trafficOf(order)
  const isTaken = takenBy(order, traffic)
  const requestsMax = order.requestsMax ?? Number.POSITIVE_INFINITY
  return new Promise((resolve, reject) => {
    const sockets = new Set<Socket>()
    const started = performance.now()
    const end = started + order.seconds * 1000
    let sent = 0
    let answered = 0
    let accepted = 0
    let refused: string | null = null
    const watchdog = setTimeout(
      () => reject(new Error(`${order.name}: no answer in time.`)),
      order.seconds * 1000 + ANSWER_TIMEOUT_MS,
    )

    const isOver = (): boolean => sent >= requestsMax || performance.now() >= end
    const finish = (): void => {
      clearTimeout(watchdog)
      for (const socket of sockets) socket.destroy()
      resolve({ requests: answered, accepted, refused, seconds: (performance.now() - started) / 1000 })
    }
    const take = (answer: Answer): void => {
      answered++
      if (isTaken(answer)) accepted += traffic.batch
      else refused ??= `${answer.status} ${answer.bodyStart}`
    }
    const open = (): void => {
      const socket = connect({ host: '127.0.0.1', port: order.port, noDelay: true })
      sockets.add(socket)
      let pending: Buffer | null = null
      const send = (): void => {
        sent++
        socket.write(traffic.next())
      }
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        const bytes: Buffer = pending === null ? chunk : Buffer.concat([pending, chunk])
        const answer = readAnswer(bytes)
        pending = answer === null ? bytes : null
        if (answer === null) return
        take(answer)
        if (isOver()) {
          if (answered === sent) finish()
        } else if (order.keepAlive) {
          send()
        } else {
          sockets.delete(socket)
          socket.destroy()
          open()
        }
      })
      send()
    }
    for (let index = 0; index < order.connections; index++) open()
  })
}

type Answer = { readonly status: number; readonly bodyStart: string }

/** @returns what tells an answer that all of a request was taken */
function takenBy({ dialect }: LoadOrder, { batch }: Traffic): (answer: Answer) => boolean {
  if (dialect === 'alertmanager') return ({ status }) => status === 200
  const expected = `{"accepted":${batch},`
  return ({ status, bodyStart }) => status === 202 && bodyStart.startsWith(expected)
}

/** @returns null while the answer is not complete */
function readAnswer(bytes: Buffer): Answer | null {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return null
  const head = bytes.toString('latin1', 0, headEnd)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
  if (Number.isNaN(length)) throw new Error('An answer without Content-Length.')
  const bodyAt = headEnd + HEAD_END.length
  if (bytes.length < bodyAt + length) return null
  return { status: Number(head.slice(9, 12)), bodyStart: bytes.toString('latin1', bodyAt, bodyAt + 200) }
}
