import { createHash } from 'node:crypto'
import type { State } from '../../core/state.ts'
import { isSection, only, type Preset, textAt } from './preset.ts'

/*
 * What healthchecks.io, or one's own server of it, sends by its integration Webhook with the body
 * {"check":$JSON,"status":"$STATUS"}, or $JSON alone (healthchecks/healthchecks:hc/integrations/webhook/transport.py).
 * Whoever knows a check's UUID can ping it, so it is known here by a hash of that only.
 */

const CHECK = [
  'name',
  'slug',
  'tags',
  'desc',
  'grace',
  'n_pings',
  'status',
  'started',
  'last_ping',
  'next_ping',
  'last_duration',
  'timeout',
  'schedule',
  'tz',
]
const STATES: Readonly<Record<string, State>> = { up: 'OK', down: 'CRITICAL' }
/** Neither well nor ill: nothing is opened or closed by them. */
const NEWS: ReadonlySet<string> = new Set(['new', 'grace', 'paused', 'started'])
const CREDENTIALS = /^((ping|update|pause|resume|badge)_url|uuid|unique_key|code|channels)$/
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

export const healthchecks: Preset = {
  isLike: (item) => {
    const check = checkOf(item)
    return ['ping_url', 'update_url', 'n_pings', 'last_ping', 'unique_key'].some((name) =>
      Object.hasOwn(check, name),
    )
  },
  read: (item, { monitor }) => {
    const check = checkOf(item)
    const name = textAt(check, 'name') ?? textAt(check, 'slug')
    if (name === undefined) return { issues: [{ path: 'name', message: 'is not there, nor slug' }] }
    const status = (textAt(item, 'status') ?? textAt(check, 'status') ?? '').toLowerCase()
    const state = Object.hasOwn(STATES, status) ? STATES[status] : undefined
    if (state === undefined && !NEWS.has(status)) {
      return { issues: [{ path: 'status', message: 'has to be up or down' }] }
    }
    const last = textAt(check, 'last_ping')
    const tags = textAt(check, 'tags')
    return {
      draft: {
        host: monitor,
        service: name,
        key: keyOf(check),
        type: state === undefined ? 'CUSTOM' : undefined,
        state: state ?? 'UNKNOWN',
        output: `${name} is ${status}. ${last === undefined ? 'It was never pinged.' : `Last ping: ${last}`}`,
        longOutput: textAt(check, 'desc'),
        labels: tags === undefined ? undefined : { tags },
      },
      view: viewOf(item, check),
    }
  },
}

function checkOf(item: unknown): Readonly<Record<string, unknown>> {
  if (!isSection(item)) return {}
  const check = Object.hasOwn(item, 'check') ? item['check'] : undefined
  return isSection(check) ? check : item
}

function viewOf(item: unknown, check: Readonly<Record<string, unknown>>): { item: unknown; top: unknown } {
  const known = only(check, CHECK)
  if (item === check || !isSection(item)) return { item: known, top: known }
  const around = Object.entries(item).filter(([name]) => name !== 'check' && !CREDENTIALS.test(name))
  const view = { ...Object.fromEntries(around), check: known }
  return { item: view, top: view }
}

/** The names stand in where a sender leaves all of these out; then it is known by its name. */
function keyOf(check: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['uuid', 'ping_url', 'update_url']) {
    const [uuid] = UUID.exec((textAt(check, name) ?? '').slice(0, 1024)) ?? []
    if (uuid !== undefined) return createHash('sha256').update(uuid.toLowerCase()).digest('hex').slice(0, 32)
  }
  return undefined
}
