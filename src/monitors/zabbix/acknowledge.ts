import { Failure } from '../../core/failure.ts'
import { withoutMarker } from '../../core/marker.ts'
import type {
  AcknowledgeOrder,
  DowntimeOrder,
  KnownDowntime,
  OrderAnswer,
  Target,
  Words,
} from '../../core/monitor-api.ts'
import { cutChars } from '../../core/output-preview.ts'
import type { Clock } from '../../core/ports.ts'
import { cleanLine, cleanText } from '../shared/clean-text.ts'
import { composeComment } from '../shared/compose-comment.ts'
import { ACKNOWLEDGE, MESSAGE, SUPPRESS, SUPPRESSES_SINCE, UNACKNOWLEDGE, UNSUPPRESS } from './actions.ts'
import { knownEventId } from './event-id.ts'
import { problemsById } from './reconcile.ts'
import type { Rpc } from './rpc.ts'
import { Acknowledged } from './schema.ts'

/*
 * Orders, all by `event.acknowledge` and for one event a call: of several, one that is gone would stop the others. The
 * author is always the user of the token, so the person's name stands in the message.
 */

/** The database takes 2048 characters. */
const MESSAGE_MAX_BYTES = 2048
/** Characters of a person's name that stand before a message. */
const NAME_MAX_CHARS = 80
/** A downtime that begins this soon begins now: it took a moment to get here. */
const BEGINS_NOW_MS = 60_000

/**
 * What is acknowledged already stays whose it is: only the message is added then. What is over is taken as well.
 *
 * @throws Failure when it was not taken, or nobody knows
 */
export async function acknowledge(rpc: Rpc, target: Target, order: AcknowledgeOrder): Promise<OrderAnswer> {
  const eventid = knownEventId(rpc.name, target)
  const make = () => update(rpc, eventid, ACKNOWLEDGE | MESSAGE, { message: messageOf(order) })
  if (!order.replace) return make()
  await update(rpc, eventid, UNACKNOWLEDGE, {})
  try {
    return await make()
  } catch (error) {
    throw error instanceof Failure ? halfDone(error) : error
  }
}

/** One call cannot do both, and whoever had it has it no longer. */
function halfDone({ code, retry, message, detail, cause }: Failure): Failure {
  const sentence = `${message} The former acknowledgement is taken away there already.`
  return new Failure(code, retry, sentence, { ...(detail === null ? {} : { detail }), cause })
}

/** Takes whatever acknowledgement there is away: an event has one at most. @throws Failure */
export async function removeAcknowledgement(rpc: Rpc, target: Target, by: string): Promise<OrderAnswer> {
  const eventid = knownEventId(rpc.name, target)
  return update(rpc, eventid, UNACKNOWLEDGE | MESSAGE, { message: `${nameOf(by)}: acknowledgement removed` })
}

/** @throws Failure */
export async function comment(rpc: Rpc, target: Target, words: Words): Promise<void> {
  await update(rpc, knownEventId(rpc.name, target), MESSAGE, { message: messageOf(words) })
}

/** Suppresses the problem. @returns null: that has no name @throws Failure */
export async function scheduleDowntime(
  rpc: Rpc,
  clock: Clock,
  target: Target,
  order: DowntimeOrder,
): Promise<null> {
  const eventid = knownEventId(rpc.name, target)
  await needSuppression(rpc)
  if (order.from > clock.now() + BEGINS_NOW_MS) {
    const sentence = `${rpc.name} suppresses a problem from now on, not from a time in the future.`
    throw new Failure('rejected', { kind: 'never' }, sentence)
  }
  await update(rpc, eventid, SUPPRESS | MESSAGE, {
    message: messageOf(order),
    suppress_until: Math.ceil(order.until / 1000),
  })
  return null
}

/** Ends the suppression, if it is the one that carries our mark: there is one at most. @throws Failure */
export async function removeDowntime(rpc: Rpc, target: Target, { marker }: KnownDowntime): Promise<void> {
  const eventid = knownEventId(rpc.name, target)
  await needSuppression(rpc)
  const problem = (await problemsById(rpc, [eventid])).get(eventid)
  const isOurs = problem?.suppressedWith?.message?.includes(marker) === true
  if (isOurs) await update(rpc, eventid, UNSUPPRESS, {})
}

async function needSuppression(rpc: Rpc): Promise<void> {
  const { number, version } = await rpc.learnRelease()
  if (number >= SUPPRESSES_SINCE) return
  const sentence = `${rpc.name} is Zabbix ${version}, which cannot suppress a single problem (6.2 and later can).`
  throw new Failure('rejected', { kind: 'never' }, sentence)
}

async function update(rpc: Rpc, eventid: string, action: number, more: object): Promise<'taken'> {
  const result = await rpc.call('event.acknowledge', { eventids: [eventid], action, ...more })
  if (Acknowledged.safeParse(result).success) return 'taken'
  const sentence = `${rpc.name} does not say whether it took the order.`
  throw new Failure('invalid', { kind: 'ambiguous' }, sentence, {
    detail: JSON.stringify(result)?.slice(0, 300) ?? '',
  })
}

function messageOf({ author, comment, marker }: Words): string {
  const said = cleanText(withoutMarker(comment) ?? '').trim() || 'no comment'
  return composeComment({ comment: `${nameOf(author)}: ${said}`, marker }, MESSAGE_MAX_BYTES)
}

function nameOf(author: string): string {
  const name = cleanLine(withoutMarker(author) ?? '').replaceAll(/\s*:+\s*/g, ' ')
  return cutChars(name, NAME_MAX_CHARS).trim() || 'Slack'
}
