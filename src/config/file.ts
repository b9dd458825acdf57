import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import type { MonitorConfig } from './config.ts'
import { fromFile, type RawEnv } from './env.ts'
import { type Kinds, readMonitors } from './monitors.ts'
import { check, type Wrong } from './word-issue.ts'
import { yamlFaults } from './yaml-fault.ts'

const channel = z
  .string()
  .regex(/^[CGD][A-Z0-9]{2,}$/, 'has to be the id of a channel, such as C0123456789 (not its name)')
const member = z
  .string()
  .regex(/^[SUW][A-Z0-9]{2,}$/, 'has to be the id of a person (U…) or a user group (S…)')
const state = z.enum(['OK', 'WARNING', 'UNKNOWN', 'CRITICAL', 'UP', 'DOWN', 'UNREACHABLE'])
const glob = z.string().min(1).max(1024)

const Match = z.strictObject({
  monitor: glob.optional(),
  host: glob.optional(),
  service: glob.optional(),
  state: z.array(state).min(1).optional(),
  labels: z.record(z.string(), glob).optional(),
})

/** The configuration file; its monitors are read by the schemas of their kinds. */
const FileSchema = z.strictObject({
  slack: z
    .strictObject({
      channel: channel.optional(),
      commandPrefix: z
        .string()
        .regex(
          /^[a-z0-9_-]{0,20}$/,
          'has to be made of small letters, digits, dash and underscore, at most 20',
        )
        .default(''),
    })
    .optional(),
  storm: z
    .strictObject({
      threshold: z.number().int().min(0).max(10_000).default(10),
      windowSeconds: z.number().int().min(1).max(3600).default(10),
    })
    .optional(),
  retention: z.strictObject({ historyDays: z.number().int().min(1).default(400) }).optional(),
  monitors: z.unknown().optional(),
  routes: z
    .array(
      z.strictObject({
        match: Match.default({}),
        channels: z.array(channel).min(1),
        mention: z.array(member).default([]),
        quiet: z.boolean().default(false),
      }),
    )
    .optional(),
  permissions: z
    .array(
      z.strictObject({
        match: Match.default({}),
        acknowledge: z.array(member).optional(),
        remove: z.array(member).optional(),
        downtime: z.array(member).optional(),
        view: z.array(member).optional(),
      }),
    )
    .optional(),
})
export type ConfigFile = Omit<z.output<typeof FileSchema>, 'monitors'> & {
  readonly monitors: readonly MonitorConfig[]
}

export type ReadFile = {
  /** Without what is wrong. */
  readonly file: ConfigFile
  /** There are monitors in it, well or not. */
  readonly hasMonitors: boolean
  /** Sentences, each with its line. */
  readonly faults: readonly string[]
  /** Says where something stands, as `ackbridge.yml:7`. */
  readonly at: (path: readonly PropertyKey[]) => string
}

/**
 * Reads the configuration file. Never throws.
 *
 * @param name how the file is called in faults
 * @param env where `${NAME}` takes values from
 */
export function parseConfigFile(text: string, name: string, env: RawEnv, kinds: Kinds): ReadFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const at = (path: readonly PropertyKey[]): string => `${name}:${lineOf(document, lines, path)}`
  const broken = yamlFaults(document, text, lines)
  const faults = [...broken].map(([line, sentence]) => `${name}:${line}: ${sentence}`)
  // A key that stands twice hides nothing else; all other faults may.
  const isReadable = broken.size <= document.errors.filter(({ code }) => code === 'DUPLICATE_KEY').length
  const plain = isReadable ? plainOf(document) : null
  if (plain === null) {
    if (isReadable)
      faults.push(`${name}: Its aliases (*…) stand for too much. Write out what they stand for.`)
    return { file: { monitors: [] }, hasMonitors: false, faults, at }
  }
  const unset = new Set<string>()
  const value = fillIn(plain.value, env, (path, sentence) => {
    faults.push(`${at(path)}: ${path.join('.')} ${sentence}`)
    unset.add(path.join('.'))
  })
  const { file, wrong } = readSections(value ?? {}, kinds)
  const said = wrong.filter(({ path }) => !unset.has(path.map(String).join('.')))
  faults.push(...said.map((one) => sentenceOf(one, at)))
  return {
    file,
    hasMonitors: file.monitors.length > 0 || wrong.some(({ path }) => path[0] === 'monitors'),
    faults,
    at,
  }
}

/** @returns null where few lines stand for more than the parser is ready to unfold */
function plainOf(document: Document): { value: unknown } | null {
  try {
    return { value: document.toJS() }
  } catch {
    return null
  }
}

function readSections(value: unknown, kinds: Kinds): { file: ConfigFile; wrong: readonly Wrong[] } {
  const section = (value as { monitors?: unknown }).monitors
  const { monitors, wrong } = readMonitors(section, kinds)
  const checked = check(FileSchema, value)
  if ('wrong' in checked) return { file: { monitors }, wrong: [...checked.wrong, ...wrong] }
  return { file: { ...checked.value, monitors }, wrong }
}

function sentenceOf({ path, says, isUnknownKey }: Wrong, at: ReadFile['at']): string {
  const where = path.map(String).join('.')
  const end = says.endsWith('?') ? '' : '.'
  if (where === '') return `${at(path)}: The file has to be made of sections, such as slack: and monitors:.`
  return `${at(path)}: ${where}${isUnknownKey ? '' : ':'} ${says}${end}`
}

/** @returns the line of a key, or of the nearest thing around it that has one */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (isScalar(pair?.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line
    }
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: readonly [number, number, number] }
      | undefined
    if (node?.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** Replaces `${NAME}` by the environment's value, or by what the file in `NAME_FILE` holds, wherever a text stands. */
function fillIn(
  value: unknown,
  env: RawEnv,
  missing: (path: PropertyKey[], sentence: string) => void,
  path: PropertyKey[] = [],
): unknown {
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (whole, name: string) => {
      const given = env[name]
      const found = given === undefined ? fromFile(env, name) : { value: given }
      if (found !== undefined && 'value' in found) return found.value
      missing(
        path,
        `takes its value from ${name}, ${found === undefined ? 'which is not set.' : `but ${found.fault}`}`,
      )
      return whole
    })
  }
  if (Array.isArray(value)) return value.map((one, index) => fillIn(one, env, missing, [...path, index]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, fillIn(one, env, missing, [...path, key])]),
  )
}
