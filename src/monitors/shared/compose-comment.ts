import { withoutMarker } from '../../core/marker.ts'
import type { Words } from '../../core/monitor-api.ts'

/**
 * Puts a comment and our mark on one line. A mark that somebody wrote into the comment goes: it would pass for another
 * acknowledgement or downtime of ours.
 *
 * @param maxBytes of UTF-8 that the monitor takes; the mark always stands whole at the end
 */
export function composeComment(
  { comment, marker }: Pick<Words, 'comment' | 'marker'>,
  maxBytes: number,
): string {
  const room = maxBytes - Buffer.byteLength(marker) - 1
  const cut = cutBytes((withoutMarker(comment) ?? '').trim(), room)
  return cut === '' ? marker : `${cut} ${marker}`
}

function cutBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text.toWellFormed())
  if (bytes.length <= maxBytes) return bytes.toString('utf8')
  let end = Math.max(0, maxBytes - 3)
  // A byte of the form 10xxxxxx continues a character; do not end inside one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end).trimEnd()}…`
}
