import type { ModalView, PlainTextOption } from '@slack/types'
import { cutChars } from '../../core/output-preview.ts'
import { checkName, type ProblemView } from '../../core/problem.ts'
import { stateLook, stateWord } from '../blocks/state.ts'
import { mrkdwn, plain } from '../blocks/text.ts'
import { BLOCK, VIEW } from '../ids.ts'
import type { AbilitiesOf } from '../surface.ts'

/** Characters of a modal's title. https://docs.slack.dev/surfaces/modals */
const OPTION_MAX_CHARS = 75
/** Options of one menu. */
const OPTIONS_MAX = 100

/** Ends offered by one tap; the value is read by `parseWhen`. */
export const ENDS: readonly (readonly [label: string, value: string])[] = [
  ['Until it recovers', 'none'],
  ['For 30 minutes', 'for 30m'],
  ['For 1 hour', 'for 1h'],
  ['For 2 hours', 'for 2h'],
  ['For 4 hours', 'for 4h'],
  ['For 8 hours', 'for 8h'],
  ['Until tomorrow 9:00', 'until tomorrow 9:00'],
  ['For 7 days', 'for 7d'],
]

/** What a form of ours remembers: which problem, and where to answer. */
export type FormMemory = { readonly problem: string }

/** The form behind `Acknowledge…`: comment and end. */
export function acknowledgeForm(view: ProblemView, offered: ReturnType<AbilitiesOf>): ModalView {
  return {
    type: 'modal',
    callback_id: VIEW.acknowledge,
    private_metadata: JSON.stringify({ problem: view.problem.id } satisfies FormMemory),
    title: plain('Acknowledge'),
    submit: plain('Acknowledge'),
    close: plain('Cancel'),
    blocks: [
      { type: 'section', text: plain(`${stateLook(view.problem.state).emoji} ${label(view)}`) },
      ...fields(ENDS, told(offered, view.check.monitor)),
      ...choices(offered),
    ],
  }
}

function told(offered: ReturnType<AbilitiesOf>, monitor: string): string {
  const isTold = offered.sticky || offered.persistent || offered.notify
  return `Shown on the card, kept in the history${isTold ? `, and written into ${monitor}` : ''}.`
}

/** What else the monitor can do with an acknowledgement; nothing where it can do nothing. */
const CHOICES: readonly (readonly [name: 'sticky' | 'persistent' | 'notify', label: string, what: string])[] =
  [
    ['sticky', 'Keep it until it recovers', 'Otherwise it ends with the next change of state.'],
    [
      'persistent',
      'Keep the comment afterwards',
      'The comment stays in the monitor when the problem is over.',
    ],
    ['notify', 'Tell its other contacts', 'The monitor notifies everybody it would notify of the problem.'],
  ]

function choices(offered: ReturnType<AbilitiesOf>): ModalView['blocks'] {
  const options = CHOICES.filter(([name]) => offered[name]).map(([name, label, what]) => ({
    text: plain(label),
    description: plain(what, OPTION_MAX_CHARS),
    value: name,
  }))
  if (options.length === 0) return []
  const initial = options.filter(({ value }) => value === 'sticky')
  return [
    {
      type: 'input',
      block_id: BLOCK.options,
      optional: true,
      label: plain('In the monitor'),
      element: {
        type: 'checkboxes',
        action_id: BLOCK.options,
        options,
        ...(initial.length === 0 ? {} : { initial_options: initial }),
      },
    },
  ]
}

/** The form behind `/ack` alone: which problem, comment and end. */
export function pickForm(views: readonly ProblemView[], total: number): ModalView {
  const options: PlainTextOption[] = views
    .slice(0, OPTIONS_MAX)
    .map((view) => ({ text: plain(label(view), OPTION_MAX_CHARS), value: view.problem.id }))
  const hidden = total - options.length
  return {
    type: 'modal',
    callback_id: VIEW.pick,
    title: plain('Acknowledge'),
    submit: plain('Acknowledge'),
    close: plain('Cancel'),
    blocks: [
      {
        type: 'input',
        block_id: BLOCK.problem,
        label: plain('Problem'),
        element: {
          type: 'static_select',
          action_id: BLOCK.problem,
          options,
          placeholder: plain('Choose one'),
        },
        ...(hidden > 0 ? { hint: plain(`The worst ${options.length} of ${total} that nobody has.`) } : {}),
      },
      ...fields(),
    ],
  }
}

export function label({ problem, check }: ProblemView): string {
  return cutChars(`${stateWord(problem.state)}  ${checkName(check)}`, 150)
}

export function fields(
  ends = ENDS,
  hint = 'Shown on the card and kept in the history.',
): ModalView['blocks'] {
  const options = ends.map(([name, value]) => ({ text: plain(name), value }))
  const [initial] = options
  return [
    {
      type: 'input',
      block_id: BLOCK.comment,
      optional: true,
      label: plain('Comment'),
      element: {
        type: 'plain_text_input',
        action_id: BLOCK.comment,
        multiline: true,
        max_length: 1000,
        focus_on_load: false,
      },
      hint: plain(hint),
    },
    {
      type: 'input',
      block_id: BLOCK.duration,
      label: plain('How long'),
      element: {
        type: 'static_select',
        action_id: BLOCK.duration,
        options,
        ...(initial === undefined ? {} : { initial_option: initial }),
      },
    },
    {
      type: 'input',
      block_id: BLOCK.until,
      optional: true,
      label: plain('Or until a time of your own'),
      element: {
        type: 'plain_text_input',
        action_id: BLOCK.until,
        max_length: 60,
        placeholder: plain('14:00, tomorrow 9:00, friday 17:00'),
      },
    },
  ]
}

/** Asks, in the form's place, whether to take a problem from the one who has it. */
export function takeOverForm(sentence: string, memory: string): ModalView {
  return {
    type: 'modal',
    callback_id: VIEW.takeOver,
    private_metadata: memory,
    title: plain('Take over?'),
    submit: plain('Take over'),
    close: plain('Leave it'),
    blocks: [{ type: 'section', text: mrkdwn(sentence) }],
  }
}

/** Shows one sentence in a form's place. */
export function sentenceView(sentence: string, title = 'Acknowledge'): ModalView {
  return {
    type: 'modal',
    title: plain(title),
    close: plain('Close'),
    blocks: [{ type: 'section', text: mrkdwn(sentence) }],
  }
}
