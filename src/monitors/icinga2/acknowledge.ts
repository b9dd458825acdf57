import { Failure } from '../../core/failure.ts'
import type {
  AcknowledgeOrder,
  DowntimeOrder,
  KnownDowntime,
  MonitorApi,
  OrderAnswer,
  Target,
  Words,
} from '../../core/monitor-api.ts'
import type { MonitorSurroundings } from '../monitor.ts'
import { cleanName, cleanText } from '../shared/clean-text.ts'
import { composeComment } from '../shared/compose-comment.ts'
import { type Action, type Icinga, mayNot, type ObjectType } from './call-icinga.ts'
import { type CheckFilter, checkFilter, downtimeFilter, type OneObject } from './object-filter.ts'
import type { ActionResult } from './schema.ts'

/** Bytes of a comment: far more than one holds that people write, far less than Icinga hands to its commands (115 KiB). */
const COMMENT_MAX_BYTES = 8_192

type Orders = Pick<
  MonitorApi,
  'acknowledge' | 'removeAcknowledgement' | 'comment' | 'scheduleDowntime' | 'removeDowntime'
>

/** @param findDowntime looks up what Icinga calls a downtime of ours by its mark; null: there is none */
export function orders(
  icinga: Icinga,
  { name, clock }: MonitorSurroundings,
  findDowntime: (target: Target, marker: string) => Promise<string | null>,
): Orders {
  async function act(action: Action, target: Target, words: object): Promise<ActionResult> {
    const which = checkFilter(target)
    if (which === null) throw unknown(name)
    try {
      return await icinga.act(action, which, words)
    } catch (error) {
      if (!isNotFound(error)) throw error
      throw (await isThere(icinga, which)) ? mayNot(name, `actions/${action}`) : unknown(name)
    }
  }

  const remove = (target: Target, by: string): Promise<ActionResult> =>
    act('remove-acknowledgement', target, { author: authorOf(by) })

  return {
    acknowledge: async (target, order) => {
      // Looked at before anything is removed for it.
      if (order.until !== null && order.until <= clock.now()) throw inThePast(name)
      // Icinga refuses a second acknowledgement, so the one that is there has to go first.
      if (order.replace) await remove(target, order.author)
      try {
        return answerOf(name, await act('acknowledge-problem', target, acknowledgementOf(order)))
      } catch (error) {
        throw order.replace ? withoutFormer(name, error) : error
      }
    },
    removeAcknowledgement: async (target, by) => answerOf(name, await remove(target, by)),
    comment: async (target, words) => {
      mustBeTaken(name, await act('add-comment', target, wordsOf(words)))
    },
    scheduleDowntime: async (target, order) => {
      const result = await act('schedule-downtime', target, downtimeOf(name, order))
      mustBeTaken(name, result)
      return result.name || null
    },
    removeDowntime: async (target: Target, { reference, marker, author }: KnownDowntime) => {
      const which =
        downtimeFilter(reference ?? '') ?? downtimeFilter((await findDowntime(target, marker)) ?? '')
      if (which === null) return
      try {
        mustBeTaken(name, await icinga.act('remove-downtime', which, { author: authorOf(author) }))
      } catch (error) {
        if (!isNotFound(error)) throw error
        if (await isThere(icinga, which)) throw mayNot(name, 'actions/remove-downtime')
      }
    },
  }
}

function wordsOf(words: Words): { author: string; comment: string } {
  const comment = cleanText(words.comment)
  return {
    author: authorOf(words.author),
    comment: composeComment({ comment, marker: words.marker }, COMMENT_MAX_BYTES),
  }
}

/** Icinga refuses an order without an author. */
function authorOf(author: string): string {
  return cleanName(author) || 'ackbridge'
}

function acknowledgementOf(order: AcknowledgeOrder): object {
  return {
    ...wordsOf(order),
    sticky: order.sticky,
    persistent: order.persistent,
    notify: order.notify,
    // Whole seconds, rounded up: it may last a moment longer than asked for, never shorter.
    ...(order.until === null ? {} : { expiry: Math.ceil(order.until / 1000) }),
  }
}

/** Icinga takes a downtime that ends before it begins, and does nothing. */
function downtimeOf(name: string, order: DowntimeOrder): object {
  const [start, end] = [Math.floor(order.from / 1000), Math.ceil(order.until / 1000)]
  if (!(end > start)) {
    const sentence = `A downtime in ${name} has to end after it begins.`
    throw new Failure('invalid', { kind: 'never' }, sentence)
  }
  return { ...wordsOf(order), start_time: start, end_time: end, fixed: true }
}

/**
 * Words of Icinga/icinga2:lib/icinga/apiactions.cpp behind a 409. The name of the object stands in the middle of them and
 * may be anything, so only their beginning and end count.
 */
function answerOf(name: string, { code, status = '' }: ActionResult): OrderAnswer {
  if (code !== 409) return 'taken'
  if (/^Acknowledgement 'expiry'/.test(status)) throw inThePast(name)
  return / is (OK|UP)\.?$/.test(status) ? 'not_a_problem' : 'already'
}

function inThePast(name: string): Failure {
  const sentence = `${name} takes no acknowledgement that ends in the past. Choose a later end.`
  return new Failure('rejected', { kind: 'never' }, sentence)
}

function mustBeTaken(name: string, { code, status }: ActionResult): void {
  if (code < 300) return
  throw new Failure('rejected', { kind: 'never' }, `${name} refused the order (${code}).`, {
    detail: (status ?? '').slice(0, 300),
  })
}

function isNotFound(error: unknown): boolean {
  return error instanceof Failure && error.code === 'not_found'
}

/** Icinga 2.13 answers 404 to an order that our user has no right to as well; whether it sees the object tells. */
async function isThere(icinga: Icinga, which: OneObject | CheckFilter): Promise<boolean> {
  const type: ObjectType = 'host' in which ? 'hosts' : 'service' in which ? 'services' : 'downtimes'
  try {
    await icinga.query({ type, which, attrs: ['name'] })
    return true
  } catch {
    return false
  }
}

function unknown(name: string): Failure {
  const sentence = `${name} does not know this check, or our ApiUser may not see it.`
  return new Failure('not_found', { kind: 'never' }, sentence)
}

function withoutFormer(name: string, error: unknown): unknown {
  if (!(error instanceof Failure)) return error
  const { code, retry, message, detail } = error
  return new Failure(
    code,
    retry,
    `${name} removed the acknowledgement that was there, but not yet took the new one: ${message}`,
    { ...(detail === null ? {} : { detail }), cause: error },
  )
}
