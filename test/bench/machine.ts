import { spawnSync } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, statfsSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, totalmem, type } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { spreadOf } from './statistics.ts'

export const IS_LINUX = process.platform === 'linux'
/** Flushes timed. */
const FLUSHES = 200
const TMPFS_MAGIC = 0x01021994

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  readonly sqlite: string
  /** The server has one core for itself and everything else another. */
  readonly pinned: boolean
  /** What one flush of 8 KiB takes, median. Requests a second of whoever flushes for each hang on it. */
  readonly flushMicros: number
  /** False where the databases lie in memory, so that a flush costs nothing. */
  readonly onDisk: boolean
}

/** @param folder where the databases lie */
export function describeMachine(folder: string, pinned: boolean): Machine {
  const db = new Database(':memory:')
  const sqlite = db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? 'unknown'
  db.close()
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: type(),
    node: process.version,
    sqlite,
    pinned,
    flushMicros: flushMicros(folder),
    onDisk: !IS_LINUX || statfsSync(folder).type !== TMPFS_MAGIC,
  }
}

function flushMicros(folder: string): number {
  const file = openSync(join(folder, 'flush-time'), 'w')
  const block = Buffer.alloc(8192, 1)
  const times = Array.from({ length: FLUSHES }, () => {
    writeSync(file, block)
    const started = performance.now()
    fdatasyncSync(file)
    return (performance.now() - started) * 1000
  })
  closeSync(file)
  return spreadOf(times).median
}

/** Moves this process, and with it all that it starts, to core 1. @returns true when servers can have core 0 */
export function pinToLoadCore(): boolean {
  if (!IS_LINUX || availableParallelism() < 2) return false
  return spawnSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)], { stdio: 'ignore' }).status === 0
}

/** @returns CPU time that a process has used, all threads, microseconds; null where the system does not tell */
export function cpuMicros(pid: number): number | null {
  if (!IS_LINUX) return null
  let nanos = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0])
  }
  return nanos / 1000
}

/** @returns memory that a process holds, MiB; null where the system does not tell */
export function residentMiB(pid: number): number | null {
  if (!IS_LINUX) return null
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return kib === undefined ? null : Number(kib) / 1024
}
