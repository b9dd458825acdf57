import { z } from 'zod'
import { caFile, commonSettings, webAddress } from '../config.ts'

/** An API token: letters and digits, sent in a header or in a body. */
const token = z
  .string()
  .regex(/^[\w.-]+$/, 'has to be an API token, one word of letters and digits; is there a blank at its end?')

/** Settings of a monitor of this kind. */
export const config = z
  .strictObject({
    ...commonSettings,
    kind: z.literal('zabbix'),
    /** Of the frontend, as people open it: https://host/zabbix. */
    url: webAddress.optional(),
    /** API token of a user of Zabbix. */
    token: token.optional(),
    ca: caFile,
    /** Do not verify the certificate. */
    insecure: z.boolean().default(false),
  })
  .superRefine(({ url, token }, context) => {
    if ((url === undefined) === (token === undefined)) return
    const [missing, there] = url === undefined ? ['url', 'token'] : ['token', 'url']
    context.addIssue({
      code: 'custom',
      path: [missing],
      message: `is missing; with ${there} alone nothing can be told to Zabbix`,
    })
  })
export type Config = z.output<typeof config>
