import { Failure } from '../../core/failure.ts'
import { fingerprintOf } from './alert-fingerprint.ts'

/*
 * What the API v2 of Alertmanager answers, which Grafana has too: alerts and silences. It is taken apart by hand because it
 * is shared between kinds, and tolerantly: what is not known is passed over.
 */

export type Labels = Readonly<Record<string, string>>

/** An alert that is firing, as it is listed. */
export type ListedAlert = {
  readonly fingerprint: string
  /** Whole, as the monitor has them. */
  readonly labels: Labels
  readonly annotations: Labels
  /** As it is written there. */
  readonly startsAt: string
  readonly generatorUrl: string
  /** Ids of the silences that mute it. */
  readonly silencedBy: readonly string[]
  /** Nobody is told of it: it is silenced or inhibited. */
  readonly isSuppressed: boolean
  /** Names of whom it is told to, as it is routed. */
  readonly receivers: readonly string[]
}

export type Matcher = {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

/** A silence that is there: it mutes now, or is going to. */
export type Silence = {
  readonly id: string
  readonly matchers: readonly Matcher[]
  /** As they are written there: who prolongs a silence has to repeat its beginning. */
  readonly startsAt: string
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

/**
 * @param monitor its name, for the sentence
 * @throws Failure when it is no list of alerts; leaving one out would say that it is over
 */
export function alertsOf(monitor: string, answer: unknown): readonly ListedAlert[] {
  if (!Array.isArray(answer)) throw notThat(monitor, 'alerts')
  return answer.map((one: unknown) => {
    const alert = isObject(one) ? one : {}
    const labels = textsOf(alert['labels'])
    if (labels === null) throw notThat(monitor, 'alerts')
    const status = isObject(alert['status']) ? alert['status'] : {}
    const silencedBy = listOf(status['silencedBy']).filter((id) => typeof id === 'string')
    return {
      fingerprint: textOf(alert['fingerprint']) || fingerprintOf(labels),
      labels,
      annotations: textsOf(alert['annotations'] ?? {}) ?? {},
      startsAt: textOf(alert['startsAt']),
      generatorUrl: textOf(alert['generatorURL']),
      silencedBy,
      isSuppressed: status['state'] === 'suppressed' || silencedBy.length > 0,
      receivers: listOf(alert['receivers']).flatMap((one) => (isObject(one) ? [textOf(one['name'])] : [])),
    }
  })
}

/** @returns those that are not over. @throws Failure when it is no list of silences */
export function silencesOf(monitor: string, answer: unknown): readonly Silence[] {
  if (!Array.isArray(answer)) throw notThat(monitor, 'silences')
  return answer.flatMap((one: unknown) => {
    if (!isObject(one)) return []
    const status = isObject(one['status']) ? one['status'] : {}
    const id = textOf(one['id'])
    const matchers = matchersOf(one['matchers'])
    if (id === '' || matchers === null || status['state'] === 'expired') return []
    return [
      {
        id,
        matchers,
        startsAt: textOf(one['startsAt']),
        endsAt: textOf(one['endsAt']),
        createdBy: textOf(one['createdBy']),
        comment: textOf(one['comment']),
      },
    ]
  })
}

/** @returns the texts of an object by name, null when it is none or holds anything else */
export function textsOf(value: unknown): Labels | null {
  if (!isObject(value)) return null
  const entries = Object.entries(value)
  return entries.every(([, text]) => typeof text === 'string')
    ? (Object.fromEntries(entries) as Labels)
    : null
}

function matchersOf(value: unknown): readonly Matcher[] | null {
  if (!Array.isArray(value)) return null
  const matchers = value.map((one: unknown) => {
    const matcher = isObject(one) ? one : {}
    const { name, value: text, isRegex, isEqual } = matcher as Partial<Matcher>
    // Releases before 0.22 do not have `isEqual`: all of them are.
    return { name, value: text, isRegex: isRegex === true, isEqual: isEqual !== false }
  })
  const isMatcher = (one: (typeof matchers)[number]): one is Matcher =>
    typeof one.name === 'string' && typeof one.value === 'string'
  return matchers.every(isMatcher) ? matchers : null
}

function notThat(monitor: string, what: string): Failure {
  const sentence = `${monitor} answered with something that is no list of ${what}. Is the address right?`
  return new Failure('invalid', { kind: 'later' }, sentence)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
