import { EXIT } from './exit.ts'
import { settings } from './settings.ts'

/** Reads the settings and says what they mean. Faults are thrown, all at once. */
export function checkConfig(): number {
  const { slack, monitors, routes, permissions, channel, database } = settings()
  if (slack === null) {
    console.log('Nothing is set for Slack: `ackbridge start` opens the playground.')
    return EXIT.done
  }
  console.log(
    `Slack: ${slack.appToken === null ? 'HTTP mode' : 'Socket Mode'}, default channel ${channel ?? 'none'}`,
  )
  console.log(`Database: ${database}`)
  console.log(
    `Monitors: ${monitors.map(({ name, kind }) => `${name} (${kind})`).join(', ') || 'none configured; every kind has its own route'}`,
  )
  console.log(`Routes: ${routes.length}, permissions: ${permissions.length}`)
  if (channel === null && routes.length === 0) {
    console.error('No channel is set: problems would be kept, but shown nowhere. Set SLACK_CHANNEL.')
    return EXIT.wrong
  }
  console.log('The settings are fine.')
  return EXIT.done
}
