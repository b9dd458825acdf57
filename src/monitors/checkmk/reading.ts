import type { AcknowledgementReading, CheckReading, DowntimeReading } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import { parseState } from '../../core/state.ts'
import { boundOutput, cleanComment, cleanLine, cleanName, cleanText } from '../shared/clean-text.ts'
import { parseTime } from '../shared/parse-time.ts'
import type { Row } from './schema.ts'

/** How Livestatus marks the comment of an acknowledgement. */
const ACKNOWLEDGEMENT_ENTRY = 4

/** @returns the check of a row of Livestatus columns, null when the row does not say which it is or how it is */
export function readingOf(sort: 'host' | 'service', row: Row): CheckReading | null {
  const host = cleanLine((sort === 'host' ? row.name : row.host_name) ?? '')
  const service = sort === 'host' ? null : cleanLine(row.description ?? '')
  const state = parseState(row.state, sort)
  if (host === '' || service === '' || state === null) return null
  const alias = cleanName((sort === 'host' ? row.alias : row.host_alias) ?? '')
  const acknowledged = isOn(row.acknowledged)
  return {
    key: keyOfNames(host, service),
    host: cleanName(host),
    service: service === null ? null : cleanName(service),
    hostDisplayName: alias || null,
    serviceDisplayName: service === null ? null : cleanName(row.display_name ?? '') || null,
    state,
    hard: row.state_type !== 0 && row.has_been_checked !== 0,
    output: boundOutput(cleanText(row.plugin_output ?? ''), null).output,
    since: timeOf(row.last_state_change),
    acknowledged,
    acknowledgement: acknowledged ? acknowledgementOf(row) : null,
    inDowntime: (row.scheduled_downtime_depth ?? 0) > 0,
    downtimes: row.downtimes_with_extra_info?.flatMap(downtimeOf) ?? null,
    isFlapping: row.is_flapping === undefined || row.is_flapping === null ? null : isOn(row.is_flapping),
  }
}

/** The newest one's words: older ones stay where they were made persistent. */
function acknowledgementOf(row: Row): AcknowledgementReading | null {
  const sticky = row.acknowledgement_type === 2 ? true : row.acknowledgement_type === 1 ? false : null
  const [newest] = (row.comments_with_extra_info ?? [])
    .filter(([, , , type]) => Number(type) === ACKNOWLEDGEMENT_ENTRY)
    .map(([id, author, comment, , at]) => ({
      id: Number(id),
      reading: {
        author: nameOf(author),
        comment: typeof comment === 'string' ? cleanComment(comment) : null,
        at: timeOf(at),
        // Livestatus does not tell when it ends.
        until: null,
        sticky,
      },
    }))
    .sort((a, b) => (b.reading.at ?? 0) - (a.reading.at ?? 0) || b.id - a.id)
  return newest?.reading ?? null
}

function downtimeOf([id, author, comment, , , from, until]: readonly unknown[]): DowntimeReading[] {
  const begins = timeOf(from)
  const ends = timeOf(until)
  if ((typeof id !== 'number' && typeof id !== 'string') || begins === null || ends === null) return []
  return [
    {
      reference: cleanName(String(id)),
      author: nameOf(author),
      comment: typeof comment === 'string' ? cleanComment(comment) : null,
      from: begins,
      until: ends,
    },
  ]
}

function nameOf(value: unknown): string | null {
  return typeof value === 'string' ? cleanName(value) || null : null
}

function isOn(value: Row['acknowledged']): boolean {
  return value === true || Number(value) > 0
}

/** @returns epoch ms; null for what is no time, and for 0, with which Livestatus says never */
function timeOf(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'string' ? parseTime(value) || null : null
}
