import { Failure } from '../../core/failure.ts'
import { isOurs } from '../../core/marker.ts'
import type { CheckReading, Reading, Target } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import { cleanName } from '../shared/clean-text.ts'
import { eventIdOf } from './event-id.ts'
import { type ProblemWithUpdates, readingOf, withUpdates } from './reading.ts'
import type { Rpc } from './rpc.ts'
import { type Event, Events, Problems, Triggers, Users } from './schema.ts'

/*
 * Reading back. A check is one event: the problem of a trigger, from its beginning to its end. `event.get` knows it also
 * when it is over, until the housekeeper removes it; what people did to it is asked of `problem.get`, which is spelled the
 * same in every release.
 */

/** Events that are asked for at once. */
const AT_ONCE = 500
/** Problems that are listed, the newest; more of them do not fit into one answer. */
const PROBLEMS_MAX = 5_000

const EVENT_FIELDS = ['eventid', 'name', 'clock', 'severity', 'acknowledged', 'suppressed', 'opdata']
const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** Reads these events with their acknowledgements and suppressions. @throws Failure when any could not be read */
export async function read(rpc: Rpc, clock: Clock, targets: readonly Target[]): Promise<Reading> {
  const asOf = clock.now()
  const ids = [...new Set(targets.map(eventIdOf))].filter((id) => id !== null)
  const checks = new Map<string, CheckReading>()
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    for (const reading of await readEvents(rpc, some)) {
      if (some.includes(reading.key)) checks.set(reading.key, reading)
    }
  }
  return { asOf, checks }
}

async function readEvents(rpc: Rpc, eventids: readonly string[]): Promise<readonly CheckReading[]> {
  const result = await rpc.call('event.get', {
    eventids,
    // Trigger events only, and of those the problems.
    source: 0,
    object: 0,
    value: [1],
    output: [...EVENT_FIELDS, 'r_eventid'],
    selectHosts: ['host', 'name'],
  })
  const events = listOf(rpc, 'events', Events.safeParse(result).data)
  const open = events.filter((event) => !isOver(event)).map(({ eventid }) => eventid)
  const problems = open.length === 0 ? new Map<string, ProblemWithUpdates>() : await problemsById(rpc, open)
  const names = await namesOfAuthors(rpc, [...problems.values()])
  return events.flatMap((event) => {
    const updates = problems.get(event.eventid) ?? null
    const reading = readingOf({ event, hosts: event.hosts, isOver: isOver(event), updates, names })
    return reading === null ? [] : [reading]
  })
}

function isOver({ r_eventid }: Event): boolean {
  return r_eventid !== undefined && r_eventid !== '0' && r_eventid !== ''
}

/** @returns those of these problems that are open, with what was done to them @throws Failure */
export async function problemsById(
  rpc: Rpc,
  eventids: readonly string[],
): Promise<ReadonlyMap<string, ProblemWithUpdates>> {
  const result = await rpc.call('problem.get', {
    eventids,
    source: 0,
    object: 0,
    output: EVENT_FIELDS,
    selectAcknowledges: ['acknowledgeid', 'userid', 'clock', 'message', 'action'],
    selectSuppressionData: ['maintenanceid', 'suppress_until'],
  })
  const problems = listOf(rpc, 'problems', Problems.safeParse(result).data)
  return new Map(problems.map((problem) => [problem.eventid, withUpdates(problem)]))
}

/** Looks among all messages of a problem; of what is over they are not told. @throws Failure */
export async function findComment(
  rpc: Rpc,
  target: Target,
  marker: string,
): Promise<'there' | 'absent' | 'unknown'> {
  const eventid = eventIdOf(target)
  const problem = eventid === null ? undefined : (await problemsById(rpc, [eventid])).get(eventid)
  if (problem?.acknowledges === undefined) return 'unknown'
  return problem.acknowledges.some(({ message }) => message?.includes(marker)) ? 'there' : 'absent'
}

/** Our own carry the name in the text. Who may not be seen has no name; that must not hide the rest. */
async function namesOfAuthors(
  rpc: Rpc,
  problems: readonly ProblemWithUpdates[],
): Promise<ReadonlyMap<string, string>> {
  const userids = new Set(
    problems
      .flatMap(({ acknowledgedWith, suppressedWith }) => [acknowledgedWith, suppressedWith])
      .flatMap((update) =>
        update?.userid === undefined || isOurs(update.message ?? '') ? [] : [update.userid],
      ),
  )
  if (userids.size === 0) return NO_NAMES
  try {
    const result = await rpc.call('user.get', {
      userids: [...userids],
      output: ['userid', 'username', 'name', 'surname'],
    })
    return new Map(
      (Users.safeParse(result).data ?? []).map(({ userid, username, alias, name, surname }) => {
        const whole = [name, surname].filter(Boolean).join(' ')
        return [userid, cleanName(whole || (username ?? alias ?? ''))]
      }),
    )
  } catch (error) {
    if (error instanceof Failure && (error.code === 'rejected' || error.retry.kind === 'never'))
      return NO_NAMES
    throw error
  }
}

/**
 * Reads what is not well: the newest problems of triggers that are enabled. Without words and suppressions.
 *
 * @throws Failure
 */
export async function readProblems(rpc: Rpc, clock: Clock): Promise<Reading> {
  const asOf = clock.now()
  const result = await rpc.call('problem.get', {
    source: 0,
    object: 0,
    recent: false,
    output: [...EVENT_FIELDS, 'objectid'],
    sortfield: ['eventid'],
    sortorder: 'DESC',
    limit: PROBLEMS_MAX,
  })
  const problems = listOf(rpc, 'problems', Problems.safeParse(result).data)
  const triggerids = [...new Set(problems.map(({ objectid }) => objectid))].filter((id) => id !== undefined)
  const hosts = await hostsOfTriggers(rpc, triggerids)
  const checks = new Map<string, CheckReading>()
  for (const event of problems) {
    const reading = readingOf({
      event,
      hosts: hosts.get(event.objectid ?? ''),
      isOver: false,
      updates: null,
      names: NO_NAMES,
      isBrief: true,
    })
    if (reading !== null) checks.set(reading.key, reading)
  }
  return { asOf, checks }
}

async function hostsOfTriggers(
  rpc: Rpc,
  triggerids: readonly string[],
): Promise<ReadonlyMap<string, Event['hosts']>> {
  if (triggerids.length === 0) return new Map()
  const result = await rpc.call('trigger.get', {
    triggerids,
    // Problems of what was disabled stay in the list, where nobody is shown them.
    monitored: true,
    output: ['triggerid'],
    selectHosts: ['host', 'name'],
  })
  const triggers = listOf(rpc, 'triggers', Triggers.safeParse(result).data)
  return new Map(triggers.map(({ triggerid, hosts }) => [triggerid, hosts]))
}

function listOf<Member>(rpc: Rpc, what: string, list: readonly Member[] | undefined): readonly Member[] {
  if (list !== undefined) return list
  throw new Failure('invalid', { kind: 'later' }, `${rpc.name} answered with no list of ${what}.`)
}
