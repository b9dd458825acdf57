import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { ConfigFault } from './config.ts'

/** What the environment says, checked one by one; how it fits together is `load`'s to say. */
export type Env = z.output<typeof EnvSchema>

const flag = z.enum(['0', '1', 'true', 'false', '']).transform((value) => value === '1' || value === 'true')
const text = z.string().transform((value) => value.trim() || undefined)

const EnvSchema = z.object({
  SLACK_BOT_TOKEN: text.optional(),
  SLACK_SIGNING_SECRET: text.optional(),
  SLACK_APP_TOKEN: text.optional(),
  SLACK_CHANNEL: text.optional(),
  SLACK_API_URL: text.optional(),
  ACKBRIDGE_NOTIFY_KEY: text.optional(),
  DATABASE_URL: text.optional(),
  ACKBRIDGE_CONFIG: text.optional(),
  HOST: text.optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  TLS_CERT: text.optional(),
  TLS_KEY: text.optional(),
  TRUST_PROXY: flag.optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  HTTPS_PROXY: text.optional(),
  NO_PROXY: text.optional(),
})

/** What a fault is called in words. */
const EXPECTED: Readonly<Record<string, string>> = {
  PORT: 'a number from 0 to 65535',
  TRUST_PROXY: '0 or 1',
  LOG_LEVEL: 'one of trace, debug, info, warn, error, fatal, silent',
}

/** Each of these may also be given as the name of a file, in NAME_FILE. */
const SECRETS = [
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'ACKBRIDGE_NOTIFY_KEY',
] as const

export type RawEnv = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment, and `.env` in the folder for what the environment does not say.
 *
 * @returns the values, and everything that is set, for rules about what may not be set
 * @throws ConfigFault naming each variable that cannot be used
 */
export function readEnv(env: RawEnv, folder: string): { env: Env; set: RawEnv } {
  const all: Record<string, string | undefined> = { ...readDotEnv(folder), ...env }
  // Proxies are also written in lower case; that is what other programs read.
  all['HTTPS_PROXY'] ??= all['https_proxy']
  all['NO_PROXY'] ??= all['no_proxy']
  const faults: string[] = []
  for (const name of SECRETS) {
    const file = all[`${name}_FILE`]
    if (file === undefined || file === '') continue
    if (all[name]) faults.push(`${name} and ${name}_FILE are both set. Set one of them.`)
    else all[name] = readSecret(name, file, faults)
  }
  const parsed = EnvSchema.safeParse(
    Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== '')),
  )
  if (!parsed.success) {
    for (const { path } of parsed.error.issues) {
      const name = String(path[0])
      faults.push(`${name} has to be ${EXPECTED[name] ?? 'text'}.`)
    }
  }
  if (!parsed.success || faults.length > 0) throw new ConfigFault(faults)
  return { env: parsed.data, set: all }
}

/** @returns the environment of this process */
export function processEnv(): RawEnv {
  return process.env
}

function readDotEnv(folder: string): RawEnv {
  try {
    return parseEnv(readFileSync(join(folder, '.env'), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigFault([`The file .env cannot be read (${(error as NodeJS.ErrnoException).code}).`])
  }
}

function readSecret(name: string, file: string, faults: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    faults.push(
      `${name}_FILE names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    )
    return undefined
  }
}
