import { cleanText } from '../shared/clean-text.ts'

/*
 * What people would have read, out of what a sender wrote for Slack: mentions become words, links their label and address,
 * marks of formatting go. https://docs.slack.dev/messaging/formatting-message-text
 */

/** Characters of one text that are looked at; what is kept of a whole message is half of it. */
export const TEXT_MAX_CHARS = 16 * 1024

const TOKEN = /<([^<>\n]{1,3000})>/g
const BARE_LINK = /\bhttps?:\/\/[^\s<>|"'`]{1,3000}/i
const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }

/** A pair of marks around something, neither inside of a word nor of an address, within one line. */
const marks = (mark: string): RegExp =>
  new RegExp(
    `(?<![\\p{L}\\p{N}/=&?#%.+-]|${mark})${mark}{1,2}(?![\\s${mark}])([^${mark}\\n]+)(?<!\\s)${mark}{1,2}(?![\\p{L}\\p{N}${mark}])`,
    'gu',
  )
const FORMATTING: readonly RegExp[] = [marks('\\*'), marks('_'), marks('~'), marks('`')]

/** @returns text of Slack's mrkdwn as words only: it mentions, links and formats nothing, wherever it is shown */
export function inertText(given: string): string {
  const text = cleanText(given.slice(0, TEXT_MAX_CHARS))
  if (!/[<&*_~`]/.test(text)) return text
  const words = plainText(text).replaceAll('```', '')
  return FORMATTING.reduce((rest, mark) => rest.replaceAll(mark, '$1'), words)
}

/** @returns text of a `plain_text` object, or a title, where marks mean nothing but escapes and mentions may still stand */
export function plainText(given: string): string {
  const text = cleanText(given.slice(0, TEXT_MAX_CHARS))
  // One pass, so that what an escape hides is not taken for a token, nor for another escape.
  return text.replaceAll(/<([^<>\n]{1,3000})>|&(?:amp|lt|gt);/g, (whole, token: string | undefined) =>
    token === undefined ? (ENTITIES[whole] ?? whole) : wordsOf(token),
  )
}

/** What stands between `<` and `>`: a mention, a command of Slack, a link; anything else stays what it is. */
function wordsOf(token: string): string {
  const bar = token.indexOf('|')
  const target = bar < 0 ? token : token.slice(0, bar)
  const label = bar < 0 ? '' : unescaped(token.slice(bar + 1)).trim()
  const rest = target.slice(1)
  switch (target[0]) {
    case '@':
      return `[${named(label || rest)}]`
    case '#':
      return `#${(label || rest).replace(/^#/, '')}`
    case '!':
      return command(rest, label)
  }
  if (!/^(https?:\/\/|mailto:|tel:)/i.test(target)) return `<${unescaped(token)}>`
  const address = unescaped(target)
  const shown = address.replace(/^(mailto|tel):/i, '')
  if (label === '' || label === shown || address.replace(/^https?:\/\//i, '') === label) return shown
  return /^https?:/i.test(address) ? `${label} (${address})` : label
}

/** `<!here>`, `<!subteam^S1|@ops>`, `<!date^1^{date}|in words>`. */
function command(name: string, label: string): string {
  if (name.startsWith('date^')) return label
  const [word = '', id = ''] = name.split('^')
  return `[${named(label || id || word)}]`
}

function named(name: string): string {
  return name.replace(/^@/, '')
}

function unescaped(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity)
}

/** @returns the first address of the web in a text, linked or bare; null when there is none */
export function firstLink(given: string): string | null {
  const text = given.slice(0, TEXT_MAX_CHARS)
  for (const [, token = ''] of text.matchAll(TOKEN)) {
    if (/^https?:\/\//i.test(token)) return unescaped(token.split('|', 1)[0] ?? '')
  }
  const bare = BARE_LINK.exec(text)?.[0]
  // What ends the sentence is no part of it.
  return bare === undefined ? null : unescaped(bare.replace(/[.,;:!?)\]}*_~]+$/, ''))
}
