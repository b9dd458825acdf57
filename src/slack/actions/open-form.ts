import type { ModalView } from '@slack/types'
import type { Action } from '../../core/permit.ts'
import type { ProblemView } from '../../core/problem.ts'
import type { Refusal } from '../../core/refusal.ts'
import { sentenceView } from '../views/acknowledge.ts'
import { refusalSentence } from '../words.ts'
import { FORM_NOT_OPENED, type Press } from './press.ts'

/** A form about one problem. */
export type Form = {
  /** What it takes the right to. */
  readonly action: Action
  /** What stands above a sentence that is shown instead. */
  readonly title: string
  /** @returns why this problem gets no such form; null when it does */
  readonly refuse: (view: ProblemView) => Refusal | null
  readonly draw: (view: ProblemView) => ModalView
}

/** Opens a form about the problem of a press, or says why not. Its trigger lives three seconds, so it is opened at once. */
export async function openForm(press: Press, { action, title, refuse, draw }: Form): Promise<string> {
  const { parts, acting, value, triggerId, client } = press
  const purpose = { action, problem: value }
  const looked = await parts.lookUp(acting, 'button', (queries) => queries.problem(value), purpose)
  const view = looked.kind === 'seen' ? looked.answer : null
  const refusal = looked.kind === 'refused' ? looked.refusal : view === null ? UNKNOWN : refuse(view)
  const shown =
    refusal !== null || view === null ? sentenceView(refusalSentence(refusal ?? UNKNOWN), title) : draw(view)
  try {
    await client.views.open({ trigger_id: triggerId, view: shown })
  } catch (error) {
    parts.log.warn({ err: error }, 'Slack did not open the form.')
    return FORM_NOT_OPENED
  }
  return refusal === null ? 'form' : 'refused'
}

const UNKNOWN: Refusal = { why: 'problem-unknown' }
