import { z } from 'zod'
import { caFile, commonSettings, filled, webAddress } from '../config.ts'

/** What is needed to talk back: all of it or none. */
const NEEDED = ['url', 'user', 'password'] as const

/** Settings of a monitor of this kind. Without `url`, `user` and `password` it is only heard. */
export const config = z
  .strictObject({
    ...commonSettings,
    kind: z.literal('icinga2'),
    url: webAddress
      .refine((value) => !URL.canParse(value) || !/\/v1\/?$/.test(new URL(value).pathname), {
        message: 'has to end before /v1, such as https://icinga.example.com:5665',
      })
      .optional(),
    user: filled
      .refine((value) => !value.includes(':'), {
        message: 'must not hold a colon, which ends the name in HTTP',
      })
      .optional(),
    password: filled.optional(),
    ca: caFile,
    insecure: z.boolean().default(false),
    events: z.boolean().default(true),
  })
  .superRefine((settings, context) => {
    const given = NEEDED.filter((name) => settings[name] !== undefined)
    const lonely = given[0] ?? (settings.ca !== undefined ? 'ca' : null)
    if (lonely === null) return
    for (const name of NEEDED) {
      if (settings[name] === undefined)
        context.addIssue({ code: 'custom', path: [name], message: `is required where ${lonely} is given` })
    }
  })
export type Config = z.output<typeof config>
