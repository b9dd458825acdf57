import type { Capabilities, MonitorApi } from '../../core/monitor-api.ts'
import type { MonitorKind, MonitorSurroundings } from '../monitor.ts'
import {
  acknowledge,
  comment,
  removeAcknowledgement,
  removeDowntime,
  scheduleDowntime,
} from './acknowledge.ts'
import { type Config, config } from './config.ts'
import { examine } from './examine.ts'
import { notify } from './notify.ts'
import { findComment, read, readProblems } from './reconcile.ts'
import { createRest, type Rest } from './rest.ts'

/** Checkmk 2, all editions. */
export const checkmk: MonitorKind = {
  kind: 'checkmk',
  title: 'Checkmk',
  accepted: 202,
  allOrNothing: false,
  notify,
  config,
  connect,
}

function connect(settings: Config, around: MonitorSurroundings): MonitorApi | null {
  const { url, user, secret } = settings
  if (url === undefined || user === undefined || secret === undefined) return null
  const rest = createRest({ ...settings, url, user, secret }, around)
  const learn = createLearner(rest)
  return {
    capabilities: capabilitiesOf(rest),
    acknowledge: (target, order) => acknowledge(rest, target, order),
    removeAcknowledgement: (target) => removeAcknowledgement(rest, target),
    comment: (target, words) => comment(rest, target, words),
    findComment: (target, marker) => findComment(rest, target, marker),
    scheduleDowntime: (target, order) => scheduleDowntime(rest, target, order),
    removeDowntime: (target, downtime) => removeDowntime(rest, target, downtime),
    read: (targets) => learn(read(rest, around.clock, targets)),
    readProblems: () => learn(readProblems(rest, around.clock)),
    examine: () => examine(rest, around.clock),
    close: () => rest.close(),
  }
}

function capabilitiesOf({ found }: Rest): Capabilities {
  return {
    acknowledge: true,
    remove: true,
    comment: true,
    downtime: true,
    removeDowntime: true,
    read: true,
    /** False until the release is known. */
    get expires() {
      return found.expires
    },
    author: false,
    sticky: true,
    persistent: true,
    notify: true,
  }
}

/**
 * Asks for the release once, behind the first reading that succeeds. A site that does not tell it is one whose
 * acknowledgements we end ourselves.
 */
function createLearner(rest: Rest): <Read>(reading: Promise<Read>) => Promise<Read> {
  let asked = false
  return async (reading) => {
    const read = await reading
    if (!asked && rest.found.version === null) {
      asked = true
      await rest.learnRelease().catch(() => undefined)
    }
    return read
  }
}
