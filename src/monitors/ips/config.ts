import { z } from 'zod'
import { commonSettings } from '../config.ts'

/** How long the events of an acknowledged attack have to pause before they open a new card, unless it is configured, s. */
export const QUIET_SECONDS = 900

/** Settings of a monitor of this kind. */
export const config = z.strictObject({
  ...commonSettings,
  kind: z.literal('ips'),
  /** Events of the same host, rule and source that come this soon after one another belong to what was acknowledged. */
  quietSeconds: z.number().int().min(60).max(86_400).default(QUIET_SECONDS),
})
export type Config = z.output<typeof config>
