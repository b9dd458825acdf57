/*
 * A small schema language in which Slack's limits read as a table. A check looks at one value and reports in Slack's
 * words, with the JSON pointer that Slack appends.
 */
import { isObject, type Json, type JsonObject } from '../json.ts'

/** Collects sentences such as `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`. */
export type Report = { messages: string[]; add(sentence: string, pointer: string): void }
export type Check = (value: Json, pointer: string, report: Report) => void
export type Fields = Record<string, Check>

/** More faults than this help nobody, and hostile input could make them without end. */
const messagesMax = 50

export function createReport(): Report {
  const messages: string[] = []
  return {
    messages,
    add(sentence, pointer) {
      if (messages.length < messagesMax) messages.push(`${sentence} [json-pointer:${pointer}]`)
    },
  }
}

/** Slack counts characters as JavaScript does, in UTF-16 units. */
export function string(min: number, max: number): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'string') return report.add('must provide a string', pointer)
    if (value.length < min) report.add(`must be more than ${min - 1} characters`, pointer)
    if (value.length > max) report.add(`must be less than ${max + 1} characters`, pointer)
  }
}

export function matching(pattern: RegExp, sentence: string): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !pattern.test(value)) report.add(sentence, pointer)
  }
}

export function boolean(value: Json, pointer: string, report: Report): void {
  if (typeof value !== 'boolean') report.add('must provide a boolean', pointer)
}

export function integer(min: number, max: number): Check {
  return (value, pointer, report) => {
    if (!Number.isInteger(value)) report.add('must provide an integer', pointer)
    else if (Number(value) < min) report.add(`must be greater than or equal to ${min}`, pointer)
    else if (Number(value) > max) report.add(`must be less than or equal to ${max}`, pointer)
  }
}

export function oneOf(...words: string[]): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !words.includes(value))
      report.add('value must be one of the allowed values', pointer)
  }
}

export function anything(): void {}

export function list(check: Check, min: number, max: number): Check {
  return (value, pointer, report) => {
    if (!Array.isArray(value)) return report.add('must provide an array', pointer)
    if (value.length < min) report.add(`no fewer than ${min} items allowed`, pointer)
    if (value.length > max) return report.add(`no more than ${max} items allowed`, pointer)
    for (const [index, one] of value.entries()) check(one, `${pointer}/${index}`, report)
  }
}

/** An object with these fields and no others; Slack refuses what it does not know. */
export function object(required: Fields, optional: Fields = {}): Check {
  const fields = new Map([...Object.entries(required), ...Object.entries(optional)])
  return (value, pointer, report) => {
    if (!isObject(value)) return report.add('must provide an object', pointer)
    for (const name of Object.keys(required)) {
      if (value[name] === undefined) report.add(`missing required field: ${name}`, pointer)
    }
    for (const [name, inner] of Object.entries(value)) {
      const check = fields.get(name)
      if (check) check(inner, `${pointer}/${name}`, report)
      else report.add(`invalid additional property: ${name.slice(0, 100)}`, pointer)
    }
  }
}

/** Chooses the check by the object's `type`. */
export function byType(checks: Record<string, Check>): Check {
  const known = new Map(Object.entries(checks))
  return (value, pointer, report) => {
    if (!isObject(value)) return report.add('must provide an object', pointer)
    const type = value['type']
    if (type === undefined) return report.add('missing required field: type', pointer)
    const check = typeof type === 'string' ? known.get(type) : undefined
    if (check) check(value, pointer, report)
    else report.add(`unsupported type: ${String(type).slice(0, 100)}`, `${pointer}/type`)
  }
}

/** A check and, when it found nothing wrong with the shape, a further rule. */
export function also(
  check: Check,
  rule: (value: JsonObject, pointer: string, report: Report) => void,
): Check {
  return (value, pointer, report) => {
    const before = report.messages.length
    check(value, pointer, report)
    if (report.messages.length === before && isObject(value)) rule(value, pointer, report)
  }
}
