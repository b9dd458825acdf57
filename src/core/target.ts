import type { Target } from './monitor-api.ts'
import { namesOfKey } from './notification.ts'
import type { Check, Problem } from './problem.ts'

/** @returns how a monitor is told which check is meant: by the names in its key, which are whole, where it has them */
export function targetOf(
  check: Pick<Check, 'key' | 'host' | 'service' | 'labels'>,
  problem: Pick<Problem, 'episode'> | null,
): Target {
  const { key, labels } = check
  const { host, service } = namesOfKey(key)
  // Kinds whose key is an id of their own have the names beside it.
  const isNamed = service !== null || check.service === null
  return {
    key,
    host: isNamed ? host : check.host,
    service: isNamed ? service : check.service,
    episode: problem?.episode ?? null,
    labels,
  }
}
