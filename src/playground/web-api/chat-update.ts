import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import type { Message, NewMessage } from '../workspace.ts'
import { flagOf, requiredText } from './arguments.ts'
import { ownMessage, writableChannel } from './channel.ts'
import { type Content, readContent } from './content.ts'
import type { Method } from './method.ts'
import { messageForApp } from './shape.ts'

/** Counted in UTF-8 bytes: an update beyond it is refused, where a post would be cut. */
const textBytesMax = 4_000

/** https://docs.slack.dev/reference/methods/chat.update */
export const chatUpdate: Method = { scopes: ['chat:write'], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = writableChannel(workspace, args)
  const ts = requiredText(args, 'ts')
  if (workspace.ephemeral(ts)) throw new Refusal('cant_update_message')
  const message = ownMessage(workspace, channel, ts, 'cant_update_message')
  const content = readContent(args)
  if (Buffer.byteLength(content.text ?? '') > textBytesMax) throw new Refusal('msg_too_long')
  if (!content.text && !content.blocks && !content.attachments && !content.metadata)
    throw new Refusal('no_text')
  const change = changeOf(message, content)
  if (flagOf(args, 'reply_broadcast') && message.threadTs !== undefined) change.isBroadcast = true
  const remains = [change.text ?? message.text, ...(change.blocks ?? message.blocks)]
  const attachments = change.attachments ?? message.attachments
  if (remains.every((one) => one === '') && attachments.length === 0) throw new Refusal('no_text')
  if ((change.blocks ?? message.blocks).length === 0 && attachments.length === 0) {
    change.edited = { user: workspace.identity.botUserId, ts: workspace.nextTs() }
  }
  if (content.metadata && Object.keys(content.metadata).length === 0) delete message.metadata
  workspace.update(message, change)
  const shown = messageForApp(workspace, message)
  return { channel: channel.id, ts, text: message.text, message: shown }
}

/** Text without blocks takes the blocks away; attachments and metadata stay unless sent; parse starts anew. */
function changeOf(message: Message, content: Content): Partial<NewMessage> {
  const change: Partial<NewMessage> = { parse: content.parse ?? 'client' }
  if (content.text !== undefined) change.text = content.text
  if (content.blocks) change.blocks = content.blocks
  else if (content.text !== undefined && message.blocks.length > 0) change.blocks = []
  if (content.attachments) change.attachments = content.attachments
  if (content.metadata && Object.keys(content.metadata).length > 0) change.metadata = content.metadata
  return change
}
