import type { MonitorKind } from '../monitor.ts'
import { config } from './config.ts'
import { notify } from './notify.ts'
import { readBody } from './read-body.ts'

/** Intrusion detection and prevention: Suricata, Trend Micro Deep Security, CenturyLink Cloud. */
export const ips: MonitorKind = {
  kind: 'ips',
  title: 'Intrusion prevention (Suricata, Deep Security, CenturyLink Cloud)',
  accepted: 202,
  allOrNothing: false,
  readBody,
  notify,
  config,
  connect: () => null,
}
