import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { NOTIFY_KEY } from './notify-key.ts'

/*
 * The real program in a process of its own.
 */

const MAIN = resolve('src/main.ts')

export type Ended = {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export type Started = {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has printed so far. */
  output(): string
}

/** Starts `ackbridge` with nothing in its environment but `env`. */
export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  through: readonly string[] = [process.execPath, MAIN],
): Started {
  const [program = '', ...before] = through
  const child = spawn(program, [...before, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ACKBRIDGE_NOTIFY_ENV: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }))
  })
  return { child, ended, output: () => stdout + stderr }
}

/** Runs `ackbridge` to its end. */
export function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<Ended> {
  return startCommand(args, env, cwd).ended
}

/** How a shell is told to run `ackbridge` as it stands in a monitor's command line. */
export const PROGRAM = `'${process.execPath}' '${MAIN}'`

/** Waits until something is there. Fails after `maxMs`. */
export async function until<Found>(
  look: () => Found | false | null | undefined | Promise<Found | false | null | undefined>,
  maxMs = 10_000,
): Promise<Found> {
  const end = performance.now() + maxMs
  for (;;) {
    const found = await look()
    if (found !== false && found !== null && found !== undefined) return found
    if (performance.now() > end) throw new Error(`still not so after ${maxMs} ms: ${look}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** @returns the port of a server that was started as a process, once it listens */
export function portOf(server: Started): Promise<number> {
  return until(() => Number(/"port":(\d+)/.exec(server.output())?.[1] ?? Number.NaN) || null)
}

/** Posts a native notification to a server on this machine. */
export function post(port: number, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/notify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${NOTIFY_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
