import { z } from 'zod'
import { UUID } from './check-uuids.ts'

/*
 * What openITCOCKPIT answers, of what is read here. Versions differ in names, and PHP in types: a flag comes as true, 1,
 * "1" or an empty text. What is not there reads as null or false, so that one odd row does not hide the others.
 */

/** Anything, also nothing. */
const anything = z.unknown().default(null)

const TRUE: ReadonlySet<unknown> = new Set([true, 1, '1', 'true'])
const flag = anything.transform((value) => TRUE.has(value))
const text = anything.transform((value) =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null,
)
const number = anything.transform((value) => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : null
})
/** True, false, or not said. */
const maybeFlag = anything.transform((value) => (value === null ? null : TRUE.has(value)))

const Status = z
  .object({
    currentState: number,
    current_state: number,
    problemHasBeenAcknowledged: flag,
    problem_has_been_acknowledged: flag,
    scheduledDowntimeDepth: number,
    scheduled_downtime_depth: number,
    isFlapping: maybeFlag,
    is_flapping: maybeFlag,
    isHardstate: maybeFlag,
    is_hardstate: maybeFlag,
    state_type: maybeFlag,
    isInMonitoring: maybeFlag,
    last_state_change: number,
    output: text,
  })
  .transform((row) => ({
    /** As Nagios numbers it; null when it is not monitored. */
    state: row.currentState ?? row.current_state,
    acknowledged: row.problemHasBeenAcknowledged || row.problem_has_been_acknowledged,
    inDowntime: (row.scheduledDowntimeDepth ?? row.scheduled_downtime_depth ?? 0) > 0,
    flapping: row.isFlapping ?? row.is_flapping,
    hard: row.isInMonitoring !== false && (row.isHardstate ?? row.is_hardstate ?? row.state_type ?? false),
    /** Epoch seconds; null where it is a date in the API user's own words. */
    changed: row.last_state_change,
    output: row.output ?? '',
  }))
export type Status = z.output<typeof Status>

const NO_STATUS = Status.parse({})
/** A missing row comes as null or as an empty list. */
const status = anything.transform((value) => Status.safeParse(value).data ?? NO_STATUS)

const uuid = z.string().regex(UUID)
const Host = z.object({ id: number, uuid, hostname: text, name: text })
const Service = z.object({ id: number, uuid, servicename: text, hostname: text })

/** A row of /hosts/index.json. */
export const HostRow = z
  .object({ Host, Hoststatus: status })
  .transform((row) => ({ host: row.Host, service: null, status: row.Hoststatus }))
/** A row of /services/index.json. */
export const ServiceRow = z
  .object({ Host, Service, Servicestatus: status })
  .transform((row) => ({ host: row.Host, service: row.Service, status: row.Servicestatus }))
export type CheckRow = z.output<typeof HostRow> | z.output<typeof ServiceRow>

const Acknowledgement = z.object({
  author_name: text,
  /** HTML: they turn BBCode into it and write every special character as an entity. */
  comment_data: text,
  entry_time: number,
  is_sticky: maybeFlag,
})
/** A row of /acknowledgements/{host,service}/ID.json. */
export const AcknowledgementRow = z
  .object({ AcknowledgedHost: Acknowledgement.optional(), AcknowledgedService: Acknowledgement.optional() })
  .transform((row) => row.AcknowledgedService ?? row.AcknowledgedHost ?? null)

const Downtime = z.object({
  authorName: text,
  commentData: text,
  internalDowntimeId: number,
  scheduledStartTime: number,
  scheduledEndTime: number,
  wasCancelled: flag,
  wasStarted: maybeFlag,
  isExpired: flag,
})
/** A row of /downtimes/{host,service}.json. */
export const DowntimeRow = z
  .object({
    Host,
    Service: Service.optional(),
    DowntimeHost: Downtime.optional(),
    DowntimeService: Downtime.optional(),
  })
  .transform((row) => ({
    host: row.Host,
    service: row.Service ?? null,
    downtime: row.DowntimeService ?? row.DowntimeHost ?? null,
  }))
export type DowntimeRow = z.output<typeof DowntimeRow>

/** The list of commands that may be submitted. */
export const Commands = z.object({ externalCommands: z.record(z.string(), z.unknown()) })

const Rows = z.union([
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()).transform(Object.values<unknown>),
])
const Scroll = z.object({ scroll: z.object({ hasNextPage: z.boolean() }) })

/**
 * @param name under which the rows are
 * @returns the rows of a page and whether another follows, null when it does not say; null when it is no such page
 */
export function parsePage(
  answer: unknown,
  name: string,
): { readonly rows: readonly unknown[]; readonly hasNext: boolean | null } | null {
  const rows = z.object({ [name]: Rows }).safeParse(answer).data?.[name]
  if (rows === undefined) return null
  return { rows, hasNext: Scroll.safeParse(answer).data?.scroll.hasNextPage ?? null }
}
