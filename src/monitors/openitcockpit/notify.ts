import type { Body, Intake, IntakeContext } from '../monitor.ts'
import { notifyByMacros } from '../shared/macros.ts'

/**
 * Reads the flags of openITCOCKPIT's Slack command and of its siblings for other messengers. Host and service are UUIDs
 * here; names for people come only from the display name macros.
 */
export function notify(body: Body, { monitor }: IntakeContext): Intake {
  return notifyByMacros(body, monitor, {
    host: ['hostname', 'hostuuid', 'host'],
    service: ['servicedesc', 'serviceuuid', 'service'],
  })
}
