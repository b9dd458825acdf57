import { z } from 'zod'
import { commonSettings } from '../config.ts'

/** Settings of a monitor of this kind. */
export const config = z.strictObject({ ...commonSettings, kind: z.literal('native') })
export type Config = z.output<typeof config>
