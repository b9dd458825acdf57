import type { KnownBlock } from '@slack/types'
import type { HistoryRow } from '../../core/history.ts'
import type { ReplyMessage } from './reply.ts'
import { stateLook, stateWord } from './state.ts'
import { dateToken, escapeText, inert, inertCut, mrkdwn } from './text.ts'

/** Lines of history in one private answer. */
export const HISTORY_SHOWN = 20
/** Lines in one block, so that none gets longer than Slack takes. */
const LINES_PER_BLOCK = 8
const LINE_MAX_CHARS = 290

export type HistoryShown = {
  /** Of what, as people know it. */
  readonly name: string
  readonly rows: readonly HistoryRow[]
  /** There are older ones. */
  readonly more: boolean
  /** Then no line has to name it. */
  readonly ofOneService: boolean
}

/** Answers `/history`: what happened to a check, newest first. */
export function historyList({ name, rows, more, ofOneService }: HistoryShown): ReplyMessage {
  if (rows.length === 0) {
    const none = `Nothing is recorded of ${inert(name)}.`
    return { text: none, blocks: [{ type: 'section', text: mrkdwn(none) }] }
  }
  const head = `*${inert(name)}*, newest first${more ? `, the last ${rows.length}` : ''}`
  const blocks: KnownBlock[] = [{ type: 'section', text: mrkdwn(head) }]
  for (let at = 0; at < rows.length; at += LINES_PER_BLOCK) {
    const lines = rows.slice(at, at + LINES_PER_BLOCK).map((row) => historyLine(row, ofOneService))
    blocks.push({ type: 'section', text: mrkdwn(lines.join('\n')) })
  }
  return { text: `History of ${escapeText(name)}`, blocks }
}

function historyLine(row: HistoryRow, ofOneService: boolean): string {
  return `${dateToken(row.time)}  ${inertCut(whatHappened(row, ofOneService || row.service === null ? '' : `${row.service}: `), LINE_MAX_CHARS)}`
}

function whatHappened(row: HistoryRow, where: string): string {
  const { kind, type, state, outcome, actor, comment, detail } = row
  const who = actor?.name ?? 'Somebody'
  const said = comment === null ? '' : `: “${comment}”`
  const [first = ''] = (detail ?? '').split('\n', 1)
  switch (kind) {
    case 'notification':
      return `${stateLook(state).emoji} ${where}${type ?? ''} ${stateWord(state)} (${outcome}) ${first}`
    case 'acknowledgement':
      return `${where}${who} acknowledged (${HAND_OVER[outcome] ?? outcome})${said}`
    case 'removal':
      return `${where}${removal(row, first)}`
    case 'refusal':
      return `${where}${who} was refused (${outcome.replaceAll('-', ' ')})`
    case 'delivery':
      return `${where}Slack: ${outcome} ${first}`
    case 'comment':
    case 'downtime':
    case 'rejected':
      return `${where}${kind} ${outcome}${said}`
  }
}

const HAND_OVER: Readonly<Record<string, string>> = {
  requested: 'to be sent',
  not_a_problem: 'the monitor has no problem there',
  not_supported: 'kept here only',
}

/** @param what `acknowledgement of NAME` */
function removal({ actor, through }: HistoryRow, what: string): string {
  if (actor !== null) return `${actor.name} removed the ${what}`
  if (through === 'expiry') return `The ${what} ended: its time was up`
  return 'The acknowledgement ended: the state changed'
}
