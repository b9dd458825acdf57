import { cleanName, cleanText } from '../shared/clean-text.ts'

const TAGS_MAX = 100
const VALUE_MAX_CHARS = 1_000
/** Tags that we have written ourselves. */
const OURS = 'ackbridge_'

/**
 * Reads the tags of an event: JSON in a text, a list of `{tag, value}`. A tag can be there several times.
 *
 * @returns its values by tag, null when there is none or it is no such list
 */
export function labelsOfTags(json: string | undefined): Readonly<Record<string, string>> | null {
  const labels = new Map<string, string>()
  for (const one of listIn(json).slice(0, TAGS_MAX)) {
    const { tag, value } = (typeof one === 'object' && one !== null ? one : {}) as {
      tag?: unknown
      value?: unknown
    }
    if (typeof tag !== 'string') continue
    const label = cleanName(tag)
    if (label === '' || label.startsWith(OURS)) continue
    const text = typeof value === 'string' ? cleanText(value) : ''
    const before = labels.get(label)
    labels.set(
      label,
      (before === undefined ? text : `${before}, ${text}`).slice(0, VALUE_MAX_CHARS).toWellFormed(),
    )
  }
  return labels.size === 0 ? null : Object.fromEntries(labels)
}

function listIn(json: string | undefined): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json ?? '')
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
