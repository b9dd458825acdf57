import { type JsonObject, stringAt } from '../json.ts'
import type { Site } from '../site.ts'
import type { Message, Workspace } from '../workspace.ts'
import { countOf, flagOf, textOf } from './arguments.ts'
import { readableChannel } from './channel.ts'
import type { Method } from './method.ts'
import { messageForApp } from './shape.ts'

/** https://docs.slack.dev/reference/methods/conversations.history */
export const conversationsHistory: Method = {
  scopes: ['channels:history', 'groups:history', 'im:history'],
  token: 'bot',
  run,
}

/** Newest first; a page continues before the ts that its cursor names. */
function run({ workspace }: Site, args: JsonObject): JsonObject {
  const channel = readableChannel(workspace, args)
  const limit = countOf(args, 'limit', 100, 999)
  const cursor = textOf(args, 'cursor')
  const before = cursor ? Buffer.from(cursor, 'base64').toString().replace('next_ts:', '') : undefined
  const found = workspace
    .messages(channel.id)
    .filter((message) => isWithin(message, args) && (before === undefined || message.ts < before))
    .reverse()
  const page = found.slice(0, limit)
  const hasMore = found.length > limit
  const last = page.at(-1)
  const next = hasMore && last ? Buffer.from(`next_ts:${last.ts}`).toString('base64') : ''
  return {
    messages: page.map((message) => listed(workspace, message, flagOf(args, 'include_all_metadata'))),
    has_more: hasMore,
    pin_count: 0,
    channel_actions_ts: null,
    channel_actions_count: 0,
    ...(hasMore ? { response_metadata: { next_cursor: next } } : {}),
  }
}

/** `oldest` and `latest` are exclusive unless `inclusive`. */
export function isWithin(message: Message, args: JsonObject): boolean {
  const oldest = Number(textOf(args, 'oldest') ?? 0)
  const latest = Number(textOf(args, 'latest') || Number.POSITIVE_INFINITY)
  const at = Number(message.ts)
  return flagOf(args, 'inclusive') ? at >= oldest && at <= latest : at > oldest && at < latest
}

/** Without `include_all_metadata` only the event type of the metadata comes back. */
export function listed(workspace: Workspace, message: Message, withMetadata: boolean): JsonObject {
  const shown = messageForApp(workspace, message)
  if (!message.metadata) return shown
  const eventType = stringAt(message.metadata, 'event_type') ?? ''
  return { ...shown, metadata: withMetadata ? message.metadata : { event_type: eventType } }
}
