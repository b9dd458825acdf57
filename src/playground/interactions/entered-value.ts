/* Turns what a person chooses into the form Slack gives it in `state.values` and `actions`. */
import type { JsonObject } from '../json.ts'
import { isObject, objectAt, objectsAt, stringAt } from '../json.ts'

/** What Slack's client would not let a person send; `message` is shown at the field. */
export class NotEntered extends Error {
  readonly blockId: string

  constructor(blockId: string, message: string) {
    super(message)
    this.name = 'NotEntered'
    this.blockId = blockId
  }
}

/**
 * @param value text; an option's value or text (a list of them where many can be chosen); a date `YYYY-MM-DD`, a time
 *   `HH:mm`, epoch seconds; an id. null or '' empties the field
 * @throws Error when the element has no such option or the value does not fit
 */
export function enteredValue(element: JsonObject, value: unknown): JsonObject {
  const type = stringAt(element, 'type') ?? ''
  const isEmpty = value === null || value === undefined || value === ''
  const text = isEmpty ? null : String(value)
  const many = Array.isArray(value) ? value : isEmpty ? [] : [value]
  switch (type) {
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
    case 'overflow':
      return { type, selected_option: isEmpty ? null : optionOf(element, value) }
    case 'checkboxes':
    case 'multi_static_select':
      return { type, selected_options: many.map((one) => optionOf(element, one)) }
    case 'datepicker':
      return { type, selected_date: mustMatch(text, /^\d{4}-\d{2}-\d{2}$/u) }
    case 'timepicker':
      return { type, selected_time: mustMatch(text, /^\d{2}:\d{2}$/u) }
    case 'datetimepicker':
      return { type, selected_date_time: isEmpty ? null : Math.trunc(Number(value)) }
    case 'users_select':
      return { type, selected_user: text }
    case 'conversations_select':
      return { type, selected_conversation: text }
    case 'channels_select':
      return { type, selected_channel: text }
    case 'multi_users_select':
      return { type, selected_users: many.map(String) }
    case 'multi_conversations_select':
      return { type, selected_conversations: many.map(String) }
    case 'multi_channels_select':
      return { type, selected_channels: many.map(String) }
    default:
      return { type, value: text }
  }
}

/** True when nothing is chosen or typed. */
export function isBlank(state: JsonObject): boolean {
  return Object.entries(state).every(
    ([key, value]) => key === 'type' || value === null || (Array.isArray(value) && value.length === 0),
  )
}

function optionOf(element: JsonObject, wanted: unknown): JsonObject {
  const groups = objectsAt(element, 'option_groups')
  const options = [
    ...objectsAt(element, 'options'),
    ...groups.flatMap((group) => objectsAt(group, 'options')),
  ]
  const value = isObject(wanted) ? wanted['value'] : wanted
  const found =
    options.find((option) => option['value'] === value) ??
    options.find((option) => stringAt(objectAt(option, 'text'), 'text') === value)
  if (!found) {
    const known = options.map((option) => String(option['value'])).join(', ')
    throw new Error(`no option ${String(value)} in ${String(element['action_id'])}; there are: ${known}`)
  }
  return found
}

function mustMatch(text: string | null, pattern: RegExp): string | null {
  if (text !== null && !pattern.test(text)) throw new Error(`${text} does not look like ${pattern.source}`)
  return text
}
