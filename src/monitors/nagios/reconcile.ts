import type {
  AcknowledgementReading,
  CheckReading,
  DowntimeReading,
  Finding,
  Reading,
} from '../../core/monitor-api.ts'
import { keyOfNames } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import { boundOutput, cleanLine, cleanName, cleanText } from '../shared/clean-text.ts'
import type { Names } from './command-line.ts'

/*
 * What was read, by whichever way, made into a reading. The ways differ in how they are asked and how they spell things;
 * each gives the same raw material.
 */

export type RawCheck = Names & {
  readonly hostDisplayName: string | null
  readonly serviceDisplayName: string | null
  /** Null while it was never checked. */
  readonly state: State | null
  readonly hard: boolean
  readonly output: string
  /** Epoch ms; 0: never. */
  readonly since: number
  readonly acknowledged: boolean
  /** 0 none, 1 not sticky, 2 sticky. */
  readonly acknowledgementType: number
  readonly downtimeDepth: number
  readonly isFlapping: boolean | null
}

export type RawComment = Names & {
  readonly id: number
  readonly author: string
  readonly comment: string
  /** Epoch ms. */
  readonly at: number
  readonly until: number | null
}

export type RawDowntime = Names & {
  readonly id: number
  readonly author: string
  readonly comment: string
  /** Epoch ms. */
  readonly from: number
  readonly until: number
}

export type Raw = {
  readonly asOf: number
  readonly checks: readonly RawCheck[]
  /** Those of acknowledgements only. */
  readonly comments: readonly RawComment[]
  readonly downtimes: readonly RawDowntime[]
}

/** A way to read the monitor. */
export type Source = {
  read(names: readonly Names[]): Promise<Raw>
  /** Everything that is not well. */
  readProblems(): Promise<Raw>
  examine(): Promise<readonly Finding[]>
  close(): Promise<void>
}

export function assembleReading({ asOf, checks, comments, downtimes }: Raw): Reading {
  const newest = new Map<string, RawComment>()
  for (const comment of comments) {
    const known = newest.get(keyOf(comment))
    if (known === undefined || comment.at > known.at || (comment.at === known.at && comment.id > known.id)) {
      newest.set(keyOf(comment), comment)
    }
  }
  const byKey = Map.groupBy(downtimes, keyOf)
  return {
    asOf,
    checks: new Map(
      checks.map((check) => {
        const key = keyOf(check)
        return [key, readingOf(key, check, newest.get(key) ?? null, byKey.get(key) ?? [])]
      }),
    ),
  }
}

/** Made as notifications make it, so that both mean the same check. */
function keyOf({ host, service }: Names): string {
  return keyOfNames(cleanLine(host), service === null ? null : cleanLine(service))
}

function readingOf(
  key: string,
  check: RawCheck,
  comment: RawComment | null,
  downtimes: readonly RawDowntime[],
): CheckReading {
  return {
    key,
    host: cleanName(check.host),
    service: check.service === null ? null : cleanName(check.service),
    hostDisplayName: nameOrNull(check.hostDisplayName),
    serviceDisplayName: nameOrNull(check.serviceDisplayName),
    state: check.state ?? (check.service === null ? 'UP' : 'OK'),
    hard: check.hard && check.state !== null,
    output: boundOutput(cleanText(check.output), null).output,
    since: check.since > 0 ? check.since : null,
    acknowledged: check.acknowledged,
    // A persistent comment stays when its acknowledgement is gone; alone it says nothing.
    acknowledgement: check.acknowledged && comment !== null ? acknowledgementOf(check, comment) : null,
    inDowntime: check.downtimeDepth > 0,
    downtimes: downtimes.map(downtimeOf),
    isFlapping: check.isFlapping,
  }
}

function acknowledgementOf({ acknowledgementType }: RawCheck, comment: RawComment): AcknowledgementReading {
  return {
    author: nameOrNull(comment.author),
    comment: cleanText(comment.comment) || null,
    at: comment.at > 0 ? comment.at : null,
    until: comment.until,
    sticky: acknowledgementType === 0 ? null : acknowledgementType === 2,
  }
}

function downtimeOf({ id, author, comment, from, until }: RawDowntime): DowntimeReading {
  return {
    reference: String(id),
    author: nameOrNull(author),
    comment: cleanText(comment) || null,
    from,
    until,
  }
}

function nameOrNull(name: string | null): string | null {
  return name === null ? null : cleanName(name) || null
}
