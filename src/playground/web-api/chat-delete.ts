import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import { requiredText } from './arguments.ts'
import { ownMessage, visibleChannel } from './channel.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/chat.delete */
export const chatDelete: Method = { scopes: ['chat:write'], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = visibleChannel(workspace, requiredText(args, 'channel'))
  const message = ownMessage(workspace, channel, requiredText(args, 'ts'), 'cant_delete_message')
  workspace.deleteMessage(channel.id, message.ts)
  return { channel: channel.id, ts: message.ts }
}
