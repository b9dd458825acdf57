import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Site } from '../site.ts'
import type { Message, NewMessage, Workspace } from '../workspace.ts'
import { flagOf, textOf } from './arguments.ts'
import { writableChannel } from './channel.ts'
import { isEmpty, readContent } from './content.ts'
import type { Method } from './method.ts'
import { messageForApp } from './shape.ts'

/** Longer text is cut without a word. */
const textMax = 40_000

/** https://docs.slack.dev/reference/methods/chat.postMessage */
export const chatPostMessage: Method = { scopes: ['chat:write'], token: 'bot', run }

function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = writableChannel(workspace, args)
  const content = readContent(args)
  if (isEmpty(content)) throw new Refusal('no_text')
  const threadTs = threadOf(workspace, channel.id, textOf(args, 'thread_ts'))
  const message: NewMessage = {
    channel: channel.id,
    user: workspace.identity.botUserId,
    botId: workspace.identity.botId,
    text: (content.text ?? '').slice(0, textMax),
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
    isBroadcast: threadTs !== undefined && flagOf(args, 'reply_broadcast'),
  }
  if (threadTs !== undefined) message.threadTs = threadTs
  if (content.parse !== undefined) message.parse = content.parse
  if (content.metadata && Object.keys(content.metadata).length > 0) message.metadata = content.metadata
  const stored = workspace.post(message)
  return { channel: channel.id, ts: stored.ts, message: withMetadata(workspace, stored) }
}

/**
 * The head of the thread; a reply's ts leads to its head.
 *
 * @throws Refusal thread_not_found
 */
export function threadOf(workspace: Workspace, channel: string, ts: string | undefined): string | undefined {
  if (!ts) return undefined
  const head = workspace.message(channel, ts)
  if (!head) throw new Refusal('thread_not_found')
  return head.threadTs ?? head.ts
}

function withMetadata(workspace: Workspace, message: Message): JsonObject {
  const shown = messageForApp(workspace, message)
  return message.metadata ? { ...shown, metadata: message.metadata } : shown
}
