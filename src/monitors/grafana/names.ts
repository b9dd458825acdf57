import type { State } from '../../core/state.ts'
import type { Labels } from '../shared/alert-answers.ts'
import { alertNames, alertOutput, alertState } from '../shared/alert-notification.ts'
import { cleanName, cleanText } from '../shared/clean-text.ts'

/*
 * What an alert of Grafana is called, and how bad it is: the same for what is sent and for what is read.
 */

/** Alerts that stand for a rule which could not be evaluated; the rule's own name is in `rulename`. */
const UNEVALUATED: ReadonlySet<string> = new Set(['DatasourceNoData', 'DatasourceError'])

/** @param key stands in for no name at all */
export function namesOf(labels: Labels, key: string): { host: string; service: string | null } {
  const rule = isUnevaluated(labels) ? labelOf(labels, 'rulename') : ''
  const names = alertNames(rule === '' ? labels : { ...labels, alertname: rule }, key)
  if (names.service !== null) return names
  // Every rule is in a folder; where no label names a host, that says best what it is about.
  const folder = cleanName(labelOf(labels, 'grafana_folder'))
  return folder === '' ? names : { host: folder, service: names.host }
}

/** @returns the state of an alert that fires */
export function stateOf(labels: Labels, service: string | null): State {
  if (isUnevaluated(labels)) return service === null ? 'UNREACHABLE' : 'UNKNOWN'
  return alertState(labels, service)
}

/** @returns its words; of a rule that could not be evaluated the error, where nothing else is said */
export function outputOf(annotations: Labels): ReturnType<typeof alertOutput> {
  const said = alertOutput(annotations)
  if (said.output !== '') return said
  return alertOutput({ summary: cleanText(labelOf(annotations, 'Error')) })
}

function isUnevaluated(labels: Labels): boolean {
  return UNEVALUATED.has(labelOf(labels, 'alertname'))
}

function labelOf(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''
}
