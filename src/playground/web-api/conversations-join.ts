import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { requiredText } from './arguments.ts'
import { isMember, visibleChannel } from './channel.ts'
import type { Method } from './method.ts'
import { channelForApp } from './shape.ts'

/** https://docs.slack.dev/reference/methods/conversations.join */
export const conversationsJoin: Method = { scopes: ['channels:join'], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = visibleChannel(workspace, requiredText(args, 'channel'))
  if (channel.isArchived) throw new Refusal('is_archived')
  if (channel.isPrivate) throw new Refusal('method_not_supported_for_channel_type')
  const wasMember = isMember(workspace, channel)
  if (!wasMember) channel.members.push(workspace.identity.botUserId)
  workspace.changed()
  const answer: JsonObject = { channel: channelForApp(workspace, channel) }
  if (!wasMember) return answer
  return { ...answer, warning: 'already_in_channel', response_metadata: { warnings: ['already_in_channel'] } }
}
