import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Config, ConfigFault, type SlackConfig } from './config.ts'
import { type Env, type RawEnv, type ReadEnv, readEnv } from './env.ts'
import { parseConfigFile, type ReadFile } from './file.ts'
import type { Kinds } from './monitors.ts'
import { warningsOf } from './warnings.ts'

const DEFAULT_FILE = 'ackbridge.yml'
const PLAYGROUND_DATABASE = 'file:data/playground.db'

/**
 * Puts the environment and the configuration file together.
 *
 * @param folder where `.env` and `ackbridge.yml` are looked for
 * @param kinds what the configuration of each kind of monitor takes
 * @throws ConfigFault with everything that is wrong
 */
export function loadConfig(raw: RawEnv, folder: string, kinds: Kinds): Config {
  return checkConfig(raw, folder, kinds).config
}

/**
 * Like `loadConfig`, and says besides what is probably not meant.
 *
 * @param presets names that stand for a monitor without being a kind
 * @throws ConfigFault with everything that is wrong
 */
export function checkConfig(
  raw: RawEnv,
  folder: string,
  kinds: Kinds,
  presets: readonly string[] = [],
): { config: Config; warnings: readonly string[] } {
  const read = readEnv(raw, folder)
  const { env } = read
  const { file, hasMonitors, faults: fileFaults, at } = readFile(read, folder, kinds)
  const faults = [...read.faults, ...fileFaults]
  const slack = slackOf(read, hasMonitors, faults)
  const tls = tlsOf(env, faults)
  if (faults.length > 0) throw new ConfigFault(faults)
  const config: Config = {
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
    monitors: file.monitors,
    routes: file.routes ?? [],
    permissions: file.permissions ?? [],
  }
  return { config, warnings: warningsOf(config, [...kinds.keys(), ...presets], at) }
}

function readFile({ env, set }: ReadEnv, folder: string, kinds: Kinds): ReadFile {
  const name = env.ACKBRIDGE_CONFIG ?? DEFAULT_FILE
  const path = resolve(folder, name)
  const nothing = { file: { monitors: [] }, hasMonitors: false, at: () => name }
  if (env.ACKBRIDGE_CONFIG === undefined && !existsSync(path)) return { ...nothing, faults: [] }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { ...nothing, faults: [`The configuration file ${name} cannot be read (${code}).`] }
  }
  return parseConfigFile(text, name, set, kinds)
}

/** The playground stands in only where nothing at all is said of Slack or monitors; half a set-up is never taken for it. */
function slackOf(
  { env, set, unusable }: ReadEnv,
  hasMonitors: boolean,
  faults: string[],
): SlackConfig | null {
  const given = Object.keys(set).filter((name) => name.startsWith('SLACK_') && set[name])
  if (given.length === 0 && !hasMonitors) return null
  const { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: signingSecret, SLACK_APP_TOKEN: appToken } = env
  const why = given.length > 0 ? `${given.join(', ')} is set` : 'Monitors are configured'
  if (botToken === undefined && !unusable.has('SLACK_BOT_TOKEN')) {
    faults.push(`${why}, but SLACK_BOT_TOKEN is not. Set it to the Bot User OAuth Token of the app (xoxb-…).`)
  } else if (botToken !== undefined && !botToken.startsWith('xoxb-')) {
    faults.push(
      'SLACK_BOT_TOKEN is no bot token. It has to be the Bot User OAuth Token of the app, which begins with xoxb-.',
    )
  }
  if (appToken !== undefined && !appToken.startsWith('xapp-')) {
    faults.push(
      'SLACK_APP_TOKEN is no app-level token, which begins with xapp-. For HTTP mode leave it unset.',
    )
  }
  const hasTransport = [appToken, signingSecret].some((one) => one !== undefined)
  const wasGiven = unusable.has('SLACK_APP_TOKEN') || unusable.has('SLACK_SIGNING_SECRET')
  if (botToken !== undefined && !hasTransport && !wasGiven) {
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
