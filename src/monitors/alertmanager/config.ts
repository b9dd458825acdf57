import { z } from 'zod'
import { caFile, commonSettings, filled, webAddress } from '../config.ts'

/** Members of one cluster. */
const MEMBERS_MAX = 10

/** What stands in one header. */
const bearer = filled.regex(
  /^[\x21-\x7e]*$/,
  'has to be one word of ASCII characters; is there a blank or a line break at its end?',
)
const address = webAddress
  .refine((value) => !URL.canParse(value) || !/\/api(\/v\d)?\/?$/.test(new URL(value).pathname), {
    message: 'has to end before /api, such as http://alertmanager.example.com:9093',
  })
  .refine((value) => !/[?#]/.test(value), { message: 'has to be without ? and #' })

/** Settings of a monitor of this kind. Without `urls` it is only heard. */
export const config = z
  .strictObject({
    ...commonSettings,
    kind: z.literal('alertmanager'),
    /** Of the members of one cluster, with their prefix if they have one. */
    urls: z.array(address).min(1).max(MEMBERS_MAX).optional(),
    user: filled
      .refine((value) => !value.includes(':'), {
        message: 'must not hold a colon, which ends the name in HTTP',
      })
      .optional(),
    password: filled.optional(),
    /** Instead of user and password. */
    bearer: bearer.optional(),
    /** Name of the receiver that tells us: other alerts are none of ours. */
    receiver: filled.optional(),
    /** How long a silence lasts that is not renewed. */
    silenceMinutes: z.number().int().min(1).max(1440).default(15),
    ca: caFile,
    /** Do not verify the certificate. */
    insecure: z.boolean().default(false),
  })
  .superRefine(({ urls, user, password, bearer: token, ca }, context) => {
    const wrong = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (user !== undefined && password === undefined) wrong('password', 'is required where user is given')
    if (user === undefined && password !== undefined) wrong('user', 'is required where password is given')
    if (token !== undefined && (user !== undefined || password !== undefined))
      wrong('bearer', 'stands instead of user and password, not beside them')
    if (urls === undefined && [user, password, token, ca].some((one) => one !== undefined))
      wrong('urls', 'is missing; without it nothing can be told to Alertmanager')
  })
export type Config = z.output<typeof config>
