import type { State } from '../../core/state.ts'
import type { Draft } from './draft.ts'
import { isSection, only, type Preset, textAt } from './preset.ts'
import { readTime } from './read-time.ts'
import { plainAddress, withoutUserInfo } from './without-credentials.ts'

/*
 * What Uptime Kuma sends by its notification type Webhook (louislam/uptime-kuma:server/notification-providers/webhook.js).
 * What else a monitor or heartbeat holds, such as headers or the answer of the page, is never looked at.
 */

const MONITOR = [
  'id',
  'name',
  'description',
  'pathName',
  'hostname',
  'port',
  'type',
  'interval',
  'tags',
  'active',
]
const HEARTBEAT = [
  'monitorID',
  'status',
  'time',
  'msg',
  'ping',
  'important',
  'duration',
  'retries',
  'timezone',
  'timezoneOffset',
  'localDateTime',
  'lastDownTime',
]
const DOWN = '0'
const UP = '1'
const STATES: Readonly<Record<string, State>> = { [DOWN]: 'CRITICAL', [UP]: 'OK' }
/** Told without an end: nothing is opened or silenced by them (server/model/monitor.js, isImportantForNotification). */
const NEWS: Readonly<Record<string, string>> = { '2': 'is being tried again', '3': 'is under maintenance' }

export const uptimeKuma: Preset = {
  isLike: (item) => {
    const body = unwrapped(item)
    return Object.hasOwn(body, 'heartbeat') && Object.hasOwn(body, 'monitor')
  },
  read: (given, { monitor: name }) => {
    const body = unwrapped(given)
    const { monitor, heartbeat } = body
    const view = viewOf(body)
    const msg = textAt(body, 'msg')
    if (!isSection(heartbeat) || !isSection(monitor)) {
      if (msg === undefined || isSection(heartbeat) || isSection(monitor)) {
        const path = isSection(monitor) ? 'heartbeat' : 'monitor'
        return { issues: [{ path, message: 'is not there: Uptime Kuma sends monitor, heartbeat and msg' }] }
      }
      return { draft: notice(name, withoutUserInfo(msg)), view }
    }
    const id = textAt(monitor, 'id') ?? textAt(heartbeat, 'monitorID')
    if (id === undefined) return { issues: [{ path: 'monitor.id', message: 'is not there' }] }
    const status = textAt(heartbeat, 'status') ?? ''
    const state = Object.hasOwn(STATES, status) ? STATES[status] : undefined
    const news = Object.hasOwn(NEWS, status) ? NEWS[status] : undefined
    if (state === undefined && news === undefined) {
      const message = 'has to be 0 (down), 1 (up), 2 (pending) or 3 (maintenance)'
      return { issues: [{ path: 'heartbeat.status', message }] }
    }
    const said = textAt(heartbeat, 'msg') ?? msg ?? ''
    return {
      draft: {
        ...namesOf(monitor, id),
        key: id,
        type: news === undefined ? undefined : 'CUSTOM',
        state: state ?? 'UNKNOWN',
        output: withoutUserInfo(news === undefined ? said : `${news}${said === '' ? '' : `: ${said}`}`),
        time: timeOf(heartbeat),
        labels: labelsOf(monitor['tags']),
      },
      view,
    }
  },
}

/** In a form, the field `data` holds all of it. */
function unwrapped(item: unknown): Readonly<Record<string, unknown>> {
  if (!isSection(item)) return {}
  const data = Object.hasOwn(item, 'data') ? item['data'] : undefined
  if (typeof data !== 'string' || !data.startsWith('{')) return item
  try {
    const parsed: unknown = JSON.parse(data)
    return isSection(parsed) ? parsed : item
  } catch {
    return item
  }
}

function viewOf(body: Readonly<Record<string, unknown>>): { item: unknown; top: unknown } {
  const { monitor, heartbeat, msg } = body
  const view = {
    monitor: isSection(monitor) ? { ...only(monitor, MONITOR), url: addressOf(monitor)?.href } : null,
    heartbeat: isSection(heartbeat) ? only(heartbeat, HEARTBEAT) : null,
    msg: typeof msg === 'string' ? withoutUserInfo(msg) : null,
  }
  return { item: view, top: view }
}

/** A test, or a certificate or domain that expires: told once, and belonging to no monitor. */
function notice(monitor: string, msg: string): Draft {
  return { type: 'EVENT', host: monitor, service: 'Notice', key: `notice ${msg}`, output: msg }
}

function namesOf(
  monitor: Readonly<Record<string, unknown>>,
  id: string,
): Pick<Draft, 'host' | 'service' | 'url'> {
  const url = addressOf(monitor)
  const name = textAt(monitor, 'name')
  const host = textAt(monitor, 'hostname') ?? (url?.hostname || undefined) ?? name ?? `Monitor ${id}`
  return { host, service: name === host ? undefined : name, url: url?.href }
}

function addressOf(monitor: Readonly<Record<string, unknown>>): URL | null {
  return plainAddress(textAt(monitor, 'url') ?? '')
}

function timeOf(heartbeat: Readonly<Record<string, unknown>>): number | undefined {
  const time = textAt(heartbeat, 'time')
  const local = textAt(heartbeat, 'localDateTime')
  const said = time ?? (local && `${local.replace(' ', 'T')}${textAt(heartbeat, 'timezoneOffset') ?? 'Z'}`)
  return (said && readTime(said)) || undefined
}

function labelsOf(tags: unknown): Record<string, string> | undefined {
  if (!Array.isArray(tags)) return undefined
  const labels = tags.flatMap((tag: unknown) => {
    const name = textAt(tag, 'name')
    return name === undefined ? [] : [[name, textAt(tag, 'value') ?? ''] as const]
  })
  return labels.length === 0 ? undefined : Object.fromEntries(labels)
}
