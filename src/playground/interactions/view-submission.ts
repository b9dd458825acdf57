/* A person sends or closes a modal, and what the app's answer does to it. */
import { isObject, type Json, type JsonObject, objectAt, stringAt } from '../json.ts'
import { Refusal } from '../refusal.ts'
import {
  closeAll,
  closeOne,
  createView,
  findView,
  initialValue,
  inputsOf,
  replaceView,
  type View,
  viewForApp,
  viewsInStackMax,
} from '../views.ts'
import { checkedView } from '../web-api/open-view.ts'
import type { Stage } from './block-actions.ts'
import { enteredValue, isBlank, NotEntered } from './entered-value.ts'
import { commonFields } from './envelope-fields.ts'
import type { Answer } from './post-office.ts'

/** What Slack shows in a modal whose app did not answer as it should. */
const trouble = 'We had some trouble connecting. Try again?'

/**
 * Fills in a modal and sends it.
 *
 * @param given values by block id or label; what is left out keeps what the modal holds
 * @throws NotEntered when Slack's client would not send it: a required field is empty, a text is too short or long
 * @throws Error when there is no such view, field or option
 */
export async function submitView(
  stage: Stage,
  user: string,
  viewId: string,
  given: Record<string, unknown>,
): Promise<Answer> {
  const { workspace, hooks } = stage.site
  const view = openView(stage, user, viewId)
  enter(view, given)
  const triggerId = hooks.newTrigger(user, view.id)
  const payload: JsonObject = {
    type: 'view_submission',
    ...commonFields(workspace, user),
    trigger_id: triggerId,
    view: viewForApp(workspace, view),
    response_urls: [],
  }
  const answer = await stage.office.send({ type: 'interactive', payload })
  apply(stage, view, answer)
  workspace.changed()
  return { ...answer, triggerId }
}

/**
 * Closes a modal. The app hears of it only if the view has `notify_on_close`; otherwise the answer is an empty 200.
 *
 * @throws Error when there is no such view
 */
export async function closeView(stage: Stage, user: string, viewId: string): Promise<Answer> {
  const { workspace } = stage.site
  const view = openView(stage, user, viewId)
  closeOne(workspace, view)
  if (view.definition['notify_on_close'] !== true) return { status: 200, body: '' }
  const payload: JsonObject = {
    type: 'view_closed',
    ...commonFields(workspace, user),
    view: viewForApp(workspace, view),
    is_cleared: false,
  }
  return stage.office.send({ type: 'interactive', payload })
}

function openView(stage: Stage, user: string, viewId: string): View {
  const view = findView(stage.site.workspace, viewId)
  if (!view || view.user !== user || view.type !== 'modal')
    throw new Error(`${user} has no modal ${viewId} open`)
  return view
}

function enter(view: View, given: Record<string, unknown>): void {
  const fields = inputsOf(view.blocks)
  const unknown = new Set(Object.keys(given))
  for (const { block, element } of fields) {
    const blockId = stringAt(block, 'block_id') ?? ''
    const actionId = stringAt(element, 'action_id') ?? ''
    const label = stringAt(objectAt(block, 'label'), 'text') ?? ''
    const name = [blockId, label].find((one) => unknown.has(one))
    const before = view.values[blockId]?.[actionId] ?? initialValue(element)
    const value = name === undefined ? before : enteredValue(element, given[name])
    if (name !== undefined) unknown.delete(name)
    if (block['type'] === 'input') check(block, element, blockId, value)
    view.values[blockId] = { ...view.values[blockId], [actionId]: value }
  }
  const [first] = unknown
  if (first !== undefined) {
    const known = fields.map(({ block }) => String(block['block_id'])).join(', ')
    throw new Error(`no field ${first} in the modal; there are: ${known}`)
  }
}

function check(block: JsonObject, element: JsonObject, blockId: string, value: JsonObject): void {
  if (isBlank(value)) {
    if (block['optional'] !== true) throw new NotEntered(blockId, 'Please complete this required field.')
    return
  }
  const text = stringAt(value, 'value')
  if (text === undefined) return
  const most = Number(element['max_length'] ?? 3000)
  const least = Number(element['min_length'] ?? 0)
  if (text.length > most) throw new NotEntered(blockId, `Must be at most ${most} characters.`)
  if (text.length < least) throw new NotEntered(blockId, `Must be at least ${least} characters.`)
}

function apply(stage: Stage, view: View, answer: Answer): void {
  view.errors = {}
  delete view.trouble
  try {
    if (answer.status < 200 || answer.status > 299) throw new Refusal(answer.error ?? `http_${answer.status}`)
    applyAction(stage, view, answer.body)
  } catch (error) {
    view.trouble = trouble
    answer.error = error instanceof Refusal ? error.message : String(error)
  }
}

function applyAction(stage: Stage, view: View, body: Json): void {
  const { workspace } = stage.site
  if (body === '' || body === null || (isObject(body) && body['response_action'] === undefined)) {
    closeOne(workspace, view)
    return
  }
  if (!isObject(body)) throw new Refusal('invalid_response')
  const action = body['response_action']
  if (action === 'clear') closeAll(workspace, view.user)
  else if (action === 'errors') showErrors(view, objectAt(body, 'errors') ?? {})
  else if (action === 'update') replaceView(workspace, view, checkedView(body['view'], 'modal'))
  else if (action === 'push') pushView(stage, view, body['view'])
  else throw new Refusal('invalid_response_action')
}

function pushView(stage: Stage, below: View, definition: Json | undefined): void {
  const { workspace } = stage.site
  const stack = workspace.stacks.get(below.user) ?? []
  if (stack.length >= viewsInStackMax) throw new Refusal('push_limit_reached')
  stack.push(createView(workspace, below.user, checkedView(definition, 'modal'), below))
}

/** Slack shows errors only at input blocks; an unknown block id makes the whole answer invalid. */
function showErrors(view: View, errors: JsonObject): void {
  const inputs = view.blocks.filter((block) => block['type'] === 'input').map((block) => block['block_id'])
  const entries = Object.entries(errors)
  if (entries.length === 0 || entries.some(([id]) => !inputs.includes(id)))
    throw new Refusal('invalid_errors')
  view.errors = Object.fromEntries(entries.map(([id, sentence]) => [id, String(sentence)]))
}
