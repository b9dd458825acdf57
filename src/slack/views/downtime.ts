import type { ModalView } from '@slack/types'
import type { ProblemView } from '../../core/problem.ts'
import { stateLook } from '../blocks/state.ts'
import { plain } from '../blocks/text.ts'
import { VIEW } from '../ids.ts'
import { ENDS, type FormMemory, fields, label } from './acknowledge.ts'

/** A downtime ends at a time and not with the problem. */
const SPANS = ENDS.filter(([, value]) => value !== 'none')

/** The form behind `Downtime…`: how long, and why. It begins at once. */
export function downtimeForm(view: ProblemView): ModalView {
  return {
    type: 'modal',
    callback_id: VIEW.downtime,
    private_metadata: JSON.stringify({ problem: view.problem.id } satisfies FormMemory),
    title: plain('Downtime'),
    submit: plain('Set downtime'),
    close: plain('Cancel'),
    blocks: [
      {
        type: 'section',
        text: plain(
          `${stateLook(view.problem.state).emoji} ${label(view)}: ${view.check.monitor} notifies nobody of it until the end.`,
        ),
      },
      ...fields(SPANS, 'Shown on the card and kept in the monitor and in the history.'),
    ],
  }
}
