import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { flagOf, requiredText } from './arguments.ts'
import type { Method } from './method.ts'
import { channelForApp } from './shape.ts'

/** Direct messages with one user. https://docs.slack.dev/reference/methods/conversations.open */
export const conversationsOpen: Method = {
  scopes: ['im:write', 'groups:write', 'mpim:write'],
  token: 'bot',
  run,
}

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const users = requiredText(args, 'users').split(',')
  const user = workspace.users.get(users[0] ?? '')
  if (users.length !== 1) throw new Refusal('method_not_supported_for_channel_type')
  if (!user) throw new Refusal('user_not_found')
  if (user.isDeleted) throw new Refusal('user_disabled')
  if (user.isBot) throw new Refusal('cannot_dm_bot')
  const channel = workspace.openIm(user.id)
  return { channel: flagOf(args, 'return_im') ? channelForApp(workspace, channel) : { id: channel.id } }
}
