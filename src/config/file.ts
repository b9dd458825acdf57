import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { suggest } from '../core/suggest.ts'
import { ConfigFault } from './config.ts'
import type { RawEnv } from './env.ts'

const channel = z
  .string()
  .regex(/^[CGD][A-Z0-9]{2,}$/, 'has to be the id of a channel, such as C0123456789 (not its name)')
const member = z
  .string()
  .regex(/^[SUW][A-Z0-9]{2,}$/, 'has to be the id of a person (U…) or a user group (S…)')
const state = z.enum(['OK', 'WARNING', 'UNKNOWN', 'CRITICAL', 'UP', 'DOWN', 'UNREACHABLE'])
const glob = z.string().min(1).max(1024)
const monitorName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'has to be made of letters, digits, dot, dash and underscore')

const Match = z.strictObject({
  monitor: glob.optional(),
  host: glob.optional(),
  service: glob.optional(),
  state: z.array(state).min(1).optional(),
  labels: z.record(z.string(), glob).optional(),
})

const Monitor = z.strictObject({ kind: z.string() })

/** The configuration file. */
const FileSchema = z.strictObject({
  slack: z
    .strictObject({
      channel: channel.optional(),
      commandPrefix: z
        .string()
        .regex(/^[a-z0-9_-]{0,20}$/)
        .default(''),
    })
    .optional(),
  storm: z
    .strictObject({
      threshold: z.number().int().min(0).default(10),
      windowSeconds: z.number().int().min(1).max(3600).default(10),
    })
    .optional(),
  retention: z.strictObject({ historyDays: z.number().int().min(1).default(400) }).optional(),
  monitors: z.record(monitorName, Monitor).optional(),
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
export type ConfigFile = z.output<typeof FileSchema>

/**
 * Reads the configuration file.
 *
 * @param name how the file is called in faults
 * @throws ConfigFault with all faults, each with its line
 */
export function parseConfigFile(text: string, name: string, env: RawEnv): ConfigFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    throw new ConfigFault(
      document.errors.map(
        (error) => `${name}:${lines.linePos(error.pos[0]).line}: ${firstLine(error.message)}`,
      ),
    )
  }
  const faults: string[] = []
  const at = (path: readonly PropertyKey[]): string => `${name}:${lineOf(document, lines, path)}`
  const value = fillIn(document.toJS() as unknown, env, (path, variable) => {
    faults.push(`${at(path)}: ${path.join('.')} takes its value from ${variable}, which is not set.`)
  })
  const parsed = FileSchema.safeParse(value ?? {})
  if (!parsed.success) for (const issue of parsed.error.issues) faults.push(...wordIssue(issue, at))
  if (!parsed.success || faults.length > 0) throw new ConfigFault(faults)
  return parsed.data
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message
}

function wordIssue(issue: z.core.$ZodIssue, at: (path: readonly PropertyKey[]) => string): string[] {
  if (issue.code !== 'unrecognized_keys') {
    const where = issue.path.map(String).join('.')
    return [`${at(issue.path)}: ${where}: ${issue.message}.`]
  }
  return issue.keys.map((key) => {
    const path = [...issue.path, key]
    const [near] = suggest(key, knownKeys(issue.path))
    return `${at(path)}: ${path.map(String).join('.')} is not known.${near === undefined ? '' : ` Did you mean ${near}?`}`
  })
}

/** @returns the keys that the schema knows at a path */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: z.core.$ZodType = FileSchema
  for (const part of path) {
    schema = unwrap(schema)
    if (schema instanceof z.ZodObject)
      schema = (schema.shape as Record<string, z.core.$ZodType>)[String(part)] ?? z.never()
    else if (schema instanceof z.ZodArray) schema = schema.element
    else if (schema instanceof z.ZodRecord) schema = schema.valueType
  }
  const last = unwrap(schema)
  return last instanceof z.ZodObject ? Object.keys(last.shape) : []
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return unwrap(schema.unwrap())
  return schema
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

/** Replaces `${NAME}` by the environment's value, wherever a text stands. */
function fillIn(
  value: unknown,
  env: RawEnv,
  missing: (path: PropertyKey[], variable: string) => void,
  path: PropertyKey[] = [],
): unknown {
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (whole, name: string) => {
      const given = env[name]
      if (given === undefined) missing(path, name)
      return given ?? whole
    })
  }
  if (Array.isArray(value)) return value.map((one, index) => fillIn(one, env, missing, [...path, index]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, fillIn(one, env, missing, [...path, key])]),
  )
}
