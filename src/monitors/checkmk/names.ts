import { Failure } from '../../core/failure.ts'
import type { Target } from '../../core/monitor-api.ts'
import { namesOfKey } from '../../core/notification.ts'
import { cleanLine } from '../shared/clean-text.ts'

export type Names = { readonly host: string; readonly service: string | null }

/**
 * The names of a check, whole: those for people may be cut.
 *
 * @returns null when Checkmk cannot know such a name. A new line in it would add a header to the Livestatus query that
 *   the server makes of it (Checkmk/checkmk:cmk/utils/livestatus_helpers/expressions.py renders values as they are)
 */
export function namesOf({ key }: Pick<Target, 'key'>): Names | null {
  const { host, service } = namesOfKey(key)
  const clean = host === cleanLine(host) && (service === null || service === cleanLine(service))
  return clean && host !== '' && service !== '' ? { host, service } : null
}

/** @throws Failure `not_found` when Checkmk cannot know such a name */
export function knownNames(name: string, target: Target): Names {
  const names = namesOf(target)
  if (names !== null) return names
  throw new Failure('not_found', { kind: 'never' }, `${name} does not know such a host or service.`)
}
