import { relative } from 'node:path'
import { type Ready, type RunningApp, type Surroundings, startApp } from '../app.ts'
import type { Config, SlackConfig } from '../config/config.ts'
import { Failure } from '../core/failure.ts'
import { fileOf } from '../store/open.ts'
import { systemClock } from '../system/clock.ts'
import { keyOfFolder } from '../system/key-of-folder.ts'
import { createLog } from '../system/log.ts'
import { EXIT } from './exit.ts'

/** Runs the server until it is told to stop. @returns the exit code */
export async function start(config: Config): Promise<number> {
  const { slack } = config
  return slack === null ? startPlaygroundServer(config) : startServer({ ...config, slack })
}

async function startServer(config: Config & { slack: SlackConfig }): Promise<number> {
  const log = createLog(config.logLevel)
  const ended = endOfProcess()
  const around = { clock: systemClock, system: systemClock, log, pid: process.pid, onFatal: ended.fatal }
  const app = await startApp(config, around)
  return ended.wait(app, app.stop, ({ generatedKey }) => {
    const mode = config.slack.appToken === null ? 'HTTP mode' : 'Socket Mode'
    const where = `${config.http.host}:${app.port}`
    log.info({ port: app.port, mode }, `ackbridge is running, ${mode}, on ${where}.`)
    tellKey(generatedKey)
    if (config.channel !== null || config.routes.length > 0) return
    log.warn({}, 'No channel is set: problems are kept, but shown nowhere. Set SLACK_CHANNEL.')
  })
}

async function startPlaygroundServer(config: Config): Promise<number> {
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel)
  const ended = endOfProcess()
  const { openPlayground } = await import('./playground.ts')
  const playground = await openPlayground()
  try {
    const around = { clock: systemClock, system: systemClock, log, pid: process.pid, onFatal: ended.fatal }
    const standIn = { slack: playground.slack, channel: playground.channel, commandPrefix: '' }
    // The page sends alerts too, so here there is always a key that is known, whatever others have been made.
    const key = config.notifyKey === null ? keyOfFolder(fileOf(config.database), 'make') : null
    const app = await startOnFreePort(
      { ...config, ...standIn, notifyKey: config.notifyKey ?? key?.key ?? null },
      around,
    )
    return await ended.wait(app, app.stop, () => {
      playground.connect(app.port, config.notifyKey ?? key?.key ?? '')
      console.log(
        `\n  ackbridge is running with a stand-in Slack workspace. Open\n\n      ${playground.url}\n`,
      )
      console.log(`  Senders: POST /notify on port ${app.port} of this machine.`)
      if (key !== null) console.log(`  Their key: ${relative(process.cwd(), key.file)}`)
      console.log('  This is a playground: nothing leaves this machine. Ctrl-C ends it.\n')
    })
  } finally {
    await playground.close()
  }
}

/** A newcomer is not asked to choose a port: where the usual one is taken and none was asked for, any other will do. */
async function startOnFreePort(
  config: Config & { slack: SlackConfig },
  around: Surroundings,
): Promise<RunningApp> {
  try {
    return await startApp(config, around)
  } catch (error) {
    const taken =
      error instanceof Failure && (error.cause as { code?: unknown } | undefined)?.code === 'EADDRINUSE'
    if (!taken || config.http.portChosen) throw error
    return await startApp({ ...config, http: { ...config.http, port: 0 } }, around)
  }
}

function tellKey(generatedKey: Ready['generatedKey']): void {
  if (generatedKey !== null)
    console.log(
      `  Key for senders: ${relative(process.cwd(), generatedKey.file)}, made because none is configured`,
    )
}

/** Waits for the signal that ends the process. A second one ends it at once. */
function endOfProcess() {
  let end: (code: number) => void = () => undefined
  const ended = new Promise<number>((resolve) => {
    end = resolve
  })
  const onSignal = (): void => end(EXIT.done)
  process.once('SIGTERM', onSignal)
  process.once('SIGINT', onSignal)
  return {
    fatal: (sentence: string): void => {
      console.error(sentence)
      end(EXIT.wrong)
    },
    /** Calls `ready` once everything answers, and stops when a signal comes, whichever is first. */
    wait: async (
      app: RunningApp,
      stop: () => Promise<void>,
      ready: (parts: Ready) => void,
    ): Promise<number> => {
      try {
        const first = await Promise.race([app.ready, ended])
        if (typeof first === 'number') return first
        ready(first)
        return await ended
      } finally {
        await stop()
      }
    },
  }
}
