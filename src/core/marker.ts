/*
 * What we write into a monitor carries a mark, so that we know it again when we read it back: an acknowledgement of ours is
 * told from somebody else's by it, and our own echo from news. Its characters pass every monitor's cleaning.
 */

const MARKER = /\s*\[ackbridge:([0-9a-f]{10})\]/
const MARKERS = new RegExp(MARKER, 'g')

/** @returns the mark of something of ours: the random end of its UUIDv7 */
export function markerOf(id: string): string {
  return `[ackbridge:${id.replaceAll('-', '').slice(-10)}]`
}

/** @returns true when the text carries the mark of this id */
export function carriesMarker(text: string | null, id: string): boolean {
  return text?.includes(markerOf(id)) ?? false
}

/** @returns true when the text was written by us, whichever id it has */
export function isOurs(text: string | null): boolean {
  return text !== null && MARKER.test(text)
}

/** @returns the text as people wrote it; null when nothing is left */
export function withoutMarker(text: string | null): string | null {
  let rest = text ?? ''
  // What is left of a mark inside a mark may be a mark.
  while (MARKER.test(rest)) rest = rest.replace(MARKERS, '')
  return rest.trim() || null
}
