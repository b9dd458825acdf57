import { errorCode } from './read-settings.ts'
import type { Sender, SendResult } from './send-body.ts'
import { listSpool, monitorOf, readFromSpool, rejectFromSpool, removeFromSpool } from './spool.ts'

/** What one answer means for the body that was sent, and for those behind it. */
export type Verdict =
  /** The server has it. */
  | 'accepted'
  /** The server will never take this body. */
  | 'rejected'
  /** The server does not take this monitor's bodies, with this key or at this address. */
  | 'refused'
  /** The same body may be taken later. */
  | 'later'

/** What one walk through the spool came to. */
export interface FlushResult {
  /** File name to what became of it. A file that was not tried is missing. */
  readonly verdicts: ReadonlyMap<string, { readonly verdict: Verdict; readonly result: SendResult }>
  /** Names still there that are not refused: another walk, later, may send them. */
  readonly waiting: number
  /** Sentences about files that could not be handled. */
  readonly faults: readonly string[]
}

/** Below this no request is begun, milliseconds. */
const worthwhileMs = 50

/** Says what an answer means. */
export function judge(result: SendResult): Verdict {
  if (result.kind === 'away') return 'later'
  const status = result.status
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 400 || status === 413 || status === 415) return 'rejected'
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 200) return 'later'
  return 'refused'
}

/**
 * Sends what is in the spool, oldest first, and what arrives meanwhile. Ends when nothing is left, when the server is away
 * or busy, or when time is up. For the holder of the lock only.
 *
 * @param endMs on the clock of `performance.now()`
 */
export async function flushSpool(folder: string, sender: Sender, endMs: number): Promise<FlushResult> {
  const verdicts = new Map<string, { verdict: Verdict; result: SendResult }>()
  const refusedMonitors = new Set<string>()
  const faults: string[] = []
  const broken = new Set<string>()
  const isOpen = (name: string): boolean => !refusedMonitors.has(monitorOf(name)) && !broken.has(name)

  for (;;) {
    const open = listSpool(folder).filter(isOpen)
    if (open.length === 0) return { verdicts, waiting: 0, faults }
    for (const [index, name] of open.entries()) {
      // The list was made before the monitor was refused.
      if (!isOpen(name)) continue
      const leftMs = endMs - performance.now()
      if (leftMs < worthwhileMs) return { verdicts, waiting: open.length - index, faults }
      try {
        const body = readFromSpool(folder, name)
        if (body === undefined) continue
        const result = await sender.send(monitorOf(name), body, leftMs)
        const verdict = judge(result)
        verdicts.set(name, { verdict, result })
        if (verdict === 'accepted') removeFromSpool(folder, name)
        else if (verdict === 'rejected') rejectFromSpool(folder, name)
        else if (verdict === 'refused') refusedMonitors.add(monitorOf(name))
        else return { verdicts, waiting: open.length - index, faults }
      } catch (error) {
        broken.add(name)
        faults.push(`${folder}/${name} cannot be handled (${errorCode(error)}); it stays there`)
      }
    }
  }
}
