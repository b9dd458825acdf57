import { z } from 'zod'

/*
 * Answers of the REST API, as far as they are used. Livestatus columns pass through it as they are; what a release leaves
 * out or adds must not matter.
 */

const text = z.string().nullish()
const number = z.coerce.number().nullish().catch(null)
const flag = z.union([z.boolean(), z.number(), z.string()]).nullish()
const entries = z.array(z.array(z.unknown()).catch([])).nullish().catch(null)

/** Columns of a host or a service. */
export const Row = z.object({
  /** Of a host. */
  name: text,
  /** Of a service: its host and itself. */
  host_name: text,
  description: text,
  alias: text,
  host_alias: text,
  display_name: text,
  state: z.coerce.number(),
  state_type: number,
  has_been_checked: number,
  acknowledged: flag,
  acknowledgement_type: number,
  scheduled_downtime_depth: number,
  plugin_output: text,
  last_state_change: z.union([z.number(), z.string()]).nullish(),
  is_flapping: flag,
  /** Each: id, author, comment, entry type, entry time. */
  comments_with_extra_info: entries,
  /** Each: id, author, comment, origin, entry time, start time, end time, and more. */
  downtimes_with_extra_info: entries,
})
export type Row = z.output<typeof Row>

/** A list of objects; one that is not understood must not hide the others. */
export const Collection = z.object({ value: z.array(z.object({ extensions: z.unknown().optional() })) })

/** `GET /version`. */
export const Version = z.object({
  site: z.string().optional().catch(undefined),
  edition: z.string().optional().catch(undefined),
  versions: z.object({ checkmk: z.string() }),
})
export type Version = z.output<typeof Version>

/** What is wrong, in the manner of RFC 7807. */
export const Problem = z.object({
  title: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  fields: z.record(z.string(), z.unknown()).optional().catch(undefined),
})
export type Problem = z.output<typeof Problem>
