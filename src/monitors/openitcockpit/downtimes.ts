import type { DowntimeReading } from '../../core/monitor-api.ts'
import { cleanComment, cleanName } from '../shared/clean-text.ts'
import { epochMs } from './epoch-ms.ts'
import { DowntimeRow } from './schema.ts'
import type { List, Query, Session } from './session.ts'

/** A downtime that has not ended, and of what; UUIDs in lower case. */
export type StandingDowntime = {
  readonly hostUuid: string
  readonly serviceUuid: string | null
  readonly reading: DowntimeReading
}

type Sort = 'host' | 'service'

const LISTS: Readonly<Record<Sort, List & { readonly table: string }>> = {
  host: { path: '/downtimes/host.json', rows: 'all_host_downtimes', table: 'DowntimeHosts' },
  service: { path: '/downtimes/service.json', rows: 'all_service_downtimes', table: 'DowntimeServices' },
}

/** Without this it lists only what begins within two months. */
const TO = '2037-12-31'

/**
 * Reads downtimes that have not ended, those to come included.
 *
 * @param only those of hosts with this in the name, or with this in the comment; both narrow down, and more may come
 */
export async function readDowntimes(
  session: Session,
  sort: Sort,
  only: { readonly hostName?: string; readonly comment?: string },
): Promise<readonly StandingDowntime[]> {
  const list = LISTS[sort]
  const rows = await session.all(list, [
    ['filter[hideExpired]', 'true'],
    [`filter[${list.table}.was_cancelled]`, '0'],
    ['filter[to]', TO],
    ...(only.hostName === undefined ? [] : ([['filter[Hosts.name]', only.hostName]] satisfies Query)),
    ...(only.comment === undefined
      ? []
      : ([[`filter[${list.table}.comment_data]`, only.comment]] satisfies Query)),
  ])
  return rows.flatMap((row) => toDowntime(row, sort) ?? [])
}

function toDowntime(value: unknown, sort: Sort): StandingDowntime | null {
  const row = DowntimeRow.safeParse(value).data
  if (row === undefined) return null
  const { host, service, downtime } = row
  // What was removed stays in the list, which is a history, until the time it would have ended at.
  if (downtime === null || downtime.wasCancelled || downtime.isExpired) return null
  const { internalDowntimeId: id } = downtime
  if (id === null || id <= 0 || (service === null) !== (sort === 'host')) return null
  return {
    hostUuid: host.uuid.toLowerCase(),
    serviceUuid: service?.uuid.toLowerCase() ?? null,
    reading: {
      reference: String(id),
      author: cleanName(downtime.authorName ?? '') || null,
      comment: cleanComment(downtime.commentData ?? ''),
      from: epochMs(downtime.scheduledStartTime),
      until: epochMs(downtime.scheduledEndTime),
    },
  }
}
