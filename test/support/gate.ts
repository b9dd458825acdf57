import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port of this machine that leads somewhere else, and can be shut: then what is sent there waits, without a word. */
export type Gate = {
  readonly port: number
  /** Where it leads, a port of this machine. */
  to: number
  /** How much waits. */
  readonly waiting: number
  shut(): void
  open(): void
  close(): Promise<void>
}

export async function startGate(): Promise<Gate> {
  const waiting: (() => void)[] = []
  const sockets = new Set<Socket>()
  let isShut = false
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((socket) => {
    const beyond = connect({ port: gate.to, host: '127.0.0.1' })
    keep(socket)
    keep(beyond)
    socket.on('data', (piece) => {
      const send = (): void => void beyond.write(piece)
      if (isShut) waiting.push(send)
      else send()
    })
    beyond.pipe(socket)
    socket.on('close', () => beyond.destroy())
    beyond.on('close', () => socket.destroy())
  })
  const gate = {
    port: 0,
    to: 0,
    get waiting() {
      return waiting.length
    },
    shut: () => {
      isShut = true
    },
    open: () => {
      isShut = false
      for (const send of waiting.splice(0)) send()
    },
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  gate.port = (server.address() as AddressInfo).port
  return gate
}
