/*
 * Slack on a bad day. A test names the method and what goes wrong; the next calls of it fail that way.
 */

/** `reset`, `hang`, `html`, `status`, `error`: nothing was done. `lost`, `slow`: it was done, the answer suffers. */
export type Fault =
  | { kind: 'error'; error: string }
  | { kind: 'status'; status: number; retryAfterSeconds?: number; body?: string }
  | { kind: 'reset' }
  | { kind: 'lost' }
  | { kind: 'hang' }
  | { kind: 'slow'; ms: number }
  | { kind: 'html' }

export type Faults = {
  /** The next `times` calls of `method` (default 1) go wrong. `*` is any method, `response_url` the hooks. */
  next(method: string, fault: Fault, times?: number): void
  /** Every call of `method` goes wrong until null is given. `next` goes first. */
  always(method: string, fault: Fault | null): void
  clear(): void
  /** Every fault that struck, oldest first; `at` in epoch milliseconds. */
  readonly history: { method: string; fault: Fault; at: number }[]
}

export type FaultBook = Faults & { take(method: string): Fault | undefined }

export function createFaults(now: () => number): FaultBook {
  const queued = new Map<string, Fault[]>()
  const standing = new Map<string, Fault>()
  const history: Faults['history'] = []
  return {
    history,
    next(method, fault, times = 1) {
      const list = queued.get(method) ?? []
      for (let i = 0; i < times; i++) list.push(fault)
      queued.set(method, list)
    },
    always(method, fault) {
      if (fault === null) standing.delete(method)
      else standing.set(method, fault)
    },
    clear() {
      queued.clear()
      standing.clear()
    },
    take(method) {
      const fault =
        queued.get(method)?.shift() ?? queued.get('*')?.shift() ?? standing.get(method) ?? standing.get('*')
      if (fault) history.push({ method, fault, at: now() })
      return fault
    },
  }
}
