import type { KnownBlock, ModalView } from '@slack/types'
import type { StormScope } from '../../core/ports.ts'
import type { ProblemView } from '../../core/problem.ts'
import { button } from '../blocks/card.ts'
import { listedRow } from '../blocks/problem-list.ts'
import { context, inert, mrkdwn, number, plain } from '../blocks/text.ts'
import { ACTION, VIEW } from '../ids.ts'
import { ENDS, fields } from './acknowledge.ts'

/** Problems on one page of the list. */
export const PAGE = 20

/** The card of a storm has no room for what is said of its problems. */
const KEPT = 'Kept in the history of each, and written into its monitor where there is a way.'

/** What the form remembers. */
export type StormMemory = StormScope & {
  readonly problem: string
  /** Problems that it said were nobody's. */
  readonly untaken: number
  /** Where Slack takes private answers to the press that opened it. */
  readonly replyTo: string | null
}

/** The form behind `Acknowledge all…` and `Acknowledge by host…`. */
export function stormForm(scope: StormScope, untaken: number, replyTo: string | null): ModalView {
  const memory: StormMemory = { ...scope, problem: scope.storm, untaken, replyTo }
  const where = scope.host === null ? 'of this storm' : `of ${inert(scope.host)}`
  const sentence = `You take *${number(untaken)} ${untaken === 1 ? 'problem' : 'problems'}* ${where} that nobody has. What others have stays theirs. The card says how far it got.`
  return {
    type: 'modal',
    callback_id: VIEW.acknowledgeStorm,
    private_metadata: JSON.stringify(memory),
    title: plain('Acknowledge all'),
    submit: plain('Acknowledge all'),
    close: plain('Cancel'),
    blocks: [{ type: 'section', text: mrkdwn(sentence) }, ...fields(ENDS, KEPT)],
  }
}

/** What the list remembers: whose it is, and how many come before. */
export type ListMemory = { readonly storm: string; readonly offset: number }

/** What is on a page of the list. */
export type ListPage = {
  readonly shown: readonly ProblemView[]
  /** Problems of the page, also those that the person may not see. */
  readonly count: number
  readonly hasNext: boolean
}

/** A page of a storm's open problems, for one person. */
export function stormList(memory: ListMemory, { shown, count, hasNext }: ListPage, open: number): ModalView {
  const { storm, offset } = memory
  const turns = [
    ...(offset > 0 ? [turn('Back', storm, Math.max(0, offset - PAGE))] : []),
    ...(hasNext ? [turn('Next', storm, offset + PAGE)] : []),
  ]
  const part = turns.length === 0 ? '' : `${number(offset + 1)} to ${number(offset + count)} of `
  const where =
    count === 0
      ? 'Nothing more is open. 🟢'
      : `${part}${number(open)} open, worst first${hidden(count - shown.length)}`
  const blocks: KnownBlock[] = [
    context(plain(where)),
    ...shown.map(listedRow),
    ...(turns.length > 0 ? [{ type: 'actions', elements: turns } as const] : []),
  ]
  return {
    type: 'modal',
    private_metadata: JSON.stringify(memory),
    title: plain('Storm'),
    close: plain('Close'),
    blocks,
  }
}

function hidden(count: number): string {
  return count === 0 ? '' : `; ${count} of them you may not see`
}

function turn(label: string, storm: string, offset: number) {
  const id = label === 'Back' ? ACTION.turnBack : ACTION.turnPage
  return button(id, label, JSON.stringify({ storm, offset } satisfies ListMemory))
}
