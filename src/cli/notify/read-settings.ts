import { resolve } from 'node:path'
import type { ParsedArguments } from './parse-arguments.ts'

// An import of node:fs costs 1.5 ms more, see send-body.ts.
const { closeSync, constants, fstatSync, openSync, readFileSync, readSync } =
  process.getBuiltinModule('node:fs')

const defaultUrl = 'http://127.0.0.1:3000'
const defaultSettingsFile = '/etc/ackbridge/notify.env'
const keyFileMaxBytes = 4096
/** A monitor's name is part of a spool file's name, which file systems limit to 255 bytes. */
const monitorMaxBytes = 180

/** Where to send, as whom, and where to keep what cannot be sent. */
export interface Settings {
  readonly monitor: string
  /** Base address without trailing slash, user, query or fragment; undefined when it cannot be used. */
  readonly url: URL | undefined
  readonly key: string | undefined
  /** Absolute path of the file the key was read from. */
  readonly keyFile: string | undefined
  /** Absolute path. Undefined: nothing is kept. */
  readonly spool: string | undefined
  /** How long a background process keeps trying, seconds. 0: there is none. */
  readonly flushSeconds: number
  /** What is wrong with the settings, as sentences. Such a command spools but does not send. */
  readonly problems: readonly string[]
  /** The settings file exists but cannot be read. */
  readonly warning: string | undefined
}

/**
 * Puts the settings together: flag before environment before `/etc/ackbridge/notify.env`.
 * Reads the settings file and the key file. Never throws: what is wrong ends up in `problems`.
 */
export function readSettings(parsed: ParsedArguments, env: NodeJS.ProcessEnv): Settings {
  const problems: string[] = []
  const file = readSettingsFile(env['ACKBRIDGE_NOTIFY_ENV'] || defaultSettingsFile)
  const setting = (flag: string, name: string): string | undefined =>
    parsed.settings.get(flag) || env[name] || file.values.get(name) || undefined

  const monitor =
    setting('monitor', 'ACKBRIDGE_MONITOR') ?? (parsed.openitcockpitModule ? 'openitcockpit' : 'nagios')
  if (
    Buffer.byteLength(monitor) > monitorMaxBytes ||
    Buffer.byteLength(encodeMonitor(monitor)) > monitorMaxBytes
  ) {
    problems.push(`the monitor's name has more than ${monitorMaxBytes} bytes`)
  }
  const urlText = setting('url', 'ACKBRIDGE_URL') ?? defaultUrl
  const url = readUrl(urlText)
  if (url === undefined) problems.push('the url is not an http or https address; set --url or ACKBRIDGE_URL')
  const spool = setting('spool', 'ACKBRIDGE_SPOOL')
  return {
    monitor,
    url,
    ...readKey(parsed, env, file.values, problems),
    spool: spool === undefined ? undefined : resolve(spool),
    flushSeconds: readSeconds(env['ACKBRIDGE_FLUSH_SECONDS'] || file.values.get('ACKBRIDGE_FLUSH_SECONDS')),
    problems,
    warning: file.warning,
  }
}

/** Writes a monitor's name with letters, digits, `_`, `-` and `%XX` only, as it stands in addresses and file names. */
export function encodeMonitor(monitor: string): string {
  return encodeURIComponent(monitor.toWellFormed()).replace(
    /[.!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The opposite of encodeMonitor; what is not well encoded stays as it is. */
export function decodeMonitor(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

function readUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

function readKey(
  parsed: ParsedArguments,
  env: NodeJS.ProcessEnv,
  file: ReadonlyMap<string, string>,
  problems: string[],
): { key: string | undefined; keyFile: string | undefined } {
  let keyFile = parsed.settings.get('key-file')
  let key: string | undefined
  for (const source of [(name: string) => env[name], (name: string) => file.get(name)]) {
    if (keyFile !== undefined || key !== undefined) break
    key = source('ACKBRIDGE_NOTIFY_KEY') || undefined
    if (key === undefined) keyFile = source('ACKBRIDGE_NOTIFY_KEY_FILE') || undefined
  }
  if (keyFile !== undefined) {
    keyFile = resolve(keyFile)
    try {
      key = readSmallFile(keyFile).replace(/[\r\n]+$/, '')
      if (key === '') problems.push(`the key file ${keyFile} is empty`)
    } catch (error) {
      problems.push(`the key file ${keyFile} cannot be read (${errorCode(error)})`)
    }
  }
  if (key !== undefined && !/^[\x21-\x7e]*$/.test(key)) {
    problems.push(
      `the key${keyFile ? ` in ${keyFile}` : ''} holds characters that no key has (blanks, line breaks or non-ASCII)`,
    )
    key = undefined
  }
  return { key: key || undefined, keyFile }
}

/** A pipe or a device in place of the file must not hang a command that has a deadline. */
function readSmallFile(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw Object.assign(new Error('not a file'), { code: 'not a regular file' })
    if (stat.size > keyFileMaxBytes) {
      throw Object.assign(new Error('too long'), { code: `more than ${keyFileMaxBytes} bytes` })
    }
    const buffer = Buffer.alloc(keyFileMaxBytes)
    return buffer.toString('utf8', 0, readSync(fd, buffer))
  } finally {
    closeSync(fd)
  }
}

function readSettingsFile(path: string): { values: Map<string, string>; warning: string | undefined } {
  const values = new Map<string, string>()
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    const missing = code === 'ENOENT' || code === 'ENOTDIR'
    return { values, warning: missing ? undefined : `${path} cannot be read (${code}); going on without it` }
  }
  for (const line of text.split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Z_][A-Z0-9_]*)=(.*?)\s*$/.exec(line)
    if (match === null) continue
    values.set(match[1] ?? '', (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2'))
  }
  return { values, warning: undefined }
}

function readSeconds(text: string | undefined): number {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : 600
}

/** The system's word for a failure, such as ENOENT. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : String(error)
}
