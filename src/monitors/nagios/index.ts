import type { MonitorKind } from '../monitor.ts'
import { connect } from './api.ts'
import { config } from './config.ts'
import { notify } from './notify.ts'

/** Nagios Core 4 and Naemon. */
export const nagios: MonitorKind = {
  kind: 'nagios',
  title: 'Nagios, Naemon',
  accepted: 202,
  allOrNothing: false,
  notify,
  config,
  connect,
}
