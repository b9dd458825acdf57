import type { MonitorKind } from '../monitor.ts'
import { config } from './config.ts'
import { notify } from './notify.ts'

/** openITCOCKPIT 4 and 5. */
export const openitcockpit: MonitorKind = {
  kind: 'openitcockpit',
  title: 'openITCOCKPIT',
  accepted: 202,
  allOrNothing: false,
  notify,
  config,
  connect: () => null,
}
