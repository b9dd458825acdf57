import { checkName } from '../../core/problem.ts'
import type { Refusal } from '../../core/refusal.ts'
import { sentenceView } from '../views/acknowledge.ts'
import { downtimeForm as form } from '../views/downtime.ts'
import { refusalSentence } from '../words.ts'
import { FORM_NOT_OPENED, type Press } from './press.ts'

/** `Downtime…`: opens the form. */
export async function downtimeForm(press: Press): Promise<string> {
  const { parts, acting, value, triggerId, client } = press
  const looked = await parts.lookUp(acting, 'button', (queries) => queries.problem(value), {
    action: 'downtime',
    problem: value,
  })
  const view = looked.kind === 'seen' ? looked.answer : null
  const refusal: Refusal | null =
    looked.kind === 'refused'
      ? looked.refusal
      : view === null
        ? { why: 'problem-unknown' }
        : parts.abilities(view.check.monitor).downtime
          ? null
          : { why: 'no-downtime', name: checkName(view.check), monitor: view.check.monitor }
  const shown =
    refusal !== null || view === null
      ? sentenceView(refusalSentence(refusal ?? { why: 'problem-unknown' }), 'Downtime')
      : form(view)
  try {
    await client.views.open({ trigger_id: triggerId, view: shown })
  } catch (error) {
    parts.log.warn({ err: error }, 'Slack did not open the form.')
    return FORM_NOT_OPENED
  }
  return refusal === null ? 'form' : 'refused'
}
