import type { MonitorConfig } from '../config/config.ts'
import type { Finding, MonitorApi } from '../core/monitor-api.ts'
import type { Observation } from '../flows/examine.ts'
import type { MonitorKind, MonitorSurroundings } from '../monitors/monitor.ts'

/** Tries one monitor as far as it is configured to be talked to. */
export async function examineMonitor(
  { name, settings }: MonitorConfig,
  kind: MonitorKind,
  around: MonitorSurroundings,
): Promise<readonly Observation[]> {
  let api: MonitorApi | null
  try {
    api = kind.connect(settings, around)
  } catch (error) {
    // What a kind throws here is meant for the operator.
    const found = error instanceof Error ? error.message : String(error)
    const advice = `Put monitors.${name} right in the configuration.`
    return [{ part: name, what: 'settings', ok: false, found, advice, mayPass: false, isGrave: true }]
  }
  if (api === null) {
    const found = 'No way to talk back is configured; acknowledgements are kept here only.'
    return [{ part: name, what: 'settings', ok: true, found, advice: null, mayPass: false, isGrave: false }]
  }
  try {
    const findings = await api.examine()
    return findings.map((finding) => ({ ...finding, part: name, ...weightOf(finding, findings) }))
  } finally {
    // Not waited for: what hangs was given up already.
    api.close().catch(() => undefined)
  }
}

/** What cannot be reached may be back by itself, and with it what could not be tried for that reason. */
function weightOf({ what }: Finding, all: readonly Finding[]): Pick<Observation, 'mayPass' | 'isGrave'> {
  const isAway = all.some((one) => one.what === 'reach' && !one.ok)
  const mayPass = isAway || /\breach\b/.test(what)
  return { mayPass, isGrave: !mayPass }
}
