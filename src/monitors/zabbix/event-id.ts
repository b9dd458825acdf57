import { Failure } from '../../core/failure.ts'
import type { Target } from '../../core/monitor-api.ts'

const EVENT_ID = /^[1-9]\d{0,18}$/

/** @returns the id of the event that a check is, null when it cannot be one */
export function eventIdOf({ key }: Pick<Target, 'key'>): string | null {
  return EVENT_ID.test(key) ? key : null
}

/** @throws Failure `not_found` when Zabbix cannot know it */
export function knownEventId(name: string, target: Target): string {
  const id = eventIdOf(target)
  if (id !== null) return id
  throw new Failure(
    'not_found',
    { kind: 'never' },
    `${name} does not know such a problem: it has no event ID.`,
  )
}
