import type { Config, SlackConfig } from './config/config.ts'
import type { Clock, Log } from './core/ports.ts'
import { examineDatabase } from './examine/database.ts'
import { examineMonitor } from './examine/monitor.ts'
import { examineServer } from './examine/server.ts'
import { examine, type Observation, type Trial } from './flows/examine.ts'
import { KINDS } from './monitors/registry.ts'

export type { Observation } from './flows/examine.ts'

/** `doctor` promises an end within 15 seconds; the rest is for its start and for printing. */
const DEADLINE_MS = 12_000

export type ExamineOptions = {
  readonly config: Config & { readonly slack: SlackConfig }
  readonly clock: Clock
  readonly log: Log
  /** The server has to be running, and is asked for what it knows better. */
  readonly isServerExpected: boolean
  /** Scopes that the app's manifest asks for. */
  readonly scopes: readonly string[]
}

/** Tries the database, the server, Slack and every configured monitor side by side. Changes nothing anywhere. */
export function examineAll(options: ExamineOptions): Promise<readonly Observation[]> {
  const { config, clock, log, isServerExpected } = options
  const trials: Trial[] = [
    { part: 'database', run: () => examineDatabase(config) },
    {
      part: 'server',
      run: () => examineServer(config.http, isServerExpected, [...KINDS.keys()], clock),
    },
    { part: 'slack', run: () => examineSlackAsConfigured(options) },
    ...config.monitors.flatMap((monitor): Trial[] => {
      const kind = KINDS.get(monitor.kind)
      const around = { name: monitor.name, clock, system: clock, log, proxy: config.proxy }
      return kind === undefined
        ? []
        : [{ part: monitor.name, run: () => examineMonitor(monitor, kind, around) }]
    }),
  ]
  return examine(trials, clock, DEADLINE_MS)
}

async function examineSlackAsConfigured({
  config,
  log,
  isServerExpected,
  scopes,
}: ExamineOptions): Promise<readonly Observation[]> {
  const { botToken, appToken, apiUrl } = config.slack
  const channels = channelsOf(config)
  const { examineSlack } = await import('./slack/examine.ts')
  const found = await examineSlack({
    botToken,
    // A server that runs tells whether its connection stands; Slack lets the address be asked for once a minute only.
    appToken: isServerExpected ? null : appToken,
    connection: { apiUrl, proxy: config.proxy, log },
    channels,
    scopes,
  })
  return [
    ...found,
    ...(channels.length > 0 ? [] : [noChannel()]),
    ...(appToken === null && !isServerExpected ? [wayIn()] : []),
  ]
}

function channelsOf({ channel, routes }: Config): readonly string[] {
  return [...new Set([...(channel === null ? [] : [channel]), ...routes.flatMap(({ channels }) => channels)])]
}

function wayIn(): Observation {
  return {
    part: 'slack',
    what: 'way in',
    ok: true,
    found: 'HTTP mode: whether Slack reaches POST /slack/events cannot be tried from here.',
    advice: null,
    mayPass: false,
    isGrave: false,
  }
}

function noChannel(): Observation {
  return {
    part: 'slack',
    what: 'channels',
    ok: false,
    found: 'No channel is set: problems are kept, but shown nowhere.',
    advice: 'Set SLACK_CHANNEL.',
    mayPass: false,
    isGrave: true,
  }
}
