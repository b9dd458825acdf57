import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A server under measurement. */
export type ServerProcess = {
  readonly pid: number
  readonly port: number
  /** From the start of the process to its saying that it is ready. */
  readonly readyMs: number
  /** Ends it and waits for that. */
  stop(): Promise<void>
}

export type ServerSpec = {
  /** Node where it is absent. */
  readonly program?: string
  /** What it is started with. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  readonly pinned: boolean
  /** Finds the port in what it prints; as JSON where it is absent. */
  readonly port?: RegExp
}

const READY_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 15_000

const running = new Set<ChildProcess>()

/** For the end of the benchmark, however it comes. */
export function stopAllServers(): void {
  for (const child of running) child.kill('SIGKILL')
}

const PORT_IN_JSON = /"port":(\d+)/

/** Starts a server and waits until it prints its port, on whichever output. @throws Error when it does not */
export async function startServer(spec: ServerSpec): Promise<ServerProcess> {
  const { program = process.execPath, args, env, folder, pinned } = spec
  const command = [program, ...args]
  const [file = '', ...rest] = pinned ? ['taskset', '-c', '0', ...command] : command
  const started = performance.now()
  // taskset becomes the server (exec), so that the id is the server's. Nothing of our own environment but the path: the
  // app takes settings from there.
  const child = spawn(file, rest, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  try {
    const port = await portOf(child, args.join(' '), spec.port ?? PORT_IN_JSON)
    const readyMs = performance.now() - started
    if (child.pid === undefined) throw new Error('A process without an id.')
    return { pid: child.pid, port, readyMs, stop: () => stop(child) }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

function portOf(child: ChildProcess, name: string, pattern: RegExp): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => fail('is not ready in time'), READY_TIMEOUT_MS)
    const fail = (what: string): void => {
      clearTimeout(timer)
      reject(new Error(`${name} ${what}:\n${output}`))
    }
    const listen = (chunk: Buffer): void => {
      if (output.length < 100_000) output += chunk.toString()
      const port = pattern.exec(output)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`ended with ${code}`))
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}
