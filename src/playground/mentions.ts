/*
 * What Slack reads out of a message besides its words: who is rung, what becomes a link. Text is read twice.
 * The bracket forms (`<!here>`, `<@U1>`, `<https://a|b>`) always count. Plain `@here` or a bare URL counts only
 * where Slack parses by itself: mrkdwn without `verbatim: true`, top-level text unless `parse` is `none`.
 * https://docs.slack.dev/messaging/formatting-message-text
 */
import { isObject, type Json, type JsonObject, objectsAt, stringAt } from './json.ts'

export type Found = { mentions: string[]; links: string[] }

type MessageParts = { text: string; blocks: JsonObject[]; attachments: JsonObject[]; parse?: string }

const broadcastWords = /(?<![\w@])@(here|channel|everyone|group)\b/giu
const bareUrls = /\b(?:https?|ftp|mailto|tel):(?:\/\/)?[^\s<>|]+/giu
const bareDomains = /(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|de|example)\b(?:\/[^\s<>|]*)?/giu
const brackets = /<([^<>\n]+)>/gu

/** Finds everything in a message that would ring somebody or become clickable. Order of appearance, no repeats. */
export function findMentions(message: MessageParts): Found {
  const found: Found = { mentions: [], links: [] }
  readText(message.text, message.parse !== 'none', found)
  for (const block of message.blocks) readValue(block, found)
  for (const attachment of message.attachments) readAttachment(attachment, found)
  return { mentions: [...new Set(found.mentions)], links: [...new Set(found.links)] }
}

function readText(text: string, parsesByItself: boolean, found: Found): void {
  for (const match of text.matchAll(brackets)) readBracket(match[1] ?? '', found)
  if (!parsesByItself) return
  const outside = text.replace(brackets, ' ')
  for (const match of outside.matchAll(broadcastWords)) found.mentions.push(match[0].toLowerCase())
  for (const match of outside.matchAll(bareUrls)) found.links.push(match[0])
  for (const match of outside.replace(bareUrls, ' ').matchAll(bareDomains)) found.links.push(match[0])
}

function readBracket(inner: string, found: Found): void {
  const target = inner.split('|')[0] ?? ''
  if (/^!(channel|here|everyone|group)\b/iu.test(target)) found.mentions.push(`<${target}>`)
  else if (/^!subteam\^/iu.test(target) || /^@[UWB]/u.test(target)) found.mentions.push(`<${target}>`)
  else if (target.startsWith('#')) found.links.push(`<${target}>`)
  else if (target.startsWith('!date^')) readDateLink(target, found)
  else if (/^[a-z][a-z0-9+.-]*:/iu.test(target)) found.links.push(target)
}

function readDateLink(target: string, found: Found): void {
  const link = target.split('^')[3]
  if (link) found.links.push(link)
}

/** Walks a block: text objects by their own type, rich text elements by theirs, everything else by its children. */
function readValue(value: Json, found: Found): void {
  if (Array.isArray(value)) for (const one of value) readValue(one, found)
  if (!isObject(value)) return
  const type = stringAt(value, 'type')
  if (type === 'mrkdwn') readText(stringAt(value, 'text') ?? '', value['verbatim'] !== true, found)
  else if (type === 'markdown') readMarkdown(stringAt(value, 'text') ?? '', found)
  else if (type === 'plain_text') return
  else if (type === 'user') found.mentions.push(`<@${stringAt(value, 'user_id') ?? ''}>`)
  else if (type === 'usergroup') found.mentions.push(`<!subteam^${stringAt(value, 'usergroup_id') ?? ''}>`)
  else if (type === 'broadcast') found.mentions.push(`<!${stringAt(value, 'range') ?? ''}>`)
  else if (type === 'link') found.links.push(stringAt(value, 'url') ?? '')
  else for (const child of Object.values(value)) readValue(child, found)
}

function readMarkdown(text: string, found: Found): void {
  for (const match of text.matchAll(/\]\(([^)\s]+)\)/gu)) found.links.push(match[1] ?? '')
  readText(text, true, found)
}

function readAttachment(attachment: JsonObject, found: Found): void {
  for (const key of ['pretext', 'title', 'text', 'footer']) {
    readText(stringAt(attachment, key) ?? '', true, found)
  }
  for (const key of ['title_link', 'author_link']) {
    const link = stringAt(attachment, key)
    if (link) found.links.push(link)
  }
  for (const field of objectsAt(attachment, 'fields')) readText(stringAt(field, 'value') ?? '', true, found)
  for (const block of objectsAt(attachment, 'blocks')) readValue(block, found)
}
