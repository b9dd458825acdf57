import type { Field, Notification } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import { type Body, type Intake, type IntakeContext, type Issue, NOTIFICATIONS_MAX } from '../monitor.ts'
import { alertNotification } from '../shared/alert-notification.ts'
import { boundOutput, cleanName, cleanText } from '../shared/clean-text.ts'
import { cleanUrl } from '../shared/clean-url.ts'
import { keyOfLegacy } from './legacy-key.ts'
import { namesOf, outputOf, stateOf } from './names.ts'
import { Alert, LegacyBody } from './schema.ts'

/** Values that are shown. */
const VALUES_MAX = 10
/** Characters of all of them. */
const VALUES_MAX_CHARS = 500

type Read = { readonly notification: Notification } | { readonly issues: readonly Issue[] }

/** Reads what a contact point of type webhook sends: a group of alerts, or a rule of a dashboard in former releases. */
export function notify({ value }: Body, { monitor }: IntakeContext): Intake {
  const bodies: readonly unknown[] = Array.isArray(value) ? value : [value]
  const reads: Read[] = []
  let beyond = 0
  for (const [index, body] of bodies.slice(0, NOTIFICATIONS_MAX).entries()) {
    const at = Array.isArray(value) ? `[${index}]` : ''
    const left = Math.max(0, NOTIFICATIONS_MAX - reads.length)
    reads.push(...readBody(body, at, monitor, left))
    beyond += Math.max(0, alertsIn(body) - left)
  }
  beyond += Math.max(0, bodies.length - NOTIFICATIONS_MAX)
  const notifications = reads.flatMap((read) => ('notification' in read ? [read.notification] : []))
  const rejected = reads.flatMap((read) => ('issues' in read ? [read.issues] : []))
  if (bodies.length === 0) rejected.push([{ path: '', message: 'holds nothing to be told' }])
  if (beyond > 0) {
    const message = `holds more than ${NOTIFICATIONS_MAX} alerts; ${beyond} were not taken. Group by more labels`
    rejected.push([{ path: '', message }])
  }
  return { notifications, rejected }
}

function alertsIn(body: unknown): number {
  const { alerts } = (body ?? {}) as { readonly alerts?: unknown }
  return Array.isArray(alerts) ? alerts.length : 0
}

/** @param left how many alerts may still be read of the request: finding out what is wrong with one takes far longer than to parse it */
function readBody(body: unknown, at: string, monitor: string, left: number): readonly Read[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return [fault(at, '', 'has to be an object, as Grafana sends it')]
  const { version, alerts, ruleId, truncatedAlerts } = body as Readonly<Record<string, unknown>>
  if (alerts === undefined && ruleId !== undefined) return [readLegacy(body, at, monitor)]
  if (!Array.isArray(alerts))
    return [fault(at, 'alerts', 'is missing. Use a contact point of type webhook without a custom payload')]
  if (version !== '1') {
    const hint =
      version === '4'
        ? '; 4 is what Alertmanager sends, which has a kind of its own'
        : '. Use a contact point of type webhook without a custom payload'
    return [fault(at, 'version', `has to be 1${hint}`)]
  }
  if (alerts.length === 0) return [fault(at, 'alerts', 'must not be empty')]
  const reads = alerts
    .slice(0, left)
    .map((alert: unknown, n) => readAlert(alert, joined(at, `alerts[${n}]`), monitor))
  if (typeof truncatedAlerts !== 'number' || truncatedAlerts <= 0) return reads
  // The others are told; that some are not has to stand somewhere.
  const message = `says that Grafana left out ${truncatedAlerts} alerts. Set Max alerts of the contact point to 0`
  return [...reads, fault(at, 'truncatedAlerts', message)]
}

function readAlert(value: unknown, at: string, monitor: string): Read {
  const parsed = Alert.safeParse(value)
  if (!parsed.success) return { issues: issuesOf(at, parsed.error.issues) }
  const { labels, annotations, fingerprint, status, generatorURL, dashboardURL, panelURL, values } =
    parsed.data
  const made = alertNotification(monitor, parsed.data)
  const { host, service } = namesOf(labels, fingerprint)
  const well: State = service === null ? 'UP' : 'OK'
  const [url = null] = [panelURL, dashboardURL, generatorURL].flatMap((one) => cleanUrl(one ?? '') ?? [])
  const fields = [...valuesField(Object.entries(values ?? {})), ...(made.fields ?? [])]
  const notification: Notification = {
    ...made,
    ...outputOf(annotations),
    host,
    service,
    state: status === 'resolved' ? well : stateOf(labels, service),
    url,
    fields: fields.length === 0 ? null : fields,
  }
  return { notification }
}

const LEGACY_STATES: Readonly<Record<LegacyBody['state'], State>> = {
  alerting: 'CRITICAL',
  no_data: 'UNKNOWN',
  unknown: 'UNKNOWN',
  // Nothing is known of a rule that is not evaluated.
  paused: 'UNKNOWN',
  pending: 'WARNING',
  ok: 'OK',
}

function readLegacy(body: object, at: string, monitor: string): Read {
  const parsed = LegacyBody.safeParse(body)
  if (!parsed.success) return { issues: issuesOf(at, parsed.error.issues) }
  const { ruleId, orgId, ruleName, ruleUrl, message, tags, evalMatches } = parsed.data
  const state = LEGACY_STATES[parsed.data.state]
  const fields = valuesField((evalMatches ?? []).map(({ metric, value }) => [metric, value]))
  const notification: Notification = {
    monitor,
    key: keyOfLegacy(orgId ?? 1, ruleId),
    type: state === 'OK' ? 'RECOVERY' : 'PROBLEM',
    host: 'Grafana',
    service: cleanName(ruleName) || 'alert',
    state,
    episode: null,
    hostDisplayName: null,
    serviceDisplayName: null,
    address: null,
    ...boundOutput(cleanText(message ?? '').trim(), null),
    author: null,
    comment: null,
    time: null,
    url: cleanUrl(ruleUrl ?? ''),
    id: null,
    labels: tags ?? null,
    fields: fields.length === 0 ? null : fields,
    channel: null,
  }
  return { notification }
}

/** Values by name in one field; what is no number or text is left out. */
function valuesField(values: readonly (readonly [name: string, value: unknown])[]): readonly Field[] {
  const said = values
    .filter(([, value]) => typeof value === 'number' || typeof value === 'string')
    .slice(0, VALUES_MAX)
    .map(([name, value]) => `${cleanName(name)} = ${cleanName(String(value))}`)
    .join(', ')
  return said === '' ? [] : [{ label: 'Values', value: said.slice(0, VALUES_MAX_CHARS).toWellFormed() }]
}

type ZodIssue = { readonly path: readonly PropertyKey[]; readonly message: string }

function issuesOf(at: string, issues: readonly ZodIssue[]): readonly Issue[] {
  return issues.map(({ path, message }) => ({ path: joined(at, path.map(String).join('.')), message }))
}

function fault(at: string, path: string, message: string): Read {
  return { issues: [{ path: joined(at, path), message }] }
}

function joined(at: string, path: string): string {
  return at === '' || path === '' ? at + path : `${at}.${path}`
}
