import type { Field } from '../../core/notification.ts'
import { cleanName, cleanText } from '../shared/clean-text.ts'
import { cleanUrl } from '../shared/clean-url.ts'
import { parseTime } from '../shared/parse-time.ts'
import { firstLink, inertText, plainText } from './inert-text.ts'
import { readBlocks } from './read-blocks.ts'
import { readTitle } from './read-title.ts'
import { isObject, listOf, type Thing, textOf } from './thing.ts'

/*
 * One message as people would have read it. Several attachments are parts of it, as in Checkmk's, whose second one is called
 * “Additional Info”; only where every one of them has a title that says by itself that something broke or is over are they
 * that many problems.
 */

/** What a message says, as words; nothing in it mentions, links or formats. */
export type Message = {
  /** Who says so; empty when it does not tell. */
  readonly sender: string
  /** As sent, with the blank at its end. Without a title it is the first line. */
  readonly title: string
  /** Everything else, in its order, without empty lines at either end. */
  readonly lines: readonly string[]
  readonly fields: readonly Field[]
  /** As sent: a name or a number. */
  readonly color: string
  readonly username: string
  readonly url: string | null
  /** Epoch ms. */
  readonly time: number | null
}

/** What Slack takes in one message. https://docs.slack.dev/reference/methods/chat.postMessage */
export const ATTACHMENTS_MAX = 100
/** Lines that are read; far fewer are kept. */
const LINES_MAX = 1_000
/** Fields that are kept, and characters of their values. */
const FIELDS_MAX = 20
const VALUE_MAX_CHARS = 1_000

type Part = Omit<Message, 'sender' | 'username'> & { readonly author: string }

/** @returns what a message tells: one thing, or one for each attachment; none when it says nothing */
export function readMessage(value: Thing): readonly Message[] {
  const username = cleanName(plainText(textOf(value, 'username')))
  const head = readHead(value)
  const attached = listOf(value['attachments']).filter(isObject).map(readAttachment)
  const isEachOne = attached.length > 1 && attached.every(({ title }) => readTitle(title).says !== null)
  const wholes = isEachOne
    ? attached.map((part) => join([part, { ...head, lines: linesOf(head) }]))
    : [join([head, ...attached])]
  return wholes
    .filter(({ title, lines, fields }) => title.trim() !== '' || lines.length > 0 || fields.length > 0)
    .map(({ author, ...part }) => ({ ...part, sender: username || author, username }))
}

/** Text and blocks of the message itself. Where there are blocks, the text stands for them on a locked screen. */
function readHead(value: Thing): Part {
  const given = textOf(value, 'text')
  const text = inertText(given)
  const blocks = readBlocks(value['blocks'])
  const spoken = blocks.lines.join('\n')
  const lines = [
    ...(spoken.includes(text) || text === blocks.header ? [] : text.split('\n')),
    ...blocks.lines,
  ]
  return {
    title: blocks.header,
    lines,
    fields: blocks.fields,
    color: '',
    author: '',
    url: cleanUrl(firstLink(given) ?? blocks.link ?? ''),
    time: null,
  }
}

function readAttachment(value: Thing): Part {
  const given = (name: string): string => textOf(value, name)
  const blocks = readBlocks(value['blocks'])
  const said = [
    inertText(given('pretext')),
    inertText(given('text')),
    ...blocks.lines,
    plainText(given('footer')),
  ].filter((text) => text.trim() !== '')
  const fields = [...listOf(value['fields']).filter(isObject).map(readField), ...blocks.fields]
  const title = plainText(given('title')) || blocks.header
  const isSilent = said.length === 0 && fields.length === 0 && title === ''
  return {
    title,
    lines: isSilent
      ? plainText(given('fallback')).split('\n')
      : said.flatMap((text) => text.trimEnd().split('\n')),
    fields,
    color: given('color').slice(0, 32),
    author: cleanName(plainText(given('author_name'))),
    url:
      cleanUrl(given('title_link')) ??
      cleanUrl(firstLink(given('text')) ?? firstLink(given('pretext')) ?? blocks.link ?? ''),
    time: timeOf(given('ts')),
  }
}

function readField(field: Thing): Field {
  return { label: plainText(textOf(field, 'title')), value: inertText(textOf(field, 'value')) }
}

/** Seconds, or nothing; nobody means 1970. */
function timeOf(ts: string): number | null {
  const time = parseTime(ts)
  return time === 0 ? null : time
}

function linesOf({ title, lines }: Part): readonly string[] {
  return title === '' ? lines : [title, ...lines]
}

/** The first title names the whole; further ones are lines of it. Of everything else the first that says something counts. */
function join(parts: readonly Part[]): Part {
  const named = parts.findIndex(({ title }) => title.trim() !== '')
  const lines = trimmed(parts.flatMap((part, n) => (n === named ? part.lines : linesOf(part))))
  const title = parts[named]?.title ?? lines[0] ?? ''
  const first = <T>(of: (part: Part) => T | null): T | null =>
    parts.map(of).find((one) => one !== null) ?? null
  return {
    title: title.replaceAll(/[\n\t]/g, ' '),
    lines: named < 0 ? trimmed(lines.slice(1)) : lines,
    fields: parts
      .flatMap(({ fields }) => fields)
      .filter(({ label, value }) => label.trim() !== '' || value.trim() !== '')
      .slice(0, FIELDS_MAX)
      .map(({ label, value }) => ({
        label: cleanName(label) || '–',
        value: cleanText(value).trim().slice(0, VALUE_MAX_CHARS).toWellFormed(),
      })),
    color: first(({ color }) => color || null) ?? '',
    author: first(({ author }) => author || null) ?? '',
    url: first(({ url }) => url),
    time: first(({ time }) => time),
  }
}

/** @returns the lines without empty ones at either end, and at most one between others */
function trimmed(lines: readonly string[]): string[] {
  const kept = lines
    .slice(0, LINES_MAX)
    .map((line) => line.trimEnd())
    .filter((line, n, all) => line !== '' || (all[n - 1] ?? '').trim() !== '')
  while (kept[0] === '') kept.shift()
  while (kept.at(-1) === '') kept.pop()
  return kept
}
