import { type AddressInfo, createServer, type Socket } from 'node:net'

/*
 * What may answer in a monitor's place, at the level of connections: a machine that sends elsewhere, never stops, or breaks
 * off. It speaks HTTP to whoever speaks it, and Livestatus to everybody else.
 */

export type Hostility =
  /** To another address, with this status of HTTP. */
  | { readonly redirect: 301 | 302 | 303 | 307 | 308; readonly to: string }
  /** Answers with more than anybody reads. */
  | 'floods'
  /** Answers a byte at a time, for ever. */
  | 'drips'
  /** Begins its answer a byte at a time, for ever. */
  | 'drips-headers'
  /** Says how long its answer is and breaks off before. */
  | 'cuts'
  /** Ends the connection without a word. */
  | 'closes'
  /** Answers what is no answer of any protocol. */
  | 'babbles'
  /** Answers with nothing in it. */
  | 'empty'

export type HostileServer = {
  /** `127.0.0.1:port` */
  readonly at: string
  /** Whoever asks waits in vain. */
  readonly hangs: boolean
  /** Everything that arrived, as text. */
  readonly received: readonly string[]
  close(): Promise<void>
}

const FLOOD_BYTES = 12 * 1024 * 1024

export async function startHostileServer(hostility: Hostility): Promise<HostileServer> {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (part) => {
      const text = part.toString('latin1')
      received.push(text)
      const timer = answer(socket, hostility, / HTTP\/1\.1\r?\n/.test(text))
      if (timer === null) return
      timers.add(timer)
      socket.once('close', () => clearInterval(timer))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    at: `127.0.0.1:${port}`,
    hangs: hostility === 'drips' || hostility === 'drips-headers',
    received,
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

function answer(socket: Socket, hostility: Hostility, isHttp: boolean): NodeJS.Timeout | null {
  const head = (length: number, type = 'application/json'): string =>
    isHttp
      ? `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`
      : `200 ${String(length).padStart(11)}\n`
  if (typeof hostility === 'object') {
    const { redirect, to } = hostility
    socket.end(`HTTP/1.1 ${redirect} Elsewhere\r\nlocation: ${to}\r\ncontent-length: 0\r\n\r\n`)
    return null
  }
  switch (hostility) {
    case 'floods':
      socket.write(head(FLOOD_BYTES))
      socket.end(Buffer.alloc(FLOOD_BYTES, ' '))
      return null
    case 'drips':
      socket.write(head(1_000_000))
      return setInterval(() => socket.write('['), 1)
    case 'drips-headers':
      socket.write(isHttp ? 'HTTP/1.1 200 OK\r\nx-slow: ' : '200   ')
      return setInterval(() => socket.write(isHttp ? 'x' : ' '), 1)
    case 'cuts':
      socket.write(head(5_000))
      socket.end('[["half')
      return null
    case 'closes':
      socket.end()
      return null
    case 'babbles':
      socket.end('\u0000\u0001SSH-2.0-OpenSSH\r\n\r\n\u0000')
      return null
    case 'empty':
      socket.end(head(0))
      return null
  }
}
