import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import { createView, viewForApp } from '../views.ts'
import { requiredText } from './arguments.ts'
import type { Method } from './method.ts'
import { readView, refuseRepeatedExternalId } from './open-view.ts'

/** Opens a modal and closes what was open. https://docs.slack.dev/reference/methods/views.open */
export const viewsOpen: Method = { scopes: [], token: 'bot', run }

function run({ workspace, hooks }: Site, args: JsonObject): JsonObject {
  const definition = readView(args, 'modal')
  refuseRepeatedExternalId(workspace, definition)
  const trigger = hooks.exchange(requiredText(args, 'trigger_id'))
  const view = createView(workspace, trigger.user, definition)
  workspace.stacks.set(trigger.user, [view])
  workspace.changed()
  return { view: viewForApp(workspace, view) }
}
