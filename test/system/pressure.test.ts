import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Playground, startPlayground } from '../../src/playground/server.ts'
import { compileFlushLibrary } from '../bench/flushes.ts'
import { portOf, runCommand, type Started, startCommand, until } from '../support/command.ts'
import type { Flooded, FloodOrder } from '../support/flood.ts'
import { NOTIFY_KEY } from '../support/notify-key.ts'

/*
 * The real program in a process of its own, and more than it can take: what is answered 2xx is kept, the rest is asked to
 * come again, people and probes are answered meanwhile, and memory has an end. Figures are ratios, or far from their bounds.
 */

const SLOW_FLUSH_US = '50000'
/** CI looks shortly; a longer look is `PRESSURE_SECONDS=10`. */
const SECONDS = Number(process.env['PRESSURE_SECONDS'] ?? 4)
const MIB = 1024 * 1024

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Server = {
  readonly port: number
  readonly pid: number
  readonly database: string
  readonly playground: Playground
  readonly started: Started
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
}

async function start(more: Readonly<Record<string, string>> = {}): Promise<Server> {
  const playground = await startPlayground()
  closers.push(() => playground.close())
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-pressure-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const environment = {
    SLACK_BOT_TOKEN: playground.botToken,
    SLACK_SIGNING_SECRET: playground.signingSecret,
    SLACK_API_URL: playground.apiUrl,
    SLACK_CHANNEL: playground.channels.alerts,
    ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
    PORT: '0',
  }
  const started = startCommand(['start'], { ...environment, ...more }, folder)
  closers.push(async () => {
    started.child.kill('SIGKILL')
    await started.ended
  })
  const port = await portOf(started)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
  playground.connect({ requestUrl: `http://127.0.0.1:${port}/slack/events` })
  const database = join(folder, 'data', 'ackbridge.db')
  return { port, pid: started.child.pid ?? 0, database, playground, started, environment, folder }
}

/** MiB; `peak` is the most there ever was. */
function memory({ pid }: Server): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
  return { now: of('VmRSS'), peak: of('VmHWM') }
}

function flood(order: FloodOrder): Promise<Flooded> {
  const child: ChildProcess = fork(resolve('test/support/flood.ts'), { execArgv: [] })
  closers.push(() => child.kill('SIGKILL'))
  child.send(order)
  return new Promise((done, fail) => {
    child.once('message', (flooded) => {
      done(flooded as Flooded)
      child.disconnect()
    })
    child.once('error', fail)
  })
}

/** For whoever looks longer. */
function report(measured: object): void {
  if (process.env['PRESSURE_SECONDS'] !== undefined) process.stdout.write(`${JSON.stringify(measured)}\n`)
}

function notificationsIn(database: string): number {
  const db = new Database(database, { readonly: true })
  try {
    return Number(db.prepare(`SELECT count(*) FROM history WHERE kind = 'notification'`).pluck().get())
  } finally {
    db.close()
  }
}

/** Runs `one` again and again until `until` resolves. @returns how long each took, ms, sorted */
async function timesUntil(
  end: Promise<unknown>,
  everyMs: number,
  one: () => Promise<unknown>,
): Promise<number[]> {
  let isOver = false
  void end.then(() => {
    isOver = true
  })
  const times: number[] = []
  while (!isOver) {
    const began = performance.now()
    await one()
    times.push(performance.now() - began)
    await new Promise((later) => setTimeout(later, everyMs))
  }
  return times.sort((a, b) => a - b)
}

function p99(times: readonly number[]): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? Number.NaN
}

async function probe(port: number, path: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  await answer.arrayBuffer()
  expect([path, answer.status]).toEqual([path, 200])
}

async function openCard({ port, playground }: Server): Promise<string> {
  await postOne(port, NOTIFY_KEY, { host: 'calm', state: 'DOWN' })
  const found = await until(() =>
    playground.workspace.messages(playground.channels.alerts).find(({ text }) => text.includes('calm')),
  )
  return found.ts
}

async function postOne(port: number, key: string, body: object): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/notify`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** Opens connections, writes the same on each, and leaves them be. @returns those that are open */
async function openMany(port: number, count: number, text: string | Buffer): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    socket.resume()
    socket.write(text)
    return socket
  })
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  await until(() => sockets.every(({ connecting }) => !connecting))
  return sockets
}

function head(length: number): string {
  return `POST /notify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: ${NOTIFY_KEY}\r\nContent-Length: ${length}\r\n\r\n`
}

describe('more than the disk can take', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-flush-'))
  const library = compileFlushLibrary(folder) ?? ''
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is refused with a time to come again; what was answered 202 is kept, and clicks and probes get through', {
    timeout: 60_000 + SECONDS * 2_000,
  }, async () => {
    expect(library, 'the library that makes flushes slow needs cc').not.toBe('')
    const server = await start({ LD_PRELOAD: library, BENCH_FLUSH_DELAY_US: SLOW_FLUSH_US })
    const { port, playground } = server
    await openCard(server)
    // A command that writes who did it, once. The first loads what reads times.
    const click = async () => (await playground.as('ann').command('/ack calm')).status
    await click()
    const before = memory(server).now
    let lost = 0

    const flooding = flood({ port, seconds: SECONDS, connections: 400, batch: 20 })
    const [clicks, ready, health, metrics] = await Promise.all([
      timesUntil(flooding, 50, async () => {
        if ((await click()) !== 200) lost++
      }),
      timesUntil(flooding, 100, () => probe(port, '/readyz')),
      timesUntil(flooding, 100, () => probe(port, '/healthz')),
      timesUntil(flooding, 500, () => probe(port, '/metrics')),
    ])
    const flooded = await flooding
    const { peak } = memory(server)
    report({
      ...flooded,
      lost,
      clicks,
      p99: [clicks, ready, health, metrics].map(p99),
      before,
      peak,
    })

    expect(flooded.statuses['429']).toBeGreaterThan(0)
    expect(Object.keys(flooded.statuses)).toEqual(['202', '429'])
    expect([flooded.withoutRetryAfter, flooded.broken]).toEqual([0, 0])
    expect(flooded.accepted).toBeGreaterThan(1_000)
    expect(notificationsIn(server.database)).toBe(flooded.accepted + 1)
    // Slack waits 3 s for a click, and the playground as long.
    expect(lost).toBe(0)
    expect(clicks[clicks.length >> 1]).toBeLessThan(1_000)
    for (const times of [ready, health, metrics]) expect(p99(times)).toBeLessThan(1_500)
    expect(peak / before).toBeLessThan(4)
  })
})

describe('a sender that floods', () => {
  it('is turned away, and another key is served', { timeout: 60_000 }, async () => {
    const server = await start()
    const { port } = server
    const add = await runCommand(
      ['keys', 'add', 'other', '--monitor', 'native'],
      server.environment,
      server.folder,
    )
    expect(add.code).toBe(0)
    const other =
      add.stdout
        .trim()
        .split(/\s+/)
        .find((word) => word.startsWith('ab_')) ?? ''
    await until(async () => (await postOne(port, other, { host: 'calm', state: 'DOWN' })) === 202)

    const flooding = flood({ port, seconds: 2, connections: 100, batch: 500 })
    const statuses = new Set<number>()
    await timesUntil(flooding, 50, async () => {
      statuses.add(
        await postOne(port, other, { host: 'calm', state: 'DOWN', output: String(performance.now()) }),
      )
    })
    const flooded = await flooding

    expect([...statuses]).toEqual([202])
    expect(flooded.statuses['429']).toBeGreaterThan(0)
    expect(flooded.statuses['202']).toBeGreaterThan(0)
    expect(flooded.withoutRetryAfter).toBe(0)
  })
})

describe('memory has an end', () => {
  it('with hundreds of bodies of 1 MiB at once', { timeout: 60_000 }, async () => {
    const server = await start()
    const before = memory(server).now
    const flooded = await flood({
      port: server.port,
      seconds: 0.1,
      connections: 500,
      batch: 100,
      bytes: MIB - 20_000,
    })
    const { peak } = memory(server)
    report({ ...flooded, before, peak })

    expect(flooded.accepted).toBeGreaterThan(0)
    expect(Object.keys(flooded.statuses).filter((status) => !['202', '429', '503'].includes(status))).toEqual(
      [],
    )
    expect(flooded.withoutRetryAfter).toBe(0)
    expect(notificationsIn(server.database)).toBe(flooded.accepted)
    expect(peak / before).toBeLessThan(4)
  })

  it('with a thousand bodies that never end, byte by byte, and others are served meanwhile', {
    timeout: 60_000,
  }, async () => {
    const server = await start()
    const before = memory(server).now
    const sockets = await openMany(server.port, 1_000, head(MIB) + 'x'.repeat(60_000))
    for (let turn = 0; turn < 20; turn++) {
      for (const socket of sockets) if (!socket.destroyed) socket.write('x')
      await new Promise((later) => setTimeout(later, 10))
    }
    await probe(server.port, '/readyz')
    const { now } = memory(server)
    report({ before, now, open: sockets.filter(({ destroyed }) => !destroyed).length })

    expect(now / before).toBeLessThan(2.5)
    // The key they hold is the one of everybody here, and they are cut off by and by.
    await until(
      async () => (await postOne(server.port, NOTIFY_KEY, { host: 'calm', state: 'DOWN' })) === 202,
      30_000,
    )
  })

  it('with thousands of connections that say nothing, and more are served', { timeout: 60_000 }, async () => {
    const server = await start()
    const before = memory(server).now
    await openMany(server.port, 7_000, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    await probe(server.port, '/readyz')
    expect(await postOne(server.port, NOTIFY_KEY, { host: 'calm', state: 'DOWN' })).toBe(202)
    const { now } = memory(server)
    report({ before, now })

    expect(now / before).toBeLessThan(2.5)
  })
})
