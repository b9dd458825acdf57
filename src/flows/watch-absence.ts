import type { CheckReading } from '../core/monitor-api.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { ProblemView } from '../core/problem.ts'
import type { Look } from './bring-in-line.ts'

/** What has to stay away for so long before it is over. */
const ABSENT_MS = 5 * 60_000
/** A monitor that started later than this does not know everything yet. */
const UP_MS = 10 * 60_000
/** More of a monitor's open problems than this share, and at least so many, gone at once: it may be the monitor that is ill. */
const VANISHED_SHARE = 0.2
const VANISHED_MIN = 10
/** What vanished so close together vanished at once. */
const AT_ONCE_MS = ABSENT_MS + 2 * 60_000
/** A monitor that answers well for so long without them is believed after all: the end of a great outage looks the same. */
const MASS_ABSENT_MS = 60 * 60_000

/** Keeps account of what a monitor does not show any more. */
export type WatchAbsence = {
  /** @param means what absence means once it lasts; null: nothing */
  look(look: Look, means: AbsenceMeans | null): Absence
}

export type AbsenceMeans = {
  /** How long a silence of ours lasts unless it is renewed, which it is only while its problem is listed, ms. */
  readonly silenceMs: number | null
  /** Where the monitor does not say since when it is up: since when it answers, as far as we know, epoch ms. */
  readonly answersSince: number
}

export type Absence = {
  /** Readings of what is over. */
  readonly over: readonly CheckReading[]
  /** What may yet be listed again, but is silent there no longer. */
  readonly lapsed: readonly ProblemView[]
}

const NOTHING: Absence = { over: [], lapsed: [] }

export function createWatchAbsence(name: string, clock: Clock, log: Log): WatchAbsence {
  let since: ReadonlyMap<string, number> = new Map()
  let inMass: ReadonlySet<string> = new Set()
  let hasWarned = false

  return {
    look: ({ absent, open, upSince, asOf }, means) => {
      const now = clock.now()
      const before = since
      since = new Map(absent.map(({ check }) => [check.key, before.get(check.key) ?? now]))
      const goneFor = (key: string): number => now - (since.get(key) ?? now)
      const lately = [...since.keys()].filter((key) => goneFor(key) < AT_ONCE_MS)
      const isMass = lately.length >= VANISHED_MIN && lately.length > open * VANISHED_SHARE
      inMass = new Set([...inMass, ...(isMass ? lately : [])].filter((key) => since.has(key)))
      if (isMass && !hasWarned)
        log.error(
          { monitor: name, absent: lately.length, open },
          `${name} does not show many of its open problems any more. None of them is closed for that within the next hour. Look at it, and at the rights of its API user.`,
        )
      hasWarned = isMass
      if (means === null) return NOTHING
      const { answersSince, silenceMs } = means
      const isYoung = asOf - (upSince ?? answersSince) < UP_MS
      const isOver = ({ check: { key } }: ProblemView): boolean =>
        !isYoung && goneFor(key) >= (inMass.has(key) ? MASS_ABSENT_MS : ABSENT_MS)
      const isLapsed = (view: ProblemView): boolean =>
        silenceMs !== null && !isOver(view) && goneFor(view.check.key) >= silenceMs
      return {
        over: absent.filter(isOver).map((view) => overReading(view)),
        lapsed: absent.filter(isLapsed),
      }
    },
  }
}

function overReading({ check }: ProblemView): CheckReading {
  return {
    key: check.key,
    host: check.host,
    service: check.service,
    hostDisplayName: null,
    serviceDisplayName: null,
    state: check.service === null ? 'UP' : 'OK',
    hard: true,
    output: 'It is not listed any more.',
    since: null,
    acknowledged: false,
    acknowledgement: null,
    inDowntime: false,
    downtimes: null,
    isFlapping: null,
  }
}
