import { globMatches } from '../../core/match.ts'
import type { Field } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import type { Issue } from '../monitor.ts'
import type { Mapping, Source } from './config.ts'
import type { Draft } from './draft.ts'
import { stateOfWord } from './known-words.ts'
import { type Around, describe, follow, type Path } from './path.ts'
import { readTime } from './read-time.ts'
import type { Text } from './text.ts'

/** Characters of one value that are looked at. */
const VALUE_MAX_CHARS = 8 * 1024
/** Elements of a list that are shown, and labels that are taken from a section. */
const ELEMENTS_MAX = 100
/** Characters of a word that is repeated in a fault. */
const WORD_MAX_CHARS = 40

/** Where a problem is and what it is must not change with what a body happens to leave out. */
const IDENTIFYING = ['host', 'service', 'key', 'type'] as const
const NEEDED: ReadonlySet<string> = new Set([...IDENTIFYING, 'state'])
/** What only tells more; where it is missing, the notification goes without. */
const TELLING = [
  'episode',
  'id',
  'output',
  'longOutput',
  'author',
  'comment',
  'url',
  'address',
  'hostDisplayName',
  'serviceDisplayName',
] as const

/** What a source comes to, and where that stands; `said` is null where it is missing, and `fault` says why then. */
type Said = { readonly said: string; readonly at: string } | { readonly said: null; readonly fault: Issue }

/** @returns what the map says of one notification, and what it needs and did not find */
export function applyMap(map: Mapping, around: Around): { draft: Draft; issues: Issue[] } {
  const issues: Issue[] = []
  const draft: { -readonly [Part in keyof Draft]: Draft[Part] } = {}
  for (const part of IDENTIFYING) {
    const source = map[part]
    if (source === undefined) continue
    const read = readSource(source, around, part)
    if (read.said === null) issues.push(read.fault)
    else draft[part] = read.said
  }
  for (const part of TELLING) {
    const source = map[part]
    if (source !== undefined) draft[part] = readSource(source, around, part).said || undefined
  }
  if (map.state !== undefined) {
    const state = stateOf(map.state, around)
    if (typeof state === 'string') draft.state = state
    else issues.push(state)
  }
  if (map.time !== undefined) {
    const time = timeOf(map.time, around)
    if (typeof time === 'object') issues.push(time)
    else draft.time = time
  }
  if (map.labels !== undefined) draft.labels = labelsOf(map.labels, around)
  if (map.fields !== undefined) draft.fields = fieldsOf(map.fields, around)
  return { draft, issues }
}

/** @returns the list that a map names, or why there is none */
export function listOf(path: Path, around: Around): { list: readonly unknown[]; at: string } | Issue {
  const found = follow(path, around)
  if (found.is === 'missing') return missing(found, 'each')
  if (Array.isArray(found.value)) return { list: found.value, at: found.at }
  return { path: found.at, message: `${describe(found.value)}, and each needs a list` }
}

function readSource(source: Source, around: Around, part: string): Said {
  const { from, values, default: standIn } = source
  const given = 'path' in from ? ofPath(from.path, around, part) : ofText(from.text, around, part)
  const instead = (other: Said): Said => (standIn === undefined ? other : { said: standIn, at: around.at })
  if (given.said === null) return instead(given)
  const word = given.said.trim()
  if (values !== undefined) {
    const meaning = meaningOf(values, word)
    if (meaning !== undefined) return { said: meaning, at: given.at }
    return instead(lacking(given.at, `is ${quoted(word)}, which its values do not name`, part))
  }
  // A service that is given as empty is the host itself.
  if (word !== '' || part === 'service') return given
  return instead(lacking(given.at, 'is empty', part))
}

function ofPath(path: Path, around: Around, part: string): Said {
  const found = follow(path, around)
  if (found.is === 'missing') return { said: null, fault: missing(found, part) }
  const said = toText(found.value)
  if (said !== null) return { said, at: found.at }
  return lacking(found.at, `${describe(found.value)}, where a text is needed`, part)
}

/** What is missing leaves a gap in what only tells more, and no name at all where it would be half a name. */
function ofText(text: Text, around: Around, part: string): Said {
  const mayGap = !NEEDED.has(part)
  const said: string[] = []
  for (const one of text) {
    const value: Said = typeof one === 'string' ? { said: one, at: '' } : ofPath(one, around, part)
    if (value.said !== null) said.push(value.said)
    else if (!mayGap) return value
  }
  return { said: said.join(''), at: around.at }
}

/** @returns null for what is no text, number, truth, or list of those */
function toText(value: unknown): string | null {
  if (typeof value === 'string') return value.slice(0, VALUE_MAX_CHARS)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!Array.isArray(value) || value.length === 0) return null
  const texts = value.slice(0, ELEMENTS_MAX).map((one) => (Array.isArray(one) ? null : toText(one)))
  return texts.includes(null) ? null : texts.join(', ').slice(0, VALUE_MAX_CHARS)
}

/** A word that is named outright goes before one that a glob matches. */
function meaningOf(values: NonNullable<Source['values']>, word: string): string | undefined {
  const plain = word.toLowerCase()
  const exact = values.find(([glob]) => glob.toLowerCase() === plain)
  return (exact ?? values.find(([glob]) => globMatches(glob, word)))?.[1]
}

function stateOf(source: Source, around: Around): State | Issue {
  const read = readSource(source, around, 'state')
  if (read.said === null) return read.fault
  // What `values` and `default` say are states; what the sender says is a word.
  const state = stateOfWord(read.said) ?? (source.default === undefined ? null : stateOfWord(source.default))
  if (state !== null) return state
  const word = quoted(read.said.trim())
  return {
    path: read.at,
    message: `is ${word}, which is no state. Say under values what it means (for state)`,
  }
}

/** Go and others write a time that is none as the year 1; that and an empty one are absent. */
function timeOf(source: Source, around: Around): number | undefined | Issue {
  const read = readSource(source, around, 'time')
  if (read.said === null || read.said.startsWith('0001-')) return undefined
  const time = readTime(read.said)
  if (time !== null) return time
  const message = 'is no time: ISO 8601, or seconds or milliseconds since 1970 (for time)'
  return { path: read.at, message }
}

/** None at all may be left out only here, so that those of before stay. */
function labelsOf(map: NonNullable<Mapping['labels']>, around: Around): Record<string, string> | undefined {
  const entries = isPath(map) ? labelsAt(map, around) : Object.entries(map)
  const labels = entries.flatMap(([name, given]) => {
    const said = typeof given === 'string' ? given : readSource(given, around, '').said
    return said === null ? [] : [[name, said] as const]
  })
  return labels.length === 0 ? undefined : Object.fromEntries(labels)
}

function labelsAt(path: Path, around: Around): readonly (readonly [string, string])[] {
  const found = follow(path, around)
  if (found.is === 'missing' || typeof found.value !== 'object' || Array.isArray(found.value)) return []
  return Object.entries(found.value as object)
    .slice(0, ELEMENTS_MAX)
    .flatMap(([name, value]) => {
      const said = toText(value)
      return said === null ? [] : [[name, said] as const]
    })
}

/** A label may be called `steps`, but then it is no list. */
function isPath(map: NonNullable<Mapping['labels']>): map is Path {
  return Array.isArray((map as { steps?: unknown }).steps)
}

function fieldsOf(map: NonNullable<Mapping['fields']>, around: Around): readonly Field[] {
  return map.flatMap(({ label, value }) => {
    const { said } = readSource(value, around, '')
    return said === null || said === '' ? [] : [{ label, value: said }]
  })
}

function missing({ at, instead }: { readonly at: string; readonly instead: string }, part: string): Issue {
  return { path: at, message: `is not there: ${instead} (for ${part})` }
}

function lacking(path: string, what: string, part: string): Said {
  return { said: null, fault: { path, message: `${what} (for ${part})` } }
}

/** A short plain word; anything else may be a secret that stands where a word was expected. */
function quoted(word: string): string {
  return word.length <= WORD_MAX_CHARS && /^[\p{L}\p{N} ._/-]+$/u.test(word)
    ? `“${word}”`
    : 'another text than a word'
}
