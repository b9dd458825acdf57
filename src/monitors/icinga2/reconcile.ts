import { Failure } from '../../core/failure.ts'
import type {
  AcknowledgementReading,
  CheckReading,
  DowntimeReading,
  MonitorApi,
  Target,
} from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import type { HostState, ServiceState } from '../../core/state.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { boundOutput, cleanLine, cleanName, cleanText } from '../shared/clean-text.ts'
import { type Icinga, isTooBig, notIcinga } from './call-icinga.ts'
import { splitOutput } from './notify.ts'
import { objectNameOf } from './object-filter.ts'
import { type CheckType, problemNames, readChecks } from './read-objects.ts'
import { type CheckObject, type CommentObject, parseComments, parseDowntimes } from './schema.ts'

const HOST_STATES: readonly HostState[] = ['UP', 'DOWN']
const SERVICE_STATES: readonly ServiceState[] = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']
const HARD = 1
const STICKY = 2
const ACKNOWLEDGEMENT_COMMENT = 4

/** What is said about checks elsewhere, by the check's name; null where it could not be read. */
type Remarks = {
  readonly acknowledgements: ReadonlyMap<string, CommentObject> | null
  readonly downtimes: ReadonlyMap<string, readonly DowntimeReading[]> | null
}

export type Reader = Required<Pick<MonitorApi, 'read' | 'readProblems' | 'findComment'>> & {
  /** @returns what Icinga calls the downtime of this check that carries the mark, null when there is none */
  findDowntime(target: Target, marker: string): Promise<string | null>
}

export function reader(icinga: Icinga, around: MonitorSurroundings): Reader {
  const { name, clock } = around
  const orNothing = createOrNothing(around)
  const readRemarks = remarksReader(icinga, name, orNothing)

  return {
    read: async (targets) => {
      const asOf = clock.now()
      const asked = new Map<string, Target[]>()
      const names: Record<CheckType, string[]> = { hosts: [], services: [] }
      for (const target of targets) {
        const object = objectNameOf(target)
        if (object === null) continue
        names[target.service === null ? 'hosts' : 'services'].push(object)
        asked.set(object, [...(asked.get(object) ?? []), target])
      }
      const found = await readBoth(icinga, name, names)
      const remarks = await readRemarks(found)
      const checks = found.flatMap((object) =>
        (asked.get(object.name) ?? []).map(({ key }) => readingOf(key, object, remarks, asOf)),
      )
      return { asOf, checks: new Map(checks.map((check) => [check.key, check])) }
    },
    readProblems: async () => {
      const asOf = clock.now()
      const hosts = await problemNames(icinga, name, 'hosts')
      const services = await problemNames(icinga, name, 'services')
      const found = await readBoth(icinga, name, { hosts, services })
      const remarks = await readRemarks(found)
      const checks = found
        .map((object) => readingOf(keyOf(object), object, remarks, asOf))
        .filter(({ state }) => state !== 'OK' && state !== 'UP')
      return { asOf, checks: new Map(checks.map((check) => [check.key, check])) }
    },
    findComment: async (target, marker) => {
      const object = objectNameOf(target)
      const comments = await orNothing('Comment', () => allComments(icinga, name))
      if (comments === null) return 'unknown'
      const isIt = (one: CommentObject): boolean => objectOf(one) === object && !!one.text?.includes(marker)
      return comments.some(isIt) ? 'there' : 'absent'
    },
    findDowntime: async (target, marker) => {
      const object = objectNameOf(target)
      const downtimes = await allDowntimes(icinga, name)
      const ours = downtimes.get(object ?? '')?.find(({ comment }) => comment?.includes(marker))
      return ours?.reference ?? null
    },
  }
}

async function readBoth(
  icinga: Icinga,
  name: string,
  { hosts, services }: Readonly<Record<CheckType, readonly string[]>>,
): Promise<readonly CheckObject[]> {
  return [
    ...(await readChecks(icinga, name, 'hosts', hosts)),
    ...(await readChecks(icinga, name, 'services', services)),
  ]
}

/** Reads objects of a type; null where that cannot be done. */
type OrNothing = <Read>(type: string, read: () => Promise<Read>) => Promise<Read | null>

/** Without the right to, or where they are too many, it goes without; the log says so once. */
function createOrNothing({ name, log }: MonitorSurroundings): OrNothing {
  const told = new Set<string>()
  return async (type, read) => {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.code !== 'not_found' && error.code !== 'unauthorized' && !isTooBig(error)) throw error
      if (!told.has(type)) {
        const why = isTooBig(error)
          ? 'there are too many'
          : `it may lack the permission objects/query/${type}`
        log.warn({ monitor: name }, `Our ApiUser cannot read objects of the type ${type}: ${why}.`)
      }
      told.add(type)
      return null
    }
  }
}

/**
 * Reads acknowledgement comments and downtimes: all there are, because Icinga finds them by their own names only.
 */
function remarksReader(
  icinga: Icinga,
  name: string,
  orNothing: OrNothing,
): (found: readonly CheckObject[]) => Promise<Remarks> {
  return async (found) => {
    if (found.length === 0) return { acknowledgements: null, downtimes: null }
    const anyAcknowledged = found.some(({ attrs }) => (attrs.acknowledgement ?? 0) !== 0)
    return {
      acknowledgements: anyAcknowledged
        ? await orNothing('Comment', () => newestAcknowledgements(icinga, name))
        : null,
      downtimes: await orNothing('Downtime', () => allDowntimes(icinga, name)),
    }
  }
}

async function newestAcknowledgements(
  icinga: Icinga,
  name: string,
): Promise<ReadonlyMap<string, CommentObject>> {
  const newest = new Map<string, CommentObject>()
  for (const comment of await allComments(icinga, name)) {
    if (comment.entry_type !== ACKNOWLEDGEMENT_COMMENT) continue
    const object = objectOf(comment)
    const other = newest.get(object)
    if (other === undefined || (other.entry_time ?? 0) <= (comment.entry_time ?? 0))
      newest.set(object, comment)
  }
  return newest
}

async function allComments(icinga: Icinga, name: string): Promise<readonly CommentObject[]> {
  const attrs = ['host_name', 'service_name', 'author', 'text', 'entry_time', 'entry_type']
  const comments = parseComments(await icinga.query({ type: 'comments', which: 'all', attrs }))
  if (comments === null) throw notIcinga(name)
  return comments
}

async function allDowntimes(
  icinga: Icinga,
  monitor: string,
): Promise<ReadonlyMap<string, readonly DowntimeReading[]>> {
  const attrs = ['host_name', 'service_name', 'author', 'comment', 'start_time', 'end_time']
  const downtimes = parseDowntimes(await icinga.query({ type: 'downtimes', which: 'all', attrs }))
  if (downtimes === null) throw notIcinga(monitor)
  const byObject = new Map<string, DowntimeReading[]>()
  for (const { name, attrs } of downtimes) {
    const object = objectOf(attrs)
    const list = byObject.get(object) ?? []
    list.push({
      reference: name,
      author: cleanName(attrs.author ?? '') || null,
      comment: cleanText(attrs.comment ?? '') || null,
      from: msOf(attrs.start_time) ?? 0,
      until: msOf(attrs.end_time) ?? 0,
    })
    byObject.set(object, list)
  }
  return byObject
}

function objectOf(of: { host_name: string; service_name?: string | undefined }): string {
  return of.service_name ? `${of.host_name}!${of.service_name}` : of.host_name
}

/** @returns the key under which `notify` knows the check */
function keyOf({ name, attrs }: CheckObject): string {
  const { host, service } = splitName(name, attrs.host_name)
  return keyOfNames(cleanLine(host), service === null ? null : cleanLine(service))
}

function splitName(name: string, host: string | undefined): { host: string; service: string | null } {
  const at = host === undefined ? name.indexOf('!') : host.length
  return at < 0 || at >= name.length
    ? { host: name, service: null }
    : { host: name.slice(0, at), service: name.slice(at + 1) }
}

function readingOf(key: string, object: CheckObject, remarks: Remarks, asOf: number): CheckReading {
  const { attrs, joins } = object
  const { host, service } = splitName(object.name, attrs.host_name)
  const states: readonly (HostState | ServiceState)[] = service === null ? HOST_STATES : SERVICE_STATES
  const hard = attrs.state_type === HARD && attrs.last_check_result !== null
  const ends = msOf(attrs.acknowledgement_expiry)
  // Icinga clears an acknowledgement that has ended when it next looks at it.
  const acknowledged = (attrs.acknowledgement ?? 0) !== 0 && (ends === null || ends > asOf)
  const [own, ofHost] = [cleanName(attrs.display_name ?? '') || null, joins?.host?.display_name]
  const { first } = splitOutput(cleanText(attrs.last_check_result?.output ?? ''))
  return {
    key,
    host: cleanName(host),
    service: service === null ? null : cleanName(service),
    hostDisplayName: service === null ? own : cleanName(ofHost ?? '') || null,
    serviceDisplayName: service === null ? null : own,
    state: states[attrs.state ?? -1] ?? (service === null ? 'DOWN' : 'UNKNOWN'),
    hard,
    output: boundOutput(first, null).output,
    since: msOf(hard ? attrs.last_hard_state_change : attrs.last_state_change),
    acknowledged,
    acknowledgement: acknowledged ? acknowledgementOf(object, remarks, ends) : null,
    inDowntime: (attrs.downtime_depth ?? 0) > 0,
    downtimes: remarks.downtimes === null ? null : (remarks.downtimes.get(object.name) ?? []),
    isFlapping: attrs.flapping ?? null,
  }
}

function acknowledgementOf(
  { name, attrs }: CheckObject,
  { acknowledgements }: Remarks,
  until: number | null,
): AcknowledgementReading | null {
  const comment = acknowledgements?.get(name)
  if (comment === undefined) return null
  return {
    author: cleanName(comment.author ?? '') || null,
    comment: cleanText(comment.text ?? '') || null,
    at: msOf(comment.entry_time),
    until,
    sticky: attrs.acknowledgement === undefined ? null : attrs.acknowledgement === STICKY,
  }
}

/** Icinga writes times in seconds, and 0 for none. */
function msOf(seconds: number | undefined): number | null {
  return seconds === undefined || !(seconds > 0) ? null : Math.round(seconds * 1000)
}
