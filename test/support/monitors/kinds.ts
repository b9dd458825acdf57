import type { Capabilities } from '../../../src/core/monitor-api.ts'
import type { State } from '../../../src/core/state.ts'
import { startAlertmanager } from './alertmanager.ts'
import { startCheckmk } from './checkmk.ts'
import { grafanaWebhook, startGrafana } from './grafana.ts'
import { startIcingaStandIn } from './icinga2.ts'
import { startNagiosStandIn } from './nagios.ts'
import { startOpenitcockpit } from './openitcockpit.ts'
import type { StandIn, StandInOrder } from './stand-in.ts'
import { startZabbixStandIn, zabbixNotification } from './zabbix.ts'

/*
 * Every kind of monitor that can be told, with a stand-in for it and what is its own way. One row a kind, or a release of
 * one that can do other things; `test/contract/monitor-api-*.test.ts` asks the same of each.
 */

/** What a kind says yes or no to. */
export type Ability = Exclude<keyof Capabilities, 'silences' | 'absence'>

/** How an order was to be taken, as it stands in the order itself. Null: its monitor has no such choice. */
export type Flags = {
  readonly sticky: boolean | null
  readonly persistent: boolean | null
  readonly notify: boolean | null
}

export type KindRow = {
  readonly title: string
  readonly kind: string
  /** @param now the monitor's clock, epoch ms */
  readonly start: (now: () => number) => Promise<StandIn>
  /** Names as this kind of monitor has them: something of ours, and a bystander that nothing may ever happen to. */
  readonly host: string
  readonly service: string
  /** Its monitor calls things by UUIDs, and is told nothing of anything else. */
  readonly uuidsOnly?: boolean
  readonly bystander: { readonly host: string; readonly service: string }
  /** What it cannot do; it can do everything else. */
  readonly cannot: readonly Ability[]
  readonly hostStates: readonly State[]
  readonly serviceStates: readonly State[]
  /** It tells by itself that something happened (`watch`). */
  readonly listens?: boolean
  /** It has no soft states. */
  readonly alwaysHard?: boolean
  /** Nothing is sent to take away what is not there. */
  readonly looksFirst?: boolean
  /** One downtime at most can be set; the next takes its place. */
  readonly oneDowntime?: boolean
  /** Its answers do not show the words of somebody else's acknowledgement. */
  readonly wordless?: boolean
  /** Requests that change something, as text. */
  readonly order: RegExp
  /** Faults that are a status of HTTP mean what they mean there; false: it speaks something else. */
  readonly speaksHttp: boolean
  /** One order as the monitor got it is one command, whatever is written in it. */
  readonly isOneCommand: (raw: string) => boolean
  readonly flags: (order: StandInOrder) => Flags
  /** A notification of a check as this kind of monitor sends it. */
  readonly notification: (host: string, service: string | null, state: State) => object
}

const HOST_STATES: readonly State[] = ['UP', 'DOWN', 'UNREACHABLE']
const SERVICE_STATES: readonly State[] = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']

const NAMED = {
  host: 'web01',
  service: 'HTTP',
  bystander: { host: 'db01', service: 'Disk /' },
  hostStates: HOST_STATES,
  serviceStates: SERVICE_STATES,
  notification: byMacros,
} satisfies Partial<KindRow>

const LIVESTATUS = {
  ...NAMED,
  kind: 'nagios',
  order: /COMMAND /,
  speaksHttp: false,
  isOneCommand: isOneLine,
  flags: flagsOfLine,
} satisfies Partial<KindRow>

const CHECKMK = {
  ...NAMED,
  kind: 'checkmk',
  order: /^POST \/domain-types\/(?:acknowledge|comment|downtime)\//,
  speaksHttp: true,
  isOneCommand: isOneObject,
  flags: flagsOfBody,
} satisfies Partial<KindRow>

const ZABBIX = {
  ...NAMED,
  kind: 'zabbix',
  hostStates: [],
  serviceStates: ['OK', 'WARNING', 'CRITICAL'],
  alwaysHard: true,
  order: /"method":"event\.acknowledge"/,
  speaksHttp: true,
  isOneCommand: (raw) => (JSON.parse(raw) as { eventids: unknown[] }).eventids.length === 1,
  flags: () => ({ sticky: null, persistent: null, notify: null }),
  notification: zabbixNotification,
} satisfies Partial<KindRow>

export const KIND_ROWS: readonly KindRow[] = [
  {
    ...NAMED,
    title: 'alertmanager',
    kind: 'alertmanager',
    start: (now) => startAlertmanager(now),
    cannot: ['comment', 'downtime', 'removeDowntime', 'expires', 'sticky', 'persistent', 'notify'],
    hostStates: ['DOWN'],
    serviceStates: ['CRITICAL'],
    alwaysHard: true,
    looksFirst: true,
    order: /^(?:POST|DELETE) \S*\/silences?\b/,
    speaksHttp: true,
    isOneCommand: isOneObject,
    flags: () => ({ sticky: null, persistent: null, notify: null }),
    notification: byWebhook,
  },
  {
    ...LIVESTATUS,
    title: 'nagios',
    start: (now) => startNagiosStandIn({ now }),
    cannot: ['expires'],
  },
  {
    ...LIVESTATUS,
    title: 'nagios (Naemon)',
    start: (now) => startNagiosStandIn({ now, version: '1.4.2', outspoken: true }),
    cannot: [],
  },
  {
    ...NAMED,
    title: 'grafana',
    kind: 'grafana',
    start: (now) => startGrafana(now),
    cannot: ['comment', 'downtime', 'removeDowntime', 'expires', 'sticky', 'persistent', 'notify'],
    hostStates: ['DOWN'],
    serviceStates: ['CRITICAL'],
    alwaysHard: true,
    looksFirst: true,
    order: /^(?:POST|DELETE) \S*\/silences?\b/,
    speaksHttp: true,
    isOneCommand: isOneObject,
    flags: () => ({ sticky: null, persistent: null, notify: null }),
    notification: grafanaWebhook,
  },
  {
    ...NAMED,
    title: 'icinga2',
    kind: 'icinga2',
    listens: true,
    start: startIcingaStandIn,
    cannot: [],
    hostStates: ['UP', 'DOWN'],
    order: /\/v1\/actions\//,
    speaksHttp: true,
    isOneCommand: isOneObject,
    flags: flagsOfBody,
  },
  {
    title: 'openitcockpit',
    kind: 'openitcockpit',
    uuidsOnly: true,
    start: startOpenitcockpit,
    host: '6f1f2c3e-0d54-4c0a-9a53-0b5d5c1a7e01',
    service: 'c2a7d9d4-4a30-4e3b-8b8f-94b3a5e4f102',
    bystander: {
      host: '11d3c3a0-7a2f-4c52-8b0e-7a3a3a5f6b03',
      service: '2b6f7e1c-93a5-4d5e-9c1d-0c2f4a6b8d04',
    },
    cannot: ['comment', 'expires'],
    hostStates: HOST_STATES,
    serviceStates: SERVICE_STATES,
    order: /submit\.json/,
    speaksHttp: true,
    isOneCommand: isOneLine,
    flags: flagsOfLine,
    notification: byMacros,
  },
  { ...CHECKMK, title: 'checkmk', start: (now) => startCheckmk({ now }), cannot: ['author'] },
  {
    ...CHECKMK,
    title: 'checkmk (2.1, Nagios core)',
    start: (now) => startCheckmk({ now, version: '2.1.0p9', edition: 'cre', listsByGet: true }),
    cannot: ['expires', 'author'],
  },
  {
    ...ZABBIX,
    title: 'zabbix (6.0)',
    start: (now) => startZabbixStandIn({ now, version: '6.0.14' }),
    cannot: ['downtime', 'removeDowntime', 'expires', 'author', 'sticky', 'persistent', 'notify'],
  },
  {
    ...ZABBIX,
    title: 'zabbix (7.4)',
    start: (now) => startZabbixStandIn({ now, version: '7.4.2' }),
    oneDowntime: true,
    cannot: ['expires', 'author', 'sticky', 'persistent', 'notify'],
  },
]

/** @returns whether a kind can do this, as its row says */
export function can({ cannot }: KindRow, ability: Ability): boolean {
  return !cannot.includes(ability)
}

/** Names and states as macros, the way of the Nagios family. */
function byMacros(host: string, service: string | null, state: State): object {
  return {
    notificationtype: state === 'OK' || state === 'UP' ? 'RECOVERY' : 'PROBLEM',
    hostname: host,
    ...(service === null
      ? { type: 'Host', hoststate: state }
      : { type: 'Service', servicedesc: service, hoststate: 'UP', servicestate: state }),
  }
}

/** A group of one alert, the way of Alertmanager, with the labels that its stand-in gives to a check. */
function byWebhook(host: string, service: string | null, state: State): object {
  const labels =
    service === null
      ? { alertname: host, severity: 'page' }
      : { alertname: service, host, severity: 'critical' }
  const status = state === 'OK' || state === 'UP' ? 'resolved' : 'firing'
  return { version: '4', alerts: [{ status, labels, annotations: {}, startsAt: '2026-11-21T20:00:00Z' }] }
}

function isOneLine(raw: string): boolean {
  return /^(?:\[\d+\] )?[A-Z_]+;[^\n\r\u0000]*$/.test(raw)
}

function isOneObject(raw: string): boolean {
  try {
    const body: unknown = JSON.parse(raw)
    return typeof body === 'object' && body !== null && !Array.isArray(body)
  } catch {
    return false
  }
}

/** `COMMAND;host[;service];sticky;notify;persistent;…` */
function flagsOfLine({ raw, service }: StandInOrder): Flags {
  const [sticky, notify, persistent] = raw.split(';').slice(service === null ? 2 : 3)
  return { sticky: sticky === '2', notify: notify === '1', persistent: persistent === '1' }
}

function flagsOfBody({ raw }: StandInOrder): Flags {
  const { sticky, persistent, notify } = JSON.parse(raw) as Flags
  return { sticky, persistent, notify }
}
