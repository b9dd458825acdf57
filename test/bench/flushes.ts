import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoadProcess } from './load-process.ts'
import { IS_LINUX } from './machine.ts'
import { startServer } from './server-process.ts'
import { ackbridgeSpec, ENTRY, NOTIFY_KEY, type Site } from './subjects.ts'

/** Flushes to disk for each accepted notification. */
export type Flushes = {
  /** One sender at a time: never less than 1. */
  readonly alone: number
  readonly keepAlive: number
  readonly closing: number
}

const ALONE_REQUESTS = 200

/**
 * Counts flushes by a library that is loaded into the server in front of libc. A count knows no noise, and it shows what
 * the setting alone does not: whether a flush happens before an answer.
 *
 * @returns null without a C compiler or outside Linux
 * @throws Error when an answer came without a flush
 */
export async function countFlushes(site: Site, load: LoadProcess, seconds: number): Promise<Flushes | null> {
  const { flushLibrary } = site
  if (flushLibrary === null) return null
  const counter = join(site.folder, 'flush-count')
  writeFileSync(counter, Buffer.alloc(8))
  const { spec } = ackbridgeSpec(site, 'flushes', ENTRY.src, {
    LD_PRELOAD: flushLibrary,
    BENCH_FLUSHES: counter,
  })
  const server = await startServer(spec)
  const count = async (connections: number, keepAlive: boolean, requestsMax?: number): Promise<number> => {
    const before = readCount(counter)
    const { accepted, refused } = await load.run({
      name: `flushes ${connections} ${keepAlive}`,
      port: server.port,
      key: NOTIFY_KEY,
      seconds,
      connections,
      batch: 1,
      keepAlive,
      ...(requestsMax === undefined ? {} : { requestsMax }),
    })
    if (refused !== null) throw new Error(`flushes: an answer was not 202: ${refused}`)
    return (readCount(counter) - before) / accepted
  }
  try {
    const alone = await count(1, true, ALONE_REQUESTS)
    if (alone < 1) throw new Error(`One sender got ${alone} flushes an answer: answers come before the disk.`)
    return { alone, keepAlive: await count(32, true), closing: await count(32, false) }
  } finally {
    await server.stop()
  }
}

/** @returns the library that counts and delays flushes; null without a C compiler or outside Linux */
export function compileFlushLibrary(folder: string): string | null {
  if (!IS_LINUX) return null
  const library = join(folder, 'count-flushes.so')
  const source = fileURLToPath(new URL('./count-flushes.c', import.meta.url))
  const { status } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl'])
  return status === 0 ? library : null
}

function readCount(file: string): number {
  return Number(readFileSync(file).readBigInt64LE())
}
