/*
 * Takes a person out of what was written down: by their id, by the names they had, and by what they said.
 */

/** What stands where a person stood. */
export const SOMEBODY = 'somebody (removed)'
/** What stands for words that cannot be absent. */
const NO_WORDS = '(removed)'

export type PersonWords = {
  /** Of Slack; null when only names are known. */
  readonly id: string | null
  readonly names: ReadonlySet<string>
  readonly comments: ReadonlySet<string>
}

/** Keys of JSON whose text people wrote or names stand in; names elsewhere are of hosts and services. */
const TEXT_KEYS = new Set(['by', 'author', 'comment', 'reason', 'tookOverFrom'])
/** Keys of things that have a `comment` and a person who said it. */
const SPEAKER_KEYS = ['by', 'author', 'person'] as const
const WORDS_NEEDED = new Set(['commented', 'comment'])

/** @returns true when this is the person, by id or, where there is none, by name */
export function isPerson(who: PersonWords, id: string | null, name: string | null): boolean {
  if (id !== null) return id === who.id
  return name !== null && (name === who.id || who.names.has(name))
}

/** @returns the text with the person's id and names replaced; names only as whole words */
export function withoutPerson(who: PersonWords, text: string): string {
  let rest = text
  if (who.id !== null) {
    const mention = new RegExp(`<@${literal(who.id)}(?:\\|[^>]*)?>`, 'g')
    rest = rest.replaceAll(mention, SOMEBODY).replaceAll(who.id, SOMEBODY)
  }
  for (const name of [...who.names].sort((a, b) => b.length - a.length)) {
    if (!rest.includes(name)) continue
    // A monitor's answer may quote what they wrote there.
    if (rest.startsWith(`${name}: “`)) return SOMEBODY
    rest = rest.replaceAll(
      new RegExp(`(?<![\\p{L}\\p{N}_])${literal(name)}(?![\\p{L}\\p{N}_])`, 'gu'),
      SOMEBODY,
    )
  }
  return rest
}

/** @returns a pattern that matches this text and nothing else */
function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

/** @returns JSON text with the person taken out, wherever in it they stand */
export function jsonWithoutPerson(who: PersonWords, json: string): string {
  const before = JSON.parse(json) as unknown
  const after = JSON.stringify(scrub(who, before, ''))
  return after === JSON.stringify(before) ? json : after
}

function scrub(who: PersonWords, value: unknown, key: string): unknown {
  if (typeof value === 'string') return scrubText(who, value, key)
  if (Array.isArray(value)) return value.map((one) => scrub(who, one, key))
  if (typeof value !== 'object' || value === null) return value
  const object = value as Record<string, unknown>
  if (isActor(object)) {
    const { id, name } = object
    return isPerson(who, id, name) ? { ...object, id: null, name: SOMEBODY } : object
  }
  const theirs = SPEAKER_KEYS.some((speaker) => isTheirs(who, object[speaker]))
  const needed = WORDS_NEEDED.has(String(object['what']))
  return Object.fromEntries(
    Object.entries(object).map(([name, part]) => {
      const said = name === 'comment' && typeof part === 'string'
      if (said && (theirs || who.comments.has(part))) return [name, needed ? NO_WORDS : null]
      return [name, scrub(who, part, name)]
    }),
  )
}

function scrubText(who: PersonWords, text: string, key: string): string {
  return withoutPerson(TEXT_KEYS.has(key) ? who : { ...who, names: new Set() }, text)
}

function isActor(object: Record<string, unknown>): object is { id: string | null; name: string } {
  const { id, name } = object
  return typeof name === 'string' && (id === null || typeof id === 'string')
}

function isTheirs(who: PersonWords, speaker: unknown): boolean {
  if (typeof speaker === 'string') return isPerson(who, null, speaker)
  if (typeof speaker !== 'object' || speaker === null) return false
  const actor = speaker as Record<string, unknown>
  return isActor(actor) && isPerson(who, actor.id, actor.name)
}

/** Adds to `names` and `comments` what the JSON says of the person with this id. */
export function collectFrom(json: string, id: string, names: Set<string>, comments: Set<string>): void {
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const object = value as Readonly<Record<string, unknown>>
    if (object['id'] === id && typeof object['name'] === 'string') names.add(object['name'])
    const said = object['comment']
    for (const speaker of SPEAKER_KEYS) {
      const by = object[speaker] as { readonly id?: unknown } | null | undefined
      if (typeof by === 'object' && by?.id === id && typeof said === 'string') comments.add(said)
    }
    for (const part of Object.values(object)) look(part)
  }
  look(JSON.parse(json) as unknown)
}
