import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import { countOf, requiredText, textOf } from './arguments.ts'
import { visibleChannel } from './channel.ts'
import type { Method } from './method.ts'
import { pageOf } from './page.ts'

/** https://docs.slack.dev/reference/methods/conversations.members */
export const conversationsMembers: Method = {
  scopes: ['channels:read', 'groups:read', 'im:read', 'mpim:read'],
  token: 'bot',
  run({ workspace }: Site, args: JsonObject): JsonObject {
    const channel = visibleChannel(workspace, requiredText(args, 'channel'))
    const page = pageOf(channel.members, countOf(args, 'limit', 100, 1000), textOf(args, 'cursor'))
    return { members: page.items, response_metadata: { next_cursor: page.nextCursor } }
  },
}
