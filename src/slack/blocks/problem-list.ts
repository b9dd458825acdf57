import type { KnownBlock, SectionBlock } from '@slack/types'
import type { Acknowledgement } from '../../core/acknowledgement.ts'
import { cutChars } from '../../core/output-preview.ts'
import type { ProblemCounts } from '../../core/ports.ts'
import { checkName, type ProblemView } from '../../core/problem.ts'
import { ACTION, encodeMany, type Many } from '../ids.ts'
import { button } from './card.ts'
import type { ReplyMessage } from './reply.ts'
import { stateLook, stateWord } from './state.ts'
import { context, dateToken, inert, inertCut, mrkdwn, plain } from './text.ts'

/** Problems shown in one private list: a message may have 50 blocks. */
export const LIST_MAX = 20
/** Of each problem in a list; all of them together have to fit into one message. */
const ROW_NAME_MAX_CHARS = 160
const ROW_OUTPUT_MAX_CHARS = 120
/** Problems that one button acknowledges. */
export const MANY_MAX = 40

/**
 * Answers `/problems`: how many of what, then the worst.
 *
 * @param what in words, what was asked for; null when everything was
 */
export function problemList(
  counts: ProblemCounts,
  views: readonly ProblemView[],
  what: string | null,
): ReplyMessage {
  if (views.length === 0) {
    const sentence =
      what === null ? 'Nothing is open. 🟢' : `Nothing open matches “${inertCut(what, 200)}”. 🟢`
    return { text: sentence, blocks: [{ type: 'section', text: mrkdwn(sentence) }] }
  }
  const parts = counts.byState.map(
    ({ state, open }) => `${stateLook(state).emoji} ${open} ${stateWord(state)}`,
  )
  const head = `*${counts.open} open*, ${counts.untaken} that nobody has:  ${parts.join('   ')}`
  const blocks: KnownBlock[] = [{ type: 'section', text: mrkdwn(head) }, ...views.slice(0, LIST_MAX).map(row)]
  const hidden = counts.open - Math.min(views.length, LIST_MAX)
  if (hidden > 0)
    blocks.push(
      context(
        plain(`${hidden} more. Name a host or add unacked, critical, warning, down or mine to see fewer.`),
      ),
    )
  return { text: `${counts.open} open, ${counts.untaken} that nobody has`, blocks }
}

function row(view: ProblemView): SectionBlock {
  const { problem } = view
  const section: SectionBlock = { type: 'section', text: mrkdwn(rowText(view)) }
  return problem.acknowledgement === null && problem.closed === null
    ? { ...section, accessory: button(ACTION.acknowledge, 'Acknowledge', problem.id) }
    : section
}

/** A row of a list in a form, which is drawn anew when its button was pressed. */
export function listedRow(view: ProblemView): SectionBlock {
  const section = row(view)
  return section.accessory === undefined
    ? section
    : { ...section, accessory: button(ACTION.acknowledgeListed, 'Acknowledge', view.problem.id) }
}

function rowText({ problem, check, tally }: ProblemView): string {
  const held = problem.acknowledgement
  const [first = ''] = tally.output.split('\n', 1)
  const who =
    held === null
      ? ''
      : `\n${inert(held.by.name)} has it${held.until === null ? '' : `, until ${dateToken(held.until)}`}${inert(standing(held, check.monitor))}`
  const said = first === '' ? '' : `\n${inertCut(first, ROW_OUTPUT_MAX_CHARS)}`
  return `${stateLook(problem.state).emoji} *${stateWord(problem.state)}*  ${inertCut(checkName(check), ROW_NAME_MAX_CHARS)}  (${inert(check.monitor)}) since ${dateToken(problem.opened)}${said}${who}`
}

/** How far it is true in the monitor, where that is in doubt. */
function standing({ handOver, reason, ending }: Acknowledgement, monitor: string): string {
  const what = ending === null ? 'not' : 'still'
  const failed = ending === null ? handOver === 'failed' : ending.handOver === 'failed'
  const why = ending === null ? reason : ending.reason
  if (failed) return `. ❌ FAILED, ${what} in ${monitor}: ${cutChars(why ?? '', 150)}`
  if (ending !== null) return `, until ${monitor} has it removed`
  return handOver === 'requested' ? `, sending to ${monitor} …` : ''
}

/** Adds, below a list, what makes it perhaps untrue. */
export function withTrouble(list: ReplyMessage, trouble: readonly string[]): ReplyMessage {
  if (trouble.length === 0) return list
  return {
    ...list,
    blocks: [...list.blocks, context(plain(trouble.map((one) => `⚠️ ${one}`).join('\n'), 1000))],
  }
}

/**
 * Asks which of several problems is meant, or all.
 *
 * @param total how many matched; the views may be the first of them
 * @param asked what was typed; null when nothing was
 * @param many what each choice carries; `note` is said of it
 */
export function whichList(
  views: readonly ProblemView[],
  total: number,
  asked: string | null,
  { note, ...many }: Omit<Many, 'problems'> & { readonly note: string },
): ReplyMessage {
  const sentence =
    asked === null
      ? `Nobody has ${total === 1 ? 'this problem' : `these ${total} problems`}. Which one do you take?`
      : `“${inertCut(asked, 200)}” matches ${total} open problems. Which one?${note}`
  const free = views.filter(({ problem }) => problem.acknowledgement === null)
  const value =
    total <= MANY_MAX && free.length > 1
      ? encodeMany({ ...many, problems: free.map(({ problem }) => problem.id) })
      : null
  const all: KnownBlock[] =
    value === null
      ? []
      : [
          {
            type: 'actions',
            elements: [button(ACTION.acknowledgeMany, `Acknowledge all ${free.length}`, value)],
          },
        ]
  const hidden = total - Math.min(views.length, LIST_MAX)
  const more: KnownBlock[] =
    hidden > 0 ? [context(plain(`${hidden} more. Name the host or service more closely to see fewer.`))] : []
  return {
    text: sentence,
    blocks: [
      { type: 'section', text: mrkdwn(sentence) },
      ...views.slice(0, LIST_MAX).map((view) => whichRow(view, many)),
      ...more,
      ...all,
    ],
  }
}

/** A single choice carries the comment and the end that were typed. */
function whichRow(view: ProblemView, many: Omit<Many, 'problems'>): SectionBlock {
  const section = row(view)
  if (view.problem.acknowledgement !== null || (many.comment === null && many.until === null)) return section
  const value = encodeMany({ ...many, problems: [view.problem.id] })
  return value === null
    ? section
    : { ...section, accessory: button(ACTION.acknowledgeMany, 'Acknowledge', value) }
}
