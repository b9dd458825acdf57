import { z } from 'zod'

/*
 * What Livestatus and statusjson.cgi answer, as far as it is used. What decides about a problem has to be there; the rest
 * may be absent.
 */

const flag = z.union([z.boolean(), z.number()]).transform(Boolean)
const perhaps = flag.catch(false)
const text = z.string().catch('')
const number = z.number().catch(0)
const name = z.string().min(1)

const state = {
  state: z.number().int(),
  state_type: number,
  has_been_checked: perhaps,
  acknowledged: flag,
  acknowledgement_type: number,
  scheduled_downtime_depth: number,
  plugin_output: text,
  last_state_change: number,
  is_flapping: flag.nullable().catch(null),
}

/** Rows of Livestatus, their columns named. */
export const liveHost = z.object({ name, display_name: text, ...state })
export const liveService = z.object({
  host_name: name,
  description: name,
  display_name: text,
  host_display_name: text,
  ...state,
})
export const liveComment = z.object({
  host_name: name,
  service_description: text,
  id: number,
  author: text,
  comment: text,
  entry_time: number,
  expires: perhaps,
  expire_time: number,
})
export const liveDowntime = z.object({
  host_name: name,
  service_description: text,
  id: z.number(),
  author: text,
  comment: text,
  start_time: z.number(),
  end_time: z.number(),
})
export const liveStatus = z.object({ program_version: text })

const jsonState = {
  status: z.number().int(),
  state_type: number,
  has_been_checked: perhaps,
  problem_has_been_acknowledged: flag,
  acknowledgement_type: number,
  scheduled_downtime_depth: number,
  plugin_output: text,
  last_state_change: number,
  is_flapping: flag.nullable().catch(null),
}

/** Every answer of statusjson.cgi. Times are epoch ms. */
export const jsonAnswer = z.object({
  result: z.object({
    type_code: z.number(),
    type_text: text,
    message: text,
    query_time: number,
    last_data_update: number,
  }),
  data: z.record(z.string(), z.unknown()).catch({}),
})
export const jsonHost = z.object({ name: text, ...jsonState })
export const jsonService = z.object({ host_name: text, description: text, ...jsonState })
/** Names with letters beyond ASCII come as empty texts; without a service the field is not there at all. */
export const jsonComment = z.object({
  comment_id: number,
  host_name: text,
  service_description: z.string().optional(),
  author: text,
  comment_data: text,
  entry_time: number,
  expires: perhaps,
  expire_time: number,
})
export const jsonDowntime = z.object({
  downtime_id: z.number(),
  host_name: text,
  service_description: z.string().optional(),
  author: text,
  comment: text,
  start_time: z.number(),
  end_time: z.number(),
})
export const jsonCount = z.record(z.string(), z.number())
export const jsonProgram = z.object({ version: text })

const listed = z.record(z.string(), z.unknown()).catch({})

/** @returns what a list holds, in its order; nothing when it is none */
export function entriesOf(value: unknown): unknown[] {
  return Object.values(listed.parse(value))
}
export const listOfRows = z.array(z.array(z.unknown()))
