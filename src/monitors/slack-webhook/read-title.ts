import type { State } from '../../core/state.ts'

/** What a title says of itself, beside the name of what it is about. */
export type Title = {
  /** What stays the same from one message of a problem to the next. */
  readonly name: string
  /** A problem that will be told to be over, its end, or nothing certain. */
  readonly says: 'problem' | 'over' | null
  /** How bad it is, where a word says so. */
  readonly state: State | null
  /** The title says more than name and state do. */
  readonly hasMore: boolean
  /** How many of a group fire. */
  readonly firing?: number
}

/** All alerts in one group, which have nothing in common. */
const GROUPLESS = 'alerts'
/** Characters of a title that are looked at; Slack shows no more. */
const TITLE_MAX_CHARS = 1024
/** Emoji before everything else: they repeat what the words say. */
const EMOJI = /^(?:\s|:[a-z0-9_+'-]{1,50}:|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)+/u
/** prometheus/alertmanager:template/default.tmpl and grafana/alerting:templates/default_template.go, `__subject` */
const GROUP = /^\[(FIRING|RESOLVED)(:\d{1,9})?(, ?RESOLVED:\d{1,9})?\]/i

type Word = Pick<Title, 'says' | 'state'>
const PROBLEM: Word = { says: 'problem', state: null }
const OVER: Word = { says: 'over', state: null }

/** Words before `:`, before ` - `, or in brackets. */
const WORDS: Readonly<Record<string, Word>> = {
  problem: PROBLEM,
  firing: PROBLEM,
  alerting: PROBLEM,
  recovery: OVER,
  recovered: OVER,
  resolved: OVER,
  ok: OVER,
  up: OVER,
  critical: { says: null, state: 'CRITICAL' },
  down: { says: null, state: 'CRITICAL' },
  warning: { says: null, state: 'WARNING' },
  unknown: { says: null, state: 'UNKNOWN' },
}
/** Zabbix says how long it lasted: `Resolved in 5m 3s: name`. */
const WORD = /^(?:\[([a-z]{2,9})\]:?|([a-z]{2,9})(?: in [0-9dhmsy. ]{1,30})?(?::(?=\s|$)| [-–—] ))\s*/i
/** As Nagios begins its messages, without anything after the word. */
const BARE = /^(PROBLEM|RECOVERY)\s+/
/** What it tells beside a problem and its end, in the same form; nothing would ever end a problem of that name. */
const NEWS = /^\[?(ACKNOWLEDGEMENT|CUSTOM|DOWNTIME[A-Z]+|FLAPPING[A-Z]+)\b/
/** And as it ends them. Looked for once in a run of blanks, or a title of blanks would hold everybody up. */
const ENDING = /(?<!\s)\s+is\s+(OK|UP|WARNING|CRITICAL|DOWN|UNREACHABLE|UNKNOWN)!?$/

const STATES: Readonly<Record<string, State>> = {
  WARNING: 'WARNING',
  CRITICAL: 'CRITICAL',
  DOWN: 'CRITICAL',
  UNREACHABLE: 'UNKNOWN',
  UNKNOWN: 'UNKNOWN',
}

/**
 * Takes off what changes while a problem lasts. What it takes for a sign is written for machines: tags, words in brackets or
 * before a colon, states in capitals.
 *
 * @param title without markup, as it was sent: a blank at its end means something
 */
export function readTitle(title: string): Title {
  const words = title
    .slice(0, TITLE_MAX_CHARS)
    .replace(EMOJI, '')
    .replaceAll(/^\*+\s*|(?<![\s*])\s*\*+$/g, '')
  const group = GROUP.exec(words)
  if (group !== null) return readGroup(words.slice(group[0].length), group)
  const line = words.trim()
  if (NEWS.test(line)) return { name: line, says: null, state: null, hasMore: false }
  const { word, rest } = leadingWord(line)
  const [whole = '', state = ''] = ENDING.exec(rest) ?? []
  const name = rest.slice(0, rest.length - whole.length).trim()
  if (name === '') return { name: line, says: word?.says ?? null, state: word?.state ?? null, hasMore: false }
  const isOver = state === 'OK' || state === 'UP'
  return {
    name,
    says: word?.says ?? (state === '' ? null : isOver ? 'over' : 'problem'),
    state: word?.says === 'over' ? null : (STATES[state] ?? word?.state ?? null),
    hasMore: false,
  }
}

/**
 * `[FIRING:2] values of the group's labels (values of other labels that all of it have)`. The second grow fewer as the group
 * grows. A group without them ends in a blank.
 */
function readGroup(words: string, [, status = '', count, resolved]: RegExpExecArray): Title {
  const line = words.trim()
  const opens = /\)$/.test(words) ? startOfLastParenthesis(line) : -1
  const before = opens < 0 ? line : line.slice(0, opens).trim()
  const says = /^firing$/i.test(status) ? 'problem' : 'over'
  const inside = opens < 0 ? '' : line.slice(opens + 1, -1).trim()
  const firing = Number(count?.slice(1) ?? 1)
  const hasMore = before !== '' && (inside !== '' || firing > 1 || resolved !== undefined)
  const name = before || inside || GROUPLESS
  return { name, says, state: null, hasMore, ...(firing > 1 ? { firing } : {}) }
}

/** @returns where the parenthesis opens that closes at the end; -1 when none does */
function startOfLastParenthesis(line: string): number {
  let depth = 0
  for (let at = line.length - 1; at >= 0; at--) {
    if (line[at] === ')') depth++
    else if (line[at] === '(' && --depth === 0) return at
  }
  return -1
}

function leadingWord(line: string): { word: Word | null; rest: string } {
  const bare = BARE.exec(line)
  const [whole = '', bracketed = '', plain = ''] = WORD.exec(line) ?? []
  const known = (bracketed || plain).toLowerCase()
  if (known !== '' && Object.hasOwn(WORDS, known))
    return { word: WORDS[known] ?? null, rest: line.slice(whole.length) }
  if (bare === null) return { word: null, rest: line }
  return { word: bare[1] === 'PROBLEM' ? PROBLEM : OVER, rest: line.slice(bare[0].length) }
}
