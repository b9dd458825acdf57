/** Lines and characters of output that a card shows; a phone shows no more without scrolling. */
export const PREVIEW_MAX_LINES = 3
export const PREVIEW_MAX_CHARS = 300

/** Fields that a card shows; the others stand in its thread. */
export const FIELDS_SHOWN = 4

/**
 * Cuts plugin output to what a card shows.
 *
 * @returns the text and whether anything was left out
 */
export function outputPreview(output: string, longOutput: string | null): { text: string; cut: boolean } {
  const whole = longOutput === null || longOutput === '' ? output : `${output}\n${longOutput}`
  const lines = whole.split('\n', PREVIEW_MAX_LINES)
  let text = lines.join('\n')
  if (text.length > PREVIEW_MAX_CHARS) text = cutChars(text, PREVIEW_MAX_CHARS)
  return { text, cut: text.length < whole.trimEnd().length }
}

/** @returns at most `max` UTF-16 units of `text`, never half a character, with an ellipsis where something is missing. */
export function cutChars(text: string, max: number): string {
  if (text.length <= max) return text
  const last = text.charCodeAt(max - 2)
  const end = last >= 0xd800 && last <= 0xdbff ? max - 2 : max - 1
  return `${text.slice(0, end)}…`
}
