/* Rich text. Its text elements are literal: nothing in them is parsed. */
import { anything, boolean, byType, type Fields, integer, list, object, oneOf, string } from './schema.ts'

const type: Fields = { type: anything }
const style: Fields = {
  style: object({}, { bold: boolean, italic: boolean, strike: boolean, code: boolean, underline: boolean }),
}

const inline = byType({
  text: object({ ...type, text: string(1, 100_000) }, style),
  link: object({ ...type, url: string(1, 3000) }, { ...style, text: string(0, 100_000), unsafe: boolean }),
  emoji: object({ ...type, name: string(1, 255) }, { ...style, unicode: anything, skin_tone: anything }),
  user: object({ ...type, user_id: string(1, 50) }, style),
  usergroup: object({ ...type, usergroup_id: string(1, 50) }, style),
  channel: object({ ...type, channel_id: string(1, 50) }, style),
  broadcast: object({ ...type, range: oneOf('here', 'channel', 'everyone') }, style),
  color: object({ ...type, value: string(1, 20) }, style),
  date: object(
    { ...type, timestamp: integer(0, 99_999_999_999), format: string(1, 1000) },
    { ...style, url: string(1, 3000), fallback: string(1, 3000) },
  ),
})

const inlines = list(inline, 0, 10_000)
const border: Fields = { border: integer(0, 1) }
const section = object({ ...type, elements: inlines })

const element = byType({
  rich_text_section: section,
  rich_text_preformatted: object({ ...type, elements: inlines }, { ...border, language: string(1, 100) }),
  rich_text_quote: object({ ...type, elements: inlines }, border),
  rich_text_list: object(
    { ...type, style: oneOf('bullet', 'ordered'), elements: list(section, 0, 1000) },
    { ...border, indent: integer(0, 8), offset: integer(0, 10_000) },
  ),
})

export const richText = object({ ...type, elements: list(element, 0, 1000) }, { block_id: string(1, 255) })
