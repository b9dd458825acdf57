import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { countOf, flagOf, requiredText } from './arguments.ts'
import { readableChannel } from './channel.ts'
import { isWithin, listed } from './conversations-history.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/conversations.replies */
export const conversationsReplies: Method = {
  scopes: ['channels:history', 'groups:history', 'im:history'],
  token: 'bot',
  run,
}

/** The head of the thread, then its replies, oldest first. */
function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = readableChannel(workspace, args)
  const found = workspace.message(channel.id, requiredText(args, 'ts'))
  const head = found?.threadTs ? workspace.message(channel.id, found.threadTs) : found
  if (!head) throw new Refusal('thread_not_found')
  const limit = countOf(args, 'limit', 1000, 1000)
  const replies = workspace.messages(channel.id, { threadTs: head.ts }).filter((one) => isWithin(one, args))
  const page = replies.slice(0, limit)
  return {
    messages: [head, ...page].map((one) => listed(workspace, one, flagOf(args, 'include_all_metadata'))),
    has_more: replies.length > limit,
  }
}
