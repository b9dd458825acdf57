import type { Field, Notification } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import type { Labels } from './alert-answers.ts'
import { fingerprintOf } from './alert-fingerprint.ts'
import { boundOutput, cleanName, cleanText } from './clean-text.ts'
import { cleanUrl } from './clean-url.ts'
import { parseTime } from './parse-time.ts'

/*
 * What an alert with labels and annotations is here: a service of a host. Its labels are its identity, so nothing in them
 * is cut or cleaned but what is shown as a name.
 */

/** One alert of a webhook of version 4, after its schema. */
export type WebhookAlert = {
  readonly status: 'firing' | 'resolved'
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAt?: string | undefined
  readonly generatorURL?: string | undefined
  readonly fingerprint?: string | undefined
}

/** Labels that may name the host, the best first. */
const HOST_LABELS = ['host', 'hostname', 'node', 'nodename', 'instance', 'pod', 'job', 'cluster']
/** Words of the label `severity` for what is less than critical. Any other word, and none, may mean the worst. */
const LESSER =
  /^(warning|warn|minor|medium|moderate|notice|info|information|informational|debug|none|low|ok)$/i
/** Annotations that are links worth showing, and what they are called. */
const LINKS: readonly (readonly [annotation: string, label: string])[] = [
  ['runbook_url', 'Runbook'],
  ['dashboard', 'Dashboard'],
]
/** Room that a URL has among other text. */
const LINK_MAX_CHARS = 1000

/** @returns the notification of one alert. `time` is null: a webhook does not say when it is sent */
export function alertNotification(monitor: string, alert: WebhookAlert): Notification {
  const { labels, annotations, status } = alert
  const key = alert.fingerprint?.toWellFormed() || fingerprintOf(labels)
  const { host, service } = alertNames(labels, key)
  const isOver = status === 'resolved'
  const state = alertState(labels, service)
  const well = service === null ? 'UP' : 'OK'
  return {
    monitor,
    key,
    type: isOver ? 'RECOVERY' : 'PROBLEM',
    host,
    service,
    state: isOver ? well : state,
    episode: null,
    hostDisplayName: null,
    serviceDisplayName: null,
    address: null,
    ...alertOutput(annotations),
    author: null,
    comment: null,
    time: null,
    // Of a resolved alert it is when the trouble began, which says nothing of when it ended.
    since: isOver ? null : parseTime(alert.startsAt ?? ''),
    url: cleanUrl(alert.generatorURL ?? ''),
    id: null,
    labels,
    fields: fieldsOf(annotations),
    channel: null,
  }
}

/** @returns what an alert is called: the first label that names a host, and `alertname`. @param key stands in for no name */
export function alertNames(labels: Labels, key: string): { host: string; service: string | null } {
  const label = (name: string): string => (Object.hasOwn(labels, name) ? cleanName(labels[name] ?? '') : '')
  const alertname = label('alertname')
  for (const name of HOST_LABELS) {
    const host = name === 'instance' ? withoutPort(label(name)) : label(name)
    if (host !== '') return { host, service: alertname || null }
  }
  return { host: alertname || cleanName(key) || 'alert', service: null }
}

/** An address and a port; an address of IPv6 stands in brackets before its port. */
function withoutPort(instance: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]*)):\d{1,5}$/.exec(instance) ?? []
  return bracketed ?? plain ?? instance
}

/** @returns the state of an alert that fires, by its label `severity`; without a service it is a host that is DOWN */
export function alertState(labels: Labels, service: string | null): State {
  if (service === null) return 'DOWN'
  const severity = Object.hasOwn(labels, 'severity') ? (labels['severity'] ?? '').trim() : ''
  return LESSER.test(severity) ? 'WARNING' : 'CRITICAL'
}

/** @returns the words of an alert, bounded: its summary, and its description where that says more */
export function alertOutput(annotations: Labels): Pick<Notification, 'output' | 'longOutput'> {
  const said = (name: string): string =>
    Object.hasOwn(annotations, name) ? cleanText(annotations[name] ?? '').trim() : ''
  const description = said('description')
  const output = said('summary') || said('message') || description
  return boundOutput(output, description === output ? null : description)
}

function fieldsOf(annotations: Labels): readonly Field[] | null {
  const fields = LINKS.flatMap(([annotation, label]) => {
    const value = Object.hasOwn(annotations, annotation) ? cleanUrl(annotations[annotation] ?? '') : null
    return value === null || value.length > LINK_MAX_CHARS ? [] : [{ label, value }]
  })
  return fields.length === 0 ? null : fields
}
