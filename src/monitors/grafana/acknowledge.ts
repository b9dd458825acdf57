import { Failure } from '../../core/failure.ts'
import type { AcknowledgeOrder, OrderAnswer, Target } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import type { ListedAlert } from '../shared/alert-answers.ts'
import { endSilences, type Silencer, silence } from '../shared/silences.ts'
import type { GrafanaApi } from './alertmanager-api.ts'
import { isLegacyKey } from './legacy-key.ts'

/**
 * Silences the alert, or prolongs our silence on it. Its labels are read first: of what Grafana sends it hides some, and a
 * silence that names the rule needs rights on the rule's folder only.
 *
 * @param lastsMs how long from now it is silent
 * @throws Failure when it could not be told, and `never` for the rule of a dashboard
 */
export async function acknowledge(
  api: GrafanaApi,
  clock: Clock,
  lastsMs: number,
  target: Target,
  order: AcknowledgeOrder,
): Promise<OrderAnswer> {
  refuseLegacy(api, target)
  return silence(silencerOf(api), target, order, clock.now(), lastsMs)
}

/** @throws Failure like `acknowledge` */
export async function removeAcknowledgement(
  api: GrafanaApi,
  target: Target,
  marker: string | null,
): Promise<OrderAnswer> {
  refuseLegacy(api, target)
  return endSilences(silencerOf(api), target, marker)
}

/** @returns the alert with this key; null when it does not fire */
export function findAlert(alerts: readonly ListedAlert[], { key }: Target): ListedAlert | null {
  return alerts.find(({ fingerprint }) => fingerprint === key) ?? null
}

/** @throws Failure always */
export function refuse(api: GrafanaApi, what: string): never {
  throw new Failure('rejected', { kind: 'never' }, `${api.name} is a Grafana, which has no ${what}.`)
}

function silencerOf(api: GrafanaApi): Silencer {
  return {
    name: api.name,
    alerts: () => api.alerts(),
    silences: () => api.silences(),
    put: (order) => api.put(order),
    expire: (id) => api.expire(id),
    find: findAlert,
  }
}

function refuseLegacy({ name }: GrafanaApi, { key }: Target): void {
  if (!isLegacyKey(key)) return
  const sentence = `${name} sent this as the alert of a dashboard (Grafana 10 and before), which cannot be silenced.`
  throw new Failure('rejected', { kind: 'never' }, sentence)
}
