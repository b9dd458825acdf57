import type { KnownBlock } from '@slack/types'
import type { HistoryRow } from '../../core/history.ts'
import { cutChars } from '../../core/output-preview.ts'
import { inert } from './problem-list.ts'
import type { ReplyMessage } from './reply.ts'
import { stateLook, stateWord } from './state.ts'
import { dateToken, mrkdwn } from './text.ts'

/** Lines of history in one private answer. */
export const HISTORY_SHOWN = 20
/** Lines in one block, so that none gets longer than Slack takes. */
const LINES_PER_BLOCK = 8

/** Answers `/history`: what happened to a check, newest first. */
export function historyList(name: string, rows: readonly HistoryRow[], more: boolean): ReplyMessage {
  if (rows.length === 0) {
    const none = `Nothing is recorded of ${inert(name)}.`
    return { text: none, blocks: [{ type: 'section', text: mrkdwn(none) }] }
  }
  const head = `*${inert(name)}*, newest first${more ? `, the last ${rows.length}` : ''}`
  const blocks: KnownBlock[] = [{ type: 'section', text: mrkdwn(head) }]
  for (let at = 0; at < rows.length; at += LINES_PER_BLOCK) {
    const lines = rows.slice(at, at + LINES_PER_BLOCK).map(historyLine)
    blocks.push({ type: 'section', text: mrkdwn(lines.join('\n')) })
  }
  return { text: `History of ${name}`, blocks }
}

function historyLine(row: HistoryRow): string {
  return `${dateToken(row.time)}  ${inert(cutChars(whatHappened(row), 250))}`
}

function whatHappened({ kind, type, state, outcome, actor, comment, detail, service }: HistoryRow): string {
  const who = actor?.name ?? 'Somebody'
  const where = service === null ? '' : `${service}: `
  const said = comment === null ? '' : `: “${comment}”`
  const [first = ''] = (detail ?? '').split('\n', 1)
  switch (kind) {
    case 'notification':
      return `${stateLook(state).emoji} ${where}${type ?? ''} ${stateWord(state)} (${outcome}) ${first}`
    case 'acknowledgement':
      return `${where}${who} acknowledged (${outcome.replaceAll('_', ' ')})${said}`
    case 'removal':
      return `${where}${actor === null ? 'The acknowledgement ended' : `${who} removed the acknowledgement`} (${first || outcome})`
    case 'refusal':
      return `${where}${who} was refused (${outcome})`
    case 'delivery':
      return `${where}Slack: ${outcome} ${first}`
    case 'comment':
    case 'downtime':
    case 'rejected':
      return `${where}${kind} ${outcome}${said}`
  }
}
