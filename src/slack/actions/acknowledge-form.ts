import { checkName } from '../../core/problem.ts'
import { acknowledgeForm as form } from '../views/acknowledge.ts'
import { openForm } from './open-form.ts'
import type { Press } from './press.ts'

/** `Acknowledge…`: opens the form. */
export function acknowledgeForm(press: Press): Promise<string> {
  return openForm(press, {
    action: 'acknowledge',
    title: 'Acknowledge',
    refuse: ({ problem, check }) =>
      problem.closed === null ? null : { why: 'closed', name: checkName(check), closed: problem.closed },
    draw: (view) => form(view, press.parts.abilities(view.check.monitor)),
  })
}
