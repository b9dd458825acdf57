import type { Issue } from '../monitor.ts'
import { parseJsonExact } from '../shared/parse-json-exact.ts'
import { JsonLines } from './read-body.ts'
import { type Given, givenOf, isGiven, lineOf, partOf } from './reading.ts'
import { sensorOf } from './suricata.ts'

/*
 * Log forwarders put events into objects of their own: the line they read as a text, or what they made of it. Which name it
 * has depends on the forwarder and on its configuration.
 */

/** Something found in a body: an event, or what is wrong in that place. `given` is what is there. */
export type Found =
  | {
      readonly what: 'event'
      readonly given: Given
      readonly path: string
      readonly forwarder: string | null
    }
  | { readonly what: 'fault'; readonly given: unknown; readonly issue: Issue }

/**
 * Names under which an event may lie, the likeliest first: `message` (Filebeat, Vector, Logstash, syslog), `log` (Fluent Bit,
 * containers), `_source` (Elasticsearch), `event` (Splunk's collector, ECS), `suricata` and `eve` (Filebeat's module), `json`,
 * `data` (Wazuh), `original` (ECS), `Message`, `Records` and `Sns` (Amazon SNS, and SNS by Lambda).
 */
const WRAPPINGS = [
  'message',
  'log',
  '_source',
  'event',
  'suricata',
  'eve',
  'json',
  'data',
  'original',
  'Message',
  'Records',
  'Sns',
] as const

/** Wrappings in wrappings; real ones are three deep. */
const DEPTH_MAX = 8
/** Characters before the JSON of a line: what syslog puts there. */
const PREFIX_MAX_CHARS = 300

/** Walks through a body. @returns what is in it, in its order */
export function* unwrap(
  value: unknown,
  path = '',
  forwarder: string | null = null,
  depth = 0,
): Generator<Found> {
  const fault = (message: string): Found => ({ what: 'fault', given: value, issue: { path, message } })
  if (depth > DEPTH_MAX) return yield fault('is nested too deep')
  if (value instanceof JsonLines) return yield* unwrapLines(value)
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* unwrap(one, `${path}[${index}]`, forwarder, depth + 1)
    return
  }
  if (typeof value === 'string') {
    const inner = parseText(value)
    return inner === null
      ? yield fault('holds no JSON object')
      : yield* unwrap(inner, path, forwarder, depth + 1)
  }
  if (!isGiven(value)) return yield fault('has to be an event, as a JSON object')
  const asked = confirmation(value)
  if (asked !== null) return yield fault(asked)
  if (isEvent(value)) return yield { what: 'event', given: value, path, forwarder }
  const reader = forwarder ?? sensorOf(value)
  const ecs = ecsEvent(value)
  if (ecs !== null) return yield { what: 'event', given: ecs, path, forwarder: reader }
  const name = WRAPPINGS.find((one) => mayHold(partOf(value, one)))
  if (name === undefined)
    return yield fault('is no event of Suricata, Deep Security or CenturyLink Cloud IPS')
  yield* unwrap(value[name], path === '' ? name : `${path}.${name}`, reader, depth + 1)
}

function* unwrapLines({ values, broken, unread }: JsonLines): Generator<Found> {
  for (const [index, value] of values.entries()) yield* unwrap(value, `[${index}]`, null, 1)
  const [first] = broken
  if (first === undefined) return
  // All of them as one: a text of a thousand lines that is no JSON is one fault and not a thousand.
  const message =
    values.length === 0
      ? 'is not JSON'
      : `${broken.length === 1 ? 'is' : `and ${broken.length - 1} others are`} not JSON`
  if (unread > 0)
    yield {
      what: 'fault',
      given: null,
      issue: { path: '', message: `holds ${unread} more lines, which were not read` },
    }
  yield { what: 'fault', given: null, issue: { path: values.length === 0 ? '' : `line ${first}`, message } }
}

/** Events of the three products, by what only they have. */
function isEvent(given: Given): boolean {
  if (typeof partOf(given, 'event_type') === 'string' || isGiven(partOf(given, 'alert'))) return true
  return lineOf(given, 'EventType', 'hostName', 'reason', 'sourceIP', 'destinationIP') !== null
}

function mayHold(value: unknown): boolean {
  if (typeof value === 'string') return value.slice(0, PREFIX_MAX_CHARS).includes('{')
  return typeof value === 'object' && value !== null
}

/** @returns the object or list that a text holds, with nothing or what syslog writes before it; null without */
function parseText(text: string): object | null {
  const start = text.search(/[{[]/)
  const brace = text.slice(0, PREFIX_MAX_CHARS).indexOf('{')
  // What syslog writes before it has brackets of its own.
  for (const at of new Set([start, brace])) {
    if (at < 0 || at > PREFIX_MAX_CHARS) continue
    try {
      const value = parseJsonExact(text.slice(at))
      if (typeof value === 'object' && value !== null) return value
    } catch {
      // The next place may be the right one.
    }
  }
  return null
}

/** Filebeat's module for Suricata moves addresses and ports out of the event, to where the Elastic Common Schema has them. */
function ecsEvent(given: Given): Given | null {
  const eve = givenOf(givenOf(given, 'suricata'), 'eve')
  if (!isEvent(eve)) return null
  const source = givenOf(given, 'source')
  const destination = givenOf(given, 'destination')
  return {
    timestamp: partOf(given, '@timestamp'),
    src_ip: partOf(source, 'ip') ?? partOf(source, 'address'),
    src_port: partOf(source, 'port'),
    dest_ip: partOf(destination, 'ip') ?? partOf(destination, 'address'),
    dest_port: partOf(destination, 'port'),
    proto: lineOf(givenOf(given, 'network'), 'transport')?.toUpperCase(),
    ...eve,
  }
}

/** @returns why a message of Amazon SNS about a subscription is no event, null for anything else */
function confirmation(given: Given): string | null {
  const type = partOf(given, 'Type')
  if (type === 'SubscriptionConfirmation') {
    return 'asks to confirm a subscription of Amazon SNS, and ackbridge opens no address that a body names. If the topic is yours, open the SubscribeURL that stands in the history of ackbridge, in a browser'
  }
  return type === 'UnsubscribeConfirmation'
    ? 'says that a subscription of Amazon SNS was ended: nothing comes from that topic any more'
    : null
}
