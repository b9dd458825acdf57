/* Which channel an argument means, and whether the app may read or write there. */
import type { JsonObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Channel } from '../seed.ts'
import type { Message, Workspace } from '../workspace.ts'
import { requiredText } from './arguments.ts'

/**
 * The channel with this id, if the app can know of it. A private channel the app is not in does not exist for it.
 *
 * @throws Refusal channel_not_found
 */
export function visibleChannel(workspace: Workspace, id: string): Channel {
  const channel = workspace.channels.get(id)
  if (!channel || (channel.isPrivate && !isMember(workspace, channel))) throw new Refusal('channel_not_found')
  return channel
}

/**
 * A channel the app may post to: its own, or with chat:write.public any public one. A user id means the direct
 * message with that user, `#name` a public channel.
 *
 * @throws Refusal channel_not_found, not_in_channel, is_archived
 */
export function writableChannel(workspace: Workspace, args: JsonObject): Channel {
  const wanted = requiredText(args, 'channel')
  if (workspace.users.has(wanted)) return workspace.openIm(wanted)
  const named = [...workspace.channels.values()].find((one) => !one.isIm && `#${one.name}` === wanted)
  const channel = visibleChannel(workspace, named?.id ?? wanted)
  if (channel.isArchived) throw new Refusal('is_archived')
  if (!isMember(workspace, channel) && !workspace.scopes.includes('chat:write.public')) {
    throw new Refusal('not_in_channel')
  }
  return channel
}

/**
 * A channel whose messages the app may read.
 *
 * @throws Refusal channel_not_found, not_in_channel, missing_scope
 */
export function readableChannel(workspace: Workspace, args: JsonObject): Channel {
  const channel = visibleChannel(workspace, requiredText(args, 'channel'))
  if (!isMember(workspace, channel)) throw new Refusal('not_in_channel')
  const needed = channel.isIm ? 'im:history' : channel.isPrivate ? 'groups:history' : 'channels:history'
  if (!workspace.scopes.includes(needed)) throw missingScope(workspace, needed)
  return channel
}

export function missingScope(workspace: Workspace, needed: string): Refusal {
  return new Refusal('missing_scope', [], { needed, provided: workspace.scopes.join(',') })
}

export function isMember(workspace: Workspace, channel: Channel): boolean {
  return channel.members.includes(workspace.identity.botUserId)
}

/**
 * A message the app wrote itself.
 *
 * @throws Refusal message_not_found, or `notOurs` when somebody else wrote it
 */
export function ownMessage(workspace: Workspace, channel: Channel, ts: string, notOurs: string): Message {
  const message = workspace.message(channel.id, ts)
  if (!message || message.isTombstone) throw new Refusal('message_not_found')
  if (message.user !== workspace.identity.botUserId) throw new Refusal(notOurs)
  return message
}
