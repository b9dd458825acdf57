import { Failure } from '../../core/failure.ts'
import type { Capabilities, MonitorApi } from '../../core/monitor-api.ts'
import type { MonitorKind, MonitorSurroundings } from '../monitor.ts'
import { acknowledge, removeAcknowledgement } from './acknowledge.ts'
import { createCluster } from './cluster.ts'
import { type Config, config } from './config.ts'
import { examine } from './examine.ts'
import { notify } from './notify.ts'
import { read, readProblems } from './reconcile.ts'

/** Prometheus Alertmanager. */
export const alertmanager: MonitorKind = {
  kind: 'alertmanager',
  title: 'Prometheus Alertmanager',
  accepted: 200,
  allOrNothing: false,
  notify,
  config,
  connect,
}

function connect(settings: Config, around: MonitorSurroundings): MonitorApi | null {
  const { urls, silenceMinutes, receiver } = settings
  if (urls === undefined) return null
  const cluster = createCluster({ ...settings, urls }, around)
  const { clock, name } = around
  const lastsMs = silenceMinutes * 60_000
  return {
    capabilities: { ...CAPABILITIES, silences: { lastsMs } },
    acknowledge: (target, order) => acknowledge(cluster, clock, target, order, lastsMs),
    removeAcknowledgement: (target, _, marker) => removeAcknowledgement(cluster, target, marker),
    comment: () => refuse(`${name} has no comments beside those of silences.`),
    scheduleDowntime: () => refuse(`${name} has no downtimes. Set a silence there.`),
    removeDowntime: () => refuse(`${name} has no downtimes. Expire the silence there.`),
    read: (targets) => read(cluster, clock, targets),
    readProblems: () => readProblems(cluster, clock, receiver),
    examine: () => examine(cluster),
    close: () => cluster.close(),
  }
}

const CAPABILITIES: Capabilities = {
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
  absence: 'over',
}

async function refuse(sentence: string): Promise<never> {
  throw new Failure('rejected', { kind: 'never' }, sentence)
}
