/* Reads arguments as Slack does: a form carries everything as text, JSON bodies carry values, both are accepted. */
import { isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import { Refusal } from '../refusal.ts'

export function textOf(args: JsonObject, name: string): string | undefined {
  const value = args[name]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** @throws Refusal `invalid_arguments` when it is absent or empty */
export function requiredText(args: JsonObject, name: string): string {
  const value = textOf(args, name)
  if (!value) throw new Refusal('invalid_arguments', [`[ERROR] missing required field: ${name}`])
  return value
}

export function flagOf(args: JsonObject, name: string): boolean {
  const value = args[name]
  return value === true || value === 1 || value === 'true' || value === '1'
}

/** A whole number within bounds; what is not a number falls back. */
export function countOf(args: JsonObject, name: string, fallback: number, max: number): number {
  const value = Number(textOf(args, name) ?? fallback)
  return Number.isInteger(value) && value > 0 ? Math.min(value, max) : fallback
}

/**
 * A list argument; in a form it is a JSON text. Undefined when it is absent.
 *
 * @throws Refusal with `error` when it is not a JSON list of objects
 */
export function listOf(args: JsonObject, name: string, error: string): JsonObject[] | undefined {
  const value = structured(args, name)
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every(isObject)) throw new Refusal(error)
  return value
}

/**
 * An object argument; in a form it is a JSON text. Undefined when it is absent.
 *
 * @throws Refusal with `error` when it is not a JSON object
 */
export function objectOf(args: JsonObject, name: string, error: string): JsonObject | undefined {
  const value = structured(args, name)
  if (value === undefined) return undefined
  if (!isObject(value)) throw new Refusal(error)
  return value
}

function structured(args: JsonObject, name: string): Json | undefined {
  const value = args[name]
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? (parseJson(value) ?? value) : value
}
