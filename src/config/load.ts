import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Config, ConfigFault, type SlackConfig } from './config.ts'
import { type Env, type RawEnv, readEnv } from './env.ts'
import { type ConfigFile, parseConfigFile } from './file.ts'

const DEFAULT_FILE = 'ackbridge.yml'
const PLAYGROUND_DATABASE = 'file:data/playground.db'

/**
 * Puts the environment and the configuration file together.
 *
 * @param folder where `.env` and `ackbridge.yml` are looked for
 * @param kinds names of all kinds of monitors
 * @throws ConfigFault with everything that is wrong
 */
export function loadConfig(raw: RawEnv, folder: string, kinds: readonly string[]): Config {
  const { env, set } = readEnv(raw, folder)
  const file = readFile(env, folder, set)
  const faults: string[] = []
  const monitors = Object.entries(file.monitors ?? {}).map(([name, { kind }]) => ({ name, kind }))
  for (const { name, kind } of monitors) {
    if (!kinds.includes(kind))
      faults.push(
        `The monitor ${name} is of kind ${kind}, which is not known. Known are ${kinds.join(', ')}.`,
      )
  }
  const slack = slackOf(env, set, monitors.length > 0, faults)
  const tls = tlsOf(env, faults)
  if (faults.length > 0) throw new ConfigFault(faults)
  return {
    slack,
    channel: env.SLACK_CHANNEL ?? file.slack?.channel ?? null,
    commandPrefix: file.slack?.commandPrefix ?? '',
    notifyKey: env.ACKBRIDGE_NOTIFY_KEY ?? null,
    database: slack === null ? PLAYGROUND_DATABASE : (env.DATABASE_URL ?? 'file:data/ackbridge.db'),
    http: {
      host: env.HOST ?? '127.0.0.1',
      port: env.PORT ?? 3000,
      portChosen: env.PORT !== undefined,
      tls,
      trustProxy: env.TRUST_PROXY ?? false,
    },
    logLevel: env.LOG_LEVEL ?? 'info',
    proxy: env.HTTPS_PROXY === undefined ? null : { https: env.HTTPS_PROXY, no: env.NO_PROXY ?? '' },
    storm: file.storm ?? { threshold: 10, windowSeconds: 10 },
    retention: file.retention ?? { historyDays: 400 },
    monitors,
    routes: file.routes ?? [],
    permissions: file.permissions ?? [],
  }
}

function readFile(env: Env, folder: string, set: RawEnv): ConfigFile {
  const name = env.ACKBRIDGE_CONFIG ?? DEFAULT_FILE
  const path = resolve(folder, name)
  if (env.ACKBRIDGE_CONFIG === undefined && !existsSync(path)) return {}
  try {
    return parseConfigFile(readFileSync(path, 'utf8'), name, set)
  } catch (error) {
    if (error instanceof ConfigFault) throw error
    throw new ConfigFault([
      `The configuration file ${name} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    ])
  }
}

/** The playground stands in only where nothing at all is said of Slack or monitors; half a set-up is never taken for it. */
function slackOf(env: Env, set: RawEnv, hasMonitors: boolean, faults: string[]): SlackConfig | null {
  const given = Object.keys(set).filter((name) => name.startsWith('SLACK_') && set[name])
  if (given.length === 0 && !hasMonitors) return null
  const { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: signingSecret, SLACK_APP_TOKEN: appToken } = env
  const why = given.length > 0 ? `${given.join(', ')} is set` : 'Monitors are configured'
  if (botToken === undefined) {
    faults.push(`${why}, but SLACK_BOT_TOKEN is not. Set it to the Bot User OAuth Token of the app (xoxb-…).`)
  } else if (!botToken.startsWith('xoxb-')) {
    faults.push(
      'SLACK_BOT_TOKEN is no bot token. It has to be the Bot User OAuth Token of the app, which begins with xoxb-.',
    )
  }
  if (appToken !== undefined && !appToken.startsWith('xapp-')) {
    faults.push(
      'SLACK_APP_TOKEN is no app-level token, which begins with xapp-. For HTTP mode leave it unset.',
    )
  }
  if (botToken !== undefined && appToken === undefined && signingSecret === undefined) {
    faults.push(
      'Set SLACK_SIGNING_SECRET (HTTP mode, Slack calls us) or SLACK_APP_TOKEN (Socket Mode, no public address needed).',
    )
  }
  if (env.SLACK_CHANNEL !== undefined && !/^[CGD][A-Z0-9]+$/.test(env.SLACK_CHANNEL)) {
    faults.push('SLACK_CHANNEL has to be the id of a channel, such as C0123456789, and not its name.')
  }
  const apiUrl = env.SLACK_API_URL ?? 'https://slack.com/api/'
  if (!URL.canParse(apiUrl))
    faults.push('SLACK_API_URL has to be an address, such as https://slack.com/api/.')
  return {
    botToken: botToken ?? '',
    signingSecret: signingSecret ?? null,
    appToken: appToken ?? null,
    apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`,
  }
}

function tlsOf(env: Env, faults: string[]): Config['http']['tls'] {
  const { TLS_CERT: cert, TLS_KEY: key } = env
  if (cert === undefined && key === undefined) return null
  if (cert === undefined || key === undefined) {
    faults.push('TLS_CERT and TLS_KEY are names of files and go together. Set both.')
    return null
  }
  try {
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  } catch (error) {
    faults.push(`TLS_CERT or TLS_KEY cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return null
  }
}
