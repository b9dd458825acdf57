import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Playground, startPlayground } from '../../src/playground/server.ts'
import { runCommand, type Started, startCommand, until } from '../support/command.ts'
import type { Json } from '../support/world.ts'

/*
 * The real process, killed at random instants while it is busy, on real time, with a Slack that loses answers. What was
 * answered 202 is there afterwards, and each open problem is on exactly one card.
 */

const KILLS = 10
const KEY = 'sigkill-test-key-0123456789'
const SENDERS = 8

let playground: Playground
let folder: string
let server: Started | null = null

afterEach(async () => {
  server?.child.kill('SIGKILL')
  await playground.close()
  rmSync(folder, { recursive: true, force: true })
})

function environment(): Record<string, string> {
  return {
    SLACK_BOT_TOKEN: playground.botToken,
    SLACK_SIGNING_SECRET: playground.signingSecret,
    SLACK_API_URL: playground.apiUrl,
    SLACK_CHANNEL: playground.channels.alerts,
    ACKBRIDGE_NOTIFY_KEY: KEY,
    PORT: '0',
    LOG_LEVEL: 'info',
  }
}

async function start(): Promise<number> {
  server = startCommand(['start'], environment(), folder)
  const running = server
  const port = await until(() => Number(/"port":(\d+)/.exec(running.output())?.[1] ?? Number.NaN) || null)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
  return port
}

/** Sends until the server is gone. What was answered 202 is added to `taken`. */
async function sendUntilGone(
  port: number,
  hosts: readonly string[],
  taken: Set<string>,
  round: number,
): Promise<void> {
  let sent = 0
  const one = async (): Promise<void> => {
    for (;;) {
      const token = `${round}-${sent++}.`
      try {
        const response = await fetch(`http://127.0.0.1:${port}/notify`, {
          method: 'POST',
          headers: { 'x-api-key': KEY, 'content-type': 'application/json' },
          body: JSON.stringify({ host: hosts[sent % hosts.length], state: 'DOWN', output: token, id: token }),
        })
        if (response.status === 202) taken.add(token)
        await response.arrayBuffer()
      } catch {
        return
      }
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, one))
}

it('loses nothing and doubles nothing when it is killed', { timeout: 60_000 }, async () => {
  playground = await startPlayground()
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-kill-'))
  // Channels that the app is a member of: elsewhere it may not look for a lost message, and posts again rather than never.
  const channels = [playground.channels.alerts, playground.channels.database]
  const routes = channels.map((channel, n) => `  - { match: { host: "*-${n}" }, channels: [${channel}] }`)
  writeFileSync(join(folder, 'ackbridge.yml'), `storm: { threshold: 0 }\nroutes:\n${routes.join('\n')}\n`)
  const taken = new Set<string>()
  const hosts: string[] = []

  for (let round = 0; round < KILLS; round++) {
    hosts.push(`host${round}-${round % channels.length}`)
    if (round % 3 === 1) playground.faults.next('chat.postMessage', { kind: 'lost' })
    const port = await start()
    const sending = sendUntilGone(port, hosts, taken, round)
    await new Promise((later) => setTimeout(later, 20 + Math.random() * 250))
    server?.child.kill('SIGKILL')
    await sending
    await server?.ended
  }

  const port = await start()
  const { stdout } = await runCommand(['keys', 'add', 'reader', '--read'], environment(), folder)
  const read = async (path: string): Promise<Json> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-api-key': stdout.trim() } })
    return answer.status === 200 ? answer.json() : null
  }
  const { problems } = await until<Json>(() => read('/api/problems'), 3_000)
  const cardsOf = (host: string) =>
    channels.flatMap((channel) =>
      playground.workspace.messages(channel).filter(({ text }) => text.includes(`${host}:`)),
    )
  await until(() => problems.every(({ host }: { host: string }) => cardsOf(host).length > 0), 30_000)
  await until(
    async () => ((await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as Json).parked === 0,
  )

  expect(taken.size).toBeGreaterThan(100)
  expect(problems.length).toBeGreaterThan(KILLS / 2)
  for (const { host } of problems) expect([host, cardsOf(host).length]).toEqual([host, 1])
  const recorded: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Json = await read(`/api/history?kind=notification&limit=10000&cursor=${cursor || 'zzzzzzzz'}`)
    for (const { detail, outcome } of page.history) if (outcome !== 'duplicate') recorded.push(detail)
    cursor = page.cursor
  }
  const kept = new Set(recorded)
  expect([...taken].filter((token) => !kept.has(token))).toEqual([])
  expect(recorded).toHaveLength(kept.size)
})
