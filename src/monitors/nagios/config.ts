import { z } from 'zod'
import { caFile, commonSettings, filled, webAddress } from '../config.ts'
import { parseLivestatusAddress } from './livestatus-address.ts'

const commandFile = z
  .string()
  .regex(/^\//, 'has to be the whole path of the command file, such as /var/lib/nagios4/rw/nagios.cmd')

const livestatus = z.string().refine((value) => parseLivestatusAddress(value) !== null, {
  message: 'has to be unix:/path/of/the/socket (at most 107 bytes of path) or tcp:host:port',
})

const statusJson = z.strictObject({
  url: webAddress.refine((value) => URL.canParse(value) && /\/[^/]+$/.test(new URL(value).pathname), {
    message: 'has to be the whole address of the program, which ends in /statusjson.cgi',
  }),
  user: filled,
  password: filled,
  ca: caFile,
  insecure: z.boolean().optional(),
})

/**
 * Settings of a monitor of this kind. Each way to talk back is optional: without `commandFile` and `livestatus` it is only
 * read, without `livestatus` and `statusJson` only told, and without all three acknowledgements are kept here only.
 */
export const config = z.strictObject({
  ...commonSettings,
  kind: z.literal('nagios'),
  commandFile: commandFile.optional(),
  livestatus: livestatus.optional(),
  statusJson: statusJson.optional(),
})
export type Config = z.output<typeof config>
export type StatusJsonSettings = NonNullable<Config['statusJson']>
