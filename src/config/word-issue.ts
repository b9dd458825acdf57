import { z } from 'zod'
import { suggest } from '../core/suggest.ts'

/*
 * What a schema finds wrong, in words. No sentence repeats a value: it may be a password.
 */

type Path = readonly PropertyKey[]
type Schema = z.core.$ZodType

/** One thing that is wrong: where, and a sentence without its full stop. */
export type Wrong = { readonly path: Path; readonly says: string; readonly isUnknownKey: boolean }

/** @returns everything that is wrong with a value, each with its path; nothing when the schema takes it */
export function check<S extends Schema>(
  schema: S,
  value: unknown,
  under: Path = [],
): { readonly value: z.output<S> } | { readonly wrong: readonly Wrong[] } {
  const parsed = z.safeParse(schema, value, { error: word })
  if (parsed.success) return { value: parsed.data }
  return {
    wrong: parsed.error.issues
      .flatMap((issue) => unfold(issue, schema))
      .map((one) => ({ ...one, path: [...under, ...one.path] })),
  }
}

function unfold(issue: z.core.$ZodIssue, schema: Schema, before: Path = []): Wrong[] {
  const path = [...before, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const [near] = suggest(key, knownKeys(schema, path))
        const says = near === undefined ? 'is not known' : `is not known. Did you mean ${near}?`
        return { path: [...path, key], says, isUnknownKey: true }
      })
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.map((inner) => ({ path, says: plain(inner.message), isUnknownKey: false }))
    case 'invalid_union': {
      // Where the value is of the sort that one branch takes, what that branch says is of use; else only what all are.
      const branch = issue.errors.find(
        (issues) => issues.length > 0 && !issues.some((one) => one.path.length === 0 && isOfOtherSort(one)),
      )
      if (branch !== undefined) return branch.flatMap((inner) => unfold(inner, schema, path))
    }
  }
  return [{ path, says: plain(issue.message), isUnknownKey: false }]
}

function isOfOtherSort({ code }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' || code === 'invalid_value' || code === 'invalid_union'
}

function plain(message: string): string {
  return message.trim().replace(/\.$/, '')
}

/** Words for what schemas say nothing of their own about. */
const word: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined && issue.code !== 'custom') return 'is required'
  if (issue.input === null) return 'has nothing in it. Fill it in, or remove the line'
  switch (issue.code) {
    case 'invalid_type': {
      const whole = issue.expected === 'int' ? 'whole ' : ''
      const quotes =
        issue.expected === 'string' && typeof issue.input !== 'object' ? '; put it in quotes' : ''
      return `has to be ${describe(ownerOf(issue)).replace(/^a (?=number)/, `a ${whole}`)}${quotes}`
    }
    case 'too_small':
    case 'too_big':
      return boundOf(issue)
    case 'invalid_value':
    case 'invalid_union': {
      const [near] = typeof issue.input === 'string' ? suggest(issue.input, wordsOf(ownerOf(issue))) : []
      const meant = near === undefined ? '' : `. Did you mean ${near}?`
      return `has to be ${describe(ownerOf(issue))}${meant}`
    }
    case 'invalid_format':
      return 'is not of the form that is needed here'
    default:
      return 'cannot be used'
  }
}

/** The schema that an issue is of, also where one of its checks raised it. */
function ownerOf(issue: z.core.$ZodRawIssue): Schema {
  const { schema, inst } = issue as { schema?: Schema; inst?: Schema }
  return schema ?? inst ?? z.unknown()
}

function boundOf(issue: z.core.$ZodRawIssue): string {
  const { origin, minimum, maximum } = issue as { origin?: string; minimum?: unknown; maximum?: unknown }
  switch (origin) {
    case 'string':
      if (minimum === undefined) return `may have at most ${maximum} characters`
      return Number(minimum) <= 1 ? 'must not be empty' : `has to have at least ${minimum} characters`
    case 'number':
    case 'int':
      return `has to be ${describe(ownerOf(issue))}`
    default:
      return minimum === undefined
        ? `may have at most ${maximum} entries`
        : `has to have at least ${minimum} ${minimum === 1 ? 'entry' : 'entries'}`
  }
}

/** @returns what a schema takes, with its article */
function describe(given: Schema): string {
  const schema = unwrap(given)
  const { def } = schema._zod as z.core.$ZodTypes['_zod']
  switch (def.type) {
    case 'string':
      return 'a text'
    case 'number':
      return schema instanceof z.ZodNumber ? `a number${rangeOf(schema)}` : 'a number'
    case 'boolean':
      return 'true or false'
    case 'array':
    case 'tuple':
      return 'a list'
    case 'object':
    case 'record':
      return 'a section with settings of its own'
    case 'enum':
      return oneOf(Object.values(def.entries))
    case 'literal':
      return oneOf(def.values)
    case 'union':
      return [...new Set(def.options.map(describe))].join(' or ')
    default:
      return 'another value'
  }
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`
}

function rangeOf({ minValue, maxValue }: z.ZodNumber): string {
  // What only says that a number is whole comes as the bounds of whole numbers.
  const bound = (value: number | null): number | null =>
    value !== null && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null
  const [least, most] = [bound(minValue), bound(maxValue)]
  if (least !== null && most !== null) return ` from ${least} to ${most}`
  if (least !== null) return ` of at least ${least}`
  return most === null ? '' : ` of at most ${most}`
}

/** @returns the words that a schema takes, as far as it takes words only */
function wordsOf(given: Schema): string[] {
  const { def } = unwrap(given)._zod as z.core.$ZodTypes['_zod']
  switch (def.type) {
    case 'enum':
      return Object.values(def.entries).map(String)
    case 'literal':
      return def.values.map(String)
    case 'union':
      return def.options.flatMap(wordsOf)
    default:
      return []
  }
}

/** @returns the keys that a schema knows at a path */
function knownKeys(schema: Schema, path: Path): string[] {
  const { def } = unwrap(schema)._zod as z.core.$ZodTypes['_zod']
  const [first, ...rest] = path
  switch (def.type) {
    case 'object': {
      if (first === undefined) return Object.keys(def.shape)
      const next = def.shape[String(first)]
      return next === undefined ? [] : knownKeys(next, rest)
    }
    case 'record':
      return first === undefined ? [] : knownKeys(def.valueType, rest)
    case 'array':
      return first === undefined ? [] : knownKeys(def.element, rest)
    case 'union':
      return def.options.flatMap((option) => knownKeys(option, path))
    default:
      return []
  }
}

function unwrap(schema: Schema): Schema {
  const { def } = schema._zod as z.core.$ZodTypes['_zod']
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType)
    case 'lazy':
      return unwrap(def.getter())
    case 'pipe':
      return unwrap(def.in._zod.def.type === 'transform' ? def.out : def.in)
    default:
      return schema
  }
}
