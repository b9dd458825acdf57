import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** One of the two programs that keep the contract of `ackbridge notify`. */
export interface Implementation {
  readonly name: string
  readonly command: readonly string[]
}

export const node: Implementation = {
  name: 'node',
  command: [process.execPath, resolve('src/cli/notify/run-notify.ts')],
}
export const shell: Implementation = { name: 'sh', command: ['/bin/sh', resolve('contrib/ackbridge-notify')] }

/** What one run came to. */
export interface Outcome {
  readonly code: number | null
  readonly stderr: string
  readonly ms: number
}

export interface Running {
  readonly child: ChildProcess
  /** Settles when all that share its stderr have ended. */
  readonly ended: Promise<Outcome>
  /** Kills it as the kernel would, and waits for its end, not for that of its children. */
  readonly kill: () => Promise<void>
}

/** Starts a program with an environment of its own; without a background flusher unless `env` says so. */
export function start(command: readonly string[], env: Record<string, string> = {}): Running {
  const started = performance.now()
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env: {
      PATH: process.env['PATH'],
      ACKBRIDGE_NOTIFY_ENV: '/nonexistent',
      ACKBRIDGE_FLUSH_SECONDS: '0',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<Outcome>((fulfil, fail) => {
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.on('error', fail)
    child.on('close', (code) => fulfil({ code, stderr, ms: performance.now() - started }))
  })
  const kill = () =>
    new Promise<void>((done) => {
      child.on('exit', () => done())
      child.kill('SIGKILL')
    })
  return { child, ended, kill }
}

/** Runs a program to its end. */
export function run(command: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return start(command, env).ended
}

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Record<string, unknown>
}

/** A server that keeps what it gets. `answer` decides the status; undefined: it never answers. */
export interface FakeServer {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  answer: (received: Received) => number | undefined
  close(): Promise<void>
}

export async function startServer(status: number | undefined = 202, port = 0): Promise<FakeServer> {
  const received: Received[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const entry = { path: request.url ?? '', headers: request.headers, text, body: JSON.parse(text) }
      received.push(entry)
      const code = fake.answer(entry)
      if (code !== undefined) response.writeHead(code, { location: '/elsewhere' }).end('{}')
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const address = server.address()
  const used = typeof address === 'object' && address !== null ? address.port : 0
  const fake: FakeServer = {
    url: `http://127.0.0.1:${used}`,
    port: used,
    received,
    answer: () => status,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return fake
}

/** A folder of its own under the system's temporary one. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ackbridge-notify-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Names of the bodies in a spool, oldest first. */
export function spooled(spool: string): string[] {
  try {
    return readdirSync(spool)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort()
  } catch {
    return []
  }
}

/** Waits until something holds. Fails after `maxMs`. */
export async function until(holds: () => boolean, maxMs = 10_000): Promise<void> {
  const end = performance.now() + maxMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`still not so after ${maxMs} ms: ${holds}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
