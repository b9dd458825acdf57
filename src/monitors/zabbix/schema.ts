import { z } from 'zod'

/*
 * Answers of the API, as far as they are used. Everything comes as text, some of it as numbers; what a release leaves out
 * or adds must not matter, and one thing that is not understood must not hide the others.
 */

const id = z.union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative()]).transform(String)
const text = z.string().optional().catch(undefined)
const number = z.coerce.number().optional().catch(undefined)
const flag = z
  .unknown()
  .transform((value) => value === true || value === 1 || value === '1')
  .catch(false)

/** What every member of a list is, as far as it is understood. */
const listOf = <Member extends z.ZodType>(member: Member) =>
  z
    .array(z.unknown())
    .optional()
    .catch(undefined)
    .transform((all) =>
      all?.flatMap((one) => {
        const read = member.safeParse(one)
        return read.success ? [read.data] : []
      }),
    )

const Host = z.object({ host: text, name: text })

/** Something that somebody did to a problem: what, in bits (see `actions.ts`), and with which words. */
export const Update = z.object({
  acknowledgeid: number,
  userid: id.optional().catch(undefined),
  clock: number,
  message: text,
  action: z.coerce.number(),
})
export type Update = z.output<typeof Update>

/** Why a problem is suppressed: by a maintenance, or by a person (no maintenance). */
const Suppression = z.object({ maintenanceid: id.optional().catch(undefined), suppress_until: number })
export type Suppression = z.output<typeof Suppression>

const event = {
  eventid: id,
  name: text,
  clock: number,
  severity: number,
  acknowledged: flag,
  suppressed: flag,
  opdata: text,
}

/** An event of `event.get`: a problem, open or over. */
const Event = z.object({ ...event, r_eventid: text, hosts: listOf(Host) })
export type Event = z.output<typeof Event>
export const Events = listOf(Event)

/** A problem of `problem.get`: an event that is not over, or was so a moment ago. */
const Problem = z.object({
  ...event,
  objectid: id.optional().catch(undefined),
  acknowledges: listOf(Update),
  suppression_data: listOf(Suppression),
})
export type Problem = z.output<typeof Problem>
export const Problems = listOf(Problem)

/** `trigger.get`, for the hosts of problems. */
export const Triggers = listOf(z.object({ triggerid: id, hosts: listOf(Host) }))

/** `user.get`, for the names of authors. */
export const Users = listOf(z.object({ userid: id, username: text, alias: text, name: text, surname: text }))

/** An answer of JSON-RPC. */
export const Answer = z.union([
  z.object({ error: z.object({ code: number, message: text, data: text }) }),
  z.object({ result: z.unknown() }).refine((answer) => answer.result !== undefined),
])

/** `event.acknowledge`: the ids that were given, whatever became of them. */
export const Acknowledged = z.object({ eventids: z.array(z.unknown()).min(1) })
