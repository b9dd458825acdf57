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
  /**
   * @param means absence means that it is over, once it lasts
   * @returns readings of what is over
   */
  look(look: Look, means: boolean): readonly CheckReading[]
}

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
      const isYoung = upSince !== null && asOf - upSince < UP_MS
      if (!means || isYoung) return []
      return absent
        .filter(({ check: { key } }) => goneFor(key) >= (inMass.has(key) ? MASS_ABSENT_MS : ABSENT_MS))
        .map((view) => overReading(view))
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
