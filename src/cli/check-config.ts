import { type Config, ConfigFault, type MonitorConfig } from '../config/config.ts'
import type { Capabilities } from '../core/monitor-api.ts'
import { KINDS } from '../monitors/registry.ts'
import { fileOf } from '../store/open.ts'
import { systemClock } from '../system/clock.ts'
import { createLog } from '../system/log.ts'
import { EXIT } from './exit.ts'
import { checkedSettings } from './settings.ts'
import type { TryOptions } from './try-payload.ts'

export type CheckConfigOptions = Partial<TryOptions>

/** Reads the settings and says what they mean, or what a body would become; opens nothing. Faults are thrown, all at once. */
export async function checkConfig({ try: file, monitor, ...rest }: CheckConfigOptions): Promise<number> {
  if (file !== undefined && monitor !== undefined) {
    const { tryFile } = await import('./try-payload.ts')
    return tryFile({ ...rest, try: file, monitor })
  }
  if (file !== undefined || monitor !== undefined || Object.keys(rest).length > 0) {
    console.error('--try FILE and --monitor NAME go together; --type and --header go with them.')
    return EXIT.wrong
  }
  return checkSettings()
}

function checkSettings(): number {
  const { config, warnings } = checkedSettings()
  const { slack, monitors, routes, permissions, channel, database } = config
  if (slack === null) {
    console.log('Nothing is set for Slack: `ackbridge start` opens the playground.')
    return EXIT.done
  }
  const described = describeMonitors(config)
  console.log(
    `Slack: ${slack.appToken === null ? 'HTTP mode' : 'Socket Mode'}, default channel ${channel ?? 'none'}`,
  )
  console.log(`Database: ${fileOf(database)}`)
  console.log(monitors.length === 0 ? 'Monitors: none configured; every kind has its own route' : 'Monitors:')
  for (const line of described) console.log(`  ${line}`)
  console.log(`Routes: ${routes.length}, permissions: ${permissions.length}`)
  for (const warning of warnings) console.error(warning)
  if (channel === null && routes.length === 0) {
    console.error('No channel is set: problems would be kept, but shown nowhere. Set SLACK_CHANNEL.')
    return EXIT.wrong
  }
  console.log('The settings are fine.')
  return EXIT.done
}

/** @throws ConfigFault naming every monitor whose settings cannot be used, such as a file that cannot be read */
function describeMonitors({ monitors, proxy }: Config): readonly string[] {
  const faults: string[] = []
  const lines = monitors.map((monitor) => {
    const { name, kind, settings } = monitor
    const around = { name, clock: systemClock, system: systemClock, log: createLog('silent'), proxy }
    try {
      const api = KINDS.get(kind)?.connect(settings, around) ?? null
      const said = describeMonitor(monitor, api?.capabilities ?? null)
      api?.close().catch(() => undefined)
      return said
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error))
      return ''
    }
  })
  if (faults.length > 0) throw new ConfigFault(faults)
  return lines
}

function describeMonitor({ name, kind, settings }: MonitorConfig, can: Capabilities | null): string {
  if (can === null) return `${name} (${kind}): kept here only; no way to talk back is configured`
  const taken = [
    ...(can.acknowledge ? ['acknowledgements'] : []),
    ...(can.remove ? ['removals'] : []),
    ...(can.comment ? ['comments'] : []),
    ...(can.downtime ? ['downtimes'] : []),
    ...(can.removeDowntime ? ['ends of downtimes'] : []),
  ]
  const takes = can.acknowledge ? 'takes' : 'acknowledgements are kept here only; takes'
  const read = can.read
    ? `is read every ${settings.pollSeconds} s`
    : 'is not read: whether it did what it was told is not known'
  return `${name} (${kind}): ${takes} ${taken.join(', ') || 'no orders'}; ${read}`
}
