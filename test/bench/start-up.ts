import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from './server-process.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { ackbridgeSpec, ENTRY, NOTIFY_KEY, type Site } from './subjects.ts'

/** Milliseconds from the start of a process: to its end, or to its saying that it is ready. */
export type StartUp = {
  readonly node: Spread
  readonly readyFromSource: Spread
  /** Null where nothing is built. */
  readonly readyBuilt: Spread | null
  readonly notify: Spread | null
}

const TURNS = 9

/** Starts everything in turns; the first turn fills caches and does not count. */
export async function measureStartUp(site: Site): Promise<StartUp> {
  const isBuilt = existsSync(ENTRY.dist)
  const node: number[] = []
  const source: number[] = []
  const built: number[] = []
  const notify: number[] = []
  for (let turn = 0; turn <= TURNS; turn++) {
    const keep = (times: number[], time: number): void => {
      if (turn > 0) times.push(time)
    }
    keep(node, await timeRun(site, ['-e', '0']))
    keep(source, (await timeReady(site, 'start-source', ENTRY.src)).readyMs)
    if (!isBuilt) continue
    const { readyMs, notifyMs } = await timeReady(site, 'start-built', ENTRY.dist)
    keep(built, readyMs)
    keep(notify, notifyMs)
  }
  return {
    node: spreadOf(node),
    readyFromSource: spreadOf(source),
    readyBuilt: isBuilt ? spreadOf(built) : null,
    notify: isBuilt ? spreadOf(notify) : null,
  }
}

/** Starts the app, and while it runs, sends it a notification by the command of the build. */
async function timeReady(
  site: Site,
  name: string,
  entry: string,
): Promise<{ readyMs: number; notifyMs: number }> {
  const server = await startServer(ackbridgeSpec(site, name, entry).spec)
  try {
    if (entry !== ENTRY.dist) return { readyMs: server.readyMs, notifyMs: 0 }
    const args = ['--type', 'Host', '--notificationtype', 'PROBLEM', '--hostname', 'web1', '--hoststate', '1']
    const env = {
      ACKBRIDGE_URL: `http://127.0.0.1:${server.port}`,
      ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
      ACKBRIDGE_NOTIFY_ENV: join(site.folder, 'no-such-file'),
    }
    const command = [entry, 'notify', ...args, '--output', 'no answer']
    // The first request of a server that has just started, on the same core, is the server's time and not the command's.
    await timeRun(site, command, env)
    const notifyMs = await timeRun(site, command, env)
    return { readyMs: server.readyMs, notifyMs }
  } finally {
    await server.stop()
  }
}

async function timeRun(
  { folder, pinned }: Site,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const [file = '', ...rest] = [...(pinned ? ['taskset', '-c', '0'] : []), process.execPath, ...args]
  const started = performance.now()
  const child = spawn(file, rest, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 20_000,
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}.`)
  return performance.now() - started
}
