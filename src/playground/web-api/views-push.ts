import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { createView, viewForApp, viewsInStackMax } from '../views.ts'
import { requiredText } from './arguments.ts'
import type { Method } from './method.ts'
import { readView, refuseRepeatedExternalId } from './open-view.ts'

/** Puts a modal on top of the one the trigger came from. https://docs.slack.dev/reference/methods/views.push */
export const viewsPush: Method = { scopes: [], token: 'bot', run }

function run({ workspace, hooks }: Site, args: JsonObject): JsonObject {
  const definition = readView(args, 'modal')
  refuseRepeatedExternalId(workspace, definition)
  const trigger = hooks.exchange(requiredText(args, 'trigger_id'))
  const stack = workspace.stacks.get(trigger.user) ?? []
  const top = stack.at(-1)
  if (!top || trigger.viewId === undefined) throw new Refusal('not_found')
  if (stack.length >= viewsInStackMax) throw new Refusal('push_limit_reached')
  const view = createView(workspace, trigger.user, definition, top)
  stack.push(view)
  workspace.changed()
  return { view: viewForApp(workspace, view) }
}
