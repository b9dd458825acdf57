import { z } from 'zod'

/*
 * What Icinga answers. Whatever is missing or of another type reads as absent; numbers may be written 200 or 200.0.
 */

const number = z.number().optional().catch(undefined)
const text = z.string().optional().catch(undefined)
const results = z.object({ results: z.array(z.unknown()) })

const actionResult = z.object({ code: z.number(), status: text, name: text })
export type ActionResult = z.output<typeof actionResult>

/** @returns what came of an action for each object, null when the answer is none of an action */
export function parseActionResults(answer: unknown): readonly ActionResult[] | null {
  const parsed = z.object({ results: z.array(actionResult) }).safeParse(answer)
  return parsed.success ? parsed.data.results : null
}

const user = z.object({
  user: text,
  version: text,
  permissions: z.array(z.string()).optional().catch(undefined),
})
export type ApiUser = z.output<typeof user>

/** @returns who Icinga says that we are, null when it does not say */
export function parseUser(answer: unknown): ApiUser | null {
  return parseEach(answer, user)?.[0] ?? null
}

const listed = z.object({ name: z.string(), attrs: z.object({ problem: z.boolean().catch(false) }) })

const check = z.object({
  name: z.string(),
  attrs: z.object({
    name: text,
    host_name: text,
    display_name: text,
    state: number,
    state_type: number,
    acknowledgement: number,
    acknowledgement_expiry: number,
    downtime_depth: number,
    flapping: z.boolean().optional().catch(undefined),
    last_hard_state_change: number,
    last_state_change: number,
    last_check_result: z.object({ output: text }).nullish().catch(undefined),
  }),
  joins: z
    .object({ host: z.object({ display_name: text }).optional().catch(undefined) })
    .optional()
    .catch(undefined),
})
export type CheckObject = z.output<typeof check>

const comment = z.object({
  attrs: z.object({
    host_name: z.string(),
    service_name: text,
    author: text,
    text,
    entry_time: number,
    entry_type: number,
  }),
})
export type CommentObject = z.output<typeof comment>['attrs']

const downtime = z.object({
  name: z.string(),
  attrs: z.object({
    host_name: z.string(),
    service_name: text,
    author: text,
    comment: text,
    start_time: number,
    end_time: number,
  }),
})
export type DowntimeObject = z.output<typeof downtime>

/** @returns names of all objects with whether each is a problem; null when it is no answer to a query */
export const parseListed = (answer: unknown) => parseEach(answer, listed)
export const parseChecks = (answer: unknown) => parseEach(answer, check)
export const parseComments = (answer: unknown) =>
  parseEach(answer, comment)?.map(({ attrs }) => attrs) ?? null
export const parseDowntimes = (answer: unknown) => parseEach(answer, downtime)

/** One object that makes no sense does not sink the others. */
function parseEach<Schema extends z.ZodType>(answer: unknown, schema: Schema): z.output<Schema>[] | null {
  const parsed = results.safeParse(answer)
  if (!parsed.success) return null
  return parsed.data.results.flatMap((one) => {
    const object = schema.safeParse(one)
    return object.success ? [object.data] : []
  })
}

const named = z.object({ host_name: z.string(), service_name: text })
const event = z.object({
  host: text,
  service: text,
  comment: named.optional().catch(undefined),
  downtime: named.optional().catch(undefined),
})

/** @returns the check that an event is about, null when it names none */
export function parseEvent(line: unknown): { readonly host: string; readonly service: string | null } | null {
  const parsed = event.safeParse(line)
  if (!parsed.success) return null
  const about = parsed.data.downtime ?? parsed.data.comment
  const host = about?.host_name ?? parsed.data.host
  const service = about === undefined ? parsed.data.service : about.service_name
  return host ? { host, service: service || null } : null
}
