/* Blocks as nodes. `surface` says what a press or choice does: see elements.js. */
import { el } from './dom.js'
import { interactive } from './elements.js'
import { inputBlock } from './inputs.js'
import { mrkdwn, plainNodes, textNodes } from './mrkdwn.js'
import { richText } from './rich-text.js'

/** @returns {Node[]} */
export function blocks(list, surface) {
  return list.map((block) => blockNode(block, surface))
}

function blockNode(block, surface) {
  switch (block.type) {
    case 'section':
      return section(block, surface)
    case 'header':
      return el('h3', { class: 'block header' }, ...textNodes(block.text))
    case 'context':
      return el('div', { class: 'block context' }, ...(block.elements ?? []).map(contextElement))
    case 'divider':
      return el('hr', { class: 'block' })
    case 'actions':
      return el(
        'div',
        { class: 'block actions' },
        ...(block.elements ?? []).map((one) => interactive(one, block, surface)),
      )
    case 'rich_text':
      return el('div', { class: 'block' }, richText(block))
    case 'image':
      return image(block)
    case 'input':
      return inputBlock(block, surface)
    case 'markdown':
      return el('div', { class: 'block' }, ...mrkdwn(block.text ?? ''))
    case 'alert':
      return el(
        'div',
        { class: `block alert-block ${block.level ?? 'default'}`, role: 'note' },
        ...textNodes(block.text),
      )
    case 'table':
      return table(block)
    default:
      return el('div', { class: 'block unknown' }, `(${block.type})`)
  }
}

function section(block, surface) {
  const body = el('div', { class: 'section-body' })
  if (block.text) body.append(el('div', { class: 'section-text' }, ...textNodes(block.text)))
  if (block.fields) {
    body.append(
      el('div', { class: 'fields' }, ...block.fields.map((field) => el('div', {}, ...textNodes(field)))),
    )
  }
  const accessory = block.accessory
  return el(
    'div',
    { class: 'block section' },
    body,
    accessory &&
      el(
        'div',
        { class: 'accessory' },
        accessory.type === 'image' ? image(accessory) : interactive(accessory, block, surface),
      ),
  )
}

function contextElement(element) {
  if (element.type === 'image')
    return el(
      'span',
      { class: 'context-image', title: element.alt_text, role: 'img', 'aria-label': element.alt_text },
      '▧',
    )
  return el('span', { class: 'context-text' }, ...textNodes(element))
}

/** The page makes no request to other machines, so an image is its description. */
function image(block) {
  return el(
    'figure',
    { class: 'block image' },
    block.title && el('figcaption', {}, ...textNodes(block.title)),
    el(
      'div',
      { class: 'image-box', role: 'img', 'aria-label': block.alt_text, title: block.image_url },
      `🖼 ${block.alt_text ?? ''}`,
    ),
  )
}

function table(block) {
  const rows = (block.rows ?? []).map((row) =>
    el(
      'tr',
      {},
      ...row.map((cell) =>
        el('td', {}, cell.type === 'rich_text' ? richText(cell) : String(cell.text ?? '')),
      ),
    ),
  )
  return el('div', { class: 'block table-scroll' }, el('table', {}, el('tbody', {}, ...rows)))
}

const named = { good: '2eb886', warning: 'daa038', danger: 'a30200' }

/** An attachment: its colour as a bar, then its blocks or its old-style parts. */
export function attachment(one, surface) {
  const colour = named[one.color] ?? one.color ?? 'dddddd'
  const isHex = /^[0-9a-f]{3,8}$/iu.test(colour)
  const content = one.blocks ? blocks(one.blocks, surface) : oldParts(one)
  const style = { '--bar': isHex ? `#${colour}` : '#dddddd' }
  return el('div', { class: 'attachment', style }, el('div', { class: 'attachment-content' }, ...content))
}

function oldParts(one) {
  const parts = []
  if (one.author_name) parts.push(el('div', { class: 'attachment-author' }, one.author_name))
  if (one.title) parts.push(el('b', {}, ...plainNodes(one.title)))
  if (one.text) parts.push(el('div', {}, ...mrkdwn(one.text)))
  if (one.fields) {
    const fields = one.fields.map((field) =>
      el('div', {}, el('b', {}, String(field.title ?? '')), el('br'), ...mrkdwn(String(field.value ?? ''))),
    )
    parts.push(el('div', { class: 'fields' }, ...fields))
  }
  if (one.footer) parts.push(el('div', { class: 'context' }, ...mrkdwn(one.footer)))
  if (parts.length === 0 && one.fallback) parts.push(el('div', {}, ...mrkdwn(one.fallback)))
  return parts
}
