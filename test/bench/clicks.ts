import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { OpenOrder, OpenResult } from './open-load.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { ackbridgeSpec, bareSpec, ENTRY, NOTIFY_KEY, type Site, slowFlushes } from './subjects.ts'

/** A second, as senders and people do it, whether or not the server keeps up. */
const NOTIFICATIONS = 1_000
const CLICKS = 100
const WARM_UP_SECONDS = 3
const SIGNING_SECRET = 'bench'
const OPENED_AT_ONCE = 1_000

/** The 99th percentile of each round, ms, from when a click was due to its answer. */
export type Clicks = {
  readonly bare: Spread
  readonly ackbridge: Spread
  /** Flushes 5 ms longer; null where that cannot be done. */
  readonly slow: Spread | null
}

type Taker = { readonly server: ServerProcess; readonly problems: string[]; readonly p99s: number[] }

/** Measures how long a click waits while notifications come in, in turn with a bare server that gets as much. */
export async function measureClicks(
  site: Site,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Clicks> {
  const load = fork(fileURLToPath(new URL('./open-load.ts', import.meta.url)), { execArgv: [] })
  const takers: Taker[] = []
  const perRound = Math.ceil(seconds * CLICKS) + 1
  const wanted = WARM_UP_SECONDS * CLICKS + 1 + rounds * perRound
  try {
    takers.push({ server: await startServer(bareSpec(site)), problems: [], p99s: [] })
    const slowly = slowFlushes(site)
    for (const more of slowly === null ? [{}] : [{}, slowly]) {
      const server = await startServer(ackbridgeSpec(site, `clicks-${takers.length}`, ENTRY.src, more).spec)
      takers.push({ server, problems: await openProblems(server.port, wanted), p99s: [] })
    }
    for (let round = 0; round <= rounds; round++) {
      for (const { server, problems, p99s } of takers) {
        const order: OpenOrder = {
          port: server.port,
          key: NOTIFY_KEY,
          signingSecret: SIGNING_SECRET,
          seconds: round === 0 ? WARM_UP_SECONDS : seconds,
          notifications: NOTIFICATIONS,
          clicks: CLICKS,
          problems: problems.splice(0, round === 0 ? WARM_UP_SECONDS * CLICKS + 1 : perRound),
        }
        load.send(order)
        const [result] = (await once(load, 'message')) as [OpenResult]
        if (result.failed > 0) throw new Error(`clicks: ${result.failed} were not answered well.`)
        if (round > 0) p99s.push(p99(result.clicks))
      }
    }
    const [bare, ackbridge, slow] = takers.map(({ p99s }) => spreadOf(p99s))
    if (bare === undefined || ackbridge === undefined) throw new Error('Nothing was measured.')
    return { bare, ackbridge, slow: slow ?? null }
  } finally {
    load.kill()
    await Promise.all(takers.map(({ server }) => server.stop()))
  }
}

/** @returns ids of problems that nobody has */
async function openProblems(port: number, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let from = 0; from < count; from += OPENED_AT_ONCE) {
    const body = Array.from({ length: Math.min(OPENED_AT_ONCE, count - from) }, (_, index) => ({
      host: `clicked-${from + index}`,
      state: 'DOWN',
    }))
    const answer = await fetch(`http://127.0.0.1:${port}/notify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${NOTIFY_KEY}` },
      body: JSON.stringify(body),
    })
    const { problems } = (await answer.json()) as { problems: { id: string }[] }
    ids.push(...problems.map(({ id }) => id))
  }
  return ids
}

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * 0.99)] ?? Number.NaN
}
