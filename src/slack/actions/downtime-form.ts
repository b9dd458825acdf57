import { checkName } from '../../core/problem.ts'
import { downtimeForm as form } from '../views/downtime.ts'
import { openForm } from './open-form.ts'
import type { Press } from './press.ts'

/** `Downtime…`: opens the form. */
export function downtimeForm(press: Press): Promise<string> {
  return openForm(press, {
    action: 'downtime',
    title: 'Downtime',
    refuse: ({ check }) =>
      press.parts.abilities(check.monitor).downtime
        ? null
        : { why: 'no-downtime', name: checkName(check), monitor: check.monitor },
    draw: form,
  })
}
