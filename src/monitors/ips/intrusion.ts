import { createHash } from 'node:crypto'
import type { Field, Notification } from '../../core/notification.ts'
import type { State } from '../../core/state.ts'
import { boundOutput } from '../shared/clean-text.ts'

/** One end of a connection. */
export type Endpoint = { readonly address: string; readonly port: string | null }

/** One event of an intrusion prevention system, whichever it is. Its texts are clean lines. */
export type Intrusion = {
  /** Name of the product. */
  readonly product: string
  /** The host that was attacked, or that reported it. */
  readonly host: string
  /** That host's address. */
  readonly address: string | null
  /** Name of the rule that triggered. */
  readonly rule: string
  /** What a flood of the same has in common besides what was done about it: host, rule and source. */
  readonly same: readonly (string | null)[]
  /** What tells this event from every other one; null where the event says nothing that does. */
  readonly identity: readonly (string | null)[] | null
  readonly state: State
  /** The product's own words. */
  readonly severity: string | null
  readonly action: string | null
  readonly source: Endpoint | null
  readonly destination: Endpoint | null
  readonly protocol: string | null
  readonly direction: string | null
  /** What happened, where it was no connection. */
  readonly said: string | null
  /** More that somebody has to know at once; a line each. */
  readonly details: readonly string[]
  readonly labels: Readonly<Record<string, string | null>>
  /** Epoch ms. */
  readonly time: number | null
}

/** Whether what triggered the rule got where it wanted to. */
type Outcome = 'blocked' | 'let through' | 'seen'

// `Detect Only: Reset` names what was not done, so the words of letting pass are looked for first.
const PASSING = /\b(detect|log|ids|pass|passed|allow|allowed|alert|permit|permitted|accept|accepted)\b|^0$/i
const BLOCKING =
  /\b(block|blocked|drop|dropped|deny|denied|reset|reject|rejected|insert|delete|deleted|replace|replaced|prevent|prevented|quarantine|quarantined|clean|cleaned|terminate|terminated)\b/i

/** `Delete Failed` names what was tried. */
const FAILING = /\b(fail|failed|failure|unable|unsuccessful|cannot|not)\b/i

function outcomeOf(action: string | null): Outcome {
  if (action === null) return 'seen'
  if (PASSING.test(action) || FAILING.test(action)) return 'let through'
  return BLOCKING.test(action) ? 'blocked' : 'seen'
}

/** Words of a severity. Low ones are warnings too: an event that was told is worth a look, and no state is less. */
const SEVERITY_WORDS: readonly (readonly [words: RegExp, state: State])[] = [
  [/^(critical|crit|high|severe|major|error|fatal|emergency|highly suspicious|dangerous)$/i, 'CRITICAL'],
  [
    /^(medium|moderate|warning|warn|low|lowest|minor|notice|normal|none|info|information|informational|suspicious|untested|blocked by administrator)$/i,
    'WARNING',
  ],
]

/** @returns the state that a word for a severity stands for; null for a word we do not know, and for none */
export function stateOfSeverity(severity: string | null): State | null {
  if (severity === null) return null
  return SEVERITY_WORDS.find(([words]) => words.test(severity))?.[1] ?? null
}

/** @returns one end of a connection, null without an address. What has no ports says none, or 0 */
export function endpoint(address: string | null, port: string | null): Endpoint | null {
  return address === null ? null : { address, port: port === '0' ? null : port }
}

/** @returns `10.0.0.5:22`, `[2001:db8::5]:22`, or the address alone */
export function endpointText({ address, port }: Endpoint): string {
  if (port === null) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

const DIRECTIONS: Readonly<Record<string, string>> = {
  incoming: 'inbound',
  inbound: 'inbound',
  in: 'inbound',
  ingress: 'inbound',
  '0': 'inbound',
  outgoing: 'outbound',
  outbound: 'outbound',
  out: 'outbound',
  egress: 'outbound',
  '1': 'outbound',
}

/** @returns `inbound`, `outbound`, or what the product says in small letters */
export function directionWord(said: string | null): string | null {
  if (said === null) return null
  const word = said.toLowerCase().replaceAll('_', ' ')
  return Object.hasOwn(DIRECTIONS, word) ? (DIRECTIONS[word] ?? null) : word
}

const PROTOCOLS: Readonly<Record<string, string>> = { '1': 'ICMP', '6': 'TCP', '17': 'UDP', '58': 'ICMPv6' }

/** @returns the name of a protocol that is given by its name or number */
export function protocolName(said: string | null): string | null {
  if (said === null) return null
  return Object.hasOwn(PROTOCOLS, said) ? (PROTOCOLS[said] ?? null) : said
}

/**
 * Turns an event into what is told of it.
 *
 * What was let through has a key of its own: it must not hide among a thousand attempts that were blocked, nor stay quiet
 * because somebody has acknowledged those.
 */
export function intrusionNotification(monitor: string, event: Intrusion, quietMs: number): Notification {
  const outcome = outcomeOf(event.action)
  return {
    monitor,
    key: digest([...event.same, outcome === 'blocked' ? outcome : null]),
    type: 'EVENT',
    host: event.host,
    service: event.rule,
    state: event.state,
    episode: null,
    hostDisplayName: null,
    serviceDisplayName: null,
    address: event.address,
    ...boundOutput(firstLine(event, outcome), event.details.join('\n')),
    author: null,
    comment: null,
    time: event.time,
    url: null,
    id: event.identity === null ? null : digest(event.identity),
    quietMs,
    labels: labelsOf(event),
    fields: fieldsOf(event, outcome),
    channel: null,
  }
}

/** What stands after the rule's name on a locked phone. */
function firstLine({ source, destination, protocol, direction, said, action }: Intrusion, outcome: Outcome) {
  if (source === null && destination === null) return said ?? action ?? outcome
  const ends = [source, destination].map((end) => (end === null ? 'unknown' : endpointText(end)))
  return [outcome, ends.join(' -> '), protocol, direction].filter((part) => part !== null).join(' ')
}

/** The most important first: a card shows four. */
function fieldsOf(event: Intrusion, outcome: Outcome): readonly Field[] {
  const { action } = event
  const telling = action === null || action.toLowerCase() === outcome || outcome === 'seen'
  const fields: readonly (readonly [label: string, value: string | null])[] = [
    ['Action', telling ? action : `${action} (${outcome})`],
    ['Source', event.source && endpointText(event.source)],
    ['Destination', event.destination && endpointText(event.destination)],
    ['Severity', event.severity],
    ['Protocol', event.protocol],
    ['Direction', event.direction],
  ]
  return fields.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]))
}

function labelsOf({ product, labels }: Intrusion): Readonly<Record<string, string>> {
  const said = Object.entries(labels).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  )
  return { product, ...Object.fromEntries(said) }
}

/** Foreign texts of any length and number as one name that is always as long. */
function digest(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
