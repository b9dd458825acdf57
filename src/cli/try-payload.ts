import { readFileSync } from 'node:fs'
import { namesOfKey } from '../core/notification.ts'
import { systemClock } from '../system/clock.ts'
import { type Told, type Trial, tryPayload } from '../try-payload.ts'
import { EXIT } from './exit.ts'
import { settings } from './settings.ts'

export type TryOptions = {
  /** Name of a file; `-` is standard input. */
  readonly try: string
  readonly monitor: string
  readonly type?: string
  /** Each `Name: value`. */
  readonly header?: readonly string[]
}

// Anything that a terminal would act on, what ends a line, and what turns the direction of writing.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g
const LINE_MAX_CHARS = 300
/** Notifications and faults that are shown of one body. */
const SHOWN_MAX = 50

/** Says what a monitor's kind makes of a body. Opens, sends and stores nothing. @returns the exit code */
export async function tryFile(options: TryOptions): Promise<number> {
  const headers = headersOf(options)
  if (typeof headers === 'string') return wrong(headers)
  const bytes = readPayload(options.try)
  if (typeof bytes === 'string') return wrong(bytes)
  const config = settings()
  const trial = await tryPayload(config, options.monitor, { bytes, headers, now: systemClock.now() })
  if (trial.is === 'unknown-monitor') return wrong(trial.sentence)
  for (const line of linesOf(trial, options.monitor)) console.log(line.replace(CONTROLS, ' ').trimEnd())
  return trial.status < 300 ? EXIT.done : EXIT.wrong
}

function wrong(sentence: string): number {
  console.error(sentence.replace(CONTROLS, ' '))
  return EXIT.wrong
}

function readPayload(file: string): Buffer | string {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    return `${file === '-' ? 'Standard input' : file} cannot be read (${(error as NodeJS.ErrnoException).code}).`
  }
}

function headersOf({ type, header = [] }: TryOptions): Record<string, string> | string {
  const headers: Record<string, string> = { 'content-type': type ?? 'application/json' }
  for (const one of header) {
    const at = one.indexOf(':')
    const name = one.slice(0, at).trim().toLowerCase()
    if (at < 1 || name === '') return '--header has to be of the form "Name: value".'
    headers[name] = one.slice(at + 1).trim()
  }
  return headers
}

function linesOf(trial: Extract<Trial, { is: 'tried' }>, name: string): readonly string[] {
  const { kind, preset, told, rejected, ignored, allOrNothing, status } = trial
  const counts = [
    told.length === 1 ? '1 notification' : `${told.length} notifications`,
    ...(rejected.length === 0 ? [] : [`${rejected.length} not understood`]),
    ...(ignored === 0 ? [] : [`${ignored} with nothing to tell`]),
  ]
  const nothing = allOrNothing && rejected.length > 0 ? ' All is stored or nothing, so nothing would be.' : ''
  return [
    `${name} (${kind}${preset === null ? '' : `, ${preset}`}): ${counts.join(', ')}.${nothing} The sender would be answered ${status}.`,
    ...told.slice(0, SHOWN_MAX).flatMap((one, index) => ['', ...linesOfTold(one, index + 1)]),
    ...left(told.length, 'notifications'),
    ...(rejected.length === 0 ? [] : ['', 'Not understood:']),
    ...rejected
      .slice(0, SHOWN_MAX)
      .flatMap((issues) => issues.map(({ path, message }) => `  ${`${path} ${message}`.trim()}`)),
    ...left(rejected.length, 'faults'),
  ]
}

function left(count: number, what: string): readonly string[] {
  return count > SHOWN_MAX ? ['', `${count - SHOWN_MAX} more ${what} are not shown.`] : []
}

function linesOfTold({ notification: n, channels }: Told, number: number): readonly string[] {
  const rows: readonly (readonly [name: string, value: string | null | undefined])[] = [
    ['type', n.type],
    ['host', n.host],
    ['service', n.service],
    ['state', n.state],
    ['key', keyWords(n.key)],
    ['episode', n.episode],
    ['id', n.id],
    ['output', n.output],
    ['longOutput', n.longOutput],
    ['time', isoOf(n.time)],
    ['since', isoOf(n.since ?? null) ?? undefined],
    ['url', n.url],
    ['address', n.address],
    ['hostDisplayName', n.hostDisplayName],
    ['serviceDisplayName', n.serviceDisplayName],
    ['author', n.author],
    ['comment', n.comment],
    ...Object.entries(n.labels ?? {}).map(([name, value]) => ['label', `${name} = ${value}`] as const),
    ...(n.fields ?? []).map(({ label, value }) => ['field', `${label} = ${value}`] as const),
  ]
  const given = rows.filter(([, value]) => typeof value === 'string' && value !== '')
  const absent = rows.filter(([, value]) => value === null || value === '').map(([name]) => name)
  return [
    ...given.map(
      ([name, value], row) => `${row === 0 ? `${number}.` : ''}`.padEnd(4) + rowOf(name, value ?? ''),
    ),
    ...(absent.length === 0 ? [] : [`    ${'absent'.padEnd(20)}${absent.join(', ')}`]),
    `    ${'shown'.padEnd(20)}${shownOf(channels)}`,
  ]
}

function rowOf(name: string, value: string): string {
  const line = value.replace(CONTROLS, ' ')
  return `${name.padEnd(20)}${line.length > LINE_MAX_CHARS ? `${line.slice(0, LINE_MAX_CHARS - 1)}…` : line}`
}

function isoOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

/** A key that is made of the names is nothing that a person has to read. */
function keyWords(key: string): string {
  const { host, service } = namesOfKey(key)
  return service === null ? key : `${host} + ${service}`
}

function shownOf(channels: readonly string[] | null): string {
  if (channels === null) return 'no card of its own; on the card of its check, if a problem is open'
  return channels.length === 0
    ? 'nowhere: no route matches, and no channel is set'
    : `in ${channels.join(', ')}`
}
