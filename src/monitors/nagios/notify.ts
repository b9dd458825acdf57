import type { Body, Intake, IntakeContext } from '../monitor.ts'
import { notifyByMacros } from '../shared/macros.ts'

/** Reads the macros of a Nagios notification command: the flags of `ackbridge notify`, a form, or JSON. */
export function notify(body: Body, { monitor }: IntakeContext): Intake {
  return notifyByMacros(body, monitor, { host: ['hostname', 'host'], service: ['servicedesc', 'service'] })
}
