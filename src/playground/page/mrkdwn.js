/* Slack's mrkdwn as nodes. The text carries `&amp; &lt; &gt;`; everything in angle brackets is Slack's own syntax. */

import { channelChip, groupChip, rangeChip, userChip } from './chips.js'
import { dateNode } from './dates.js'
import { el, link } from './dom.js'
import { emoji } from './emoji.js'

export function decoded(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/**
 * @param {string} text
 * @param {boolean} verbatim true: plain URLs and `@here` stay plain
 * @returns {Node[]}
 */
export function mrkdwn(text, verbatim = false) {
  const nodes = []
  const parts = text.split(/```([\s\S]+?)```/u)
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) nodes.push(el('pre', {}, ...inline(part.replace(/^\n/u, ''), verbatim, true)))
    else if (part) nodes.push(...lines(trimAround(part, index, parts.length), verbatim))
  }
  return nodes
}

/** A line break next to a code block belongs to the block. */
function trimAround(part, index, count) {
  const start = index > 0 ? part.replace(/^\n/u, '') : part
  return index < count - 1 ? start.replace(/\n$/u, '') : start
}

function lines(text, verbatim) {
  const nodes = []
  let quote = []
  const flush = () => {
    if (quote.length > 0) nodes.push(el('blockquote', {}, ...inline(quote.join('\n'), verbatim, false)))
    quote = []
  }
  let isFirst = true
  for (const line of text.split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/u.exec(line)
    if (quoted) quote.push(quoted[1])
    else {
      const followsQuote = quote.length > 0
      flush()
      if (!isFirst && !followsQuote) nodes.push(el('br'))
      nodes.push(...inline(line, verbatim, false))
    }
    isFirst = false
  }
  flush()
  return nodes
}

const syntax =
  /(`[^`\n]+`)|(<[^<>\n]+>)|((?<![\w*])\*(?=[^\s*])[^\n*]*?[^\s*]\*(?![\w*])|(?<![\w*])\*[^\s*]\*(?![\w*]))|((?<![\w_])_(?=[^\s_])[^\n]*?(?<=[^\s_])_(?![\w_]))|((?<![\w~])~(?=[^\s~])[^\n~]*?(?<=[^\s~])~(?![\w~]))|(:[a-z0-9_+'-]+:)|(https?:\/\/[^\s<>|]+)|((?<![\w@])@(?:here|channel|everyone)\b)|(\n)/gu

function inline(text, verbatim, isCode) {
  const nodes = []
  let last = 0
  for (const match of text.matchAll(syntax)) {
    const node = piece(match, verbatim, isCode)
    if (node === undefined) continue
    if (match.index > last) nodes.push(decoded(text.slice(last, match.index)))
    nodes.push(node)
    last = match.index + match[0].length
  }
  if (last < text.length) nodes.push(decoded(text.slice(last)))
  return nodes
}

function piece([whole, code, bracket, bold, italic, strike, short, url, range, newline], verbatim, isCode) {
  if (bracket) return special(bracket.slice(1, -1))
  if (newline) return isCode ? undefined : el('br')
  if (url && !verbatim) return link(decoded(url), decoded(url))
  if (isCode) return undefined
  if (code) return el('code', {}, ...inline(code.slice(1, -1), verbatim, true))
  if (bold) return el('b', {}, ...inline(whole.slice(1, -1), verbatim, false))
  if (italic) return el('i', {}, ...inline(whole.slice(1, -1), verbatim, false))
  if (strike) return el('s', {}, ...inline(whole.slice(1, -1), verbatim, false))
  if (short) return emojiNode(short.slice(1, -1))
  if (range && !verbatim) return rangeChip(range.slice(1))
  return undefined
}

export function emojiNode(name) {
  const character = emoji(name)
  return character
    ? el('span', { class: 'emoji', role: 'img', 'aria-label': name, title: `:${name}:` }, character)
    : undefined
}

function special(inner) {
  const bar = inner.indexOf('|')
  const target = bar < 0 ? inner : inner.slice(0, bar)
  const label = bar < 0 ? '' : decoded(inner.slice(bar + 1))
  if (/^@[UWB]/u.test(target)) return userChip(target.slice(1), label)
  if (target.startsWith('#')) return channelChip(target.slice(1), label)
  if (target.startsWith('!subteam^')) return groupChip(target.slice('!subteam^'.length), label)
  if (target.startsWith('!date^')) {
    const [, seconds, format, url] = target.split('^')
    return dateNode(Number(seconds), decoded(format ?? ''), url ? decoded(url) : '', label)
  }
  if (/^!(here|channel|everyone)$/u.test(target)) return rangeChip(target.slice(1))
  if (/^[a-z][a-z0-9+.-]*:/iu.test(target))
    return link(decoded(target), label || decoded(target).replace(/^mailto:/u, ''))
  return document.createTextNode(`<${decoded(inner)}>`)
}

/** A text object of either type. */
export function textNodes(object) {
  if (!object) return []
  if (object.type === 'mrkdwn') return mrkdwn(object.text ?? '', object.verbatim === true)
  return plainNodes(object.text ?? '', object.emoji !== false)
}

/** Plain text: only emoji names are replaced. Unlike mrkdwn it is shown as it is, entities and all. */
export function plainNodes(text, withEmoji = true) {
  const shown = decoded(text)
  if (!withEmoji) return [shown]
  return shown.split(/(:[a-z0-9_+'-]+:)/u).map((part) => emojiNode(part.slice(1, -1)) ?? part)
}
