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
import { composeComment } from '../shared/compose-comment.ts'
import { cleanCommandText } from '../shared/external-command-text.ts'
import { type HttpAnswer, jsonOf } from '../shared/http.ts'
import { knownNames, type Names } from './names.ts'
import { problemOf, type Rest, unexpected } from './rest.ts'

/*
 * Orders. The API checks a little, hands a command to the core of the site and answers 204: taken, not done. The author
 * is always the automation user.
 */

/** Bytes of a comment; the core takes commands of 8 KiB. */
const COMMENT_MAX_BYTES = 2000
/** Characters of a person's name that stand before a comment. */
const NAME_MAX_CHARS = 80

/** @throws Failure when it was not taken, or nobody knows */
export async function acknowledge(rest: Rest, target: Target, order: AcknowledgeOrder): Promise<OrderAnswer> {
  const names = knownNames(rest.name, target)
  const answer = await rest.call({
    method: 'POST',
    path: `/domain-types/acknowledge/collections/${names.service === null ? 'host' : 'service'}`,
    body: {
      ...subjectOf('acknowledge_type', names, onceDecoded),
      sticky: order.sticky,
      persistent: order.persistent,
      // The API's own default is to notify, and then we would be told of our own acknowledgement.
      notify: order.notify,
      comment: textOf(order),
      ...(order.until === null ? {} : { expire_on: isoTime(Math.ceil(order.until / 1000)) }),
    },
  })
  if (answer.status === 422) return 'not_a_problem'
  if (
    order.until !== null &&
    answer.status === 400 &&
    problemOf(answer).fields?.['expire_on'] !== undefined
  ) {
    rest.found.expires = false
    throw new Failure(
      'rejected',
      { kind: 'later' },
      `${rest.name} takes no end of an acknowledgement. It is sent again without one, and removed at its time.`,
    )
  }
  return taken(rest, answer)
}

/** Removes whatever acknowledgement there is. It is taken as well when there is none. @throws Failure */
export async function removeAcknowledgement(rest: Rest, target: Target): Promise<OrderAnswer> {
  const names = knownNames(rest.name, target)
  const answer = await rest.call({
    method: 'POST',
    path: '/domain-types/acknowledge/actions/delete/invoke',
    body: subjectOf('acknowledge_type', names),
  })
  return taken(rest, answer)
}

/** @throws Failure */
export async function comment(rest: Rest, target: Target, words: Words): Promise<void> {
  const names = knownNames(rest.name, target)
  const answer = await rest.call({
    method: 'POST',
    path: `/domain-types/comment/collections/${names.service === null ? 'host' : 'service'}`,
    body: {
      ...subjectOf('comment_type', names),
      comment: textOf(words),
      // The others vanish with the next restart of the core, which each activation of changes may bring.
      persistent: true,
    },
  })
  taken(rest, answer)
}

/** @returns null: the API does not say what the downtime is called @throws Failure */
export async function scheduleDowntime(rest: Rest, target: Target, order: DowntimeOrder): Promise<null> {
  const { host, service } = knownNames(rest.name, target)
  const answer = await rest.call({
    method: 'POST',
    path: `/domain-types/downtime/collections/${service === null ? 'host' : 'service'}`,
    body: {
      downtime_type: service === null ? 'host' : 'service',
      host_name: host,
      ...(service === null ? {} : { service_descriptions: [service] }),
      start_time: isoTime(Math.floor(order.from / 1000)),
      end_time: isoTime(Math.ceil(order.until / 1000)),
      recur: 'fixed',
      comment: textOf(order),
    },
  })
  taken(rest, answer)
  return null
}

/**
 * Removes the one downtime that carries our mark. By host and service alone the API would remove everybody's, and its own
 * ids are unique only within one site of several.
 *
 * @throws Failure
 */
export async function removeDowntime(rest: Rest, target: Target, { marker }: KnownDowntime): Promise<void> {
  const { host, service } = knownNames(rest.name, target)
  const mark = /^\[(ackbridge:[0-9a-f]{10})\]$/.exec(marker)?.[1]
  if (mark === undefined) throw new Error('A downtime without our mark is never removed.')
  const is = (left: string, right: string) => ({ op: '=', left, right })
  const answer = await rest.call({
    method: 'POST',
    path: '/domain-types/downtime/actions/delete/invoke',
    body: {
      delete_type: 'query',
      query: {
        op: 'and',
        expr: [
          is('host_name', host),
          ...(service === null
            ? [is('is_service', '0')]
            : [is('is_service', '1'), is('service_description', service)]),
          { op: '~', left: 'comment', right: mark },
        ],
      },
    },
  })
  taken(rest, answer)
}

function subjectOf(
  type: 'acknowledge_type' | 'comment_type',
  { host, service }: Names,
  spell: (name: string) => string = (name) => name,
): Readonly<Record<string, string>> {
  return service === null
    ? { [type]: 'host', host_name: host }
    : { [type]: 'service', host_name: host, service_description: spell(service) }
}

/**
 * Acknowledging, and nothing else, decodes a service's name once as part of an address would be
 * (Checkmk/checkmk:cmk/gui/openapi/endpoints/acknowledgement/__init__.py); a `%` that begins no code stays what it is.
 */
function onceDecoded(service: string): string {
  return service.replaceAll(/%(?=[0-9a-f]{2})/gi, '%25')
}

/** The person's name stands in the text, because the author is always the automation user. */
function textOf({ author, comment, marker }: Words): string {
  const name = cleanCommandText(withoutMarker(author) ?? '', 'Slack').replaceAll(/\s*:+\s*/g, ' ')
  const who = cutChars(name, NAME_MAX_CHARS).trim() || 'Slack'
  const said = cleanCommandText(withoutMarker(comment) ?? '', 'no comment')
  return composeComment({ comment: `${who}: ${said}`, marker }, COMMENT_MAX_BYTES)
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** @throws Failure when the answer is not that the order was taken */
function taken(rest: Rest, answer: HttpAnswer): 'taken' {
  const { status } = answer
  if (status === 204) return 'taken'
  if (status >= 200 && status < 300) {
    // Such as a log-in page, which is no sign that anything was done.
    jsonOf(rest.name, answer)
    return 'taken'
  }
  if (status === 400 && isUnknown(answer)) {
    throw new Failure('not_found', { kind: 'never' }, `${rest.name} does not know that host or service.`, {
      detail: `${status} ${answer.text.slice(0, 300)}`,
    })
  }
  throw unexpected(rest.name, answer)
}

/** An unknown name is the fault of one field, or has a title of its own. */
function isUnknown(answer: HttpAnswer): boolean {
  const { title = '', fields = {} } = problemOf(answer)
  return (
    /not found|could not be found/i.test(title) || 'host_name' in fields || 'service_description' in fields
  )
}
