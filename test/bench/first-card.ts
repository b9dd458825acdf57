import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeSlack } from './fake-slack.ts'
import { startServer } from './server-process.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { ackbridgeSpec, ENTRY, NOTIFY_KEY, type Site } from './subjects.ts'

const SAMPLES = 20
const CARD_TIMEOUT_MS = 5_000
/** Between two cards, so that the server is idle. */
const PAUSE_MS = 50

/**
 * Measures the time from sending a notification to its card's arrival at Slack, on an idle server. Each card goes to a
 * channel of its own, because Slack takes one message a second in each.
 *
 * @returns milliseconds
 */
export async function measureFirstCard(site: Site, slack: FakeSlack): Promise<Spread> {
  const channels = Array.from({ length: SAMPLES }, (_, index) => `C0CARD${index}`)
  const config = join(site.folder, 'first-card.yml')
  writeFileSync(config, `routes:\n${channels.map(routeLine).join('')}`)
  const { spec } = ackbridgeSpec(site, 'first-card', ENTRY.src, { ACKBRIDGE_CONFIG: config })
  const server = await startServer(spec)
  const agent = new Agent({ keepAlive: true })
  try {
    // The first request pays for what is loaded late; it goes to the default channel.
    const [warm, ...times] = [
      await timeCard(server.port, agent, slack, 'warm-up', 'C0BENCH'),
      ...(await timeCards(server.port, agent, slack, channels)),
    ]
    if (warm === undefined) throw new Error('The first card did not arrive.')
    return spreadOf(times)
  } finally {
    agent.destroy()
    slack.onPosted(() => undefined)
    await server.stop()
  }
}

function routeLine(channel: string): string {
  return `  - { match: { host: "${hostOf(channel)}" }, channels: [${channel}] }\n`
}

function hostOf(channel: string): string {
  return `host-of-${channel.toLowerCase()}`
}

async function timeCards(
  port: number,
  agent: Agent,
  slack: FakeSlack,
  channels: readonly string[],
): Promise<number[]> {
  const times: number[] = []
  for (const channel of channels) {
    await sleep(PAUSE_MS)
    times.push(await timeCard(port, agent, slack, hostOf(channel), channel))
  }
  return times
}

async function timeCard(
  port: number,
  agent: Agent,
  slack: FakeSlack,
  host: string,
  channel: string,
): Promise<number> {
  const arrived = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No card for ${host} came.`)), CARD_TIMEOUT_MS)
    slack.onPosted((posted) => {
      if (posted.channel !== channel) return
      clearTimeout(timer)
      resolve(posted.at)
    })
  })
  const started = performance.now()
  const [at] = await Promise.all([arrived, post(port, agent, { host, state: 'DOWN', output: 'no answer' })])
  return at - started
}

function post(port: number, agent: Agent, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${NOTIFY_KEY}` }
    const outgoing = request(
      { host: '127.0.0.1', port, path: '/notify', method: 'POST', agent, headers },
      (answer) => {
        answer.resume()
        if (answer.statusCode === 202) resolve()
        else reject(new Error(`A notification was answered with ${answer.statusCode}.`))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(body))
  })
}
