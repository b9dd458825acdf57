import type { Issue } from '../monitor.ts'
import { directionWord, endpoint, type Intrusion, protocolName, stateOfSeverity } from './intrusion.ts'
import { type Given, lineOf, partOf, timeOf } from './reading.ts'

/*
 * An event of CenturyLink Cloud IPS: one flat object, everything but a few counts a text, no id
 * (CenturyLinkCloud/PublicKB:Security/configuring-ips-notifications.md).
 */

/** Fields that together tell one event from another. `data` is the packet, of which only a digest is kept. */
const IDENTITY = [
  'hostName',
  'reason',
  'sourceIP',
  'sourcePort',
  'destinationIP',
  'destinationPort',
  'protocol',
  'direction',
  'action',
  'startTime',
  'endTime',
  'driverTime',
  'packetSize',
  'flags',
  'data',
]

/** @returns the event, or what is missing in it */
export function centuryLinkEvent(given: Given): Intrusion | Issue[] {
  const source = endpoint(lineOf(given, 'sourceIP'), lineOf(given, 'sourcePort'))
  const destination = endpoint(lineOf(given, 'destinationIP'), lineOf(given, 'destinationPort'))
  const direction = directionWord(lineOf(given, 'direction'))
  const own = (direction === 'outbound' ? source : destination)?.address ?? null
  const host = lineOf(given, 'hostName') ?? own
  const rule = lineOf(given, 'reason')
  if (host === null) return [{ path: 'hostName', message: 'is required' }]
  if (rule === null && source === null && destination === null)
    return [{ path: 'reason', message: 'is required' }]
  const severity = lineOf(given, 'severity')
  return {
    product: 'CenturyLink Cloud IPS',
    host,
    address: own,
    rule: rule ?? 'unnamed rule',
    same: ['clc', host, rule, source?.address ?? null],
    identity: identityOf(given),
    state: stateOfSeverity(severity) ?? 'UNKNOWN',
    severity,
    action: lineOf(given, 'action'),
    source,
    destination,
    protocol: protocolName(lineOf(given, 'protocol')),
    direction,
    said: null,
    details: [],
    labels: { origin: lineOf(given, 'eventOrigin'), tags: lineOf(given, 'tags') },
    time: timeOf(given, 'startTime', 'endTime', 'driverTime'),
  }
}

/** Without any time two attempts of one attacker look the same, so nothing says that they are one. */
function identityOf(given: Given): Intrusion['identity'] {
  if (lineOf(given, 'startTime', 'driverTime') === null) return null
  return IDENTITY.map((name) => {
    const value = partOf(given, name)
    return typeof value === 'string' || typeof value === 'number' ? String(value).toWellFormed() : null
  })
}
