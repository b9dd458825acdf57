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
import { type CheckUuids, uuidsOf } from './check-uuids.ts'
import { readDowntimes } from './downtimes.ts'
import { uuidsOnly } from './refusals.ts'
import type { Session } from './session.ts'

/*
 * Orders out. They are external commands of its engine: the values are put one behind the other with semicolons between
 * them and nothing escaped, and a parameter that the command does not have is put at the end of the line. So exactly the
 * parameters of the command are sent, and only text without semicolons.
 */

/** Bytes of a comment that its history keeps whole (a column of 1024 characters). */
const COMMENT_MAX_BYTES = 1_000
/** Characters of an author that its history keeps whole (a column of 255). */
const AUTHOR_MAX_CHARS = 200
/** Survives until the problem is over; 1 would be the same as 0 for its engine. */
const STICKY = 2

/** Acknowledges. @returns `taken`: it answers before anybody looked whether there is a problem */
export async function acknowledge(
  session: Session,
  target: Target,
  order: AcknowledgeOrder,
): Promise<OrderAnswer> {
  const check = checkOf(session, target)
  await session.submit(check.serviceUuid === null ? 'ACKNOWLEDGE_HOST_PROBLEM' : 'ACKNOWLEDGE_SVC_PROBLEM', {
    ...parametersOf(check),
    sticky: order.sticky ? STICKY : 0,
    notify: order.notify ? 1 : 0,
    persistent: order.persistent ? 1 : 0,
    ...wordsOf(order),
  })
  return 'taken'
}

/** Takes an acknowledgement away, whoever made it. It does not record who does. */
export async function removeAcknowledgement(session: Session, target: Target): Promise<OrderAnswer> {
  const check = checkOf(session, target)
  const command = check.serviceUuid === null ? 'REMOVE_HOST_ACKNOWLEDGEMENT' : 'REMOVE_SVC_ACKNOWLEDGEMENT'
  await session.submit(command, parametersOf(check))
  return 'taken'
}

/** Sets a downtime of the check alone. @returns null: its id is not known before it is read back */
export async function scheduleDowntime(
  session: Session,
  target: Target,
  order: DowntimeOrder,
): Promise<null> {
  const check = checkOf(session, target)
  const start = Math.floor(order.from / 1000)
  const end = Math.ceil(order.until / 1000)
  await session.submit(check.serviceUuid === null ? 'SCHEDULE_HOST_DOWNTIME' : 'SCHEDULE_SVC_DOWNTIME', {
    ...parametersOf(check),
    start_time: start,
    end_time: end,
    fixed: 1,
    trigger_id: 0,
    duration: end - start,
    ...wordsOf(order),
  })
  return null
}

/**
 * Removes a downtime of ours. Ids there are counted again after a restart of the engine, so the one that is removed is
 * the one that carries our mark now; where none does, there is nothing to remove.
 */
export async function removeDowntime(
  session: Session,
  target: Target,
  downtime: KnownDowntime,
): Promise<void> {
  const check = checkOf(session, target)
  const standing = await readDowntimes(session, check.serviceUuid === null ? 'host' : 'service', {
    comment: downtime.marker,
  })
  const ours = standing.filter(
    ({ hostUuid, serviceUuid, reading }) =>
      hostUuid === check.hostUuid.toLowerCase() &&
      serviceUuid === (check.serviceUuid?.toLowerCase() ?? null) &&
      reading.comment?.includes(downtime.marker),
  )
  for (const { reading } of ours) {
    const downtime_id = Number(reading.reference)
    // Unless told otherwise it removes the downtimes of the host's services as well.
    if (check.serviceUuid === null)
      await session.submit('DEL_HOST_DOWNTIME', { downtime_id, include_services: 0 })
    else await session.submit('DEL_SVC_DOWNTIME', { downtime_id })
  }
}

function checkOf({ name }: Session, target: Target): CheckUuids {
  const uuids = uuidsOf(target)
  if (uuids === null) throw uuidsOnly(name)
  return uuids
}

function parametersOf({ hostUuid, serviceUuid }: CheckUuids): Record<string, string> {
  return serviceUuid === null ? { hostUuid } : { hostUuid, serviceUuid }
}

function wordsOf({ author, comment, marker }: Words): { author: string; comment: string } {
  const name = cleanCommandText(author)
  // Its pages read square brackets as BBCode, up to images from elsewhere; only our mark has some.
  const inert = cleanCommandText(comment.replaceAll('[', '(').replaceAll(']', ')'), 'acknowledged')
  return {
    author: cutChars(name, AUTHOR_MAX_CHARS),
    comment: composeComment({ comment: inert, marker }, COMMENT_MAX_BYTES),
  }
}
