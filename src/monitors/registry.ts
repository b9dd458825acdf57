import { alertmanager } from './alertmanager/index.ts'
import { checkmk } from './checkmk/index.ts'
import { generic } from './generic/index.ts'
import { grafana } from './grafana/index.ts'
import { icinga2 } from './icinga2/index.ts'
import { ips } from './ips/index.ts'
import type { MonitorKind } from './monitor.ts'
import { nagios } from './nagios/index.ts'
import { native } from './native/index.ts'
import { openitcockpit } from './openitcockpit/index.ts'
import { slackWebhook } from './slack-webhook/index.ts'
import { zabbix } from './zabbix/index.ts'

/** Every kind of monitor, by name. */
export const KINDS: ReadonlyMap<string, MonitorKind> = new Map(
  [
    alertmanager,
    checkmk,
    generic,
    grafana,
    icinga2,
    ips,
    nagios,
    native,
    openitcockpit,
    slackWebhook,
    zabbix,
  ].map((kind) => [kind.kind, kind]),
)

/** Names that stand in addresses for a monitor of a kind with nothing but that preset. */
export const PRESETS: readonly string[] = [...KINDS.values()].flatMap(({ presets = [] }) => presets)

/** What the configuration of each kind takes, for whoever reads the configuration. */
export const CONFIG_SCHEMAS = new Map([...KINDS].map(([name, kind]) => [name, kind.config] as const))
