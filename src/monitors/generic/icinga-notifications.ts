import { keyOfNames } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import { cleanLine } from '../shared/clean-text.ts'
import { isSection, only, type Preset, textAt } from './preset.ts'
import { readTime } from './read-time.ts'

/*
 * What Icinga Notifications sends by its channel Webhook with its own body (Icinga/icinga-notifications:doc/10-Channels.md).
 * It says no type and no state, only how bad the incident is. Whom it was told, with their addresses, is nobody's here.
 */

const SEVERITIES: Readonly<Record<string, State>> = {
  ok: 'OK',
  debug: 'WARNING',
  info: 'WARNING',
  notice: 'WARNING',
  warning: 'WARNING',
  // What Icinga says of a service that is UNKNOWN.
  err: 'UNKNOWN',
  crit: 'CRITICAL',
  alert: 'CRITICAL',
  emerg: 'CRITICAL',
}

export const icingaNotifications: Preset = {
  // Anything but 200 is an error for it, unless it is told otherwise.
  accepted: 200,
  isLike: (item) =>
    isSection(item) &&
    Object.hasOwn(item, 'object') &&
    (Object.hasOwn(item, 'incident') || Object.hasOwn(item, 'event')),
  read: (item) => {
    const { object, incident, event } = isSection(item) ? item : {}
    const host = textAt(object, 'tags', 'host') ?? textAt(object, 'name')
    if (host === undefined) return { issues: [{ path: 'object.tags.host', message: 'is not there' }] }
    const severity = textAt(incident, 'severity')?.trim().toLowerCase() ?? 'none'
    const state = Object.hasOwn(SEVERITIES, severity) ? SEVERITIES[severity] : undefined
    if (state === undefined && severity !== 'none') {
      const message = `has to be one of none, ${Object.keys(SEVERITIES).join(', ')}`
      return { issues: [{ path: 'incident.severity', message }] }
    }
    const service = textAt(object, 'tags', 'service')
    // Of a host it only says that something is wrong; that is DOWN, and never merely unknown.
    const worse = service === undefined && state !== 'OK' ? 'DOWN' : state
    const time = textAt(event, 'time')
    return {
      draft: {
        host,
        service,
        key: keyOf(object, host, service),
        episode: textAt(incident, 'id'),
        type: state === undefined ? 'CUSTOM' : undefined,
        state: state === undefined ? 'UNKNOWN' : worse,
        output: textAt(event, 'message'),
        time: (time && readTime(time)) || undefined,
        url: textAt(incident, 'url') ?? textAt(object, 'url'),
      },
      view: viewOf(item),
    }
  },
}

function viewOf(item: unknown): { item: unknown; top: unknown } {
  const view = isSection(item) ? only(item, ['object', 'incident', 'event']) : {}
  return { item: view, top: view }
}

/** Its tags are what an object is known by; nearly always they are a host and a service. */
function keyOf(object: unknown, host: string, service: string | undefined): string | undefined {
  const tags = isSection(object) ? object['tags'] : undefined
  const entries = isSection(tags) ? Object.entries(tags) : []
  if (entries.every(([name]) => name === 'host' || name === 'service')) {
    return keyOfNames(cleanLine(host), service === undefined ? null : cleanLine(service))
  }
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
