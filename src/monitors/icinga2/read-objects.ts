import { Failure } from '../../core/failure.ts'
import { type Icinga, isTooBig, notIcinga } from './call-icinga.ts'
import { someObjects } from './object-filter.ts'
import { type CheckObject, parseChecks, parseListed } from './schema.ts'

/** Objects asked for in one call; with their output a few hundred kB. */
const NAMES_PER_CALL = 200
/** Bytes of names in one call; Icinga takes bodies of 1 MB. */
const NAME_BYTES_PER_CALL = 200_000

export type CheckType = 'hosts' | 'services'

const ATTRS = [
  'name',
  'display_name',
  'state',
  'state_type',
  'acknowledgement',
  'acknowledgement_expiry',
  'downtime_depth',
  'flapping',
  'last_hard_state_change',
  'last_state_change',
] as const

/**
 * Reads these hosts or services. Unknown ones are left out.
 *
 * @throws Failure when it could not be read
 */
export async function readChecks(
  icinga: Icinga,
  name: string,
  type: CheckType,
  names: readonly string[],
): Promise<readonly CheckObject[]> {
  const found: CheckObject[] = []
  for (const chunk of chunksOf([...new Set(names)]))
    found.push(...(await readChunk(icinga, name, type, chunk)))
  return found
}

/**
 * One unknown name makes Icinga refuse the whole call, and one long output may make the answer too big; the halves are read
 * on their own then, down to the one that is at fault.
 */
async function readChunk(
  icinga: Icinga,
  name: string,
  type: CheckType,
  names: readonly string[],
  attrs: readonly string[] = [...ATTRS, ...HOST_ATTRS[type], 'last_check_result'],
): Promise<readonly CheckObject[]> {
  const which = someObjects(type, names)
  if (which === null) return []
  try {
    const joins = type === 'services' ? { joins: ['host.display_name'] } : {}
    const checks = parseChecks(await icinga.query({ type, which, attrs, ...joins }))
    if (checks === null) throw notIcinga(name)
    return checks
  } catch (error) {
    const isUnknown = error instanceof Failure && error.code === 'not_found'
    if (!isUnknown && !isTooBig(error)) throw error
    if (names.length > 1) {
      const middle = Math.ceil(names.length / 2)
      return [
        ...(await readChunk(icinga, name, type, names.slice(0, middle), attrs)),
        ...(await readChunk(icinga, name, type, names.slice(middle), attrs)),
      ]
    }
    if (isUnknown) return []
    if (!attrs.includes('last_check_result')) throw error
    return readChunk(
      icinga,
      name,
      type,
      names,
      attrs.filter((attr) => attr !== 'last_check_result'),
    )
  }
}

const HOST_ATTRS: Readonly<Record<CheckType, readonly string[]>> = { hosts: [], services: ['host_name'] }

function chunksOf(names: readonly string[]): readonly (readonly string[])[] {
  const chunks: string[][] = []
  let bytes = 0
  for (const name of names) {
    const chunk = chunks.at(-1)
    bytes += Buffer.byteLength(name)
    if (chunk === undefined || chunk.length >= NAMES_PER_CALL || bytes > NAME_BYTES_PER_CALL) {
      chunks.push([name])
      bytes = Buffer.byteLength(name)
    } else {
      chunk.push(name)
    }
  }
  return chunks
}

/**
 * Names of all hosts or services that have a problem. Only a name and a flag are read of each object, about 80 bytes and
 * its name; what was never checked is no problem to Icinga.
 *
 * @throws Failure, also when our user may not read any object of this type
 */
export async function problemNames(
  icinga: Icinga,
  name: string,
  type: CheckType,
): Promise<readonly string[]> {
  const listed = parseListed(await icinga.query({ type, which: 'all', attrs: ['problem'] }))
  if (listed === null) throw notIcinga(name)
  return listed.filter(({ attrs }) => attrs.problem).map((object) => object.name)
}
