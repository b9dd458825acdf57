import type { Reading, Target } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import { alertsOf, type ListedAlert, type Silence, silencesOf } from '../shared/alert-answers.ts'
import { readingOfAlert } from '../shared/alert-reading.ts'
import { parseTime } from '../shared/parse-time.ts'
import type { Cluster, Member } from './cluster.ts'
import { Status } from './schema.ts'

/*
 * Reading back: the alerts that fire, muted or not, and the silences. What has resolved is not listed, and nothing of it is
 * told while it was silent, so what is missing is over.
 */

/** Characters of a question; servers take at least 8 KiB. */
const FILTER_MAX_CHARS = 2000
/** Labels that need no quoting in any release. */
const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const PLAIN_VALUE = /^[a-zA-Z0-9_. :/+@-]+$/

/** Reads these alerts. @throws Failure */
export async function read(cluster: Cluster, clock: Clock, targets: readonly Target[]): Promise<Reading> {
  const asOf = clock.now()
  if (targets.length === 0) return { asOf, checks: new Map() }
  const checks = await cluster.with(async (member) => {
    const alerts = await alertsLike(cluster.name, member, targets)
    const asked = targets.flatMap((target) => findAlert(alerts, target) ?? [])
    // Without a silence there is nothing to be read about silences.
    const isSilent = asked.every(({ silencedBy }) => silencedBy.length === 0)
    return checksOf(asked, isSilent ? [] : await silences(cluster.name, member))
  })
  return { asOf, checks }
}

/**
 * Reads everything that fires, and since when the member runs: just after a start it knows no alerts.
 *
 * @param receiver only what is routed to this one; undefined: everything
 * @throws Failure
 */
export async function readProblems(
  cluster: Cluster,
  clock: Clock,
  receiver: string | undefined,
): Promise<Reading> {
  const asOf = clock.now()
  return cluster.with(async (member) => {
    const status = Status.safeParse(await member.ask('/status'))
    const all = await alertsLike(cluster.name, member, [])
    const alerts = receiver === undefined ? all : all.filter(({ receivers }) => receivers.includes(receiver))
    const checks = checksOf(alerts, await silences(cluster.name, member))
    return { asOf, checks, upSince: parseTime((status.success ? status.data.uptime : '') ?? '') }
  })
}

/**
 * @returns alerts that fire: all of them, or where one target is given at least this one and those that have all its labels
 * @throws Failure
 */
export async function alertsLike(
  name: string,
  member: Member,
  targets: readonly Target[],
): Promise<readonly ListedAlert[]> {
  const [target] = targets
  const filters = target !== undefined && targets.length === 1 ? filtersFor(target) : ''
  return alertsOf(name, await member.ask(`/alerts?active=true&silenced=true&inhibited=true${filters}`))
}

/** @returns those that mute now or will. @throws Failure */
export async function silences(name: string, member: Member): Promise<readonly Silence[]> {
  return silencesOf(name, await member.ask('/silences'))
}

/** @returns the alert that is meant; an alert is known by its fingerprint */
export function findAlert(alerts: readonly ListedAlert[], { key }: Target): ListedAlert | null {
  return alerts.find(({ fingerprint }) => fingerprint === key) ?? null
}

/** Only narrows the list: labels that would need quoting are left out. */
function filtersFor({ labels }: Target): string {
  let filters = ''
  for (const [name, value] of Object.entries(labels ?? {})) {
    if (!PLAIN_NAME.test(name) || !PLAIN_VALUE.test(value)) continue
    const filter = `&filter=${encodeURIComponent(`${name}="${value}"`)}`
    if (filters.length + filter.length <= FILTER_MAX_CHARS) filters += filter
  }
  return filters
}

function checksOf(alerts: readonly ListedAlert[], silences: readonly Silence[]): Reading['checks'] {
  return new Map(
    alerts.map((alert) => [alert.fingerprint, readingOfAlert(alert.fingerprint, alert, silences)]),
  )
}
