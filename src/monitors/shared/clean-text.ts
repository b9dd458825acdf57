import { OUTPUT_MAX_BYTES } from '../../core/notification.ts'

/** Characters of a name that are kept. */
export const NAME_MAX_CHARS = 255
/** Characters of a comment that are kept: what fits into one block of a message. */
const COMMENT_MAX_CHARS = 3000

// Control characters, and the separators that some programs take for the end of a line.
const IN_NAME = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/
const IN_NAMES = new RegExp(IN_NAME, 'g')
const IN_TEXT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/
const IN_TEXTS = new RegExp(IN_TEXT, 'g')

/** @returns one line without control characters or surrounding blanks, of any length: what tells things apart is not cut */
export function cleanLine(value: string): string {
  const line = IN_NAME.test(value) ? value.replace(IN_NAMES, ' ') : value
  return line.trim().toWellFormed()
}

/** @returns a line to be shown as a name, cut to NAME_MAX_CHARS */
export function cleanName(value: string): string {
  return cutChars(cleanLine(value), NAME_MAX_CHARS)
}

/** @returns a comment as it is kept, null when nothing is left of it */
export function cleanComment(value: string): string | null {
  return cutChars(cleanText(value), COMMENT_MAX_CHARS) || null
}

function cutChars(text: string, maxChars: number): string {
  // A cut through a character of two units leaves half of it behind, which no database and no Slack takes.
  return text.length <= maxChars ? text : text.slice(0, maxChars).toWellFormed()
}

/** @returns text whose only control characters are line breaks and tabs; carriage returns become line breaks */
export function cleanText(value: string): string {
  if (!IN_TEXT.test(value)) return value.toWellFormed()
  return value.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replace(IN_TEXTS, '').toWellFormed()
}

/**
 * Cuts output and long output so that together they stay within OUTPUT_MAX_BYTES of UTF-8.
 *
 * @returns both; long output null when it is empty
 */
export function boundOutput(
  output: string,
  longOutput: string | null,
): { output: string; longOutput: string | null } {
  // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no counting.
  const units = output.length + (longOutput?.length ?? 0)
  if (units * 3 <= OUTPUT_MAX_BYTES) return { output, longOutput: longOutput === '' ? null : longOutput }
  const first = cutBytes(output, OUTPUT_MAX_BYTES)
  const left = OUTPUT_MAX_BYTES - Buffer.byteLength(first)
  const rest = longOutput === null || left <= 0 ? '' : cutBytes(longOutput, left)
  return { output: first, longOutput: rest === '' ? null : rest }
}

function cutBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text.slice(0, maxBytes))
  if (bytes.length <= maxBytes && text.length <= maxBytes) return text
  let end = Math.min(bytes.length, maxBytes)
  // A byte of the form 10xxxxxx continues a character; do not end inside one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
