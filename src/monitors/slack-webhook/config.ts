import { z } from 'zod'
import { commonSettings, filled } from '../config.ts'

/** Rules, and characters of what one looks for. */
const RULES_MAX = 100
const PATTERN_MAX_CHARS = 256

const pattern = filled.max(PATTERN_MAX_CHARS, `has to be at most ${PATTERN_MAX_CHARS} characters`)
/** A glob for the whole text, or a part of it. */
const looksFor = z.union([pattern, z.strictObject({ contains: pattern })], {
  error: 'has to be a text with * and ?, or { contains: … }',
})
const field = z.strictObject({ field: pattern })

/** Said only where nothing else is wrong: a slip of the pen in a name says enough. */
function fault(context: z.core.ParsePayload<unknown>, message: string): void {
  context.issues.push({ code: 'custom', input: context.value, message })
}

const match = z
  .strictObject({
    title: looksFor.optional(),
    text: looksFor.optional(),
    color: looksFor.optional(),
    username: looksFor.optional(),
    fields: z.record(pattern, looksFor).optional(),
  })
  .check((context) => {
    if (context.issues.length > 0 || Object.keys(context.value).length > 0) return
    fault(context, 'has to name at least one of title, text, color, username, fields')
  })

const rule = z
  .strictObject({
    match,
    resolved: z.literal(true, 'has to be true, or left out').optional(),
    ignore: z.literal(true, 'has to be true, or left out').optional(),
    state: z.enum(['WARNING', 'CRITICAL', 'UNKNOWN']).optional(),
  })
  .check((context) => {
    const { resolved, ignore, state } = context.value
    const said = [resolved, ignore, state].filter((one) => one !== undefined).length
    if (context.issues.length === 0 && said !== 1)
      fault(context, 'has to say exactly one of resolved: true, ignore: true, state')
  })

/** Settings of a monitor of this kind. */
export const config = z.strictObject({
  ...commonSettings,
  kind: z.literal('slack-webhook'),
  /** What makes two messages tell of the same thing: the title, the text, or the values of these fields. */
  fold: z
    .union([z.enum(['title', 'text']), z.array(pattern).min(1).max(10)], {
      error: 'has to be title, text, or a list of names of fields such as [Host, Rule]',
    })
    .default('title'),
  /** The field that holds the host; by default the sender stands for it. */
  host: field.optional(),
  /** The field that holds the service; by default the title stands for it. */
  service: field.optional(),
  /** The first that matches decides. */
  rules: z.array(rule).max(RULES_MAX).default([]),
  /** An event that comes again this soon belongs to the one before. */
  quietSeconds: z.number().int().min(60).max(86_400).default(900),
})
export type Config = z.output<typeof config>
export type Rule = Config['rules'][number]
export type LooksFor = z.output<typeof looksFor>
