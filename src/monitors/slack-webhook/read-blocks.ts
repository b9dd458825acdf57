import type { Field } from '../../core/notification.ts'
import { firstLink, inertText, plainText } from './inert-text.ts'
import { isObject, listOf, type Thing, textOf } from './thing.ts'

/*
 * Blocks are rebuilt from a list of what is understood; whatever else there is says nothing, or its alternative text.
 * https://docs.slack.dev/reference/block-kit/blocks
 */

/** What blocks say. */
export type BlockWords = {
  /** The first header. */
  readonly header: string
  readonly lines: readonly string[]
  readonly fields: readonly Field[]
  readonly link: string | null
}

/** Blocks that are read, and parts of rich text, in each other or beside each other. Slack takes 50 blocks in a message. */
const BLOCKS_MAX = 100
const PARTS_MAX = 500

const FIELD_OVER = /^([^\n:]{1,100}):?[ \t]*\n([\s\S]+)$/
const FIELD_BESIDE = /^([^\n:]{1,100}):[ \t]+([\s\S]+)$/

/** Collects what is said while blocks are walked through. */
type Heard = { header: string; lines: string[]; fields: Field[]; link: string | null; partsLeft: number }

/** @returns what the blocks say in their order; never throws */
export function readBlocks(blocks: unknown): BlockWords {
  const heard: Heard = { header: '', lines: [], fields: [], link: null, partsLeft: PARTS_MAX }
  for (const block of listOf(blocks).slice(0, BLOCKS_MAX)) if (isObject(block)) readBlock(block, heard)
  return heard
}

function readBlock(block: Thing, heard: Heard): void {
  switch (textOf(block, 'type')) {
    case 'header': {
      const header = objectText(block['text'], heard)
      if (heard.header === '') heard.header = header
      else say(heard, header)
      return
    }
    case 'section':
      say(heard, objectText(block['text'], heard))
      for (const field of listOf(block['fields'])) readField(field, heard)
      return
    case 'context':
      say(
        heard,
        listOf(block['elements'])
          .map((element) => objectText(element, heard) || altOf(element))
          .filter((part) => part !== '')
          .join('  '),
      )
      return
    case 'rich_text':
      for (const element of listOf(block['elements'])) say(heard, richText(element, heard))
      return
    case 'markdown':
      say(heard, noted(textOf(block, 'text'), heard))
      return
    default:
      say(heard, altOf(block))
  }
}

function say(heard: Heard, text: string): void {
  if (text.trim() !== '') heard.lines.push(...text.split('\n'))
}

/** A `mrkdwn` or `plain_text` object. */
function objectText(value: unknown, heard: Heard): string {
  if (!isObject(value)) return ''
  const text = textOf(value, 'text')
  if (text === '') return ''
  return textOf(value, 'type') === 'plain_text' ? plainText(text) : noted(text, heard)
}

function noted(text: string, heard: Heard): string {
  heard.link ??= firstLink(text)
  return inertText(text)
}

/** An image of any sort: what stands for it. */
function altOf(value: unknown): string {
  return isObject(value) ? plainText(textOf(value, 'alt_text')) : ''
}

/** `*Name*` over a value, or `*Name:* value`; without a name it is a line like others. */
function readField(value: unknown, heard: Heard): void {
  const field = fieldOf(objectText(value, heard))
  if (field.label === '') say(heard, field.value)
  else heard.fields.push(field)
}

function fieldOf(text: string): Field {
  const whole = text.trim()
  const [, label = '', value = ''] = FIELD_OVER.exec(whole) ?? FIELD_BESIDE.exec(whole) ?? []
  return label === '' ? { label: '', value: text } : { label: label.trim(), value: value.trim() }
}

/** Lists, quotes and sections of rich text, and what stands in them. */
function richText(value: unknown, heard: Heard): string {
  if (!isObject(value) || heard.partsLeft-- <= 0) return ''
  const parts = (): string[] => listOf(value['elements']).map((one) => richText(one, heard))
  switch (textOf(value, 'type')) {
    case 'rich_text_list':
      return parts()
        .map((item) => `- ${item}`)
        .join('\n')
    case 'rich_text_section':
    case 'rich_text_quote':
    case 'rich_text_preformatted':
      return parts().join('')
    case 'text':
      return plainText(textOf(value, 'text'))
    case 'link': {
      const url = textOf(value, 'url')
      if (/^https?:/i.test(url)) heard.link ??= url
      const label = plainText(textOf(value, 'text'))
      return label === '' || label === url ? plainText(url) : `${label} (${plainText(url)})`
    }
    case 'emoji':
      return `:${plainText(textOf(value, 'name'))}:`
    case 'date':
      return plainText(textOf(value, 'fallback'))
    case 'broadcast':
      return `[${plainText(textOf(value, 'range'))}]`
    case 'user':
      return `[${plainText(textOf(value, 'user_id'))}]`
    case 'usergroup':
      return `[${plainText(textOf(value, 'usergroup_id'))}]`
    case 'channel':
      return `#${plainText(textOf(value, 'channel_id'))}`
    default:
      return ''
  }
}
