import type { CheckReading, Reading, Target } from '../../core/monitor-api.ts'
import type { Clock } from '../../core/ports.ts'
import type { ListedAlert, Silence } from '../shared/alert-answers.ts'
import { readingOfAlert } from '../shared/alert-reading.ts'
import type { GrafanaApi } from './alertmanager-api.ts'
import { namesOf, outputOf, stateOf } from './names.ts'

/** Reads some alerts. @throws Failure when they could not be read */
export async function read(api: GrafanaApi, clock: Clock, targets: readonly Target[]): Promise<Reading> {
  const asked = new Set(targets.map(({ key }) => key))
  if (asked.size === 0) return { asOf: clock.now(), checks: new Map() }
  const { asOf, checks } = await readProblems(api, clock)
  return { asOf, checks: new Map([...checks].filter(([key]) => asked.has(key))) }
}

/** Reads every alert that fires; Grafana lists no others. @throws Failure when they could not be read */
export async function readProblems(api: GrafanaApi, clock: Clock): Promise<Reading> {
  const asOf = clock.now()
  const alerts = await api.alerts()
  const silences = alerts.some(({ silencedBy }) => silencedBy.length > 0) ? await api.silences() : []
  const checks = alerts.map((alert) => [alert.fingerprint, readingOf(alert, silences)] as const)
  return { asOf, checks: new Map(checks) }
}

function readingOf(alert: ListedAlert, silences: readonly Silence[]): CheckReading {
  const { fingerprint, labels, annotations } = alert
  const { host, service } = namesOf(labels, fingerprint)
  return {
    ...readingOfAlert(fingerprint, alert, silences),
    host,
    service,
    state: stateOf(labels, service),
    output: outputOf(annotations).output,
  }
}
