import { createServer } from 'node:net'

/*
 * Ports for processes that have to be told theirs. They lie below those that systems hand out by themselves, so that no
 * listener of another test, nor any outgoing connection, takes one between the look and the use.
 */

const FIRST = 10_240
const COUNT = 20_000

/** Test files run in processes of their own, which start looking at places of their own. */
let next = (process.pid * 997) % COUNT

/** @returns a port of this machine on which nobody listens, another one at each call */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (next++ % COUNT)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
