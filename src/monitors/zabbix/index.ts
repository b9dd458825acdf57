import type { Capabilities, MonitorApi } from '../../core/monitor-api.ts'
import type { MonitorKind, MonitorSurroundings } from '../monitor.ts'
import {
  acknowledge,
  comment,
  removeAcknowledgement,
  removeDowntime,
  scheduleDowntime,
} from './acknowledge.ts'
import { SUPPRESSES_SINCE } from './actions.ts'
import { type Config, config } from './config.ts'
import { examine } from './examine.ts'
import { notify } from './notify.ts'
import { findComment, read, readProblems } from './reconcile.ts'
import { createRpc, type Rpc } from './rpc.ts'

/** Zabbix 6.0 and later. */
export const zabbix: MonitorKind = {
  kind: 'zabbix',
  title: 'Zabbix',
  accepted: 202,
  allOrNothing: false,
  notify,
  config,
  connect,
}

function connect(settings: Config, around: MonitorSurroundings): MonitorApi | null {
  const { url, token } = settings
  if (url === undefined || token === undefined) return null
  const rpc = createRpc({ ...settings, url, token }, around)
  const { clock } = around
  return {
    capabilities: capabilitiesOf(rpc),
    acknowledge: (target, order) => acknowledge(rpc, target, order),
    removeAcknowledgement: (target, by) => removeAcknowledgement(rpc, target, by),
    comment: (target, words) => comment(rpc, target, words),
    findComment: (target, marker) => findComment(rpc, target, marker),
    scheduleDowntime: (target, order) => scheduleDowntime(rpc, clock, target, order),
    removeDowntime: (target, downtime) => removeDowntime(rpc, target, downtime),
    read: (targets) => read(rpc, clock, targets),
    readProblems: () => readProblems(rpc, clock),
    examine: () => examine(rpc, clock),
    close: () => rpc.close(),
  }
}

function capabilitiesOf(rpc: Rpc): Capabilities {
  // False until the release is known.
  const suppresses = (): boolean => (rpc.release?.number ?? 0) >= SUPPRESSES_SINCE
  return {
    acknowledge: true,
    remove: true,
    comment: true,
    get downtime() {
      return suppresses()
    },
    get removeDowntime() {
      return suppresses()
    },
    read: true,
    expires: false,
    author: false,
    sticky: false,
    persistent: false,
    notify: false,
  }
}
