import { createHash } from 'node:crypto'
import { keyOfNames, type Notification } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import type { Issue } from '../monitor.ts'
import { buildNotification, type GivenNotification } from '../shared/build-notification.ts'
import { cleanLine, cleanName } from '../shared/clean-text.ts'
import { cleanUrl } from '../shared/clean-url.ts'

/** A notification as far as it is known yet. */
export type Draft = Omit<GivenNotification, 'host' | 'state' | 'time' | 'channel'> & {
  readonly host?: string | undefined
  /** Of a service or of a host, whichever this is: it is made fit. */
  readonly state?: State | undefined
  /** Epoch ms. */
  readonly time?: number | undefined
}

/** Longer names of checks, episodes and notifications are kept as their hash, so that they still tell things apart. */
const KEY_MAX_CHARS = 1024
const ID_MAX_CHARS = 256
const LABEL_MAX_CHARS = 256
const VALUE_MAX_CHARS = 4096
const TEXT_MAX_CHARS = 64 * 1024
const AS_HOST: Partial<Record<State, State>> = {
  OK: 'UP',
  WARNING: 'DOWN',
  CRITICAL: 'DOWN',
  UNKNOWN: 'UNREACHABLE',
}
const AS_SERVICE: Partial<Record<State, State>> = { UP: 'OK', DOWN: 'CRITICAL', UNREACHABLE: 'UNKNOWN' }

/** @returns the notification, or what is missing to make one. Without a state and a type it is an EVENT */
export function finish(draft: Draft, monitor: string, at: string): Notification | { issues: Issue[] } {
  const host = draft.host ?? ''
  if (cleanName(host) === '') return { issues: [{ path: at, message: 'names no host' }] }
  const service = cleanName(draft.service ?? '') === '' ? undefined : draft.service
  const state = draft.state && ((service === undefined ? AS_HOST : AS_SERVICE)[draft.state] ?? draft.state)
  const names = keyOfNames(cleanLine(host), service === undefined ? null : cleanLine(service))
  const built = buildNotification(
    {
      ...draft,
      host,
      service,
      state,
      type: draft.type ?? (state === undefined ? 'EVENT' : undefined),
      key: shortened(draft.key || names, KEY_MAX_CHARS),
      episode: draft.episode && shortened(draft.episode, ID_MAX_CHARS),
      id: draft.id ? shortened(draft.id, ID_MAX_CHARS) : undefined,
      time: draft.time === undefined ? undefined : draft.time / 1000,
      // What is no link is no reason to lose an alert.
      url: cleanUrl(draft.url ?? '') ?? undefined,
      output: draft.output?.slice(0, TEXT_MAX_CHARS),
      longOutput: draft.longOutput?.slice(0, TEXT_MAX_CHARS),
      comment: draft.comment?.slice(0, TEXT_MAX_CHARS),
      labels: draft.labels && boundedLabels(draft.labels),
      fields: draft.fields?.map(({ label, value }) => ({ label, value: value.slice(0, VALUE_MAX_CHARS) })),
    },
    monitor,
  )
  if (!('issues' in built)) return built
  return { issues: built.issues.map((issue) => ({ path: at, message: `${issue.path} ${issue.message}` })) }
}

/** @returns the text, or a hash of it where it is longer */
export function shortened(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : createHash('sha256').update(text.toWellFormed()).digest('hex')
}

function boundedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(labels).slice(0, 100)
  return Object.fromEntries(
    entries.map(([name, value]) => [name.slice(0, LABEL_MAX_CHARS), value.slice(0, VALUE_MAX_CHARS)]),
  )
}
