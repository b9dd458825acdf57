import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import { requiredText } from './arguments.ts'
import { visibleChannel } from './channel.ts'
import type { Method } from './method.ts'
import { channelForApp } from './shape.ts'

/** https://docs.slack.dev/reference/methods/conversations.info */
export const conversationsInfo: Method = {
  scopes: ['channels:read', 'groups:read', 'im:read', 'mpim:read'],
  token: 'bot',
  run({ workspace }: Site, args: JsonObject): JsonObject {
    const channel = visibleChannel(workspace, requiredText(args, 'channel'))
    return { channel: channelForApp(workspace, channel) }
  },
}
