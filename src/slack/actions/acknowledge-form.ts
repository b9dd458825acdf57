import { checkName } from '../../core/problem.ts'
import type { Refusal } from '../../core/refusal.ts'
import { acknowledgeForm as form, sentenceView } from '../views/acknowledge.ts'
import { refusalSentence } from '../words.ts'
import { FORM_NOT_OPENED, type Press } from './press.ts'

/** `Acknowledge…`: opens the form. Its trigger lives three seconds, so the form is opened at once. */
export async function acknowledgeForm(press: Press): Promise<string> {
  const { parts, acting, value, triggerId, client } = press
  const looked = await parts.lookUp(acting, 'button', (queries) => queries.problem(value), {
    action: 'acknowledge',
    problem: value,
  })
  const view = looked.kind === 'seen' ? looked.answer : null
  const refusal: Refusal | null =
    looked.kind === 'refused'
      ? looked.refusal
      : view === null
        ? { why: 'problem-unknown' }
        : view.problem.closed !== null
          ? { why: 'closed', name: checkName(view.check), closed: view.problem.closed }
          : null
  const shown =
    refusal !== null || view === null
      ? sentenceView(refusalSentence(refusal ?? { why: 'problem-unknown' }))
      : form(view, parts.abilities(view.check.monitor))
  try {
    await client.views.open({ trigger_id: triggerId, view: shown })
  } catch (error) {
    parts.log.warn({ err: error }, 'Slack did not open the form.')
    return FORM_NOT_OPENED
  }
  return refusal === null ? 'form' : 'refused'
}
