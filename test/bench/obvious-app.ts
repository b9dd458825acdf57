import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import bolt from '@slack/bolt'
import Database from 'better-sqlite3'
import { z } from 'zod'

/*
 * What one would write in an afternoon, and not badly: Bolt's ExpressReceiver, express.json, a zod schema, one
 * transaction a request with synchronous=FULL. With INLINE_SLACK=1 it also waits for chat.postMessage before it answers.
 */

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void
// The express that Bolt itself uses.
const express = createRequire(import.meta.resolve('@slack/bolt'))('express') as { json(): Middleware }

const Notification = z.object({
  host: z.string().min(1).max(1024),
  service: z.string().max(1024).optional(),
  hostDisplayName: z.string().max(1024).optional(),
  address: z.string().max(1024).optional(),
  state: z.enum(['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']),
  output: z.string().max(65_536),
  longOutput: z.string().max(65_536).optional(),
  url: z.url().optional(),
  labels: z.record(z.string(), z.string()).optional(),
})
type Notification = z.output<typeof Notification>

const { DATABASE_FILE = '', SLACK_API_URL = '', INLINE_SLACK } = process.env

const db = new Database(DATABASE_FILE)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec(`
  CREATE TABLE problems (
    id INTEGER PRIMARY KEY, host TEXT NOT NULL, service TEXT NOT NULL, state TEXT NOT NULL, output TEXT NOT NULL,
    data TEXT NOT NULL, count INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE (host, service));
  CREATE TABLE history (
    id INTEGER PRIMARY KEY, problem_id INTEGER NOT NULL REFERENCES problems (id), at INTEGER NOT NULL,
    state TEXT NOT NULL, output TEXT NOT NULL);
  CREATE INDEX history_problem ON history (problem_id, id);
`)
const upsert = db.prepare<unknown[], { id: number; count: number }>(
  `INSERT INTO problems (host, service, state, output, data, count, updated) VALUES (?, ?, ?, ?, ?, 1, ?)
   ON CONFLICT (host, service) DO UPDATE SET state = excluded.state, output = excluded.output, data = excluded.data,
     count = count + 1, updated = excluded.updated RETURNING id, count`,
)
const insertHistory = db.prepare('INSERT INTO history (problem_id, at, state, output) VALUES (?, ?, ?, ?)')

const store = db.transaction((n: Notification) => {
  const now = Date.now()
  const row = upsert.get(n.host, n.service ?? '', n.state, n.output, JSON.stringify(n), now)
  if (row === undefined) throw new Error('Nothing was written.')
  insertHistory.run(row.id, now, n.state, n.output)
  return row
})

const receiver = new bolt.ExpressReceiver({ signingSecret: 'bench', logLevel: bolt.LogLevel.ERROR })
const app = new bolt.App({
  receiver,
  logLevel: bolt.LogLevel.ERROR,
  authorize: async () => ({ botToken: 'xoxb-bench' }),
  clientOptions: { slackApiUrl: SLACK_API_URL },
})

async function receive(body: unknown): Promise<{ status: number; answer: object }> {
  const parsed = Notification.safeParse(body)
  if (!parsed.success) return { status: 400, answer: { error: parsed.error.issues } }
  const { host, service, state, output } = parsed.data
  const { id, count } = store(parsed.data)
  if (INLINE_SLACK === '1') {
    const text = `${state}: ${host} ${service ?? ''} ${output}`
    await app.client.chat.postMessage({ token: 'xoxb-bench', channel: 'C0BENCH', text })
  }
  const outcome = count === 1 ? 'opened' : 'repeated'
  const problem = { id: String(id).padStart(36, '0'), host, service, state, outcome }
  return { status: 202, answer: { accepted: 1, problems: [problem] } }
}

receiver.router.post('/notify', express.json(), (request, response, next) => {
  receive(request.body).then(({ status, answer }) => {
    response.status(status).json(answer)
  }, next)
})
const server = await receiver.start({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
process.on('SIGTERM', () => process.exit(0))
