import type { Notification } from '../../core/notification.ts'
import type { Body, Intake, IntakeContext, Issue } from '../monitor.ts'
import { centuryLinkEvent } from './century-link.ts'
import { type Config, QUIET_SECONDS } from './config.ts'
import { deepSecurityEvent } from './deep-security.ts'
import { excerptOf } from './excerpt.ts'
import { type Intrusion, intrusionNotification } from './intrusion.ts'
import { type Given, lineOf, partOf } from './reading.ts'
import { suricataEvent } from './suricata.ts'
import { type Found, unwrap } from './unwrap.ts'

/*
 * A sensor that sees an attack sends many events in one request, and its forwarder does not send again what was answered with
 * a success. So as many are taken as a full body (1 MiB) holds: an alert of Suricata is 350 bytes at least. More than that
 * are not real ones.
 */
export const EVENTS_MAX = 3000
/** Faults of one request that are told one by one. */
const FAULTS_MAX = 20
/** After so many nothing more is looked at: finding out that a text holds no event takes far longer than reading one that does. */
const FAULTS_LOOKED_AT = 3000
const NOT_READ = '; what follows them was not read'

/** Reads what Suricata, Deep Security and CenturyLink Cloud IPS send, by themselves or through a forwarder. */
export function notify({ value }: Body, { monitor, settings }: IntakeContext): Intake {
  const quietMs = ((settings as Config | undefined)?.quietSeconds ?? QUIET_SECONDS) * 1000
  const notifications: Notification[] = []
  const faults = new Faults()
  let ignored = 0
  let beyond = 0
  for (const found of unwrap(value)) {
    if (faults.count >= FAULTS_LOOKED_AT) {
      faults.isCut = true
      break
    }
    if (found.what === 'fault') {
      faults.add(found.given, [found.issue])
    } else if (isOfOtherType(found.given)) {
      ignored++
    } else if (notifications.length >= EVENTS_MAX) {
      beyond++
    } else {
      const event = readEvent(found)
      if (Array.isArray(event)) faults.add(found.given, under(found.path, event))
      else notifications.push(intrusionNotification(monitor, event, quietMs))
    }
  }
  if (beyond > 0) faults.add(null, [tooMany(beyond)])
  if (notifications.length + ignored + faults.count === 0)
    faults.add(null, [{ path: '', message: 'holds nothing to be told' }])
  return { notifications, ...(ignored === 0 ? {} : { ignored }), ...faults.told() }
}

/** Suricata writes everything it sees into one stream: flows, answers of DNS, statistics. Only alerts are for people. */
function isOfOtherType(given: Given): boolean {
  const type = lineOf(given, 'event_type')
  return type !== null && type.toLowerCase() !== 'alert'
}

function readEvent({ given, forwarder }: Extract<Found, { what: 'event' }>): Intrusion | Issue[] {
  if (partOf(given, 'event_type') !== undefined || partOf(given, 'alert') !== undefined)
    return suricataEvent(given, forwarder)
  return lineOf(given, 'EventType') === null ? centuryLinkEvent(given) : deepSecurityEvent(given)
}

function under(path: string, issues: readonly Issue[]): Issue[] {
  return issues.map((issue) => ({ ...issue, path: path === '' ? issue.path : `${path}.${issue.path}` }))
}

function tooMany(beyond: number): Issue {
  const message = `holds more than ${EVENTS_MAX} events in one request; ${beyond} were not taken. Send less at once.`
  return { path: '', message }
}

/** What was not understood: the first few each with its place, and how many more there were. */
class Faults {
  count = 0
  /** Something follows that was not looked at. */
  isCut = false
  readonly #first: (readonly Issue[])[] = []
  #excerpt = ''

  add(given: unknown, issues: readonly Issue[]): void {
    if (this.count === 0) this.#excerpt = excerptOf(given)
    this.count++
    if (this.#first.length < FAULTS_MAX) this.#first.push(issues)
  }

  told(): Pick<Intake, 'rejected' | 'excerpt'> {
    const more = this.count - this.#first.length
    const rest: Issue = {
      path: '',
      message: `holds ${more} more that cannot be read${this.isCut ? NOT_READ : ''}`,
    }
    const rejected = more === 0 ? this.#first : [...this.#first, [rest]]
    return this.count === 0 ? { rejected } : { rejected, excerpt: this.#excerpt }
  }
}
