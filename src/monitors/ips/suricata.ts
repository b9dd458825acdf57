import type { State } from '../../core/state.ts'
import type { Issue } from '../monitor.ts'
import { directionWord, type Endpoint, endpoint, type Intrusion, protocolName } from './intrusion.ts'
import { type Given, givenOf, isGiven, lineOf, numberOf, partOf, timeOf } from './reading.ts'

/*
 * An alert of Suricata, as its EVE output writes it (OISF/suricata:doc/userguide/output/eve/eve-json-format.rst and
 * etc/schema.json). Packets and payloads are never looked at: they may hold what people typed.
 */

/** What tells one alert from another. A flow may trigger a rule many times, each at a time of its own. */
const IDENTITY = [
  'timestamp',
  'flow_id',
  'tx_id',
  'pcap_cnt',
  'src_ip',
  'src_port',
  'dest_ip',
  'dest_port',
  'proto',
  'icmp_type',
  'icmp_code',
]

/**
 * @param forwarder name of the host that a forwarder says it read the event on
 * @returns the event, or what is missing in it
 */
export function suricataEvent(given: Given, forwarder: string | null): Intrusion | Issue[] {
  const alert = partOf(given, 'alert')
  if (!isGiven(alert)) return [{ path: 'alert', message: 'is required in an event of the type alert' }]
  const { source, target } = endsOf(given, alert)
  const sensor = sensorOf(given) ?? forwarder
  const host = sensor ?? target?.address ?? source?.address ?? null
  if (host === null) return [{ path: 'dest_ip', message: 'is required where there is no host' }]
  const id = lineOf(alert, 'signature_id')
  const signature = lineOf(alert, 'signature')
  const rule = id === null ? null : `${lineOf(alert, 'gid') ?? '1'}:${id}`
  return {
    product: 'Suricata',
    host,
    address: target?.address ?? null,
    rule: signature ?? (rule === null ? 'unnamed rule' : `rule ${rule}`),
    // One sensor sees many hosts; an attack that spreads from one to the next is to be seen as such.
    same: ['suricata', sensor, target?.address ?? null, rule ?? signature, source?.address ?? null],
    identity:
      lineOf(given, 'timestamp') === null
        ? null
        : [rule ?? signature, ...IDENTITY.map((name) => lineOf(given, name))],
    ...severityOf(alert),
    action: actionOf(given, alert),
    source,
    destination: target,
    protocol: protocolName(lineOf(given, 'proto')),
    direction: directionWord(lineOf(given, 'direction')),
    said: null,
    details: detailsOf(given, alert),
    labels: { rule, category: lineOf(alert, 'category') },
    time: timeOf(given, 'timestamp', '@timestamp'),
  }
}

/** Who attacks and who is attacked: a rule may say it; otherwise it is who sent the packet, and to whom. */
function endsOf(given: Given, alert: Given): { source: Endpoint | null; target: Endpoint | null } {
  const said = (name: string): Endpoint | null => {
    const end = givenOf(alert, name)
    return endpoint(lineOf(end, 'ip'), lineOf(end, 'port'))
  }
  const source = endpoint(lineOf(given, 'src_ip'), lineOf(given, 'src_port'))
  const target = endpoint(lineOf(given, 'dest_ip'), lineOf(given, 'dest_port'))
  return { source: said('source') ?? source, target: said('target') ?? target }
}

/** The name of the sensor is a text in Suricata; Filebeat puts an object of the same name over it. */
export function sensorOf(given: Given): string | null {
  return lineOf(given, 'host') ?? lineOf(givenOf(given, 'host'), 'name', 'hostname')
}

/** The verdict is on the packet, whose fate another rule may have decided. */
function actionOf(given: Given, alert: Given): string | null {
  const verdict = lineOf(givenOf(given, 'verdict'), 'action')
  return verdict === 'drop' ? 'blocked' : (lineOf(alert, 'action') ?? verdict)
}

/** 1 is the worst. What is less than the worst is a warning: UNKNOWN would rank above it. */
const SEVERITY_NAMES = ['high', 'medium', 'low', 'lowest'] as const

function severityOf(alert: Given): { state: State; severity: string | null } {
  const severity = numberOf(alert, 'severity')
  if (severity === null || !Number.isInteger(severity) || severity < 1)
    return { state: 'UNKNOWN', severity: lineOf(alert, 'severity') }
  const name = SEVERITY_NAMES[severity - 1]
  return {
    state: severity === 1 ? 'CRITICAL' : 'WARNING',
    severity: name === undefined ? String(severity) : `${severity} (${name})`,
  }
}

function detailsOf(given: Given, alert: Given): string[] {
  const protocol = lineOf(given, 'app_proto')
  const name =
    lineOf(givenOf(given, 'http'), 'hostname') ??
    lineOf(givenOf(given, 'tls'), 'sni') ??
    lineOf(givenOf(given, 'dns'), 'rrname')
  const xff = lineOf(given, 'xff') ?? lineOf(alert, 'xff') ?? lineOf(givenOf(given, 'http'), 'xff')
  const icmp = lineOf(given, 'icmp_type')
  return [
    ...(protocol === null || protocol === 'failed'
      ? []
      : [`Application: ${protocol}${name === null ? '' : ` ${name}`}`]),
    ...(icmp === null ? [] : [`ICMP type ${icmp}, code ${lineOf(given, 'icmp_code') ?? '?'}`]),
    // Whoever attacks may write anything there, so it is shown and decides nothing.
    ...(xff === null ? [] : [`Forwarded for: ${xff}`]),
  ]
}
