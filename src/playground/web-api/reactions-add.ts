import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { requiredText } from './arguments.ts'
import { isMember, visibleChannel } from './channel.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/reactions.add */
export const reactionsAdd: Method = { scopes: ['reactions:write'], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = visibleChannel(workspace, requiredText(args, 'channel'))
  const name = requiredText(args, 'name').replaceAll(':', '')
  if (!/^[a-z0-9_+'-]+$/u.test(name)) throw new Refusal('invalid_name')
  if (!isMember(workspace, channel)) throw new Refusal('not_in_channel')
  const message = workspace.message(channel.id, requiredText(args, 'timestamp'))
  if (!message) throw new Refusal('message_not_found')
  const known = message.reactions.find((one) => one.name === name)
  if (known?.users.includes(workspace.identity.botUserId)) throw new Refusal('already_reacted')
  if (known) known.users.push(workspace.identity.botUserId)
  else message.reactions.push({ name, users: [workspace.identity.botUserId] })
  workspace.changed()
  return {}
}
