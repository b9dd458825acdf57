import { z } from 'zod'
import { caFile, commonSettings, filled, webAddress } from '../config.ts'

/** A key travels in a header, which takes neither blanks nor line breaks. */
const apiKey = filled.regex(/^[\x21-\x7e]+$/, 'has to be one word of letters, digits and signs')

/** Settings of a monitor of this kind. Without address and key it is only heard, never told. */
export const config = z
  .strictObject({
    ...commonSettings,
    kind: z.literal('openitcockpit'),
    /** Where its web interface is, such as https://monitoring.example.com. */
    url: webAddress.optional(),
    apiKey: apiKey.optional(),
    ca: caFile,
    /** Do not verify its certificate. */
    insecure: z.boolean().optional(),
  })
  .check(({ value, issues }) => {
    const { url, apiKey } = value
    if ((url === undefined) === (apiKey === undefined)) return
    const [missing, given] = url === undefined ? ['url', 'apiKey'] : ['apiKey', 'url']
    const message = `is needed beside ${given}: leave out both, or give both`
    issues.push({ code: 'custom', path: [missing], message, input: value })
  })
export type Config = z.output<typeof config>
