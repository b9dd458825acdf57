import type { IncomingMessage } from 'node:http'

export const bodyBytesMax = 4 * 1024 * 1024

/** @returns the whole body as text; undefined when it is larger than 4 MiB. Rejects when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  let isTooLarge = false
  for await (const chunk of request) {
    const bytes: Buffer = chunk
    size += bytes.length
    // The rest is read and thrown away, so that the client gets to see the answer.
    if (size > bodyBytesMax) isTooLarge = true
    else chunks.push(bytes)
  }
  return isTooLarge ? undefined : Buffer.concat(chunks).toString('utf8')
}
