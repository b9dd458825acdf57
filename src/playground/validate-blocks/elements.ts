/* Text objects and interactive elements. Limits: https://docs.slack.dev/reference/block-kit/block-elements */
import { isObject, objectsAt } from '../json.ts'
import {
  also,
  anything,
  boolean,
  byType,
  type Check,
  type Fields,
  integer,
  list,
  matching,
  object,
  oneOf,
  type Report,
  string,
} from './schema.ts'

const type: Fields = { type: anything }
const actionId: Fields = { action_id: string(1, 255) }
const focus: Fields = { focus_on_load: boolean }
const date = matching(/^\d{4}-\d{2}-\d{2}$/u, 'must be a date in the format YYYY-MM-DD')
const time = matching(/^([01]\d|2[0-3]):[0-5]\d$/u, 'must be a time in the format HH:mm')

export function plainText(max: number): Check {
  return byType({ plain_text: object({ ...type, text: string(1, max) }, { emoji: boolean }) })
}

export function anyText(max: number): Check {
  return byType({
    plain_text: object({ ...type, text: string(1, max) }, { emoji: boolean }),
    mrkdwn: object({ ...type, text: string(1, max) }, { verbatim: boolean }),
  })
}

const confirm = object(
  { title: plainText(100), text: anyText(300) },
  { confirm: plainText(30), deny: plainText(30), style: oneOf('primary', 'danger') },
)

function option(text: Check, more: Fields = {}): Check {
  return object({ text, value: string(1, 75) }, { description: anyText(75), ...more })
}

const selectOption = option(plainText(75))
const choiceOption = option(anyText(75))
const selectGroup = object({ label: plainText(75), options: list(selectOption, 1, 100) })

/** A list and, where it is absent, groups of lists: Slack wants one of the two. */
function selectable(kind: Fields, extra: Fields): Check {
  const shape = object(type, {
    ...actionId,
    ...focus,
    ...kind,
    ...extra,
    placeholder: plainText(150),
    confirm,
    options: list(selectOption, 1, 100),
    option_groups: list(selectGroup, 1, 100),
  })
  return also(shape, (value, pointer, report) => {
    const lists = [value['options'], value['option_groups']].filter((one) => one !== undefined)
    if (lists.length !== 1) report.add('must define either `options` or `option_groups`', pointer)
  })
}

function picker(extra: Fields): Check {
  return object(type, { ...actionId, ...focus, confirm, placeholder: plainText(150), ...extra })
}

function choice(extra: Fields): Check {
  const shape = object(
    { ...type, options: list(choiceOption, 1, 10) },
    { ...actionId, ...focus, confirm, ...extra },
  )
  return also(shape, (value, pointer, report) => {
    const values = objectsAt(value, 'options').map((one) => one['value'])
    if (new Set(values).size !== values.length)
      report.add('option values must be unique', `${pointer}/options`)
    for (const initial of initialOptions(value)) {
      const isKnown = isObject(initial) && values.includes(initial['value'] ?? null)
      if (!isKnown) report.add('initial option is not one of the options', pointer)
    }
  })
}

function initialOptions(value: Record<string, unknown>): unknown[] {
  const many = value['initial_options']
  return Array.isArray(many) ? many : value['initial_option'] === undefined ? [] : [value['initial_option']]
}

const button = object(
  { ...type, text: plainText(75) },
  {
    ...actionId,
    url: string(1, 3000),
    value: string(1, 2000),
    style: oneOf('primary', 'danger'),
    confirm,
    accessibility_label: string(1, 75),
  },
)

const overflow = object(
  { ...type, options: list(option(plainText(75), { url: string(1, 3000) }), 1, 5) },
  { ...actionId, confirm },
)

export const image = also(
  object(
    { ...type, alt_text: string(1, 2000) },
    {
      block_id: string(1, 255),
      title: plainText(2000),
      image_url: string(1, 3000),
      slack_file: object({}, { id: anything, url: anything }),
    },
  ),
  requireImageSource,
)

function requireImageSource(value: Record<string, unknown>, pointer: string, report: Report): void {
  if (value['image_url'] === undefined && value['slack_file'] === undefined) {
    report.add('missing required field: image_url', pointer)
  }
}

const multi: Fields = { max_selected_items: integer(1, 100) }
const dispatch: Fields = {
  dispatch_action_config: object({}, { trigger_actions_on: list(anything, 1, 2) }),
}
const placeholder: Fields = { placeholder: plainText(150) }

/** What may stand in an actions block. */
const interactive: Record<string, Check> = {
  button,
  overflow,
  static_select: selectable({ initial_option: selectOption }, {}),
  multi_static_select: selectable({ initial_options: list(selectOption, 1, 100) }, multi),
  users_select: picker({ initial_user: string(1, 50) }),
  conversations_select: picker({
    initial_conversation: string(1, 50),
    default_to_current_conversation: boolean,
    response_url_enabled: boolean,
    filter: anything,
  }),
  channels_select: picker({ initial_channel: string(1, 50), response_url_enabled: boolean }),
  external_select: picker({ initial_option: selectOption, min_query_length: integer(0, 100) }),
  multi_users_select: picker({ initial_users: list(string(1, 50), 1, 100), ...multi }),
  multi_conversations_select: picker({
    initial_conversations: list(string(1, 50), 1, 100),
    filter: anything,
    ...multi,
  }),
  multi_channels_select: picker({ initial_channels: list(string(1, 50), 1, 100), ...multi }),
  datepicker: picker({ initial_date: date }),
  timepicker: picker({ initial_time: time, timezone: string(1, 100) }),
  datetimepicker: object(type, {
    ...actionId,
    ...focus,
    confirm,
    initial_date_time: integer(1_000_000_000, 9_999_999_999),
  }),
  radio_buttons: choice({ initial_option: choiceOption }),
  checkboxes: choice({ initial_options: list(choiceOption, 1, 10) }),
}

const { button: _button, overflow: _overflow, ...pickers } = interactive

/** What a person fills in; stands in input blocks only. */
const textInputs: Record<string, Check> = {
  plain_text_input: object(type, {
    ...actionId,
    ...focus,
    ...placeholder,
    ...dispatch,
    initial_value: string(0, 3000),
    multiline: boolean,
    min_length: integer(0, 3000),
    max_length: integer(1, 3000),
  }),
  email_text_input: object(type, {
    ...actionId,
    ...focus,
    ...placeholder,
    ...dispatch,
    initial_value: string(0, 3000),
  }),
  url_text_input: object(type, {
    ...actionId,
    ...focus,
    ...placeholder,
    ...dispatch,
    initial_value: string(0, 3000),
  }),
  number_input: object(
    { ...type, is_decimal_allowed: boolean },
    {
      ...actionId,
      ...focus,
      ...placeholder,
      ...dispatch,
      initial_value: anything,
      min_value: anything,
      max_value: anything,
    },
  ),
}

export const actionElement = byType(interactive)
export const accessory = byType({ ...interactive, image })
export const inputElement = byType({ ...pickers, ...textInputs })
export const contextElement = byType({
  image,
  plain_text: anyText(3000),
  mrkdwn: anyText(3000),
})
