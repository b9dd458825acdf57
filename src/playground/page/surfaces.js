/* What happens when a person presses or chooses something in a message or a view. */

import { toast } from './dom.js'
import { act } from './server.js'

function surface(target, values, errors = {}) {
  return {
    press: (actionId) => perform('click', { ...target, actionId }),
    choose: (actionId, value) => perform('select', { ...target, actionId, value }),
    value: (blockId, actionId) => values?.[blockId]?.[actionId] ?? initial(blockId, actionId, target),
    error: (blockId) => errors[blockId],
  }
}

/** Elements of messages that nobody touched show what their definition says. */
function initial(blockId, actionId, target) {
  for (const block of target.definition ?? []) {
    if (block.block_id !== blockId) continue
    const all = [...(block.elements ?? []), block.accessory, block.element].filter(Boolean)
    const element = all.find((one) => one.action_id === actionId)
    if (!element) continue
    return {
      selected_option: element.initial_option,
      selected_options: element.initial_options,
      selected_date: element.initial_date,
      selected_time: element.initial_time,
      selected_date_time: element.initial_date_time,
      selected_user: element.initial_user,
      value: element.initial_value,
    }
  }
  return undefined
}

async function perform(name, { definition: _definition, ...body }) {
  const answer = await act(name, body)
  if (answer.error) toast(`The app did not respond as Slack wants it to: ${answer.error}`)
}

export function messageSurface(message, channel) {
  const definition = [...message.blocks, ...message.attachments.flatMap((one) => one.blocks ?? [])]
  const target = message.kind === 'ephemeral' ? { ephemeral: message.ts } : { channel, ts: message.ts }
  return surface({ ...target, definition }, message.values)
}

export function viewSurface(view, errors) {
  return surface({ viewId: view.id }, view.values, errors)
}
