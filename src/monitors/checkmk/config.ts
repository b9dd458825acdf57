import { z } from 'zod'
import { caFile, commonSettings, filled, webAddress } from '../config.ts'

/** Address, user and secret only make sense together; without all three nothing is told back. */
const TOGETHER = ['url', 'user', 'secret'] as const

const address = webAddress.refine((value) => !URL.canParse(value) || new URL(value).pathname.length > 1, {
  message: 'has to name the site too, such as https://monitoring.example.com/mysite',
})
/** User and secret share one header, separated by a blank. */
const user = filled.regex(/^[\x21-\x7e]*$/, 'has to be the name of an automation user, without blanks')
const secret = filled.regex(
  /^[\x21-\x7e]*$/,
  'has to be one word of ASCII characters; is there a blank or a line break at its end?',
)

/** Settings of a monitor of this kind. */
export const config = z
  .strictObject({
    ...commonSettings,
    kind: z.literal('checkmk'),
    /** Of the site, as people open it: https://host/site. */
    url: address.optional(),
    /** An automation user. */
    user: user.optional(),
    /** Its automation secret. */
    secret: secret.optional(),
    ca: caFile,
    /** Do not verify the certificate. */
    insecure: z.boolean().default(false),
  })
  .superRefine((given, context) => {
    const missing = TOGETHER.filter((key) => given[key] === undefined)
    if (missing.length === 0 || missing.length === TOGETHER.length) return
    for (const key of missing) {
      const there = TOGETHER.filter((other) => !missing.includes(other)).join(' and ')
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `is missing; with ${there} alone nothing can be told to Checkmk`,
      })
    }
  })
export type Config = z.output<typeof config>
