import { type Path, parsePath } from './path.ts'

/** A text with values of the body in it. */
export type Text = readonly (string | Path)[]

export const TEXT_MAX_CHARS = 1024
const VALUES_MAX = 20

/** A brace that is meant as one, a path in braces, or a brace that is neither. */
const PARTS = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g

/**
 * Reads a text in which `{path}` stands for a value; `{{` and `}}` are braces.
 *
 * @returns null when a brace is left open or holds no path
 */
export function parseText(text: string): Text | null {
  if (text.length > TEXT_MAX_CHARS) return null
  const parts: (string | Path)[] = []
  let at = 0
  for (const match of text.matchAll(PARTS)) {
    const [whole, inside] = match
    parts.push(text.slice(at, match.index))
    at = match.index + whole.length
    if (whole === '{{' || whole === '}}') parts.push(whole.slice(1))
    else {
      const path = inside === undefined ? null : parsePath(inside.trim())
      if (path === null) return null
      parts.push(path)
    }
  }
  parts.push(text.slice(at))
  if (parts.filter((part) => typeof part !== 'string').length > VALUES_MAX) return null
  return parts.filter((part) => part !== '')
}
