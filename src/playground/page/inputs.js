/* Fields a person fills in: input blocks of modals, and selects and pickers anywhere. */

import { person } from './chips.js'
import { el } from './dom.js'
import { mrkdwn, textNodes } from './mrkdwn.js'

let fieldCount = 0

/** An input block: label, field, hint, error. The field's node has `read()` for the value as sent. */
export function inputBlock(block, surface) {
  const id = `field-${++fieldCount}`
  const element = block.element
  const isGroup = element.type === 'radio_buttons' || element.type === 'checkboxes'
  const onChange = block.dispatch_action ? (value) => surface.choose(element.action_id, value) : undefined
  const node = field(element, surface.value(block.block_id, element.action_id), onChange, id)
  const label = [
    ...textNodes(block.label),
    block.optional && el('span', { class: 'optional' }, ' (optional)'),
  ]
  const error = surface.error?.(block.block_id)
  if (error) {
    node.setAttribute('aria-invalid', 'true')
    node.setAttribute('aria-describedby', `${id}-error`)
  }
  return el(
    isGroup ? 'fieldset' : 'div',
    { class: error ? 'block input invalid' : 'block input', data: { block: block.block_id } },
    el(isGroup ? 'legend' : 'label', isGroup ? {} : { for: id }, ...label),
    node,
    error && el('p', { class: 'error', id: `${id}-error`, role: 'alert' }, error),
    block.hint && el('p', { class: 'hint' }, ...textNodes(block.hint)),
  )
}

/**
 * @param element Slack's element
 * @param state what `state.values` holds for it
 * @param onChange called with the value when the person has chosen
 */
export function field(element, state, onChange, id) {
  const node = build(element, state ?? {}, id)
  node.dataset.actionId = element.action_id ?? ''
  if (element.focus_on_load) node.dataset.autofocus = 'true'
  if (onChange) node.addEventListener('change', () => onChange(node.read()))
  return node
}

function build(element, state, id) {
  switch (element.type) {
    case 'static_select':
    case 'external_select':
      return select(element, id, optionsOf(element), state.selected_option?.value)
    case 'users_select':
      return select(element, id, people(), state.selected_user)
    case 'radio_buttons':
      return choices(element, id, 'radio', [state.selected_option?.value])
    case 'checkboxes':
      return choices(
        element,
        id,
        'checkbox',
        (state.selected_options ?? []).map((one) => one.value),
      )
    case 'datepicker':
      return simple(element, id, 'date', state.selected_date)
    case 'timepicker':
      return simple(element, id, 'time', state.selected_time)
    case 'datetimepicker':
      return dateTime(id, state.selected_date_time)
    case 'number_input':
      return simple(element, id, 'text', state.value, 'decimal')
    case 'email_text_input':
      return simple(element, id, 'email', state.value)
    case 'url_text_input':
      return simple(element, id, 'url', state.value)
    case 'plain_text_input':
      return element.multiline ? area(element, id, state.value) : simple(element, id, 'text', state.value)
    default:
      return withRead(el('span', { class: 'unknown' }, `(${element.type})`), () => null)
  }
}

function withRead(node, read) {
  node.read = read
  return node
}

function simple(element, id, type, value, inputmode) {
  const node = el('input', {
    id,
    type,
    value: value ?? '',
    inputmode,
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
  })
  return withRead(node, () => node.value || null)
}

function area(element, id, value) {
  const node = el('textarea', {
    id,
    rows: 3,
    placeholder: element.placeholder?.text,
    maxlength: element.max_length ?? 3000,
  })
  node.value = value ?? ''
  return withRead(node, () => node.value || null)
}

function dateTime(id, seconds) {
  const local = seconds
    ? new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60_000)
    : null
  const node = el('input', {
    id,
    type: 'datetime-local',
    value: local ? local.toISOString().slice(0, 16) : '',
  })
  return withRead(node, () => (node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null))
}

function optionsOf(element) {
  const plain = (option) => ({ value: option.value, label: option.text?.text ?? '' })
  const groups = (element.option_groups ?? []).map((group) => ({
    label: group.label?.text ?? '',
    options: (group.options ?? []).map(plain),
  }))
  return [...(element.options ?? []).map(plain), ...groups]
}

function people() {
  return [...document.querySelectorAll('#person option')].map((one) => ({
    value: one.value,
    label: person(one.value)?.name ?? one.textContent,
  }))
}

function select(element, id, options, chosen) {
  const option = (one) => el('option', { value: one.value, selected: one.value === chosen }, one.label)
  const placeholder = el(
    'option',
    { value: '', selected: chosen === undefined || chosen === null },
    element.placeholder?.text ?? 'Choose an option',
  )
  const nodes = options.map((one) =>
    one.options ? el('optgroup', { label: one.label }, ...one.options.map(option)) : option(one),
  )
  const node = el(
    'select',
    { id, 'aria-label': id ? undefined : (element.placeholder?.text ?? 'Choose an option') },
    placeholder,
    ...nodes,
  )
  return withRead(node, () => node.value || null)
}

function choices(element, id, type, chosen) {
  const name = `choice-${++fieldCount}`
  const boxes = (element.options ?? []).map((option) => {
    const box = el('input', { type, name, value: option.value, checked: chosen.includes(option.value) })
    const words = option.text?.type === 'mrkdwn' ? mrkdwn(option.text.text) : textNodes(option.text)
    const more = option.description && el('small', {}, ...textNodes(option.description))
    return { box, label: el('label', { class: 'choice' }, box, el('span', {}, ...words, more)) }
  })
  const node = el(
    'div',
    { class: 'choices', id, role: type === 'radio' ? 'radiogroup' : 'group' },
    ...boxes.map((one) => one.label),
  )
  return withRead(node, () => {
    const values = boxes.filter((one) => one.box.checked).map((one) => one.box.value)
    return type === 'radio' ? (values[0] ?? null) : values
  })
}
