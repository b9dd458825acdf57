import type { KnownBlock } from '@slack/types'
import { duration } from '../../core/duration.ts'
import type { ThreadEvent } from '../../core/effect.ts'
import type { NotificationType } from '../../core/notification.ts'
import { cutChars } from '../../core/output-preview.ts'
import type { CardRef } from '../../core/ports.ts'
import { checkName, type ProblemView } from '../../core/problem.ts'
import { severityOf } from '../../core/state.ts'
import { FALLBACK_MAX_CHARS } from './card.ts'
import { stateLook, stateWord } from './state.ts'
import { date, escapeText, line, mention, preformatted, text, utc } from './text.ts'

export type LineMessage = { readonly text: string; readonly blocks: KnownBlock[] }

/** Tells one event of a problem. `rings`: the line also stands in the channel, so it names the problem and calls people. */
export function threadLine(ref: CardRef, view: ProblemView, event: ThreadEvent, rings: boolean): LineMessage {
  const sentence = sentenceOf(event, view.check.monitor)
  const output = 'output' in event ? event.output : ''
  const name = rings ? `${checkName(view.check)}: ` : ''
  const calls = rings ? ref.mention.flatMap((id) => [text(' '), mention(id)]) : []
  const blocks: KnownBlock[] = [
    line(date(event.at, '{time}'), text('  '), text(name, { bold: true }), text(sentence), ...calls),
    ...(output === '' ? [] : [preformatted(output)]),
  ]
  return { text: escapeText(cutChars(`${name}${sentence}`, FALLBACK_MAX_CHARS)), blocks }
}

function sentenceOf(event: ThreadEvent, monitor: string): string {
  switch (event.what) {
    case 'changed': {
      const worse = severityOf(event.to) > severityOf(event.from)
      return `${stateLook(event.to).emoji} ${stateWord(event.from)} → ${stateWord(event.to)}${worse ? ', worse' : ''}`
    }
    case 'reminded':
      return `${stateLook(event.state).emoji} still ${stateWord(event.state)} and nobody has it (${event.count} notifications)`
    case 'closed':
      return closedSentence(event)
    case 'acknowledged':
      return acknowledgedSentence(event, monitor)
    case 'acknowledgement-removed':
      return removedSentence(event, monitor)
    case 'said':
      return saidSentence(event.type, event.author, event.comment)
    case 'output':
      return 'Full output'
    case 'handed-over':
      return handedOverSentence(event, monitor)
    case 'commented':
      return `${event.by.name} said: “${cutChars(event.comment, 1000)}”`
    case 'downtime':
      return `${event.by.name} set a downtime of ${duration(Math.round((event.until - event.from) / 60_000) * 60_000)}, until ${utc(event.until)} (sending to ${monitor})${
        event.comment === null ? '' : `: “${cutChars(event.comment, 1000)}”`
      }`
    case 'downtime-removed':
      return event.by === null
        ? `The downtime was removed in ${monitor}`
        : `${event.by.name} removed the downtime (sending to ${monitor})`
  }
}

const HANDED_OVER_OF: Readonly<Record<Extract<ThreadEvent, { what: 'handed-over' }>['of'], string>> = {
  acknowledgement: 'acknowledgement',
  removal: 'removal of the acknowledgement',
  downtime: 'downtime',
  'downtime-removal': 'removal of the downtime',
  comment: 'comment',
}

function handedOverSentence(
  { of, handOver, reason }: Extract<ThreadEvent, { what: 'handed-over' }>,
  monitor: string,
): string {
  const what = HANDED_OVER_OF[of]
  switch (handOver) {
    case 'failed':
      return `❌ FAILED: the ${what} did not get into ${monitor}. ${cutChars(reason ?? '', 500)}`.trim()
    case 'already':
      return `${monitor} had it acknowledged already${reason === null ? '' : `, by ${reason}`}`
    case 'not_a_problem':
      return `${monitor} has no problem there, so there was nothing to do`
    case 'not_supported':
      return `The ${what} is kept here only: ${monitor} is not told`
    case 'sent':
      return `The ${what} was sent to ${monitor}, which cannot be read back`
    case 'requested':
    case 'confirmed':
      return `${monitor} confirmed the ${what}`
  }
}

function closedSentence(event: Extract<ThreadEvent, { what: 'closed' }>): string {
  const lasted = duration(event.lastedMs)
  if (event.because === 'episode') return `ended after ${lasted}; a new problem of the same check has begun`
  if (event.because === 'acknowledgement') return `done after ${lasted}`
  return `${stateLook(event.state).emoji} ${stateWord(event.state)}: recovered after ${lasted}`
}

function acknowledgedSentence(
  event: Extract<ThreadEvent, { what: 'acknowledged' }>,
  monitor: string,
): string {
  const { by, comment, tookOverFrom, foreign, handOver } = event
  const how = tookOverFrom === null ? 'acknowledged' : `took over from ${tookOverFrom}`
  const where = foreign
    ? ` in ${monitor}`
    : handOver === 'not_supported'
      ? ` (kept here only: ${monitor} is not told)`
      : handOver === 'requested'
        ? ` (sending to ${monitor})`
        : ''
  const said = comment === null ? '' : `: “${cutChars(comment, 1000)}”`
  return `${by.name} ${how}${where}${said}`
}

function removedSentence(
  event: Extract<ThreadEvent, { what: 'acknowledgement-removed' }>,
  monitor: string,
): string {
  switch (event.because) {
    case 'person':
      return `${event.by?.name ?? 'Somebody'} removed the acknowledgement`
    case 'expiry':
      return 'The acknowledgement ended: its time is up'
    case 'state-change':
      return 'The acknowledgement ended: the state changed'
    case 'monitor':
      return `The acknowledgement was removed in ${monitor}`
    case 'silence-ended':
      return `The acknowledgement ended: ${monitor} does not silence this any more`
  }
}

const SAID: Readonly<Partial<Record<NotificationType, string>>> = {
  FLAPPINGSTART: 'started flapping',
  FLAPPINGSTOP: 'stopped flapping',
  FLAPPINGDISABLED: 'flap detection was switched off',
  DOWNTIMESTART: 'downtime began',
  DOWNTIMEEND: 'downtime ended',
  DOWNTIMECANCELLED: 'downtime was cancelled',
  CUSTOM: 'notification by hand',
}

function saidSentence(type: NotificationType, author: string | null, comment: string | null): string {
  const by = author === null ? '' : ` (${author})`
  const said = comment === null ? '' : `: “${cutChars(comment, 1000)}”`
  return `${SAID[type] ?? type}${by}${said}`
}
