import type { Notification } from '../../core/notification.ts'
import { type Body, type Intake, type IntakeContext, type Issue, NOTIFICATIONS_MAX } from '../monitor.ts'
import { applyMap, listOf } from './apply-map.ts'
import type { Config, Mapping } from './config.ts'
import { finish } from './draft.ts'
import type { Around } from './path.ts'
import type { Preset } from './preset.ts'
import { PRESETS, recognise } from './presets.ts'

/** What a monitor of this kind is told with. */
type Rules = { readonly preset: Preset | null; readonly map: Mapping | null; readonly monitor: string }
type Read = Notification | { readonly issues: readonly Issue[] }

/** Reads a body by the monitor's preset, by its map, or by both; with neither, by the preset that it looks like. */
export function notify({ value }: Body, { monitor, settings }: IntakeContext): Intake {
  const given: Partial<Config> = settings ?? {}
  const preset = given.preset === undefined ? null : PRESETS[given.preset]
  const rules: Rules = { preset, map: given.map ?? null, monitor }
  const items = itemsOf(value, rules.map)
  if ('message' in items) return { notifications: [], rejected: [[items]] }
  const notifications: Notification[] = []
  const rejected: (readonly Issue[])[] = []
  const accepted = new Set<200 | undefined>()
  for (const around of items.slice(0, NOTIFICATIONS_MAX)) {
    const by = preset ?? (rules.map === null ? recognise(around.item) : null)
    const read = readItem(around, { ...rules, preset: by })
    if ('issues' in read) rejected.push(read.issues)
    else notifications.push(read)
    if (by !== null) accepted.add(by.accepted)
  }
  const beyond = items.length - NOTIFICATIONS_MAX
  if (beyond > 0) rejected.push([tooMany(beyond)])
  if (items.length === 0) rejected.push([{ path: '', message: 'holds nothing to be told' }])
  return { notifications, rejected, ...(accepted.has(200) ? { accepted: 200 } : {}) }
}

/** A list is several, whether or not a map says so. */
function itemsOf(top: unknown, map: Mapping | null): readonly Around[] | Issue {
  if (map?.each === undefined) {
    return Array.isArray(top)
      ? top.map((item: unknown, n) => ({ item, top, at: `[${n}]` }))
      : [{ item: top, top, at: '' }]
  }
  const found = listOf(map.each, { item: top, top, at: '' })
  if ('message' in found) return found
  return found.list.map((item, n) => ({ item, top, at: `${found.at}[${n}]` }))
}

function readItem(around: Around, { preset, map, monitor }: Rules): Read {
  if (preset === null) {
    if (map === null) return { issues: [unknown(around.at)] }
    const { draft, issues } = applyMap(map, around)
    return issues.length > 0 ? { issues } : finish(draft, monitor, around.at)
  }
  const read = preset.read(around.item, { monitor, isStateMapped: map?.state !== undefined })
  if ('issues' in read) return { issues: read.issues.map((issue) => within(around.at, issue)) }
  if (map === null) return finish(read.draft, monitor, around.at)
  const { draft, issues } = applyMap(map, { ...read.view, at: around.at })
  if (issues.length > 0) return { issues }
  // What a map does not find is no reason to forget what the preset knows.
  const found = Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined))
  return finish({ ...read.draft, ...found }, monitor, around.at)
}

function within(at: string, { path, message }: Issue): Issue {
  return { path: at === '' || path === '' ? at + path : `${at}.${path}`, message }
}

function unknown(path: string): Issue {
  const message =
    'is of no form that is known without being told. Set preset or map for this monitor in ackbridge.yml (kind generic)'
  return { path, message }
}

function tooMany(beyond: number): Issue {
  const message = `holds more than ${NOTIFICATIONS_MAX} in one request; ${beyond} were not taken. Send fewer at once`
  return { path: '', message }
}
