import { randomBytes } from 'node:crypto'
import { type Json, type JsonObject, objectAt, objectsAt, stringAt } from './json.ts'
import { newId, type Workspace } from './workspace.ts'

/** A modal or a Home tab that the app opened for `user`. */
export type View = {
  id: string
  user: string
  type: 'modal' | 'home'
  /** As the app sent it, with Slack's defaults filled in. */
  definition: JsonObject
  blocks: JsonObject[]
  hash: string
  rootViewId: string
  previousViewId?: string
  externalId: string
  privateMetadata: string
  callbackId: string
  /** What the person has entered: block id, then action id. */
  values: Record<string, Record<string, JsonObject>>
  /** Sentences of `response_action: errors`, by block id. */
  errors: Record<string, string>
  /** What Slack itself says when the app did not answer as it should. */
  trouble?: string
}

/** Slack allows three modals on top of each other. */
export const viewsInStackMax = 3

/** Element types whose value appears in `state.values`. */
const inputTypes = new Set([
  'plain_text_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'static_select',
  'external_select',
  'users_select',
  'conversations_select',
  'channels_select',
  'multi_static_select',
  'multi_users_select',
  'multi_conversations_select',
  'multi_channels_select',
  'radio_buttons',
  'checkboxes',
  'datepicker',
  'timepicker',
  'datetimepicker',
  'rich_text_input',
])

export function isInput(element: JsonObject): boolean {
  return inputTypes.has(stringAt(element, 'type') ?? '')
}

/** Builds a view out of a validated definition; `previous` is the view below it in the stack. */
export function createView(
  workspace: Workspace,
  user: string,
  definition: JsonObject,
  previous?: View | undefined,
): View {
  const id = newId('V')
  const blocks = objectsAt(definition, 'blocks')
  const view: View = {
    id,
    user,
    type: definition['type'] === 'home' ? 'home' : 'modal',
    definition,
    blocks,
    hash: newHash(workspace),
    rootViewId: previous?.rootViewId ?? id,
    externalId: stringAt(definition, 'external_id') ?? '',
    privateMetadata: stringAt(definition, 'private_metadata') ?? '',
    callbackId: stringAt(definition, 'callback_id') ?? '',
    values: valuesOf(blocks, {}),
    errors: {},
  }
  if (previous) view.previousViewId = previous.id
  return view
}

/** Replaces a view's content in place. What was entered stays where block and action ids stay, as in Slack. */
export function replaceView(workspace: Workspace, view: View, definition: JsonObject): void {
  const blocks = objectsAt(definition, 'blocks')
  view.definition = definition
  view.values = valuesOf(blocks, view.values)
  view.blocks = blocks
  view.hash = newHash(workspace)
  view.externalId = stringAt(definition, 'external_id') ?? view.externalId
  view.privateMetadata = stringAt(definition, 'private_metadata') ?? ''
  view.callbackId = stringAt(definition, 'callback_id') ?? ''
  view.errors = {}
  delete view.trouble
}

/** Finds an open modal or a Home tab by its id. */
export function findView(workspace: Workspace, viewId: string): View | undefined {
  return everyView(workspace).find((view) => view.id === viewId)
}

export function everyView(workspace: Workspace): View[] {
  return [...[...workspace.stacks.values()].flat(), ...workspace.homes.values()]
}

/** Takes one view off the user's screen. */
export function closeOne(workspace: Workspace, view: View): void {
  const stack = workspace.stacks.get(view.user) ?? []
  workspace.stacks.set(
    view.user,
    stack.filter((one) => one !== view),
  )
  workspace.changed()
}

export function closeAll(workspace: Workspace, user: string): void {
  workspace.stacks.delete(user)
  workspace.changed()
}

/** The view as Slack sends it, in answers and payloads. */
export function viewForApp(workspace: Workspace, view: View): JsonObject {
  const { teamId, appId, botId } = workspace.identity
  const { definition } = view
  return {
    id: view.id,
    team_id: teamId,
    type: view.type,
    blocks: view.blocks,
    private_metadata: view.privateMetadata,
    callback_id: view.callbackId,
    state: { values: view.values },
    hash: view.hash,
    title: definition['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
    clear_on_close: definition['clear_on_close'] === true,
    notify_on_close: definition['notify_on_close'] === true,
    close: definition['close'] ?? null,
    submit: definition['submit'] ?? null,
    previous_view_id: view.previousViewId ?? null,
    root_view_id: view.rootViewId,
    app_id: appId,
    external_id: view.externalId,
    app_installed_team_id: teamId,
    bot_id: botId,
  }
}

/** Every element of the blocks that a person can set, with the id of its block. */
export function inputsOf(blocks: JsonObject[]): { block: JsonObject; element: JsonObject }[] {
  return blocks.flatMap((block) =>
    elementsOf(block)
      .filter(isInput)
      .map((element) => ({ block, element })),
  )
}

/** Every interactive element of a block: of actions, the accessory of a section, the element of an input. */
export function elementsOf(block: JsonObject): JsonObject[] {
  const single = objectAt(block, 'accessory') ?? objectAt(block, 'element')
  const type = stringAt(block, 'type')
  return [...(type === 'actions' ? objectsAt(block, 'elements') : []), ...(single ? [single] : [])]
}

function valuesOf(blocks: JsonObject[], kept: View['values']): View['values'] {
  const values = new Map<string, Record<string, JsonObject>>()
  for (const { block, element } of inputsOf(blocks)) {
    const blockId = stringAt(block, 'block_id') ?? ''
    const actionId = stringAt(element, 'action_id') ?? ''
    const old = kept[blockId]?.[actionId]
    const type = stringAt(element, 'type')
    const value = old && old['type'] === type ? old : initialValue(element)
    values.set(blockId, { ...values.get(blockId), [actionId]: value })
  }
  return Object.fromEntries(values)
}

/** The state of an element that nobody has touched. */
export function initialValue(element: JsonObject): JsonObject {
  const type = stringAt(element, 'type') ?? ''
  const initial = (key: string): Json => element[key] ?? null
  switch (type) {
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: initial('initial_option') }
    case 'checkboxes':
    case 'multi_static_select':
      return { type, selected_options: element['initial_options'] ?? [] }
    case 'datepicker':
      return { type, selected_date: initial('initial_date') }
    case 'timepicker':
      return { type, selected_time: initial('initial_time') }
    case 'datetimepicker':
      return { type, selected_date_time: initial('initial_date_time') }
    case 'users_select':
      return { type, selected_user: initial('initial_user') }
    case 'conversations_select':
      return { type, selected_conversation: initial('initial_conversation') }
    case 'channels_select':
      return { type, selected_channel: initial('initial_channel') }
    case 'multi_users_select':
      return { type, selected_users: element['initial_users'] ?? [] }
    case 'multi_conversations_select':
      return { type, selected_conversations: element['initial_conversations'] ?? [] }
    case 'multi_channels_select':
      return { type, selected_channels: element['initial_channels'] ?? [] }
    default:
      return { type, value: initial('initial_value') }
  }
}

function newHash(workspace: Workspace): string {
  return `${Math.floor(workspace.now() / 1000)}.${randomBytes(4).toString('hex')}`
}
