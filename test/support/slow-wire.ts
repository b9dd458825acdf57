import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a Livestatus on which things can be held up. */
export type SlowWire = {
  readonly port: number
  /** Whoever sends a command is done with it, and it gets there when it is let go. */
  holdsCommands: boolean
  /** Answers to these questions stay on the way until they are let go. */
  holdsAnswersTo: RegExp | null
  /** How much is held up. */
  readonly held: number
  /** Lets go of what is held up, in its order; resolves when all of it has arrived. */
  release(): Promise<void>
  close(): Promise<void>
}

/** Opens a port on this machine that leads to another one. */
export async function startSlowWire(to: number): Promise<SlowWire> {
  const held: (() => Promise<void> | void)[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = []
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => take(socket, Buffer.concat(chunks)))
  })
  const wire = {
    port: 0,
    holdsCommands: false,
    holdsAnswersTo: null as RegExp | null,
    get held() {
      return held.length
    },
    release: async () => {
      for (const letGo of held.splice(0)) await letGo()
    },
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }

  function take(socket: Socket, request: Buffer): void {
    const text = request.toString()
    if (wire.holdsCommands && text.startsWith('COMMAND ')) {
      held.push(async () => void (await ask(to, request)))
      socket.end()
      return
    }
    const isHeld = wire.holdsAnswersTo?.test(text) ?? false
    ask(to, request).then(
      (answer) => {
        if (isHeld) held.push(() => void socket.end(answer))
        else socket.end(answer)
      },
      () => socket.destroy(),
    )
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  wire.port = (server.address() as AddressInfo).port
  return wire
}

function ask(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(request))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => done(Buffer.concat(chunks)))
    socket.on('error', fail)
  })
}
