import { Failure } from '../../core/failure.ts'
import type { AcknowledgeOrder, DowntimeOrder, Words } from '../../core/monitor-api.ts'
import { composeComment } from '../shared/compose-comment.ts'
import { harmless, harmlessAuthor, type Spelling } from './harmless-words.ts'

/*
 * External commands: `[unix seconds] COMMAND;field;field\n`, see NagiosEnterprises/nagioscore:base/commands.c and
 * naemon/naemon-core:src/naemon/commands.c. Pure.
 */

/** Bytes of a line with its end. A write of no more than PIPE_BUF bytes into a fifo is never mixed with another's (pipe(7)). */
export const LINE_MAX_BYTES = 4096

/** Host and service as the monitor has them, and proven to be nameable in a command. */
export type Names = { readonly host: string; readonly service: string | null }

export type Writing = {
  /** Epoch ms. */
  readonly now: number
  readonly spelling: Spelling
}

/** @returns the line that acknowledges. @param expires the monitor ends it itself at `order.until` */
export function acknowledgeLine(
  names: Names,
  order: AcknowledgeOrder,
  writing: Writing,
  expires: boolean,
): string {
  const command = names.service === null ? 'ACKNOWLEDGE_HOST_PROBLEM' : 'ACKNOWLEDGE_SVC_PROBLEM'
  // Nagios takes exactly 2 for sticky and 1 for not, Naemon takes anything but 0 for it: 2 and 0 mean the same to both.
  const flags = [order.sticky ? '2' : '0', order.notify ? '1' : '0', order.persistent ? '1' : '0']
  const until = expires && order.until !== null ? [seconds(order.until, 'up')] : []
  const name = until.length === 0 ? command : `${command}_EXPIRE`
  return lineWithWords(name, [...fieldsOf(names), ...flags, ...until], order, writing)
}

export function removeLine(names: Names, { now }: Writing): string {
  const command = names.service === null ? 'REMOVE_HOST_ACKNOWLEDGEMENT' : 'REMOVE_SVC_ACKNOWLEDGEMENT'
  return bounded(`${head(now, command, fieldsOf(names))}\n`)
}

export function commentLine(names: Names, words: Words, writing: Writing): string {
  const command = names.service === null ? 'ADD_HOST_COMMENT' : 'ADD_SVC_COMMENT'
  return lineWithWords(command, [...fieldsOf(names), '1'], words, writing)
}

export function downtimeLine(names: Names, order: DowntimeOrder, writing: Writing): string {
  const command = names.service === null ? 'SCHEDULE_HOST_DOWNTIME' : 'SCHEDULE_SVC_DOWNTIME'
  return lineWithWords(command, downtimeFields(names, order), order, writing)
}

/** @returns the line that removes a downtime by the monitor's own number of it */
export function removeDowntimeByIdLine({ service }: Names, id: string, { now }: Writing): string {
  return bounded(`${head(now, service === null ? 'DEL_HOST_DOWNTIME' : 'DEL_SVC_DOWNTIME', [id])}\n`)
}

/**
 * @returns the line that removes the downtime that has this start and this very comment. Without a service the command is
 * for all downtimes on the host, so that only the mark in the comment keeps it to ours
 */
export function removeDowntimeByWordsLine(names: Names, order: DowntimeOrder, writing: Writing): string {
  const command = names.service === null ? 'SCHEDULE_HOST_DOWNTIME' : 'SCHEDULE_SVC_DOWNTIME'
  const { comment } = fitWords(command, downtimeFields(names, order), order, writing)
  const fields = [names.host, names.service ?? '', seconds(order.from, 'down'), comment]
  return bounded(`${head(writing.now, 'DEL_DOWNTIME_BY_HOST_NAME', fields)}\n`)
}

function fieldsOf({ host, service }: Names): string[] {
  return service === null ? [host] : [host, service]
}

function downtimeFields(names: Names, order: DowntimeOrder): string[] {
  const [from, until] = [seconds(order.from, 'down'), seconds(order.until, 'up')]
  // Fixed, triggered by no other; the duration only counts for flexible ones but may not be absent.
  return [...fieldsOf(names), from, until, '1', '0', String(Number(until) - Number(from))]
}

function seconds(ms: number, round: 'up' | 'down'): string {
  return String(round === 'up' ? Math.ceil(ms / 1000) : Math.floor(ms / 1000))
}

function head(now: number, command: string, fields: readonly string[]): string {
  return `[${seconds(now, 'down')}] ${[command, ...fields].join(';')}`
}

function lineWithWords(command: string, fields: readonly string[], words: Words, writing: Writing): string {
  const { author, comment } = fitWords(command, fields, words, writing)
  return bounded(`${head(writing.now, command, [...fields, author, comment])}\n`)
}

/** Author and comment as they stand in a line; the comment is cut to what is left, its mark never. */
function fitWords(
  command: string,
  fields: readonly string[],
  words: Words,
  { now, spelling }: Writing,
): { author: string; comment: string } {
  const author = harmlessAuthor(words.author, spelling)
  const room = LINE_MAX_BYTES - Buffer.byteLength(head(now, command, [...fields, author, '\n']))
  if (room < Buffer.byteLength(words.marker)) throw tooLong()
  const comment = composeComment({ comment: harmless(words.comment, spelling), marker: words.marker }, room)
  return { author, comment: spelling === 'ascii' ? comment.replaceAll('…', '...') : comment }
}

function bounded(line: string): string {
  if (Buffer.byteLength(line) > LINE_MAX_BYTES) throw tooLong()
  return line
}

function tooLong(): Failure {
  return new Failure('invalid', { kind: 'never' }, 'The names of this check are too long for a command.')
}
