import { type Body, type Intake, type IntakeContext, type Issue, NOTIFICATIONS_MAX } from '../monitor.ts'
import { alertNotification } from '../shared/alert-notification.ts'
import { Alert, Envelope } from './schema.ts'

/*
 * A webhook tells a group of alerts, some firing and some resolved. What is missing from a group means nothing: it may be
 * silenced, inhibited, or cut.
 */

/** Reads what Alertmanager sends to a webhook, or several of it. */
export function notify({ value }: Body, { monitor }: IntakeContext): Intake {
  const notifications: Intake['notifications'][number][] = []
  const rejected: Issue[][] = []
  const groups = Array.isArray(value)
    ? value.map((one, n) => [one, `[${n}].`] as const)
    : [[value, ''] as const]
  let left = NOTIFICATIONS_MAX
  // Finding out what is wrong with a group takes far longer than to parse it.
  for (const [group, at] of groups.slice(0, NOTIFICATIONS_MAX)) {
    const envelope = Envelope.safeParse(group)
    if (!envelope.success) {
      rejected.push(issuesOf(envelope.error.issues, at))
      continue
    }
    const { alerts, truncatedAlerts = 0 } = envelope.data
    for (const [n, one] of alerts.slice(0, left).entries()) {
      const alert = Alert.safeParse(one)
      if (alert.success) notifications.push(alertNotification(monitor, alert.data))
      else rejected.push(issuesOf(alert.error.issues, `${at}alerts[${n}].`))
    }
    const beyond = alerts.length - left
    if (beyond > 0) rejected.push([tooMany(`${at}alerts`, beyond)])
    left = Math.max(0, left - alerts.length)
    if (truncatedAlerts > 0) rejected.push([cut(`${at}truncatedAlerts`, truncatedAlerts)])
  }
  if (groups.length > NOTIFICATIONS_MAX) rejected.push([tooMany('', groups.length - NOTIFICATIONS_MAX)])
  if (groups.length === 0) rejected.push([{ path: '', message: 'holds nothing to be told' }])
  return { notifications, rejected }
}

function tooMany(path: string, beyond: number): Issue {
  const message = `holds more than ${NOTIFICATIONS_MAX} in one request; ${beyond} were not taken. Group by more labels.`
  return { path, message }
}

/** The others are told; that some are not has to stand somewhere. */
function cut(path: string, count: number): Issue {
  const message = `says that Alertmanager left out ${count} alerts because of max_alerts. Remove max_alerts.`
  return { path, message }
}

type ZodIssues = readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]

function issuesOf(issues: ZodIssues, at: string): Issue[] {
  return issues.map(({ path, message }) => ({
    path: (at + path.map(String).join('.')).replace(/\.$/, ''),
    message,
  }))
}
