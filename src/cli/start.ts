import { type RunningApp, startApp } from '../app.ts'
import type { Config, SlackConfig } from '../config/config.ts'
import { systemClock } from '../system/clock.ts'
import { createLog } from '../system/log.ts'
import { EXIT } from './exit.ts'
import { openPlayground } from './playground.ts'
import { settings } from './settings.ts'

/** Runs the server until it is told to stop. @returns the exit code */
export async function start(): Promise<number> {
  const config = settings()
  const { slack } = config
  return slack === null ? startPlaygroundServer(config) : startServer({ ...config, slack })
}

async function startServer(config: Config & { slack: SlackConfig }): Promise<number> {
  const log = createLog(config.logLevel)
  const ended = endOfProcess()
  const app = await startApp(config, {
    clock: systemClock,
    system: systemClock,
    log,
    pid: process.pid,
    onFatal: ended.fatal,
  })
  const mode = config.slack.appToken === null ? 'HTTP mode' : 'Socket Mode'
  log.info({ port: app.port, mode }, `ackbridge is running, ${mode}, on ${config.http.host}:${app.port}.`)
  tellKey(app)
  if (config.channel === null && config.routes.length === 0) {
    log.warn({}, 'No channel is set: problems are kept, but shown nowhere. Set SLACK_CHANNEL.')
  }
  return ended.wait(app.stop)
}

async function startPlaygroundServer(config: Config): Promise<number> {
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel)
  const ended = endOfProcess()
  const playground = await openPlayground()
  try {
    const app = await startApp(
      { ...config, slack: playground.slack, channel: playground.channel, commandPrefix: '' },
      { clock: systemClock, system: systemClock, log, pid: process.pid, onFatal: ended.fatal },
    )
    const stop = async (): Promise<void> => {
      await app.stop()
      await playground.close()
    }
    playground.connect(app, config)
    console.log(`\n  ackbridge is running with a stand-in Slack workspace. Open\n\n      ${playground.url}\n`)
    console.log(`  Notifications: POST http://127.0.0.1:${app.port}/notify`)
    tellKey(app)
    console.log('  This is a playground: nothing leaves this machine. Ctrl-C ends it.\n')
    return await ended.wait(stop)
  } catch (error) {
    await playground.close()
    throw error
  }
}

function tellKey({ generatedKey }: RunningApp): void {
  if (generatedKey !== null)
    console.log(`  Key for senders: in ${generatedKey.file}, made because none was configured`)
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
    wait: async (stop: () => Promise<void>): Promise<number> => {
      const code = await ended
      await stop()
      return code
    },
  }
}
