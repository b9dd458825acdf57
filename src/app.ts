import type { Config, SlackConfig } from './config/config.ts'
import { Failure } from './core/failure.ts'
import type { IntakeKeys } from './core/intake-key.ts'
import { groupsNamed } from './core/permit.ts'
import type { Clock, Log, Meter } from './core/ports.ts'
import { route } from './core/route.ts'
import { Worker } from './delivery/worker.ts'
import { createAcknowledgeProblem } from './flows/acknowledge-problem.ts'
import { createExpireAcknowledgements, type ExpireAcknowledgements } from './flows/expire-acknowledgements.ts'
import { createLookUp } from './flows/look-up.ts'
import { createReceiveNotifications } from './flows/receive-notifications.ts'
import { createRemoveAcknowledgement } from './flows/remove-acknowledgement.ts'
import { createApiRoutes } from './http/api.ts'
import { createAuthenticate } from './http/auth.ts'
import { createHealthRoutes } from './http/health.ts'
import { createMetrics, type Metrics } from './http/metrics.ts'
import { createNotifyRoute } from './http/notify-route.ts'
import { type HttpServer, type Routes, startHttpServer } from './http/server.ts'
import type { Monitor } from './monitors/monitor.ts'
import { KINDS } from './monitors/registry.ts'
import type { Slack } from './slack/app.ts'
import { fileOf, type OpenStore, openStore } from './store/open.ts'
import { keyOfFolder } from './system/key-of-folder.ts'
import { createUuid7 } from './system/uuid7.ts'

/** How long a start waits for Slack to say who we are; notifications are taken meanwhile. */
const IDENTIFY_WAIT_MS = 5_000
const IDENTIFY_RETRY_MS = 30_000
/** A database that cannot be opened is tried again this often. */
const REOPEN_MS = 5_000
/** What is still open after this long is closed at a stop. */
const STOP_DEADLINE_MS = 10_000
const HOUSEKEEPING_EVERY_MS = 60 * 60_000

/** Names of all kinds of monitors, for whoever reads the configuration. */
export const KIND_NAMES: readonly string[] = [...KINDS.keys()]

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
  readonly expire: ExpireAcknowledgements
}

async function start(
  config: AppConfig,
  around: Surroundings,
  server: HttpServer,
  closers: Closer[],
  process: { readonly arrivals: () => number; readonly stopped: Promise<void> },
): Promise<Parts> {
  const { clock, log } = around
  const opened = await openPatiently(config, around, process)
  closers.push(() => opened.close())
  const { store, outbox, keys, facts } = opened
  const generatedKey = keyOfFolder(fileOf(config.database), hasKey(config, keys) ? 'leave' : 'make')
  const metrics = createMetrics()
  addGauges(metrics, opened, clock)
  const monitors = configuredMonitors(config)
  let slackStanding = (): string => 'starting'
  const routes = intakeRoutes(config, around, opened, monitors, metrics, generatedKey?.key ?? null, () =>
    slackStanding(),
  )
  // Notifications are taken from here on. What speaks with Slack is most of a start, and nobody has to wait for it.
  server.serve({ ...routes, slack: config.slack.appToken === null ? 'starting' : null })
  log.info(
    { port: server.port },
    `Notifications are taken on ${config.http.host}:${server.port}. Slack follows.`,
  )
  const slack = await connectSlack(config, around)
  closers.push(() => slack.close())
  closers.push(await bindToTeam(slack, facts, around))
  const worker = new Worker({ outbox, chat: slack.chat, clock, log, meter: metrics.meter })
  const expire = createExpireAcknowledgements(store, clock, log)
  opened.onCommit(() => expire.look())
  slackStanding = () => (worker.standing() === 'ok' ? slack.transport() : worker.standing())
  closers.push(() => worker.stop())
  worker.start()
  await slack.serve(surfaces(config, around, store, monitors, metrics.meter))
  closers.push(() => slack.stopListening())
  server.serve({ ...routes, slack: slack.listener })
  expire.look()
  closers.push(() => expire.stop(), keepHouse(opened, around))
  return { generatedKey, opened, worker, expire }
}

/** Everything that answers without Slack. */
function intakeRoutes(
  config: AppConfig,
  around: Surroundings,
  opened: OpenStore,
  monitors: readonly Monitor[],
  metrics: Metrics,
  generatedKey: string | null,
  slackStanding: () => string,
): Omit<Routes, 'slack'> {
  const { clock, log, system } = around
  const { store, outbox, keys } = opened
  const sharedKeys = [config.notifyKey, generatedKey].filter((key) => key !== null)
  const authenticate = createAuthenticate(keys, sharedKeys, system)
  const receive = receiver(config, around, store)
  return {
    notify: createNotifyRoute({ kinds: KINDS, monitors, authenticate, receive, log, meter: metrics.meter }),
    api: createApiRoutes(store, authenticate, clock),
    health: createHealthRoutes(opened.probe, () => ({
      slack: slackStanding(),
      monitors: Object.fromEntries(monitors.map(({ name, kind }) => [name, kind.kind])),
      oldestUndeliveredSeconds: oldestSeconds(opened, clock),
      parked: outbox.depth().parked,
    })),
    metrics: metrics.render,
  }
}

async function connectSlack(config: AppConfig, { clock, log }: Surroundings): Promise<Slack> {
  const { createSlack } = await import('./slack/app.ts')
  const { botToken, appToken, signingSecret, apiUrl } = config.slack
  const connection = { apiUrl, proxy: config.proxy, log }
  return createSlack({ botToken, appToken, signingSecret: signingSecret ?? '', connection, clock, log })
}

/** What people can do in Slack. */
function surfaces(
  config: AppConfig,
  { clock, log }: Surroundings,
  store: OpenStore['store'],
  monitors: readonly Monitor[],
  meter: Meter,
) {
  const rules = config.permissions
  return {
    acknowledge: createAcknowledgeProblem(store, rules),
    remove: createRemoveAcknowledgement(store, rules),
    lookUp: createLookUp(store, rules, clock),
    groups: groupsNamed(rules),
    monitors: [...new Set([...monitors.map(({ name }) => name), ...KIND_NAMES])],
    commandPrefix: config.commandPrefix,
    clock,
    log,
    meter,
  }
}

function receiver(config: AppConfig, { clock }: Surroundings, store: OpenStore['store']) {
  const uuid7 = createUuid7()
  return createReceiveNotifications(
    store,
    (check, state, asked) => route(config.routes, config.channel, check, state, asked),
    () => uuid7(clock.now()),
  )
}

function addGauges(metrics: Metrics, opened: OpenStore, clock: Clock): void {
  const { outbox, store } = opened
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['ackbridge_outbox_waiting', 'Effects that wait to be delivered', () => outbox.depth().waiting],
    ['ackbridge_outbox_parked', 'Effects that could not be delivered', () => outbox.depth().parked],
    [
      'ackbridge_outbox_oldest_seconds',
      'Age of the oldest effect that waits',
      () => oldestSeconds(opened, clock) ?? 0,
    ],
    ['ackbridge_problems_open', 'Open problems', () => store.counts({}).open],
    ['ackbridge_problems_unacknowledged', 'Open problems that nobody has', () => store.counts({}).untaken],
    ['ackbridge_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss()],
  ]
  for (const [name, help, read] of gauges) metrics.gauge(name, help, read)
}

function hasKey(config: AppConfig, keys: IntakeKeys): boolean {
  return config.notifyKey !== null || keys.list().some((key) => key.revoked === null)
}

/** Until nothing of one wakes another any more. */
async function drain({ opened, worker, expire }: Parts): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    await opened.idle()
    await expire.settled()
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

/** A full or read-only disk may be mended while senders wait; a database of somebody else's will not. */
async function openPatiently(
  config: Config,
  { clock, system, log, pid }: Surroundings,
  { arrivals, stopped }: { readonly arrivals: () => number; readonly stopped: Promise<void> },
): Promise<OpenStore> {
  const newId = createUuid7()
  const owner = `${pid}-${newId(clock.now())}`
  for (let said = false; ; said = true) {
    try {
      return openStore(config.database, { clock, system, log, arrivals, owner, pid, newId })
    } catch (error) {
      if (!(error instanceof Failure) || error.retry.kind !== 'later') throw error
      const facts = { database: config.database, reason: error.detail }
      const every = `${REOPEN_MS / 1000} seconds`
      if (!said)
        log.error(
          facts,
          `${error.message} Notifications get 503 until it can be opened; it is tried every ${every}.`,
        )
      if ((await reopenOrStop(system, stopped)) === 'stopped') throw error
    }
  }
}

function reopenOrStop(system: Clock, stopped: Promise<void>): Promise<'reopen' | 'stopped'> {
  return new Promise((resolve) => {
    const cancel = system.timer(REOPEN_MS, () => resolve('reopen'))
    void stopped.then(() => {
      cancel()
      resolve('stopped')
    })
  })
}

/** A database belongs to one workspace: cards of another could neither be found nor changed. */
async function bindToTeam(
  slack: Slack,
  facts: OpenStore['facts'],
  { clock, system, log, onFatal }: Surroundings,
): Promise<() => void> {
  let cancel: () => void = () => undefined
  const known = facts.get('slack_team')
  if (known !== null) slack.belongTo(known)
  const identify = async (): Promise<void> => {
    try {
      const { team, teamName } = await slack.identify()
      const owner = facts.claim('slack_team', team)
      if (owner !== team) {
        throw new Failure(
          'rejected',
          { kind: 'never' },
          `This database belongs to the Slack workspace ${owner}, and the token to ${team} (${teamName}). Give this workspace its own DATABASE_URL.`,
        )
      }
      slack.belongTo(team)
    } catch (error) {
      if (error instanceof Failure && error.retry.kind === 'never') throw error
      const reason = error instanceof Failure ? error.message : 'unknown'
      log.error(
        { reason },
        'Slack did not say who we are. Notifications are taken and wait; it is asked again.',
      )
      cancel = clock.timer(IDENTIFY_RETRY_MS, () => {
        identify().catch((fatal: unknown) => onFatal(fatal instanceof Error ? fatal.message : String(fatal)))
      })
    }
  }
  const first = identify()
  await Promise.race([
    first,
    new Promise<void>((resolve) => {
      const stop = system.timer(IDENTIFY_WAIT_MS, resolve)
      first.finally(stop).catch(() => undefined)
    }),
  ])
  return () => cancel()
}

function configuredMonitors(config: Config): Monitor[] {
  return config.monitors.flatMap(({ name, kind }) => {
    const known = KINDS.get(kind)
    return known === undefined ? [] : [{ name, kind: known }]
  })
}

function oldestSeconds({ outbox }: OpenStore, clock: Clock): number | null {
  const { oldest } = outbox.depth()
  return oldest === null ? null : Math.max(0, Math.round((clock.now() - oldest) / 1000))
}

function keepHouse(opened: OpenStore, { clock, log }: Surroundings): () => void {
  let cancel: () => void = () => undefined
  const turn = (): void => {
    opened
      .housekeep()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'Old entries could not be dropped. It is tried again in an hour.'),
      )
    cancel = clock.timer(HOUSEKEEPING_EVERY_MS, turn)
  }
  cancel = clock.timer(HOUSEKEEPING_EVERY_MS, turn)
  return () => cancel()
}
