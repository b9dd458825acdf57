import type { MonitorKind } from '../monitor.ts'
import { config } from './config.ts'
import { notify } from './notify.ts'

/** Our own format, for scripts and for what has no kind of its own. */
export const native: MonitorKind = {
  kind: 'native',
  title: 'Anything that can POST JSON',
  accepted: 202,
  allOrNothing: true,
  notify,
  config,
  connect: () => null,
}
