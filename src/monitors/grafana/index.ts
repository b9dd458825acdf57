import type { Capabilities, MonitorApi } from '../../core/monitor-api.ts'
import type { MonitorKind, MonitorSurroundings } from '../monitor.ts'
import { acknowledge, refuse, removeAcknowledgement } from './acknowledge.ts'
import { createGrafanaApi } from './alertmanager-api.ts'
import { type Config, config } from './config.ts'
import { examine } from './examine.ts'
import { notify } from './notify.ts'
import { read, readProblems } from './reconcile.ts'
import { verify } from './verify.ts'

/** Grafana Alerting. */
export const grafana: MonitorKind = {
  kind: 'grafana',
  title: 'Grafana',
  accepted: 200,
  allOrNothing: false,
  verify,
  notify,
  config,
  connect,
}

const MINUTE_MS = 60_000

function connect(settings: Config, around: MonitorSurroundings): MonitorApi | null {
  const { url, token } = settings
  if (url === undefined || token === undefined) return null
  const api = createGrafanaApi({ ...settings, url, token }, around)
  const { clock } = around
  const lastsMs = settings.silenceMinutes * MINUTE_MS
  return {
    capabilities: capabilitiesOf(lastsMs),
    acknowledge: (target, order) => acknowledge(api, clock, lastsMs, target, order),
    removeAcknowledgement: (target, _, marker) => removeAcknowledgement(api, target, marker),
    comment: async () => refuse(api, 'comments on alerts'),
    scheduleDowntime: async () => refuse(api, 'downtimes'),
    removeDowntime: async () => refuse(api, 'downtimes'),
    read: (targets) => read(api, clock, targets),
    readProblems: () => readProblems(api, clock),
    examine: () => examine(api),
    close: () => api.close(),
  }
}

function capabilitiesOf(lastsMs: number): Capabilities {
  return {
    acknowledge: true,
    remove: true,
    comment: false,
    downtime: false,
    removeDowntime: false,
    read: true,
    expires: false,
    author: true,
    sticky: false,
    persistent: false,
    notify: false,
    silences: { lastsMs },
    absence: 'over',
  }
}
