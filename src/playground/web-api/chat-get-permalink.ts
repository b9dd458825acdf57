import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { requiredText } from './arguments.ts'
import { visibleChannel } from './channel.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/chat.getPermalink */
export const chatGetPermalink: Method = { scopes: [], token: 'bot', run }

function run({ workspace, origin }: Site, args: JsonObject): JsonObject {
  const channel = visibleChannel(workspace, requiredText(args, 'channel'))
  const message = workspace.message(channel.id, requiredText(args, 'message_ts'))
  if (!message) throw new Refusal('message_not_found')
  const thread = message.threadTs ? `?thread_ts=${message.threadTs}&cid=${channel.id}` : ''
  const permalink = `${origin}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`
  return { channel: channel.id, permalink }
}
