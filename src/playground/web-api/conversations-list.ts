import type { JsonObject } from '../json.ts'
import type { Site } from '../site.ts'
import { countOf, flagOf, textOf } from './arguments.ts'
import { isMember } from './channel.ts'
import type { Method } from './method.ts'
import { pageOf } from './page.ts'
import { channelForApp } from './shape.ts'

/** https://docs.slack.dev/reference/methods/conversations.list */
export const conversationsList: Method = {
  scopes: ['channels:read', 'groups:read', 'im:read', 'mpim:read'],
  token: 'bot',
  run,
}

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const types = (textOf(args, 'types') ?? 'public_channel').split(',').map((type) => type.trim())
  const found = [...workspace.channels.values()].filter((channel) => {
    if (channel.isArchived && flagOf(args, 'exclude_archived')) return false
    if (channel.isIm) return types.includes('im')
    if (channel.isPrivate) return types.includes('private_channel') && isMember(workspace, channel)
    return types.includes('public_channel')
  })
  const page = pageOf(found, countOf(args, 'limit', 100, 1000), textOf(args, 'cursor'))
  return {
    channels: page.items.map((channel) => channelForApp(workspace, channel)),
    response_metadata: { next_cursor: page.nextCursor },
  }
}
