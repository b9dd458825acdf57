/*
 * Slack's rules for blocks, attachments and views, as strict as Slack: unknown fields are refused, sizes are hard.
 * https://docs.slack.dev/reference/block-kit/blocks
 */
import { isObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from '../json.ts'
import {
  accessory,
  actionElement,
  anyText,
  contextElement,
  image,
  inputElement,
  plainText,
} from './elements.ts'
import { richText } from './rich-text.ts'
import {
  also,
  anything,
  boolean,
  byType,
  type Check,
  createReport,
  type Fields,
  list,
  object,
  oneOf,
  type Report,
  string,
} from './schema.ts'

/** Where the blocks are to be shown; each surface knows other blocks and another count. */
export type Surface = 'message' | 'modal' | 'home'

const blocksMax: Record<Surface, number> = { message: 50, modal: 100, home: 100 }

/** Undocumented; apps were seen to be refused (`msg_blocks_too_long`) at about 13 200 characters of text. */
export const blocksTextMax = 13_200
const markdownMax = 12_000

const base: Fields = { type: anything }
const blockId: Fields = { block_id: string(1, 255) }

const section = also(
  object(base, {
    ...blockId,
    text: anyText(3000),
    fields: list(anyText(2000), 1, 10),
    accessory,
    expand: boolean,
  }),
  (value, pointer, report) => {
    if (value['text'] === undefined && value['fields'] === undefined) {
      report.add('must define either `text` or `fields`', pointer)
    }
  },
)

const everywhere: Record<string, Check> = {
  section,
  header: object({ ...base, text: plainText(150) }, { ...blockId, level: anything }),
  divider: object(base, blockId),
  image,
  context: object({ ...base, elements: list(contextElement, 1, 10) }, blockId),
  actions: also(object({ ...base, elements: list(actionElement, 1, 25) }, blockId), refuseRepeatedActionIds),
  rich_text: richText,
  input: object(
    { ...base, label: plainText(2000), element: inputElement },
    { ...blockId, hint: plainText(2000), optional: boolean, dispatch_action: boolean },
  ),
}

const checks: Record<Surface, Check> = {
  message: byType({
    ...everywhere,
    markdown: object({ ...base, text: string(1, markdownMax) }, blockId),
    table: object(
      { ...base, rows: list(list(anything, 1, 20), 1, 100) },
      { ...blockId, column_settings: list(anything, 0, 20) },
    ),
  }),
  modal: byType({
    ...everywhere,
    alert: object(
      { ...base, text: anyText(200) },
      { ...blockId, level: oneOf('default', 'info', 'warning', 'error', 'success') },
    ),
  }),
  home: byType(everywhere),
}

/**
 * Checks a list of blocks.
 *
 * @param pointer the place of the list in the request, such as `/blocks`
 * @returns Slack's sentences about what is wrong; empty when the blocks are good
 */
export function validateBlocks(blocks: Json, surface: Surface, pointer: string): string[] {
  const report = createReport()
  list(checks[surface], 0, blocksMax[surface])(blocks, pointer, report)
  if (Array.isArray(blocks)) refuseRepeats(blocks.filter(isObject), pointer, report)
  return report.messages
}

const colour: Check = string(0, 50)

/** Fields an attachment may have; the old ones are kept by Slack for apps from before blocks. */
const attachment = object(
  {},
  {
    ...Object.fromEntries(
      ['fallback', 'pretext', 'title', 'title_link', 'text', 'footer', 'footer_icon'].map((name) => [
        name,
        anything,
      ]),
    ),
    ...Object.fromEntries(
      ['author_name', 'author_link', 'author_icon', 'image_url', 'thumb_url', 'callback_id'].map((name) => [
        name,
        anything,
      ]),
    ),
    ...Object.fromEntries(
      ['ts', 'id', 'mrkdwn_in', 'attachment_type', 'actions'].map((name) => [name, anything]),
    ),
    color: colour,
    fields: list(object({}, { title: anything, value: anything, short: anything }), 0, 100),
    blocks: anything,
  },
)

/** Checks a list of attachments and the blocks inside them. Pointers begin with `/attachments`. */
export function validateAttachments(attachments: Json): string[] {
  const report = createReport()
  list(attachment, 0, 100)(attachments, '/attachments', report)
  if (report.messages.length > 0 || !Array.isArray(attachments)) return report.messages
  for (const [index, one] of attachments.filter(isObject).entries()) {
    const blocks = one['blocks']
    if (blocks === undefined) continue
    report.messages.push(...validateBlocks(blocks, 'message', `/attachments/${index}/blocks`))
    const others = Object.keys(one).filter((key) => !['blocks', 'color', 'fallback', 'id'].includes(key))
    if (others.length > 0) report.add('invalid_keys', `/attachments/${index}`)
  }
  return report.messages
}

const viewFields: Fields = {
  private_metadata: string(0, 3000),
  callback_id: string(0, 255),
  external_id: string(0, 255),
}

const modal = object(
  { type: oneOf('modal'), title: plainText(24), blocks: anything },
  {
    ...viewFields,
    submit: plainText(24),
    close: plainText(24),
    clear_on_close: boolean,
    notify_on_close: boolean,
    submit_disabled: boolean,
  },
)
const home = object({ type: oneOf('home'), blocks: anything }, viewFields)

/** Checks a view for `views.*` or a response_action. Pointers begin with `/view`. */
export function validateView(view: Json, type: 'modal' | 'home'): string[] {
  const report = createReport()
  const check = type === 'modal' ? modal : home
  check(view, '/view', report)
  if (!isObject(view) || view['blocks'] === undefined) return report.messages
  report.messages.push(...validateBlocks(view['blocks'], type, '/view/blocks'))
  const input = objectsAt(view, 'blocks').findIndex((block) => block['type'] === 'input')
  if (type === 'modal' && input >= 0 && view['submit'] === undefined) {
    report.add('must define `submit` to use an `input` block in modals', `/view/blocks/${input}/input`)
  }
  return report.messages
}

/** The characters of text in blocks, as Slack sums them up over a message. */
export function textLength(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + textLength(one), 0)
  if (!isObject(value)) return 0
  let sum = 0
  for (const [key, inner] of Object.entries(value)) {
    sum += key === 'text' && typeof inner === 'string' ? inner.length : textLength(inner)
  }
  return sum
}

function refuseRepeats(blocks: JsonObject[], pointer: string, report: Report): void {
  const seen = new Set<string>()
  for (const [index, block] of blocks.entries()) {
    const id = stringAt(block, 'block_id')
    if (id === undefined) continue
    if (seen.has(id)) report.add(`\`block_id\` "${id}" already exists`, `${pointer}/${index}/block_id`)
    seen.add(id)
  }
  const tables = blocks.filter((block) => block['type'] === 'table')
  if (tables.length > 1) report.add('only_one_table_allowed', pointer)
}

function refuseRepeatedActionIds(block: JsonObject, pointer: string, report: Report): void {
  const seen = new Set<string>()
  for (const [index, element] of objectsAt(block, 'elements').entries()) {
    const id = stringAt(element, 'action_id')
    if (id === undefined) continue
    const place = `${pointer}/elements/${index}/action_id`
    if (seen.has(id)) report.add(`\`action_id\` "${id}" already exists for another element`, place)
    seen.add(id)
  }
}

/**
 * Fills in what Slack fills in: random block and action ids, `emoji: true`, `verbatim: false`. Works on a copy.
 *
 * @param newId gives a random id
 */
export function withDefaults(blocks: JsonObject[], newId: () => string): JsonObject[] {
  return blocks.map((block) => {
    const filled = withTextDefaults(block)
    filled['block_id'] = stringAt(block, 'block_id') ?? newId()
    const single = [objectAt(filled, 'accessory'), objectAt(filled, 'element')]
    const elements = filled['type'] === 'actions' ? objectsAt(filled, 'elements') : []
    for (const element of [...single, ...elements]) {
      if (element && element['type'] !== 'image')
        element['action_id'] = stringAt(element, 'action_id') ?? newId()
    }
    return filled
  })
}

export function withTextDefaults(value: JsonObject): JsonObject {
  const entries = Object.entries(value).map(([key, inner]): [string, Json] => [
    key,
    copyWithTextDefaults(inner),
  ])
  const copy = Object.fromEntries(entries)
  if (copy['type'] === 'plain_text' && copy['emoji'] === undefined) copy['emoji'] = true
  if (copy['type'] === 'mrkdwn' && copy['verbatim'] === undefined) copy['verbatim'] = false
  return copy
}

function copyWithTextDefaults(value: Json): Json {
  if (Array.isArray(value)) return value.map(copyWithTextDefaults)
  return isObject(value) ? withTextDefaults(value) : value
}
