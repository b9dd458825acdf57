import type { State } from '../../core/state.ts'
import type { Issue } from '../monitor.ts'
import { directionWord, endpoint, type Intrusion, protocolName, stateOfSeverity } from './intrusion.ts'
import { type Given, lineOf, numberOf, timeOf } from './reading.ts'

/*
 * An event of Trend Micro Deep Security, as it publishes them by Amazon SNS
 * (help.deepsecurity.trendmicro.com/feature-releases/event-sns-json.html). Which fields an event has depends on its type, and
 * some have less than their type promises.
 */

/** What the events of one part of the product have of their own. */
type EventKind = {
  /** What it is called. */
  readonly title: string
  /** Fields that name the rule, or what else stands for one; the best first. */
  readonly rule: readonly string[]
  /** Fields that say what it happened to, or what happened. */
  readonly said: readonly string[]
  /** Its state where it has no severity. */
  readonly state: State
}

const KINDS: Readonly<Record<string, EventKind>> = {
  PayloadLog: { title: 'Intrusion prevention', rule: ['Reason'], said: [], state: 'UNKNOWN' },
  PacketLog: { title: 'Firewall', rule: ['Reason'], said: [], state: 'WARNING' },
  AntiMalwareEvent: {
    title: 'Anti-malware',
    rule: ['MalwareName'],
    said: ['InfectedFilePath'],
    state: 'CRITICAL',
  },
  WebReputationEvent: { title: 'Web reputation', rule: [], said: ['URL', 'TargetURL'], state: 'WARNING' },
  IntegrityEvent: { title: 'Integrity monitoring', rule: ['Reason'], said: ['Key'], state: 'WARNING' },
  LogInspectionEvent: {
    title: 'Log inspection',
    rule: ['Reason', 'OSSEC_Description'],
    said: ['OSSEC_Description', 'Description'],
    state: 'WARNING',
  },
  AppControlEvent: {
    title: 'Application control',
    rule: ['Reason', 'ReasonString'],
    said: ['Path', 'FileName', 'File'],
    state: 'WARNING',
  },
  SystemEvent: { title: 'System event', rule: ['Title'], said: ['Description'], state: 'WARNING' },
}
const OTHER: EventKind = {
  title: 'Security event',
  rule: ['Reason', 'Title'],
  said: ['Description'],
  state: 'UNKNOWN',
}

/** Numbers of actions, for where their names are missing. 0x80 more means that it was only detected. */
const ACTIONS = [null, 'Deny', 'Reset', 'Insert', 'Delete', 'Replace', 'Log Only'] as const

/** @returns the event, or what is missing in it */
export function deepSecurityEvent(given: Given): Intrusion | Issue[] {
  const type = lineOf(given, 'EventType') ?? ''
  const kind = Object.hasOwn(KINDS, type) ? (KINDS[type] ?? OTHER) : OTHER
  const source = endpoint(lineOf(given, 'SourceIP'), lineOf(given, 'SourcePort'))
  const destination = endpoint(lineOf(given, 'DestinationIP'), lineOf(given, 'DestinationPort'))
  const direction = directionWord(lineOf(given, 'DirectionString', 'Direction'))
  const own = (direction === 'outbound' ? source : destination)?.address ?? null
  const host = hostOf(given, type) ?? own
  if (host === null) return [{ path: 'Hostname', message: 'is required' }]
  const rule = lineOf(given, ...kind.rule) ?? kind.title
  const severity = lineOf(given, 'SeverityString', 'RiskString', 'Severity', 'Risk')
  const action = actionOf(given)
  const repeated = numberOf(given, 'RepeatCount') ?? 1
  return {
    product: 'Deep Security',
    host,
    address: own,
    rule,
    same: [
      'deep-security',
      lineOf(given, 'TenantID'),
      lineOf(given, 'HostID') ?? host,
      type,
      rule,
      source?.address ?? null,
    ],
    identity: identityOf(given, type),
    state: stateOfSeverity(severity) ?? kind.state,
    severity,
    action,
    source,
    destination,
    protocol: source === null ? null : protocolName(lineOf(given, 'ProtocolString', 'Protocol')),
    direction,
    said: saidOf(given, kind, action),
    details: repeated > 1 ? [`It happened ${repeated} times.`] : [],
    labels: {
      type: kind.title,
      policy: lineOf(given, 'HostSecurityPolicyName'),
      tenant: lineOf(given, 'TenantName'),
      tags: lineOf(given, 'Tags'),
    },
    time: timeOf(given, 'LogDate', 'DriverTime'),
  }
}

function hostOf(given: Given, type: string): string | null {
  const host = lineOf(given, 'Hostname', 'HostName', 'TargetName', 'HostInstanceID')
  // What happens to the product itself has no host.
  return host ?? (type === 'SystemEvent' ? (lineOf(given, 'ManagerNodeName') ?? 'Deep Security') : null)
}

function actionOf(given: Given): string | null {
  const said = lineOf(given, 'ActionString')
  if (said !== null) return said
  const code = numberOf(given, 'Action')
  if (code === null) return lineOf(given, 'Action', 'ScanResultAction1String', 'ScanResultString')
  const name = ACTIONS[code & 0x7f]
  if (name === undefined || name === null) return null
  return code & 0x80 ? `Detect Only: ${name}` : name
}

function saidOf(given: Given, kind: EventKind, action: string | null): string | null {
  const what = lineOf(given, ...kind.said)
  if (what === null) return null
  const change = action ?? lineOf(given, 'ChangeString')
  const shown = kind.title === 'Web reputation' ? withoutQuery(what) : what
  return change === null ? shown : `${change}: ${shown}`
}

/** What follows the path may be a password or a token. */
function withoutQuery(url: string): string {
  const address = url.replace(/[?#].*$/, '')
  return address.replace(/\/\/[^/@]*@/, '//')
}

function identityOf(given: Given, type: string): Intrusion['identity'] {
  const id = lineOf(given, 'EventID')
  // System events are numbered apart from all others, as each type is.
  return id === null ? null : ['deep-security', lineOf(given, 'TenantID'), type, id]
}
