import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'

/** What the environment says, checked one by one; how it fits together is `load`'s to say. */
export type Env = { readonly [Name in keyof z.output<typeof EnvSchema>]?: z.output<typeof EnvSchema>[Name] }

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

export type ReadEnv = {
  /** Without what cannot be used. */
  readonly env: Env
  /** Everything that is set, for rules about what may not be, and for what the configuration file takes from here. */
  readonly set: RawEnv
  /** A sentence for each variable that cannot be used. */
  readonly faults: readonly string[]
  /** Names of those that are set and cannot be used, so that nobody calls them unset too. */
  readonly unusable: ReadonlySet<string>
}

/** Reads the environment, and `.env` in the folder for what the environment does not say. Never throws. */
export function readEnv(env: RawEnv, folder: string): ReadEnv {
  const faults: string[] = []
  const unusable = new Set<string>()
  const all: Record<string, string | undefined> = { ...readDotEnv(folder, faults), ...env }
  // Proxies are also written in lower case; that is what other programs read.
  all['HTTPS_PROXY'] ??= all['https_proxy']
  all['NO_PROXY'] ??= all['no_proxy']
  for (const name of SECRETS) {
    if (!all[`${name}_FILE`]) continue
    const found = fromFile(all, name)
    if (found !== undefined && 'value' in found) all[name] = found.value
    else {
      faults.push(found?.fault ?? `${name} and ${name}_FILE are both set. Set one of them.`)
      unusable.add(name)
    }
  }
  const read: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(EnvSchema.shape)) {
    const value = all[name]
    if (value === undefined || value === '') continue
    const parsed = schema.safeParse(value)
    if (parsed.success) read[name] = parsed.data
    else {
      faults.push(`${name} has to be ${EXPECTED[name] ?? 'text'}.`)
      unusable.add(name)
    }
  }
  return { env: read as Env, set: all, faults, unusable }
}

/**
 * Reads what `NAME_FILE` names, where `NAME` itself is not set.
 *
 * @returns its content without blanks around it, or a sentence; undefined when there is no such variable
 */
export function fromFile(set: RawEnv, name: string): { value: string } | { fault: string } | undefined {
  const file = set[`${name}_FILE`]
  if (!file || set[name]) return undefined
  try {
    const value = readFileSync(file, 'utf8').trim()
    return value === '' ? { fault: `${name}_FILE names ${file}, which is empty.` } : { value }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { fault: `${name}_FILE names ${file}, which cannot be read (${code}).` }
  }
}

/** @returns the environment of this process */
export function processEnv(): RawEnv {
  return process.env
}

function readDotEnv(folder: string, faults: string[]): RawEnv {
  try {
    return parseEnv(readFileSync(join(folder, '.env'), 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') faults.push(`The file .env cannot be read (${code}).`)
    return {}
  }
}
