import type {
  ContextBlockElement,
  MrkdwnElement,
  PlainTextElement,
  RichTextBlock,
  RichTextElement,
} from '@slack/types'
import { cutChars } from '../../core/output-preview.ts'

/*
 * Foreign text (names, output, comments) goes into rich text or plain text, whose characters mean nothing. Where Slack
 * knows only mrkdwn, it is escaped and `verbatim`, so that it neither mentions nor links anybody.
 * https://docs.slack.dev/messaging/formatting-message-text
 */

/** Characters of a section's text. https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const SECTION_MAX_CHARS = 3000
/** Characters of output in one message; far from the undocumented sum that Slack refuses. */
export const OUTPUT_SHOWN_MAX_CHARS = 2500

/**
 * Marks that turn the direction of what follows would turn our own words around; letters that are written from right to left
 * need none of them.
 */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g

function straight(text: string): string {
  return text.replaceAll(TURNING, '')
}

/** @returns the text with the three characters escaped that Slack gives a meaning */
export function escapeText(text: string): string {
  return straight(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * Foreign text for mrkdwn: nothing in it mentions, links or formats. Marks of formatting become look-alikes, an
 * underscore only where it could format, so that names stay what they are.
 */
export function inert(text: string): string {
  return escapeText(text)
    .replaceAll('*', '∗')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '＿')
    .replaceAll('~', '∼')
    .replaceAll('`', 'ˋ')
}

/** As `inert`, cut so that what Slack counts stays within `max`. */
export function inertCut(text: string, max: number): string {
  let cut = cutChars(text, max)
  for (let safe = inert(cut); ; safe = inert(cut)) {
    if (safe.length <= max) return safe
    cut = cutChars(cut, Math.max(1, Math.floor((cut.length * max) / safe.length)))
  }
}

/** Our own words in mrkdwn. What is foreign in them must have gone through `inert`. */
export function mrkdwn(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text: cutChars(text, SECTION_MAX_CHARS), verbatim: true }
}

export function plain(text: string, max = SECTION_MAX_CHARS): PlainTextElement {
  const shown = straight(text)
  return { type: 'plain_text', text: cutChars(shown === '' ? ' ' : shown, max), emoji: false }
}

export function context(...elements: ContextBlockElement[]): {
  type: 'context'
  elements: ContextBlockElement[]
} {
  return { type: 'context', elements }
}

/** @returns a moment that each reader sees in their own zone */
export function dateToken(ms: number, format = '{date_short_pretty} at {time}'): string {
  const seconds = Math.floor(ms / 1000)
  return `<!date^${seconds}^${format}|${utc(ms)}>`
}

/** @returns `2026-11-21 20:54 UTC` */
export function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/**
 * The text beside blocks is not shown, but Slack looks for names and addresses in that of a private answer, whatever it is
 * told. An invisible blank keeps it from finding any.
 */
export function unparsed(text: string): string {
  return text.replaceAll('@', '@\u200b').replaceAll(/(?<=\S)[.:](?=\S)/g, '\u200b$&')
}

type Inline = Extract<RichTextElement, object>

export function text(value: string, style: { bold?: true; italic?: true } = {}): Inline {
  return { type: 'text', text: straight(value), ...(Object.keys(style).length === 0 ? {} : { style }) }
}

/** A moment, as rich text. */
export function date(ms: number, format = '{date_short_pretty} at {time}'): Inline {
  return { type: 'date', timestamp: Math.floor(ms / 1000), format, fallback: utc(ms) }
}

export function link(url: string, value: string): Inline {
  return { type: 'link', url, text: straight(value), style: { bold: true } }
}

/** Calls a person (`U…`) or a user group (`S…`). */
export function mention(id: string): Inline {
  return id.startsWith('S') ? { type: 'usergroup', usergroup_id: id } : { type: 'user', user_id: id }
}

/** One line of rich text. */
export function line(...elements: Inline[]): RichTextBlock {
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: elements.filter(isNotEmpty) }],
  }
}

/** Slack refuses an empty text element. */
function isNotEmpty(element: Inline): boolean {
  return element.type !== 'text' || element.text !== ''
}

/** Output as it came, in a fixed-width font. */
export function preformatted(value: string): RichTextBlock {
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: shownOutput(value) }], border: 0 },
    ],
  }
}

function shownOutput(output: string): string {
  const value = straight(output)
  if (value.length <= OUTPUT_SHOWN_MAX_CHARS) return value === '' ? ' ' : value
  return `${cutChars(value, OUTPUT_SHOWN_MAX_CHARS)}\n(${value.length - OUTPUT_SHOWN_MAX_CHARS} more characters)`
}

/** @returns a count grouped by thousands, as in `9 842`, in a way that no language reads otherwise */
export function number(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, '\u202f')
}
