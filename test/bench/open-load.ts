import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import { notificationJson, PROBLEMS } from './traffic.ts'

/*
 * A process of its own that sends at given rates, whether or not the server keeps up: what a request takes counts from when it
 * was due.
 */

export type OpenOrder = {
  readonly port: number
  readonly key: string
  readonly signingSecret: string
  readonly seconds: number
  /** A second. */
  readonly notifications: number
  readonly clicks: number
  /** Problems that are acknowledged, each once; none: as many bytes are sent as JSON, for the bare server. */
  readonly problems: readonly string[]
}

export type OpenResult = {
  /** Milliseconds, of those that were answered. */
  readonly clicks: readonly number[]
  readonly notifications: readonly number[]
  /** Answers that are not 2xx, and requests without one. */
  readonly failed: number
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const TICK_MS = 1

process.on('message', (order: OpenOrder) => {
  void run(order).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))

async function run(order: OpenOrder): Promise<OpenResult> {
  const clicks: number[] = []
  const notifications: number[] = []
  const open: Promise<void>[] = []
  let [failed, sent, clicked] = [0, 0, 0]
  const began = performance.now()
  const keep = (times: number[], due: number, answered: Promise<number>): void => {
    const done = answered.then(
      (status) => {
        if (status < 200 || status > 299) failed++
        else times.push(performance.now() - due)
      },
      () => {
        failed++
      },
    )
    open.push(done)
  }
  while (performance.now() - began < order.seconds * 1000) {
    const passed = (performance.now() - began) / 1000
    for (; sent < passed * order.notifications; sent++)
      keep(notifications, began + (sent / order.notifications) * 1000, notify(order, sent))
    for (; clicked < passed * order.clicks; clicked++)
      keep(clicks, began + (clicked / order.clicks) * 1000, click(order, clicked))
    await new Promise((later) => setTimeout(later, TICK_MS))
  }
  await Promise.all(open)
  return { clicks, notifications, failed }
}

function notify({ port, key }: OpenOrder, index: number): Promise<number> {
  const state = Math.floor(index / PROBLEMS) % 10 === 9 ? 'WARNING' : 'CRITICAL'
  const body = notificationJson(index % PROBLEMS, state).replace('##########', String(index))
  return post(port, '/notify', body, { 'content-type': 'application/json', authorization: `Bearer ${key}` })
}

function click({ port, signingSecret, problems }: OpenOrder, index: number): Promise<number> {
  const problem = problems[index] ?? 'none'
  const user = { id: 'U0ANN', username: 'ann', name: 'ann', team_id: 'T0BENCH' }
  const payload = {
    type: 'block_actions',
    user,
    api_app_id: 'A0BENCH',
    token: 'none',
    container: {
      type: 'message',
      message_ts: '1700000000.000001',
      channel_id: 'C0BENCH',
      is_ephemeral: false,
    },
    trigger_id: `${process.pid}.${performance.now()}.${index}`,
    team: { id: 'T0BENCH', domain: 'bench' },
    channel: { id: 'C0BENCH', name: 'alerts' },
    // As Slack sends the whole card along.
    message: { type: 'message', ts: '1700000000.000001', text: 'x'.repeat(3_000), blocks: [] },
    response_url: `http://127.0.0.1:1/none`,
    actions: [
      {
        type: 'button',
        action_id: 'ackbridge_acknowledge',
        block_id: 'a',
        text: { type: 'plain_text', text: 'Acknowledge' },
        value: problem,
        action_ts: '1700000000.000001',
      },
    ],
  }
  const json = JSON.stringify(payload)
  if (problems.length === 0) return post(port, '/', json, { 'content-type': 'application/json' })
  const body = `payload=${encodeURIComponent(json)}`
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  return post(port, '/slack/events', body, {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature,
  })
}

function post(port: number, path: string, body: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
