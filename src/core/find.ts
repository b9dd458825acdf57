import { globMatches } from './match.ts'
import type { Queries } from './ports.ts'
import { type CheckState, hostName, serviceName } from './problem.ts'
import { suggest } from './suggest.ts'

/** What `[MONITOR/]HOST [SERVICE] …` names, and what follows it. */
export type Found =
  | {
      readonly kind: 'checks'
      /** `host`: the host alone was named; `service`: one service; `many`: a pattern. */
      readonly named: 'host' | 'service' | 'many'
      readonly states: readonly CheckState[]
      readonly rest: string
      readonly asked: string
    }
  | { readonly kind: 'nothing'; readonly asked: string; readonly suggestions: readonly string[] }

/** Problems that a pattern may stand for. */
const PATTERN_MAX = 200
/** Words that the name of a host may have. */
const HOST_WORDS_MAX = 6
/** Names looked through for a suggestion. */
const NAMES_MAX = 2_000

/**
 * Finds the checks that a person names. Quotes are allowed, names and display names match ignoring case, the longest
 * known name of a service wins, and `*` stands for anything.
 *
 * @param text what was typed behind the command
 * @param monitors names of all monitors
 */
export function findChecks(queries: Queries, text: string, monitors: readonly string[]): Found {
  const first = takeWord(text)
  const { monitor, host } = splitMonitor(queries, first.word, monitors)
  if (host.includes('*')) return findByPattern(queries, host, monitor, first.rest)
  const known = findHost(queries, text, monitors)
  if (known === null) {
    return { kind: 'nothing', asked: first.word, suggestions: suggest(host, queries.hostNames(NAMES_MAX)) }
  }
  return findService(known.states, known.host, known.rest)
}

/** As `findChecks`, where nothing may follow the names. */
export function findNamed(queries: Queries, text: string, monitors: readonly string[]): Found {
  const found = findChecks(queries, text, monitors)
  if (found.kind === 'nothing' || found.rest === '') return found
  return { kind: 'nothing', asked: `${found.asked} ${found.rest}`, suggestions: [] }
}

/** @returns the checks of the host whose name stands at the beginning; of several such names the longest wins */
function findHost(
  queries: Queries,
  text: string,
  monitors: readonly string[],
): { states: readonly CheckState[]; host: string; rest: string } | null {
  const first = takeWord(text)
  const words = first.quoted ? [] : text.trim().split(/\s+/, HOST_WORDS_MAX)
  for (let count = words.length; count > 1; count--) {
    const name = words.slice(0, count).join(' ')
    const { monitor, host } = splitMonitor(queries, name, monitors)
    const states = queries.checksOfHost(host, monitor)
    if (states.length > 0) return { states, host, rest: afterWords(text, count) }
  }
  const { monitor, host } = splitMonitor(queries, first.word, monitors)
  const states = queries.checksOfHost(host, monitor)
  return states.length === 0 ? null : { states, host, rest: first.rest }
}

function afterWords(text: string, count: number): string {
  return text.trim().replace(new RegExp(`^(?:\\S+\\s*){${count}}`), '')
}

function splitMonitor(
  queries: Queries,
  word: string,
  monitors: readonly string[],
): { monitor: string | null; host: string } {
  const slash = word.indexOf('/')
  const monitor = monitors.find(
    (name) => name.toLowerCase() === word.slice(0, Math.max(0, slash)).toLowerCase(),
  )
  if (slash <= 0 || monitor === undefined || queries.checksOfHost(word, null).length > 0) {
    return { monitor: null, host: word }
  }
  return { monitor, host: word.slice(slash + 1) }
}

function findByPattern(queries: Queries, host: string, monitor: string | null, rest: string): Found {
  const { rows } = queries.problems({ host, monitor: monitor ?? undefined }, PATTERN_MAX)
  const states = rows.map(({ check, problem }): CheckState => ({ check, problem }))
  if (states.length === 0) return { kind: 'nothing', asked: host, suggestions: [] }
  const chosen = chooseService(states, rest) ?? chooseService(states, withoutSlash(rest))
  if (chosen === null) return { kind: 'checks', named: 'many', states, rest, asked: host }
  return { kind: 'checks', named: 'many', ...chosen, asked: `${host} ${chosen.asked}` }
}

function findService(states: readonly CheckState[], host: string, rest: string): Found {
  const chosen = chooseService(states, rest) ?? chooseService(states, withoutSlash(rest))
  if (chosen !== null) {
    const one = chosen.pattern ? 'many' : 'service'
    const asked = `${host} ${chosen.asked}`
    if (chosen.states.length === 0) return { kind: 'nothing', asked, suggestions: [] }
    return { kind: 'checks', named: one, states: chosen.states, rest: chosen.rest, asked }
  }
  const next = takeWord(withoutSlash(rest))
  if (next.word !== '' && !/^(for|until)$/i.test(next.word)) {
    const names = states.map(({ check }) => serviceName(check)).filter((name) => name !== null)
    const near = suggest(next.word, [...new Set(names)])
    // Words in quotes are meant as a name; others may be the comment, unless a name is near.
    if (next.quoted || (near.length > 0 && next.word.length >= 3)) {
      return {
        kind: 'nothing',
        asked: `${host} ${next.word}`,
        suggestions: near.map((name) => `${host} ${name}`),
      }
    }
  }
  return { kind: 'checks', named: 'host', states, rest, asked: host }
}

/** Cards show `host / service`, and people copy it. */
function withoutSlash(rest: string): string {
  return rest.replace(/^\/\s+/, '')
}

type Chosen = {
  readonly states: readonly CheckState[]
  readonly rest: string
  readonly asked: string
  readonly pattern: boolean
}

/** @returns the checks whose service stands at the beginning of `rest`; null when none does */
function chooseService(states: readonly CheckState[], rest: string): Chosen | null {
  const { word, rest: after, quoted } = takeWord(rest)
  if (word === '') return null
  if (word.includes('*')) {
    const matching = states.filter(({ check }) =>
      word === '*' ? true : check.service !== null && namesOf(check).some((name) => globMatches(word, name)),
    )
    return { states: matching, rest: after, asked: word, pattern: true }
  }
  if (quoted) {
    const matching = states.filter(({ check }) => namesOf(check).some((name) => same(name, word)))
    return matching.length === 0 ? null : { states: matching, rest: after, asked: word, pattern: false }
  }
  const lower = rest.toLowerCase()
  let longest = ''
  for (const { check } of states) {
    for (const name of namesOf(check)) {
      const follows = lower[name.length]
      const stands = lower.startsWith(name.toLowerCase()) && (follows === undefined || /\s/.test(follows))
      if (stands && name.length > longest.length) longest = name
    }
  }
  if (longest === '') return null
  const matching = states.filter(({ check }) => namesOf(check).some((name) => same(name, longest)))
  return { states: matching, rest: rest.slice(longest.length).trim(), asked: longest, pattern: false }
}

function namesOf(check: CheckState['check']): readonly string[] {
  return [check.service, check.serviceDisplayName].filter((name) => name !== null && name !== '') as string[]
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** What may close a quote, by what opened it; phones make other characters of those that are typed. */
const QUOTES: Readonly<Record<string, string>> = {
  '"': '"”',
  '“': '”"',
  '”': '”"',
  '„': '“”"',
  "'": "'’",
  '‘': "’'",
  '’': "’'",
}

/** @returns the first word, which may stand in quotes (also those a phone makes of them), and what follows */
function takeWord(text: string): { word: string; rest: string; quoted: boolean } {
  const trimmed = text.trim()
  const closing = QUOTES[trimmed[0] ?? '']
  if (closing !== undefined) {
    const ends = [...closing].map((quote) => trimmed.indexOf(quote, 1)).filter((at) => at > 0)
    if (ends.length > 0) {
      const at = Math.min(...ends)
      return { word: trimmed.slice(1, at).trim(), rest: trimmed.slice(at + 1).trim(), quoted: true }
    }
  }
  const space = trimmed.search(/\s/)
  if (space < 0) return { word: trimmed, rest: '', quoted: false }
  return { word: trimmed.slice(0, space), rest: trimmed.slice(space).trim(), quoted: false }
}

/**
 * Chooses, among the checks that were named, the problems an action is meant for: of a host named alone its own problem,
 * else all of its services'.
 */
export function openProblemsOf(found: Extract<Found, { kind: 'checks' }>): readonly CheckState[] {
  const open = found.states.filter(({ problem }) => problem !== null)
  if (found.named !== 'host') return open
  const own = open.filter(({ check }) => check.service === null)
  return own.length > 0 ? own : open
}

/** @returns what a check that was named is called when nothing of it is open */
export function nameOfFound({ states, asked, named }: Extract<Found, { kind: 'checks' }>): string {
  const [only] = states
  if (only === undefined) return asked
  const service = named === 'service' ? serviceName(only.check) : null
  return service === null ? hostName(only.check) : `${hostName(only.check)} / ${service}`
}
