import { connect } from 'node:net'

/** What came back on a connection, as text, and whether the other end closed it. */
export type RawAnswer = {
  readonly text: string
  readonly statuses: readonly number[]
  readonly isClosed: boolean
}

/**
 * Writes pieces on a connection of its own, byte for byte, and reads until the other end closes it or `enough` says so.
 *
 * @param pieces what to write, one after the other
 */
export function exchange(
  port: number,
  pieces: readonly (string | Buffer)[],
  options: { enough?: (text: string) => boolean; halfClose?: boolean; maxMs?: number } = {},
): Promise<RawAnswer> {
  const { enough = () => false, halfClose = false, maxMs = 5_000 } = options
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1' })
    const finish = (isClosed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
      resolve({ text, statuses, isClosed })
    }
    const timer = setTimeout(() => finish(false), maxMs)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (enough(text)) finish(false)
    })
    socket.on('error', () => finish(true))
    socket.on('close', () => finish(true))
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece)
      if (halfClose) socket.end()
    })
  })
}

/** @returns true once that many answers have begun */
export function answers(count: number): (text: string) => boolean {
  return (text) => text.split('HTTP/1.1 ').length > count
}
