import type { Config, SlackConfig } from './config/config.ts'
import { Failure } from './core/failure.ts'
import type { IntakeKeys } from './core/intake-key.ts'
import { groupsNamed } from './core/permit.ts'
import type { Clock, Log, Meter } from './core/ports.ts'
import { route } from './core/route.ts'
import type { ReceiveContext } from './core/turn.ts'
import { Worker } from './delivery/worker.ts'
import { createAcknowledgeProblem } from './flows/acknowledge-problem.ts'
import { createAcknowledgeStorm } from './flows/acknowledge-storm.ts'
import { createExpireAcknowledgements } from './flows/expire-acknowledgements.ts'
import {
  type ConnectedMonitor as Connected,
  createFollowMonitors,
  type FollowMonitors as Follow,
} from './flows/follow-monitors.ts'
import { keepHouse } from './flows/keep-house.ts'
import { createLookUp } from './flows/look-up.ts'
import { createReceiveNotifications, type ReceiveNotifications } from './flows/receive-notifications.ts'
import { createRemoveAcknowledgement } from './flows/remove-acknowledgement.ts'
import { createRetryHandOver } from './flows/retry-hand-over.ts'
import { createSetDowntime } from './flows/set-downtime.ts'
import { createSettleStorms } from './flows/settle-storms.ts'
import { createIntake } from './http/admission.ts'
import { createApiRoutes } from './http/api.ts'
import { createAuthenticate } from './http/auth.ts'
import { createCardRoute } from './http/card-route.ts'
import { addGauges } from './http/gauges.ts'
import { createHealthRoutes, healthOf } from './http/health.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import { createNotifyRoute } from './http/notify-route.ts'
import { type HttpServer, type Routes, startHttpServer } from './http/server.ts'
import { createHandshakeRoute } from './http/webhook-handshake.ts'
import { createWebhookRoute } from './http/webhook-route.ts'
import type { MonitorKind } from './monitors/monitor.ts'
import { KINDS, PRESETS } from './monitors/registry.ts'
import type { Slack } from './slack/app.ts'
import { bindToTeam } from './slack/bind-to-team.ts'
import { fileOf, type OpenStore, openStorePatiently } from './store/open.ts'
import { keyOfFolder } from './system/key-of-folder.ts'
import { createUuid7 } from './system/uuid7.ts'

/** What is still open after this long is closed at a stop. */
const STOP_DEADLINE_MS = 10_000

/** Names of all kinds of monitors, for whoever reads the configuration. */
export const KIND_NAMES: readonly string[] = [...KINDS.keys(), ...PRESETS]

export type Surroundings = {
  /** The time that everything is stamped and timed with. */
  readonly clock: Clock
  /** Real time, for waiting inside the process. */
  readonly system: Clock
  readonly log: Log
  readonly pid: number
  /** Called when running on makes no sense, after a clear log line. */
  readonly onFatal: (sentence: string) => void
}

export type RunningApp = {
  readonly port: number
  /**
   * Resolves when everything answers. Until then senders get 503.
   * Rejects with a Failure when it never will: another server's database, a newer one, another workspace's.
   */
  readonly ready: Promise<Ready>
  /** Resolves when everything that is due has gone out. */
  drain(): Promise<void>
  /** Takes nothing more, lets what is under way end, closes everything. */
  stop(): Promise<void>
}

export type Ready = {
  /** The key in the database's folder, made at this start or an earlier one; null when there is none. */
  readonly generatedKey: { readonly file: string; readonly key: string } | null
}

type ConnectedMonitor = Connected<MonitorKind>
type FollowMonitors = Follow<MonitorKind>
type AppConfig = Config & { readonly slack: SlackConfig }
type Closer = () => Promise<void> | void

/**
 * Opens the port, then builds and starts the rest behind it.
 *
 * @throws Failure `rejected` when the port cannot be had
 */
export async function startApp(config: AppConfig, around: Surroundings): Promise<RunningApp> {
  let arrivals = 0
  const server = await listen(config, around, () => {
    arrivals++
  })
  const closers: Closer[] = []
  const stopped = Promise.withResolvers<void>()
  const started = start(config, around, server, closers, {
    arrivals: () => arrivals,
    stopped: stopped.promise,
  })
  // Whoever stops before it is ready hears nothing of what comes after.
  started.catch(() => undefined)
  return {
    port: server.port,
    ready: started,
    drain: async () => {
      const parts = await started.catch(() => null)
      if (parts !== null) await drain(parts)
    },
    stop: async () => {
      stopped.resolve()
      await server.stop(STOP_DEADLINE_MS)
      await started.catch(() => undefined)
      for (const close of closers.splice(0).reverse()) await close()
    },
  }
}

type Parts = Ready & {
  readonly opened: OpenStore
  readonly worker: Worker
  readonly followed: FollowMonitors
  readonly keepers: readonly Keeper[]
}

type Keeper = {
  /** Resolves when it is doing nothing. */
  settled(): Promise<void>
  stop(): Promise<void> | void
}

async function start(
  config: AppConfig,
  around: Surroundings,
  server: HttpServer,
  closers: Closer[],
  process: { readonly arrivals: () => number; readonly stopped: Promise<void> },
): Promise<Parts> {
  const { clock, log, system, pid } = around
  const newId = createUuid7()
  const owner = `${pid}-${newId(clock.now())}`
  const { arrivals, stopped } = process
  const opened = await openStorePatiently(
    config.database,
    { clock, system, log, arrivals, owner, pid, newId, storm: stormRules(config) },
    stopped,
  )
  closers.push(() => opened.close())
  const { outbox, keys, facts } = opened
  const generatedKey = keyOfFolder(fileOf(config.database), hasKey(config, keys) ? 'leave' : 'make')
  const metrics = createMetrics()
  const monitors = connectMonitors(config, around)
  let worker: Worker | null = null
  const followed = followMonitors(
    config,
    around,
    monitors,
    opened,
    metrics.meter,
    (lane) => worker?.release(lane) ?? Promise.resolve(),
  )
  closers.push(() => followed.stop())
  let slackStanding = (): string => 'starting'
  const delivery = () => ({ slack: slackStanding(), refusedChannels: worker?.refusedChannels() ?? new Map() })
  addGauges(metrics, { ...opened, followed, delivery }, clock)
  const key = generatedKey?.key ?? null
  const routes = intakeRoutes(config, around, opened, followed, metrics, key, delivery)
  // Notifications are taken from here on. What speaks with Slack is most of a start, and nobody has to wait for it.
  server.serve({ ...routes, slack: config.slack.appToken === null ? 'starting' : null })
  log.info(
    { port: server.port },
    `Notifications are taken on ${config.http.host}:${server.port}. Slack follows.`,
  )
  followed.start()
  const slack = await connectSlack(config, around, followed)
  closers.push(() => slack.close())
  closers.push(await bindToTeam(slack, facts, around))
  const working = new Worker({
    outbox,
    chat: slack.chat,
    monitors: followed,
    clock,
    system: around.system,
    log,
    meter: metrics.meter,
    defaultChannel: config.channel,
  })
  worker = working
  slackStanding = () => (working.standing() === 'ok' ? slack.transport() : working.standing())
  // What hangs at a monitor ends when its connections are closed.
  closers.push(async () => {
    await Promise.all([working.stop(), followed.stop()])
  })
  working.start()
  const { bulks, ...parts } = surfaces(config, around, opened, followed, metrics.meter, working)
  await slack.serve(parts)
  closers.push(() => slack.stopListening())
  server.serve({ ...routes, slack: slack.listener })
  const keepers = [bulks, ...startKeepers(config, around, opened, followed)]
  bulks.resume()
  closers.push(...keepers.map((keeper) => () => keeper.stop()))
  return { generatedKey, opened, worker: working, followed, keepers }
}

/** What acts by itself when its time has come. */
function startKeepers(
  { retention }: AppConfig,
  { clock, log }: Surroundings,
  { store, storms, housekeep, onCommit }: OpenStore,
  { ways }: FollowMonitors,
): readonly Keeper[] {
  const expire = createExpireAcknowledgements(store, ways, clock, log)
  onCommit(() => expire.look())
  expire.look()
  return [
    expire,
    createSettleStorms(storms, clock, log),
    keepHouse(housekeep, retention.historyDays, clock, log),
  ]
}

/** Everything that answers without Slack. */
function intakeRoutes(
  config: AppConfig,
  around: Surroundings,
  opened: OpenStore,
  followed: FollowMonitors,
  metrics: Metrics,
  generatedKey: string | null,
  delivery: () => { readonly slack: string; readonly refusedChannels: ReadonlyMap<string, string> },
): Omit<Routes, 'slack'> {
  const { clock, log, system } = around
  const { store, outbox, keys, facts } = opened
  const { meter } = metrics
  const sharedKeys = [config.notifyKey, generatedKey].filter((key) => key !== null)
  const authenticate = createAuthenticate(keys, sharedKeys, system)
  const receive = receiver(config, around, store, followed)
  const { monitors } = followed
  const admission = createIntake(system, log)
  const intake = { kinds: KINDS, monitors, authenticate, admission, receive, clock, log, meter }
  return {
    notify: createNotifyRoute(intake),
    handshake: createHandshakeRoute(intake),
    webhook: createWebhookRoute(intake),
    api: createApiRoutes(store, authenticate, clock),
    card: createCardRoute(store, () => facts.get('slack_url')),
    health: createHealthRoutes(opened.probe, () => {
      const words = Object.fromEntries(monitors.map(({ name }) => [name, followed.word(name)]))
      return healthOf(delivery(), words, outbox, clock)
    }),
    metrics: metrics.render,
  }
}

async function connectSlack(
  config: AppConfig,
  { clock, log }: Surroundings,
  { abilities }: FollowMonitors,
): Promise<Slack> {
  const { createSlack } = await import('./slack/app.ts')
  const { signingSecret, apiUrl } = config.slack
  const connection = { apiUrl, proxy: config.proxy, log }
  return createSlack({
    ...config.slack,
    signingSecret: signingSecret ?? '',
    connection,
    abilities,
    clock,
    log,
  })
}

/** What people can do in Slack. */
function surfaces(
  config: AppConfig,
  { clock, log }: Surroundings,
  { store, stormStore, bulks: bulkStore }: OpenStore,
  followed: FollowMonitors,
  meter: Meter,
  worker: Worker,
) {
  const rules = config.permissions
  const { monitors, ways, downtimeWays, abilities, troubled } = followed
  const newId = newIds(clock)
  const acknowledge = createAcknowledgeProblem(store, rules, ways, newId)
  const bulks = createAcknowledgeStorm(bulkStore, acknowledge, rules, clock, log)
  return {
    bulks,
    acknowledge,
    remove: createRemoveAcknowledgement(store, rules, ways),
    retry: createRetryHandOver(store, rules, followed.hurry, clock),
    downtime: createSetDowntime(store, rules, downtimeWays, newId),
    abilities,
    troubled: () => [...troubled(), ...worker.trouble()],
    lookUp: createLookUp(store, rules, clock),
    storms: stormStore,
    acknowledgeStorm: bulks.begin,
    groups: groupsNamed(rules),
    monitors: [...new Set([...monitors.map(({ name }) => name), ...KIND_NAMES])],
    commandPrefix: config.commandPrefix,
    clock,
    log,
    meter,
  }
}

function stormRules({ storm: { threshold, windowSeconds } }: AppConfig) {
  return { threshold, windowMs: windowSeconds * 1_000 }
}

function newIds(clock: Clock): () => string {
  const uuid7 = createUuid7()
  return () => uuid7(clock.now())
}

function routeOf({ routes, channel }: AppConfig): ReceiveContext['route'] {
  return (check, state, asked) => route(routes, channel, check, state, asked)
}

function receiver(
  config: AppConfig,
  { clock }: Surroundings,
  store: OpenStore['store'],
  { talked }: FollowMonitors,
): ReceiveNotifications {
  const receive = createReceiveNotifications(store, routeOf(config), newIds(clock))
  if (config.monitors.every(({ settings }) => settings.expectEvery === undefined)) return receive
  return async (notifications, rejected) => {
    const received = await receive(notifications, rejected)
    for (const { monitor } of notifications) talked(monitor)
    return received
  }
}

/** Makes the way back to each monitor ready, where its settings name one. */
function connectMonitors(
  config: AppConfig,
  { clock, system, log }: Surroundings,
): readonly ConnectedMonitor[] {
  return config.monitors.flatMap(({ name, kind: kindName, settings }) => {
    const kind = KINDS.get(kindName)
    if (kind === undefined) return []
    const { pollSeconds, adopt, expectEvery = null } = settings
    const api = kind.connect(settings, { name, clock, system, log, proxy: config.proxy })
    return [{ name, kind, settings, api, pollSeconds, adopt, expectEvery }]
  })
}

function followMonitors(
  config: AppConfig,
  { clock, log }: Surroundings,
  monitors: readonly ConnectedMonitor[],
  { store }: OpenStore,
  meter: Meter,
  release: (lane: string) => Promise<void>,
): FollowMonitors {
  const receive = { newId: newIds(clock), route: routeOf(config) }
  return createFollowMonitors({ monitors, store, receive, clock, log, meter, release })
}

function hasKey(config: AppConfig, keys: IntakeKeys): boolean {
  return config.notifyKey !== null || keys.list().some((key) => key.revoked === null)
}

/** Until nothing of one wakes another any more. */
async function drain({ opened, worker, followed, keepers }: Parts): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    await opened.idle()
    for (const keeper of keepers) await keeper.settled()
    await followed.settled()
    await worker.drain()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function listen(
  config: Config,
  { system, log }: Surroundings,
  onArrival: () => void,
): Promise<HttpServer> {
  const { host, port, tls, trustProxy } = config.http
  if (!/^(127\.|localhost$|::1$)/.test(host) && tls === null && !trustProxy) {
    log.warn(
      { host },
      'Listening beyond this machine without TLS: keys travel readable. Set TLS_CERT and TLS_KEY, or TRUST_PROXY=1 behind a proxy that has TLS.',
    )
  }
  try {
    return await startHttpServer({ host, port, tls, log, clock: system, onArrival })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE'
        ? `Port ${port} is in use. Stop what has it, or set PORT.`
        : `Listening on ${host}:${port} failed (${code}).`
    throw new Failure('rejected', { kind: 'never' }, why, { cause: error })
  }
}
