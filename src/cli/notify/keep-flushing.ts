import { setTimeout as sleep } from 'node:timers/promises'
import { type FlushResult, flushSpool } from './flush-spool.ts'
import type { Sender } from './send-body.ts'
import { adoptAbandoned, listSpool, monitorOf } from './spool.ts'
import { takeLock } from './take-lock.ts'

/** Pauses between two tries, milliseconds: short first for a restart of the server, then a slow knock. */
const pausesMs = [250, 500, 1000, 2000, 5000]
/** A Retry-After longer than this is cut, milliseconds. */
const retryAfterMaxMs = 60_000

/**
 * Flushes a spool until nothing is left, holding its lock all the time. A notification that arrives meanwhile gets the
 * full time, too: whoever spooled it found the lock taken and relies on this process.
 *
 * @param forMs how long to keep trying, milliseconds
 * @param random a name part no other process uses
 * @returns undefined when another process holds the lock
 */
export async function keepFlushing(
  spool: string,
  sender: Sender,
  forMs: number,
  random: string,
): Promise<FlushResult | undefined> {
  let endMs = performance.now() + forMs
  let newest = ''
  let last: FlushResult | undefined
  for (let tries = 0; ; tries++) {
    const lock = takeLock(spool, random)
    if (lock === undefined) return last
    try {
      for (; ; tries++) {
        adoptAbandoned(spool, Date.now())
        const latest = listSpool(spool).at(-1) ?? ''
        if (latest > newest) {
          if (newest !== '') endMs = performance.now() + forMs
          newest = latest
        }
        last = await flushSpool(spool, sender, endMs)
        if (last.waiting === 0) break
        const pauseMs = pause(last, tries)
        if (performance.now() + pauseMs >= endMs) return last
        await sleep(pauseMs)
      }
    } finally {
      lock.release()
    }
    if (!hasUntried(spool, last)) return last
  }
}

function pause(last: FlushResult, tries: number): number {
  const pauseMs = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0
  const result = [...last.verdicts.values()].at(-1)?.result
  if (result?.kind !== 'answered' || !/^\d{1,5}$/.test(result.retryAfter ?? '')) return pauseMs
  return Math.max(pauseMs, Math.min(Number(result.retryAfter) * 1000, retryAfterMaxMs))
}

/** Something was spooled between the last look and the release of the lock. */
function hasUntried(spool: string, last: FlushResult): boolean {
  if (last.faults.length > 0) return false
  const refused = new Set(
    [...last.verdicts].filter(([, { verdict }]) => verdict === 'refused').map(([name]) => monitorOf(name)),
  )
  return listSpool(spool).some((name) => !refused.has(monitorOf(name)))
}
