import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { everyView, replaceView, viewForApp } from '../views.ts'
import { textOf } from './arguments.ts'
import type { Method } from './method.ts'
import { readView, refuseRepeatedExternalId } from './open-view.ts'

/** https://docs.slack.dev/reference/methods/views.update */
export const viewsUpdate: Method = { scopes: [], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const viewId = textOf(args, 'view_id')
  const externalId = textOf(args, 'external_id')
  if (!viewId && !externalId)
    throw new Refusal('invalid_arguments', ['[ERROR] missing required field: view_id'])
  const view = everyView(workspace).find((one) =>
    viewId ? one.id === viewId : one.externalId === externalId,
  )
  if (!view) throw new Refusal('not_found')
  const definition = readView(args, view.type)
  refuseRepeatedExternalId(workspace, definition, view)
  const hash = textOf(args, 'hash')
  if (hash && hash !== view.hash) throw new Refusal('hash_conflict')
  replaceView(workspace, view, definition)
  workspace.changed()
  return { view: viewForApp(workspace, view) }
}
