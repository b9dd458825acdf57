import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { createView, replaceView, viewForApp } from '../views.ts'
import { requiredText, textOf } from './arguments.ts'
import type { Method } from './method.ts'
import { readView } from './open-view.ts'

/** Sets a user's Home tab. https://docs.slack.dev/reference/methods/views.publish */
export const viewsPublish: Method = { scopes: [], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const userId = requiredText(args, 'user_id')
  const user = workspace.users.get(userId)
  if (!user || user.isBot) throw new Refusal('invalid_arguments', ['[ERROR] invalid `user_id`'])
  if (user.isDeleted) throw new Refusal('not_enabled')
  const definition = readView(args, 'home')
  const known = workspace.homes.get(userId)
  const hash = textOf(args, 'hash')
  if (known && hash && hash !== known.hash) throw new Refusal('hash_conflict')
  const view = known ?? createView(workspace, userId, definition)
  if (known) replaceView(workspace, known, definition)
  workspace.homes.set(userId, view)
  workspace.changed()
  return { view: viewForApp(workspace, view) }
}
