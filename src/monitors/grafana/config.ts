import { z } from 'zod'
import { caFile, commonSettings, filled, webAddress } from '../config.ts'

/** What stands in one header. */
const word = filled.regex(
  /^[\x21-\x7e]*$/,
  'has to be one word of ASCII characters; is there a blank or a line break at its end?',
)
const headerName = filled.regex(/^[A-Za-z0-9-]*$/, 'has to be the name of a header, such as X-Timestamp')

/** A setting → the one without which it does nothing. */
const NEEDS = [
  ['url', 'token', 'with url alone nothing can be told to Grafana'],
  ['token', 'url', 'with token alone nothing can be told to Grafana'],
  ['hmacHeader', 'hmacSecret', 'hmacHeader means nothing without it'],
  ['hmacTimestampHeader', 'hmacSecret', 'hmacTimestampHeader means nothing without it'],
] as const

/** Settings of a monitor of this kind. */
export const config = z
  .strictObject({
    ...commonSettings,
    kind: z.literal('grafana'),
    /** Of Grafana, as people open it, with its path if it has one. */
    url: webAddress.optional(),
    /** Of a service account. */
    token: word.optional(),
    /** The organisation, where the token belongs to more than one. */
    orgId: z.number().int().min(1).optional(),
    /** The secret of the contact point: what is not signed with it is refused. */
    hmacSecret: filled.optional(),
    /** The header of the signature, where the contact point names one. */
    hmacHeader: headerName.optional(),
    /** The header of the time that is signed too. */
    hmacTimestampHeader: headerName.optional(),
    /** How long a silence lasts that is not renewed. */
    silenceMinutes: z.number().int().min(1).max(1440).default(15),
    ca: caFile,
    /** Do not verify the certificate. */
    insecure: z.boolean().default(false),
  })
  .superRefine((given, context) => {
    for (const [setting, needed, why] of NEEDS) {
      if (given[setting] === undefined || given[needed] !== undefined) continue
      context.addIssue({ code: 'custom', path: [needed], message: `is missing; ${why}` })
    }
  })
export type Config = z.output<typeof config>
