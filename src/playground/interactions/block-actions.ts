/* A person presses a button or chooses something, in a message, an ephemeral message or a view. */
import { type JsonObject, objectsAt, stringAt } from '../json.ts'
import type { Site } from '../site.ts'
import { elementsOf, findView, initialValue, inputsOf, type View, viewForApp } from '../views.ts'
import { messageForApp } from '../web-api/shape.ts'
import type { Ephemeral, Message, Workspace } from '../workspace.ts'
import { enteredValue } from './entered-value.ts'
import { channelName, commonFields } from './envelope-fields.ts'
import type { Answer, PostOffice } from './post-office.ts'

/** Where the element is. */
export type Target = { channel: string; ts: string } | { viewId: string } | { ephemeral: string }

/** Which button: by its text, its action id, or its place among the buttons. */
export type ButtonChoice = { text?: string; actionId?: string; index?: number }

type Place =
  | { kind: 'view'; view: View; blocks: Part[] }
  | { kind: 'message'; message: Message; blocks: Part[] }
  | { kind: 'ephemeral'; message: Ephemeral; blocks: Part[] }

/** A block, with the number of its attachment when it stands in one. */
type Part = { block: JsonObject; attachmentId?: number }
type Chosen = { part: Part; element: JsonObject }

/** What people chose in messages, which Slack sends along with every later action there. */
export type MessageValues = Map<string, Record<string, Record<string, JsonObject>>>

/** Messages in which choices are remembered; the oldest is forgotten first. */
const messageValuesMax = 1_000

export type Stage = { site: Site; office: PostOffice; messageValues: MessageValues }

/**
 * Presses a button.
 *
 * @param triggerId uses this trigger instead of a new one, to repeat an interaction
 * @throws Error when the target or the button is not there
 */
export function click(
  stage: Stage,
  user: string,
  target: Target,
  choice: ButtonChoice,
  triggerId?: string,
): Promise<Answer> {
  const place = find(stage.site.workspace, user, target)
  const buttons = chosenIn(place).filter(({ element }) => element['type'] === 'button')
  const wanted = buttons.filter(
    ({ element }) =>
      (choice.text === undefined || textOf(element) === choice.text) &&
      (choice.actionId === undefined || element['action_id'] === choice.actionId),
  )
  const chosen = wanted[choice.index ?? 0]
  if (!chosen) {
    const known = buttons.map(({ element }) => textOf(element)).join(', ') || 'none'
    throw new Error(`no button ${JSON.stringify(choice)}; there are: ${known}`)
  }
  const { element } = chosen
  const action = pick(element, ['action_id', 'text', 'value', 'style', 'url', 'confirm', 'type'])
  return send(stage, user, place, chosen, action, triggerId)
}

/**
 * Chooses a value of a select, overflow, picker, radio button or checkbox element.
 *
 * @param value as for `enteredValue`
 * @throws Error when the target, the element or the option is not there
 */
export function select(
  stage: Stage,
  user: string,
  target: Target,
  actionId: string,
  value: unknown,
): Promise<Answer> {
  const place = find(stage.site.workspace, user, target)
  const chosen = chosenIn(place).find(({ element }) => element['action_id'] === actionId)
  if (!chosen) throw new Error(`no element ${actionId}`)
  const entered = enteredValue(chosen.element, value)
  if (chosen.element['type'] !== 'overflow') keep(stage, user, place, chosen, entered)
  const action = { ...pick(chosen.element, ['action_id', 'placeholder', 'confirm']), ...entered }
  return send(stage, user, place, chosen, action)
}

function send(
  stage: Stage,
  user: string,
  place: Place,
  chosen: Chosen,
  action: JsonObject,
  wantedTrigger?: string,
): Promise<Answer> {
  const { workspace, hooks, origin } = stage.site
  const viewId = place.kind === 'view' && place.view.type === 'modal' ? place.view.id : undefined
  const triggerId = hooks.newTrigger(user, viewId, wantedTrigger)
  const payload: JsonObject = {
    type: 'block_actions',
    ...commonFields(workspace, user),
    trigger_id: triggerId,
    actions: [
      { ...action, block_id: chosen.part.block['block_id'] ?? '', action_ts: seconds(workspace.now()) },
    ],
  }
  if (place.kind === 'view') {
    payload['container'] = { type: 'view', view_id: place.view.id }
    payload['view'] = viewForApp(workspace, place.view)
    payload['state'] = { values: place.view.values }
    return stage.office.send({ type: 'interactive', payload }).then((answer) => ({ ...answer, triggerId }))
  }
  const { message } = place
  const source = { ts: message.ts, isEphemeral: place.kind === 'ephemeral' }
  const thread = message.threadTs === undefined ? {} : { threadTs: message.threadTs }
  const hook = { user, channel: message.channel, source, ...thread }
  const responseUrl = origin + hooks.newHook('actions', workspace.identity.teamId, hook)
  Object.assign(payload, messageFields(stage, user, place, chosen.part), { response_url: responseUrl })
  const sent = stage.office.send({ type: 'interactive', payload })
  return sent.then((answer) => ({ ...answer, triggerId, responseUrl }))
}

function messageFields(
  stage: Stage,
  user: string,
  place: Exclude<Place, { kind: 'view' }>,
  part: Part,
): JsonObject {
  const { workspace } = stage.site
  const { message } = place
  const container: JsonObject = {
    type: part.attachmentId === undefined ? 'message' : 'message_attachment',
    message_ts: message.ts,
    ...(part.attachmentId === undefined ? {} : { attachment_id: part.attachmentId }),
    channel_id: message.channel,
    is_ephemeral: place.kind === 'ephemeral',
    ...(part.attachmentId === undefined ? {} : { is_app_unfurl: false }),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
  }
  return {
    container,
    channel: { id: message.channel, name: channelName(workspace, message.channel) },
    // Slack does not repeat an ephemeral message, because it does not keep it.
    ...(place.kind === 'message' ? { message: messageForApp(workspace, place.message) } : {}),
    state: { values: valuesIn(stage, user, place) },
  }
}

function find(workspace: Workspace, user: string, target: Target): Place {
  if ('viewId' in target) {
    const view = findView(workspace, target.viewId)
    if (!view || view.user !== user) throw new Error(`${user} has no view ${target.viewId} open`)
    return { kind: 'view', view, blocks: view.blocks.map((block) => ({ block })) }
  }
  if ('ephemeral' in target) {
    const message = workspace.ephemeral(target.ephemeral)
    if (!message || message.user !== user)
      throw new Error(`${user} sees no ephemeral message ${target.ephemeral}`)
    return { kind: 'ephemeral', message, blocks: partsOf(message) }
  }
  const message = workspace.message(target.channel, target.ts)
  if (!message || message.isTombstone) throw new Error(`no message ${target.ts} in ${target.channel}`)
  return { kind: 'message', message, blocks: partsOf(message) }
}

function partsOf(message: Message | Ephemeral): Part[] {
  const inAttachments = message.attachments.flatMap((attachment, index) =>
    objectsAt(attachment, 'blocks').map((block) => ({ block, attachmentId: index + 1 })),
  )
  return [...message.blocks.map((block) => ({ block })), ...inAttachments]
}

function chosenIn(place: Place): Chosen[] {
  return place.blocks.flatMap((part) => elementsOf(part.block).map((element) => ({ part, element })))
}

function keep(stage: Stage, user: string, place: Place, chosen: Chosen, entered: JsonObject): void {
  const blockId = stringAt(chosen.part.block, 'block_id') ?? ''
  const actionId = stringAt(chosen.element, 'action_id') ?? ''
  const values =
    place.kind === 'view' ? place.view.values : (stage.messageValues.get(keyOf(user, place)) ?? {})
  values[blockId] = { ...values[blockId], [actionId]: entered }
  if (place.kind !== 'view') stage.messageValues.set(keyOf(user, place), values)
  const [oldest] = stage.messageValues.keys()
  if (oldest !== undefined && stage.messageValues.size > messageValuesMax) stage.messageValues.delete(oldest)
  stage.site.workspace.changed()
}

function valuesIn(stage: Stage, user: string, place: Exclude<Place, { kind: 'view' }>): JsonObject {
  const kept = stage.messageValues.get(keyOf(user, place)) ?? {}
  const values: Record<string, JsonObject> = {}
  for (const { block, element } of inputsOf(place.blocks.map((part) => part.block))) {
    const blockId = stringAt(block, 'block_id') ?? ''
    const actionId = stringAt(element, 'action_id') ?? ''
    const value = kept[blockId]?.[actionId] ?? initialValue(element)
    values[blockId] = { ...values[blockId], [actionId]: value }
  }
  return values
}

function keyOf(user: string, place: Exclude<Place, { kind: 'view' }>): string {
  return `${user} ${place.message.channel} ${place.message.ts}`
}

function textOf(element: JsonObject): string {
  const text = element['text']
  return typeof text === 'object' && text !== null && !Array.isArray(text)
    ? (stringAt(text, 'text') ?? '')
    : ''
}

function pick(object: JsonObject, keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)))
}

function seconds(now: number): string {
  return (now / 1000).toFixed(6)
}
