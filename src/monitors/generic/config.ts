import { z } from 'zod'
import { NOTIFICATION_TYPES } from '../../core/notification.ts'
import { commonSettings } from '../config.ts'
import { PATH_MAX_CHARS, type Path, parsePath } from './path.ts'
import { parseText, TEXT_MAX_CHARS, type Text } from './text.ts'

/** What senders of these names send is known, and needs no map. */
export const PRESET_NAMES = ['cloudevents', 'uptime-kuma', 'healthchecks', 'icinga-notifications'] as const
export type PresetName = (typeof PRESET_NAMES)[number]

/** Where one part of a notification comes from. */
export type Source = {
  readonly from: { readonly path: Path } | { readonly text: Text }
  /** Instead of what is missing, or of a word that `values` does not know. */
  readonly default?: string | undefined
  /** What words stand for: globs, in their order. */
  readonly values?: readonly (readonly [glob: string, meaning: string])[] | undefined
}

const STATES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN', 'UP', 'DOWN', 'UNREACHABLE'] as const
const GLOB_MAX_CHARS = 128
const VALUES_MAX = 100
const LABELS_MAX = 100
const FIELDS_MAX = 20
const NAME_MAX_CHARS = 256

const NO_PATH = `has to be a path: names with dots between them, such as labels.instance or alerts[0]."odd name", at most ${PATH_MAX_CHARS} characters. A text that is always the same is written { text: … }`
const NO_TEXT = `has to be a text in which each { has its } with a path in between, such as "{title}: {details.text}", at most ${TEXT_MAX_CHARS} characters. {{ and }} are braces`

/** Zod takes an issue without a path for one of the value itself. */
type Context = { addIssue(issue: { code: 'custom'; message: string }): void }

const path = z.string().transform((given, context): Path => parsePath(given) ?? wrong(context, NO_PATH))
const text = z.string().transform((given, context): Text => parseText(given) ?? wrong(context, NO_TEXT))
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)

function wrong(context: Context, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

/** What a path, a text, or a section with more about either says. @param word what it may say in the end */
function source<Word extends z.ZodType<string>>(word: Word) {
  const short = z.string().transform((given, context): Source => {
    if (/[{}]/.test(given)) return { from: { text: parseText(given) ?? wrong(context, NO_TEXT) } }
    return { from: { path: parsePath(given) ?? wrong(context, NO_PATH) } }
  })
  const long = z
    .strictObject({
      path: path.optional(),
      text: text.optional(),
      default: word.optional(),
      values: z
        .record(z.string().min(1).max(GLOB_MAX_CHARS), word)
        .refine((all) => Object.keys(all).length <= VALUES_MAX, `may hold at most ${VALUES_MAX} words`)
        .optional(),
    })
    .transform((given, context): Source => {
      // What is wrong with one of its settings is said already.
      if (context.issues.length > 0) return z.NEVER
      const values = given.values === undefined ? undefined : Object.entries(given.values)
      const more = { default: given.default, values }
      if (given.path !== undefined && given.text === undefined) return { from: { path: given.path }, ...more }
      if (given.text !== undefined && given.path === undefined) return { from: { text: given.text }, ...more }
      return wrong(context, 'needs path or text, and not both')
    })
  return z.union([short, long])
}

const any = source(scalar)
const labelName = z.string().min(1).max(NAME_MAX_CHARS)

/** How a body becomes notifications. */
const map = z.strictObject({
  /** A list: a notification for each of its elements, in which paths begin then. */
  each: path.optional(),
  host: any.optional(),
  service: any.optional(),
  state: source(z.enum(STATES)).optional(),
  type: source(z.enum(NOTIFICATION_TYPES as readonly [string, ...string[]])).optional(),
  key: any.optional(),
  episode: any.optional(),
  id: any.optional(),
  time: any.optional(),
  output: any.optional(),
  longOutput: any.optional(),
  author: any.optional(),
  comment: any.optional(),
  url: any.optional(),
  address: any.optional(),
  hostDisplayName: any.optional(),
  serviceDisplayName: any.optional(),
  /** One by one, or a section of the body with all of them. */
  labels: z
    .union([
      path,
      z
        .record(labelName, any)
        .refine((all) => Object.keys(all).length <= LABELS_MAX, `may hold at most ${LABELS_MAX} labels`),
    ])
    .optional(),
  fields: z
    .array(z.strictObject({ label: labelName, value: any }))
    .max(FIELDS_MAX)
    .optional(),
})
export type Mapping = z.output<typeof map>

/** Settings of a monitor of this kind. With neither preset nor map, one of the presets is recognised by what is sent. */
export const config = z
  .strictObject({
    ...commonSettings,
    kind: z.literal('generic'),
    preset: z.enum(PRESET_NAMES).optional(),
    /** Beside a preset: what it says overrules what the preset says. */
    map: map.optional(),
  })
  .superRefine(({ preset, map: given }, context) => {
    if (given === undefined) return
    const say = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: ['map', name], message })
    if (preset === undefined && given.host === undefined)
      say('host', 'is required: the path of the name of what the problem is on')
    if (preset !== undefined && given.each !== undefined)
      say('each', 'does not go with a preset, which knows where its notifications are')
  })
export type Config = z.output<typeof config>
