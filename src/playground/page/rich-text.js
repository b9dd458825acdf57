/* Rich text blocks. Their text is literal: it is shown, never parsed. */
import { channelChip, groupChip, rangeChip, userChip } from './chips.js'
import { dateNode } from './dates.js'
import { el, link } from './dom.js'
import { emojiNode } from './mrkdwn.js'

export function richText(block) {
  return el('div', { class: 'rich-text' }, ...(block.elements ?? []).map(part))
}

function part(element) {
  const inner = () => (element.elements ?? []).map((one) => styled(one))
  switch (element.type) {
    case 'rich_text_preformatted':
      return el('pre', {}, ...inner())
    case 'rich_text_quote':
      return el('blockquote', {}, ...inner())
    case 'rich_text_list': {
      const tag = element.style === 'ordered' ? 'ol' : 'ul'
      const items = (element.elements ?? []).map((one) =>
        el('li', {}, ...(one.elements ?? []).map((x) => styled(x))),
      )
      const start = element.offset ? element.offset + 1 : undefined
      return el(tag, { class: `indent-${Math.min(8, element.indent ?? 0)}`, start }, ...items)
    }
    default:
      return el('div', { class: 'rich-text-section' }, ...inner())
  }
}

const tags = { bold: 'b', italic: 'i', strike: 's', underline: 'u', code: 'code' }

function styled(element) {
  let node = inline(element)
  for (const [name, tag] of Object.entries(tags)) if (element.style?.[name]) node = el(tag, {}, node)
  return node
}

function inline(element) {
  switch (element.type) {
    case 'text':
      return document.createTextNode(element.text ?? '')
    case 'link':
      return link(element.url ?? '', element.text || element.url)
    case 'emoji':
      return emojiNode(element.name) ?? document.createTextNode(`:${element.name}:`)
    case 'user':
      return userChip(element.user_id)
    case 'usergroup':
      return groupChip(element.usergroup_id)
    case 'channel':
      return channelChip(element.channel_id)
    case 'broadcast':
      return rangeChip(element.range)
    case 'date':
      return dateNode(element.timestamp, element.format ?? '', element.url ?? '', element.fallback ?? '')
    case 'color':
      return document.createTextNode(element.value ?? '')
    default:
      return document.createTextNode('')
  }
}
