import { Failure } from '../../core/failure.ts'
import { isOurs, withoutMarker } from '../../core/marker.ts'
import type { AcknowledgementReading, AcknowledgeOrder, OrderAnswer, Target } from '../../core/monitor-api.ts'
import { cutChars } from '../../core/output-preview.ts'
import type { Labels, ListedAlert, Matcher, Silence } from './alert-answers.ts'
import { cleanComment, cleanLine, cleanName, cleanText } from './clean-text.ts'
import { composeComment } from './compose-comment.ts'
import { parseTime } from './parse-time.ts'

/*
 * Acknowledging where there is only silencing: a short silence on exactly one alert, known again by our mark in its comment,
 * prolonged while the alert fires and ended with it. Nothing is remembered here: each order looks first.
 */

/** Bytes of a comment. */
const COMMENT_MAX_BYTES = 2000
/** Characters of a person's name. */
const NAME_MAX_CHARS = 100
/**
 * A silence is asked for from before now, which the monitor turns into its own now: by a clock that is ahead of
 * its clock it would begin later.
 */
const EARLIER_MS = 3_600_000

/** A silence as it is asked for; with `id` it is one that is there. */
export type SilenceOrder = Omit<Silence, 'id'> & { readonly id?: string }

/** What is asked of a monitor that silences. Each throws a Failure. */
export type Silencer = {
  /** The monitor's name, for sentences. */
  readonly name: string
  /** Alerts that fire; at least the target's and those that have all of its labels and more. */
  alerts(target: Target): Promise<readonly ListedAlert[]>
  silences(): Promise<readonly Silence[]>
  /** Creates a silence, or changes the one that is named. */
  put(order: SilenceOrder): Promise<void>
  /** Ends a silence; that it has ended already, or is not there, is fine. */
  expire(id: string): Promise<void>
  /** @returns which alert is meant; null when it does not fire */
  find(alerts: readonly ListedAlert[], target: Target): ListedAlert | null
}

/**
 * Silences one alert: prolongs the silence that carries the order's mark, or makes one. `already`: somebody else's silence
 * mutes it, and it is not to take its place. `not_a_problem`: it does not fire.
 *
 * @param now epoch ms
 * @param lastsMs how long from now it is silent
 * @throws Failure of the silencer, and `never` when its labels cannot be named exactly
 */
export async function silence(
  silencer: Silencer,
  target: Target,
  order: AcknowledgeOrder,
  now: number,
  lastsMs: number,
): Promise<OrderAnswer> {
  const alerts = await silencer.alerts(target)
  const alert = silencer.find(alerts, target)
  if (alert === null) return 'not_a_problem'
  const matchers = matchersFor(silencer.name, target, alert, alerts)
  const silences = await silencer.silences()
  const exact = silences.filter((one) => pinsExactly(one, alert.labels))
  const words = { createdBy: authorOf(order.author), comment: commentOf(order) }
  const until = now + lastsMs
  const ours = newest(exact.filter(({ comment }) => comment.includes(order.marker)))
  if (ours !== null) {
    const endsAt = Math.max(until, parseTime(ours.endsAt) ?? 0)
    // With the same matchers and beginning it stays the same silence.
    await silencer.put({ ...ours, ...words, endsAt: new Date(endsAt).toISOString() })
    await expireFormer(silencer, exact, order)
    return 'taken'
  }
  const isTheirs = silencing(alert, silences).some(({ comment }) => !isOurs(comment))
  if (isTheirs && !order.replace) return 'already'
  const startsAt = new Date(now - EARLIER_MS).toISOString()
  await silencer.put({ ...words, matchers, startsAt, endsAt: new Date(until).toISOString() })
  // Only now, so that it is not heard in between.
  await expireFormer(silencer, exact, order)
  return 'taken'
}

/** What the order takes the place of; also later, should that have failed when it was made. */
async function expireFormer(
  silencer: Silencer,
  exact: readonly Silence[],
  { replace, marker }: AcknowledgeOrder,
): Promise<void> {
  if (!replace) return
  const former = exact.filter(({ comment }) => isOurs(comment) && !comment.includes(marker))
  for (const { id } of former) await silencer.expire(id)
}

/**
 * Ends what silences one alert.
 *
 * @param marker of ours, where only ours is to go: all that carry it, whether or not the alert still fires. Null: whatever
 *   silences exactly this alert; what silences more is not ours to end
 * @throws Failure of the silencer, and `never` when only something broader silences it
 */
export async function endSilences(
  silencer: Silencer,
  target: Target,
  marker: string | null,
): Promise<OrderAnswer> {
  if (marker !== null) {
    const ours = (await silencer.silences()).filter(
      (one) => one.comment.includes(marker) && isPlain(one) && pinsAll(one, target.labels ?? {}),
    )
    for (const { id } of ours) await silencer.expire(id)
    return 'taken'
  }
  const alert = silencer.find(await silencer.alerts(target), target)
  if (alert === null) return 'not_a_problem'
  const silences = await silencer.silences()
  const exact = silences.filter((one) => pinsExactly(one, alert.labels))
  const [broader] = silencing(alert, silences).filter((one) => !exact.includes(one))
  if (exact.length === 0 && broader !== undefined) throw tooBroad(silencer.name, broader)
  for (const { id } of exact) await silencer.expire(id)
  return 'taken'
}

/** @returns the words of what silences an alert, ours before others', then the newest; null when none of it is known */
export function acknowledgementOf(
  alert: ListedAlert,
  silences: readonly Silence[],
): AcknowledgementReading | null {
  const all = silencing(alert, silences)
  const one = newest(all.filter(({ comment }) => isOurs(comment))) ?? newest(all)
  if (one === null) return null
  return {
    author: cleanName(one.createdBy) || null,
    comment: cleanComment(one.comment),
    at: parseTime(one.startsAt),
    until: parseTime(one.endsAt),
    sticky: null,
  }
}

/**
 * One matcher for each label. An alert that has all of these labels and more would be muted along: of those that fire, the
 * labels that they have besides are asked to be absent.
 */
function matchersFor(
  monitor: string,
  target: Target,
  { labels }: ListedAlert,
  alerts: readonly ListedAlert[],
): readonly Matcher[] {
  const entries = Object.entries(labels).filter(([, value]) => value !== '')
  const isExact = entries.every(([name, value]) => name.isWellFormed() && value.isWellFormed())
  if (entries.length === 0 || !isExact || !holdsAll(labels, target.labels ?? {})) {
    const sentence = `${monitor} has other labels for this alert than ackbridge can name exactly. Silence it there.`
    throw new Failure('invalid', { kind: 'never' }, sentence)
  }
  const more = alerts
    .filter((other) => holdsAll(other.labels, labels))
    .flatMap((other) => Object.keys(other.labels))
    .filter((name) => !Object.hasOwn(labels, name) && name.isWellFormed())
  const absent = [...new Set(more)].map((name) => [name, ''] as const)
  return [...entries, ...absent].map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }))
}

/** @returns true when it mutes alerts with these labels and, as far as it says anything of them, without others */
function pinsExactly(one: Silence, labels: Labels): boolean {
  return (
    isPlain(one) &&
    pinsAll(one, labels) &&
    one.matchers.every(({ name, value }) => value === '' || Object.hasOwn(labels, name))
  )
}

function pinsAll({ matchers }: Silence, labels: Labels): boolean {
  return Object.entries(labels).every(
    ([label, text]) => text === '' || matchers.some(({ name, value }) => name === label && value === text),
  )
}

function isPlain({ matchers }: Silence): boolean {
  return matchers.every(({ isRegex, isEqual }) => isEqual && !isRegex)
}

function holdsAll(labels: Labels, some: Labels): boolean {
  return Object.entries(some).every(
    ([name, value]) => value === '' || (Object.hasOwn(labels, name) && labels[name] === value),
  )
}

function silencing({ silencedBy }: ListedAlert, silences: readonly Silence[]): readonly Silence[] {
  return silences.filter(({ id }) => silencedBy.includes(id))
}

function newest(silences: readonly Silence[]): Silence | null {
  const at = ({ startsAt }: Silence): number => parseTime(startsAt) ?? 0
  return silences.reduce<Silence | null>(
    (best, one) => (best === null || at(one) > at(best) ? one : best),
    null,
  )
}

function authorOf(author: string): string {
  return cutChars(cleanLine(withoutMarker(author) ?? ''), NAME_MAX_CHARS).trim() || 'Slack'
}

function commentOf({ comment, marker }: AcknowledgeOrder): string {
  const said = cleanText(withoutMarker(comment) ?? '').trim()
  return composeComment({ comment: said || 'no comment', marker }, COMMENT_MAX_BYTES)
}

function tooBroad(monitor: string, { createdBy }: Silence): Failure {
  const name = cutChars(cleanLine(createdBy).replaceAll(/[<>&*_~`@]/g, ''), 60).trim() || 'nobody'
  const sentence = `It is silenced by a rule for more than this alert (created by ${name}). End it in ${monitor}.`
  return new Failure('rejected', { kind: 'never' }, sentence)
}
