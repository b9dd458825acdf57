import { isPresent } from './parse-arguments.ts'

/** One value in the body, bytes of UTF-8. Linux passes at most 128 KiB an argument, the server keeps 8 KiB of an output. */
export const valueMaxBytes = 64 * 1024
/** The body, bytes: below the 1 MiB at which the server refuses it. */
export const bodyMaxBytes = 1_000_000

/** Cutting below this makes values useless; from there on, variables of the environment are left out instead. */
const valueMinBytes = 256
const idMaxChars = 128
/** Names of variables that are never sent: parameters of a notification rule, and what is called a secret. */
const secretPattern = /^NOTIFY_PARAMETER|PASSW|SECRET|TOKEN|COMMUNITY|CREDENTIAL|API_?KEY/i

/** What goes into a body besides the flags. */
export interface BodySource {
  /** Flags as given, see parseArguments. */
  readonly values: ReadonlyMap<string, string>
  readonly env: NodeJS.ProcessEnv
  /** Variables that begin with one of these are sent under their full names. */
  readonly envPrefixes: readonly string[]
  /** The key of the server, if any: a variable that holds it is not sent. */
  readonly key: string | undefined
  readonly nowMs: number
  /** Used when the monitor has not numbered the notification. */
  readonly randomId: () => string
}

/**
 * Builds the JSON text that is spooled and sent. Cuts long values instead of failing.
 *
 * @returns at most `bodyMaxBytes` of UTF-8; undefined when neither a flag nor a variable has a value
 */
export function buildBody(source: BodySource): string | undefined {
  const given = source.values
  const time = given.get('time')
  const head = {
    cli: 1,
    time: time !== undefined && /^\d{9,11}(?:\.\d+)?$/.test(time) ? time : (source.nowMs / 1000).toFixed(3),
    id: notificationId(source),
  }
  const flags = [...given].filter(([key]) => !Object.hasOwn(head, key))
  const variables = pickVariables(source).filter(([key]) => !given.has(key))
  if (given.size === 0 && variables.length === 0) return undefined
  for (let max = valueMaxBytes; ; max = Math.floor(max / 2)) {
    const kept = max < valueMinBytes ? [] : variables
    const body = JSON.stringify(toRecord(head, [...kept, ...flags], Math.max(max, 1)))
    if (Buffer.byteLength(body) <= bodyMaxBytes || max < 1) return body
  }
}

/**
 * The sender's own id of this notification. A monitor runs the command once per contact with the same notification number;
 * an id made from that number lets the server fold those runs into one.
 */
function notificationId(source: BodySource): string {
  const explicit = source.values.get('id')
  if (explicit !== undefined) return explicit.slice(0, idMaxChars)
  const numbered = source.values.get('notificationid')
  if (numbered !== undefined && isNumbered(numbered)) return `n${numbered}`.slice(0, idMaxChars)
  for (const prefix of source.envPrefixes) {
    const variable = (name: string): string => source.env[prefix + name] ?? ''
    const name = isPresent(variable('SERVICEDESC')) ? 'SERVICENOTIFICATIONID' : 'HOSTNOTIFICATIONID'
    if (isNumbered(variable(name))) return `n${variable(name)}`.slice(0, idMaxChars)
    // Checkmk does not number notifications; its microseconds are the same for all contacts.
    if (isNumbered(variable('MICROTIME'))) return `m${variable('MICROTIME')}`.slice(0, idMaxChars)
  }
  return source.randomId()
}

function isNumbered(value: string): boolean {
  return isPresent(value) && !/^0+$/.test(value)
}

/** Variables of our own are never sent, whatever the prefix: one of them holds the key. Nor are other people's secrets. */
function pickVariables(source: BodySource): [string, string][] {
  if (source.envPrefixes.length === 0) return []
  const picked: [string, string][] = []
  for (const [name, value] of Object.entries(source.env)) {
    if (value === undefined || !isPresent(value)) continue
    if (name.startsWith('ACKBRIDGE_') || secretPattern.test(name)) continue
    if (!source.envPrefixes.some((prefix) => name.startsWith(prefix))) continue
    if (source.key === undefined || !value.includes(source.key)) picked.push([name, value])
  }
  return picked
}

function toRecord(head: object, entries: readonly [string, string][], maxBytes: number): object {
  // Without a prototype a flag named `constructor` or `__proto__` is a key like any other.
  const record = Object.assign(Object.create(null) as Record<string, unknown>, head)
  for (const [key, value] of entries) record[key] = cut(value, maxBytes)
  return record
}

function cut(value: string, maxBytes: number): string {
  if (value.length * 3 <= maxBytes) return value
  const bytes = Buffer.from(value)
  if (bytes.length <= maxBytes) return value
  let end = maxBytes
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
