import { Failure } from '../../core/failure.ts'
import type { Hint } from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { cleanLine } from '../shared/clean-text.ts'
import type { Http } from '../shared/http.ts'
import { parseEvent } from './schema.ts'
import { lineSplitter } from './split-lines.ts'

/*
 * Icinga's event stream: an answer that does not end, one JSON a line. Events are hints only; what they say is read from
 * the objects. There is no replay, so after each gap everything may have changed.
 */

/** What may change a reading. Each needs its own right, `events/TYPE`; one that is missing refuses all of them. */
export const EVENT_TYPES = [
  'StateChange',
  'AcknowledgementSet',
  'AcknowledgementCleared',
  'DowntimeAdded',
  'DowntimeRemoved',
  'DowntimeStarted',
  'DowntimeTriggered',
  'Flapping',
] as const

const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MAX_MS = 30_000
/** Somebody has to change a right or a password first. */
const REFUSED_PAUSE_MS = 5 * 60_000
/** A stream that stood for so long was a good one; the next gap begins with the shortest pause again. */
const STABLE_MS = 30_000
/**
 * Icinga sends nothing while nothing happens, and a connection that died without a word looks the same. So after so much
 * silence a new one is opened.
 */
const SILENCE_MAX_MS = 5 * 60_000

type End = 'renewed' | 'lost' | 'refused'

/**
 * Listens until it is stopped, reconnecting by itself.
 *
 * @param onHint gets the keys of checks that may have changed, or `all` after each (re)connect
 * @returns a function that stops it; resolves when nothing is left open
 */
export function listen(
  http: Http,
  around: MonitorSurroundings,
  onHint: (hint: Hint) => void,
): () => Promise<void> {
  const { clock } = around
  const stopping = new AbortController()

  async function run(): Promise<void> {
    let pause = BACKOFF_FIRST_MS
    let begun = clock.monotonic()
    let said: End | null = null
    // Said once and not with every attempt; the regular reading tells how the monitor is.
    const isNews = (end: End): boolean => {
      const news = said !== end || clock.monotonic() - begun >= STABLE_MS
      said = end
      return news
    }
    while (!stopping.signal.aborted) {
      begun = clock.monotonic()
      const end = await openOnce(http, around, onHint, stopping.signal, isNews)
      if (stopping.signal.aborted) return
      if (end === 'renewed') continue
      if (clock.monotonic() - begun >= STABLE_MS) pause = BACKOFF_FIRST_MS
      await rest(end === 'refused' ? REFUSED_PAUSE_MS : pause, clock, stopping.signal)
      pause = Math.min(pause * 2, BACKOFF_MAX_MS)
    }
  }

  const running = run()
  return async () => {
    stopping.abort()
    await running
  }
}

function rest(ms: number, clock: MonitorSurroundings['clock'], signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const wake = (): void => {
      cancel()
      signal.removeEventListener('abort', wake)
      done()
    }
    const cancel = clock.timer(ms, wake)
    signal.addEventListener('abort', wake)
  })
}

/** Opens the stream and reads it to its end. Never throws but for a bug. */
async function openOnce(
  http: Http,
  { name, clock, log }: MonitorSurroundings,
  onHint: (hint: Hint) => void,
  stop: AbortSignal,
  isNews: (end: End) => boolean,
): Promise<End> {
  const over = new AbortController()
  const signal = AbortSignal.any([stop, over.signal])
  let isSilent = false
  const silence = (): (() => void) =>
    clock.timer(SILENCE_MAX_MS, () => {
      isSilent = true
      over.abort()
    })
  const lost = (reason: string): End => {
    if (isNews('lost')) log.info({ monitor: name, reason }, 'The event stream was lost; it is opened again.')
    return 'lost'
  }
  let cancelSilence = silence()
  try {
    // Each queue is read by one; a name used twice would share its events out.
    const queue = `ackbridge-${name}-${clock.now()}`
    const body = { queue, types: EVENT_TYPES }
    const answer = await http.stream({ method: 'POST', path: '/v1/events', body }, signal)
    if (answer.status !== 200) {
      answer.body.on('error', () => {}).destroy()
      return notOpened(answer.status, name, log, isNews)
    }
    onHint('all')
    const linesOf = lineSplitter()
    for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
      cancelSilence()
      cancelSilence = silence()
      const keys = keysOf(linesOf(piece))
      if (keys.length > 0) onHint(keys)
    }
    return lost('It was ended there.')
  } catch (error) {
    if (stop.aborted) return 'lost'
    return isSilent ? 'renewed' : lost(reasonOf(error))
  } finally {
    cancelSilence()
    over.abort()
  }
}

/** Icinga 2.13 answers 404 where a right is missing, later ones 403. */
function notOpened(
  status: number,
  name: string,
  log: MonitorSurroundings['log'],
  isNews: (end: End) => boolean,
): End {
  const end = status >= 400 && status < 500 && status !== 429 && status !== 408 ? 'refused' : 'lost'
  if (!isNews(end)) return end
  if (end === 'lost') {
    log.info({ monitor: name, status }, 'The event stream could not be opened; it is tried again.')
    return end
  }
  const advice =
    status === 401
      ? 'Check user and password against its ApiUser'
      : 'Give its ApiUser the events/ permissions of our README, or set events to false'
  log.warn({ monitor: name, status }, `${name} does not let us hear of events. ${advice}.`)
  return end
}

function keysOf(lines: readonly string[]): readonly string[] {
  const keys = new Set<string>()
  for (const line of lines) {
    const about = checkOf(line)
    if (about !== null)
      keys.add(keyOfNames(cleanLine(about.host), about.service === null ? null : cleanLine(about.service)))
  }
  return [...keys]
}

function checkOf(line: string): { readonly host: string; readonly service: string | null } | null {
  try {
    return parseEvent(JSON.parse(line))
  } catch {
    return null
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.message
  const { code, name } = error as { code?: string; name?: string }
  return code ?? name ?? 'unknown'
}
