import type { MonitorApi } from '../../core/monitor-api.ts'
import type { MonitorKind, MonitorSurroundings } from '../monitor.ts'
import { acknowledge, removeAcknowledgement, removeDowntime, scheduleDowntime } from './acknowledge.ts'
import { type Config, config } from './config.ts'
import { examine } from './examine.ts'
import { notify } from './notify.ts'
import { read, readProblems } from './reconcile.ts'
import { noComments } from './refusals.ts'
import { openSession } from './session.ts'

/** openITCOCKPIT 4 and 5. */
export const openitcockpit: MonitorKind = {
  kind: 'openitcockpit',
  title: 'openITCOCKPIT',
  accepted: 202,
  allOrNothing: false,
  notify,
  config,
  connect,
}

function connect({ url, apiKey, ca, insecure }: Config, around: MonitorSurroundings): MonitorApi | null {
  if (url === undefined || apiKey === undefined) return null
  const session = openSession({ url, apiKey, ca, insecure }, around)
  return {
    capabilities: {
      acknowledge: true,
      remove: true,
      // Its list of commands has neither ADD_…_COMMENT nor an acknowledgement that ends at a time.
      comment: false,
      downtime: true,
      removeDowntime: true,
      read: true,
      expires: false,
      author: true,
      sticky: true,
      persistent: true,
      notify: true,
    },
    acknowledge: (target, order) => acknowledge(session, target, order),
    removeAcknowledgement: (target) => removeAcknowledgement(session, target),
    comment: async () => {
      throw noComments(around.name)
    },
    scheduleDowntime: (target, order) => scheduleDowntime(session, target, order),
    removeDowntime: (target, downtime) => removeDowntime(session, target, downtime),
    read: (targets) => read(session, targets),
    readProblems: () => readProblems(session),
    examine: () => examine(session),
    close: session.close,
  }
}
