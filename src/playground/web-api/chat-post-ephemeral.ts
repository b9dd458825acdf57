import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import { requiredText, textOf } from './arguments.ts'
import { writableChannel } from './channel.ts'
import { isEmpty, readContent } from './content.ts'
import type { Method } from './method.ts'

/** https://docs.slack.dev/reference/methods/chat.postEphemeral */
export const chatPostEphemeral: Method = { scopes: ['chat:write'], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = writableChannel(workspace, args)
  const user = requiredText(args, 'user')
  if (!channel.members.includes(user)) throw new Refusal('user_not_in_channel')
  const content = readContent(args)
  if (isEmpty(content)) throw new Refusal('no_text')
  const threadTs = textOf(args, 'thread_ts')
  const stored = workspace.postEphemeral({
    channel: channel.id,
    user,
    text: content.text ?? '',
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
    isFromSlack: false,
    ...(threadTs ? { threadTs } : {}),
  })
  return { message_ts: stored.ts }
}
