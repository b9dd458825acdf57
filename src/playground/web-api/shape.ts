/* How Slack writes messages, channels and users in its answers. */
import type { JsonObject } from '../json.ts'
import type { Channel, User } from '../seed.ts'
import type { Message, Workspace } from '../workspace.ts'
import { isMember } from './channel.ts'

/** A message as answers and payloads carry it. Metadata is added by those methods that show it. */
export function messageForApp(workspace: Workspace, message: Message): JsonObject {
  const { appId, teamId } = workspace.identity
  const shown: JsonObject = { user: message.user, type: 'message', ts: message.ts }
  if (message.botId !== undefined) {
    Object.assign(shown, { bot_id: message.botId, app_id: appId, bot_profile: botProfile(workspace) })
  }
  Object.assign(shown, { text: message.text, team: teamId })
  if (message.isTombstone) Object.assign(shown, { subtype: 'tombstone', hidden: true })
  if (message.blocks.length > 0) shown['blocks'] = message.blocks
  if (message.attachments.length > 0) shown['attachments'] = message.attachments
  if (message.edited) shown['edited'] = message.edited
  if (message.reactions.length > 0) {
    shown['reactions'] = message.reactions.map((one) => ({ ...one, count: one.users.length }))
  }
  return { ...shown, ...threadFields(workspace, message) }
}

function threadFields(workspace: Workspace, message: Message): JsonObject {
  if (message.threadTs !== undefined) {
    const head = workspace.message(message.channel, message.threadTs)
    return {
      thread_ts: message.threadTs,
      parent_user_id: head?.user ?? '',
      ...(message.isBroadcast ? { subtype: 'thread_broadcast' } : {}),
    }
  }
  const replies = workspace.messages(message.channel, { threadTs: message.ts })
  const last = replies.at(-1)
  if (!last) return {}
  const users = [...new Set(replies.map((one) => one.user))]
  return {
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users: users.slice(0, 5),
    reply_users_count: users.length,
    latest_reply: last.ts,
    is_locked: false,
    subscribed: false,
  }
}

export function botProfile(workspace: Workspace): JsonObject {
  const { appId, botId, appName, teamId } = workspace.identity
  const icons = { image_36: '', image_48: '', image_72: '' }
  return {
    id: botId,
    app_id: appId,
    user_id: workspace.identity.botUserId,
    name: appName,
    icons,
    deleted: false,
    updated: 0,
    team_id: teamId,
  }
}

export function channelForApp(workspace: Workspace, channel: Channel): JsonObject {
  if (channel.isIm) {
    return {
      id: channel.id,
      created: channel.created,
      is_archived: false,
      is_im: true,
      is_org_shared: false,
      user: channel.imUser ?? '',
      is_user_deleted: false,
      priority: 0,
    }
  }
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    created: channel.created,
    creator: 'U0PGADMIN08',
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_general: false,
    is_shared: false,
    is_ext_shared: false,
    is_org_shared: false,
    is_pending_ext_shared: false,
    is_member: isMember(workspace, channel),
    context_team_id: workspace.identity.teamId,
    unlinked: 0,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    previous_names: [],
    num_members: channel.members.length,
  }
}

/** @param now epoch milliseconds; the zone's offset depends on it */
export function userForApp(user: User, now: number): JsonObject {
  const image = (size: number): string => `https://avatars.invalid/${user.id}-${size}.png`
  const profile: JsonObject = {
    real_name: user.realName,
    real_name_normalized: user.realName,
    display_name: user.name,
    display_name_normalized: user.name,
    status_text: '',
    status_emoji: '',
    avatar_hash: user.id.toLowerCase(),
    image_24: image(24),
    image_48: image(48),
    image_72: image(72),
    team: user.teamId,
  }
  const common = { id: user.id, team_id: user.teamId, name: user.name, deleted: user.isDeleted, profile }
  if (user.isDeleted) return { ...common, is_bot: user.isBot, is_app_user: false, updated: 0 }
  return {
    ...common,
    color: user.colour,
    real_name: user.realName,
    tz: user.zone,
    tz_label: user.zone,
    tz_offset: zoneOffsetSeconds(user.zone, now),
    is_admin: user.isAdmin,
    is_owner: user.isAdmin,
    is_primary_owner: user.isAdmin,
    is_restricted: user.isRestricted,
    is_ultra_restricted: user.isUltraRestricted,
    is_bot: user.isBot,
    is_app_user: false,
    ...(user.isStranger ? { is_stranger: true } : {}),
    updated: 0,
    is_email_confirmed: true,
  }
}

function zoneOffsetSeconds(zone: string, now: number): number {
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(
      now,
    )
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
    const match = /GMT([+-])(\d{2}):(\d{2})/u.exec(name)
    if (!match) return 0
    return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60)
  } catch {
    return 0
  }
}
