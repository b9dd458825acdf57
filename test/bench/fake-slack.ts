import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A message that reached the stand-in. */
export type Posted = { readonly channel: string; readonly at: number }

export type FakeSlack = {
  /** For SLACK_API_URL. */
  readonly url: string
  /** Calls `listener` with each message; `at` is performance.now() when its request had arrived. */
  onPosted(listener: (posted: Posted) => void): void
  close(): Promise<void>
}

/** Whoever clicks. */
const MEMBER = {
  id: 'U0ANN',
  team_id: 'T0BENCH',
  name: 'ann',
  profile: { display_name: 'Ann' },
  tz: 'Etc/UTC',
}

/** A Slack that says yes at once to whatever it is asked. It checks nothing: that is the playground's job. */
export async function startFakeSlack(): Promise<FakeSlack> {
  let listener: (posted: Posted) => void = () => undefined
  let sequence = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const at = performance.now()
      const channel = channelOf(Buffer.concat(chunks).toString())
      if (request.url?.endsWith('/chat.postMessage')) listener({ channel, at })
      const ts = `1700000000.${String(++sequence).padStart(6, '0')}`
      const text = JSON.stringify({
        ok: true,
        ts,
        channel,
        team: 'Bench',
        team_id: 'T0BENCH',
        user: request.url?.endsWith('/users.info') ? MEMBER : 'ackbridge',
        user_id: 'U0BOT',
        bot_id: 'B0BENCH',
      })
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
      })
      response.end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/api/`,
    onPosted: (next) => {
      listener = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The Web API takes forms and JSON. */
function channelOf(body: string): string {
  if (!body.startsWith('{')) return new URLSearchParams(body).get('channel') ?? ''
  const { channel } = JSON.parse(body) as { channel?: unknown }
  return typeof channel === 'string' ? channel : ''
}
