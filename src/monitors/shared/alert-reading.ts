import type { CheckReading } from '../../core/monitor-api.ts'
import type { ListedAlert, Silence } from './alert-answers.ts'
import { alertNames, alertOutput, alertState } from './alert-notification.ts'
import { parseTime } from './parse-time.ts'
import { acknowledgementOf } from './silences.ts'

/**
 * @param key under which it is known here
 * @returns an alert that fires as a check. Silenced is acknowledged; inhibited, or muted for a time of day, is not
 */
export function readingOfAlert(key: string, alert: ListedAlert, silences: readonly Silence[]): CheckReading {
  const { host, service } = alertNames(alert.labels, key)
  const acknowledged = alert.silencedBy.length > 0
  return {
    key,
    host,
    service,
    hostDisplayName: null,
    serviceDisplayName: null,
    state: alertState(alert.labels, service),
    // Of what is held back nobody is told, so it opens no problem; one that is open stays.
    hard: !alert.isSuppressed,
    output: alertOutput(alert.annotations).output,
    since: parseTime(alert.startsAt),
    acknowledged,
    acknowledgement: acknowledged ? acknowledgementOf(alert, silences) : null,
    inDowntime: false,
    downtimes: [],
    isFlapping: null,
  }
}
