/* What the page shows, seen with one person's eyes. */
import type { Stage } from './interactions/block-actions.ts'
import { people, type User } from './seed.ts'
import type { View } from './views.ts'
import type { Ephemeral, Message, Workspace } from './workspace.ts'

/** More messages than this are not drawn; the channel goes on in the past. */
const messagesMax = 300

type Looking = { user: string; channel: string; thread: string }

/** @param looking who looks (user id), at which channel and at which thread (ts of its head); unknown ids fall back */
export function pageState(stage: Stage, looking: Looking) {
  const { workspace } = stage.site
  const me = workspace.users.get(looking.user) ?? workspace.users.get(people.ann)
  const user = me?.id ?? people.ann
  // Guests and people of other workspaces see only what they were invited to.
  const seesPublic = !(me?.isRestricted || me?.isStranger)
  const visible = [...workspace.channels.values()].filter(
    (channel) => channel.members.includes(user) || (!channel.isPrivate && seesPublic),
  )
  const alerts = visible.find((channel) => channel.name === 'alerts')
  const channel = visible.find((one) => one.id === looking.channel) ?? alerts ?? visible[0]
  const id = channel?.id ?? ''
  const head = looking.thread ? workspace.message(id, looking.thread) : undefined
  const seen = { workspace, stage, user }
  return {
    team: workspace.identity.teamName,
    app: { user: workspace.identity.botUserId, name: workspace.identity.appName },
    me: user,
    zone: me?.zone ?? 'UTC',
    people: [...workspace.users.values()].map(personForPage),
    groups: workspace.userGroups.map(({ id, handle }) => ({ id, handle })),
    channels: visible.map((one) => ({
      id: one.id,
      name: one.isIm ? workspace.identity.appName : one.name,
      isIm: one.isIm,
      isPrivate: one.isPrivate,
      isArchived: one.isArchived,
      hasApp: one.members.includes(workspace.identity.botUserId),
      isMember: one.members.includes(user),
      topic: one.topic,
      members: one.members.length,
      latest: workspace.messages(one.id).at(-1)?.ts ?? '',
    })),
    channel: id,
    messages: timeline(seen, workspace.messages(id), id, undefined),
    thread: head ? timeline(seen, [head, ...repliesOf(workspace, head)], id, head.ts) : [],
    threadHead: head?.ts ?? '',
    views: workspace.views(user).map(viewForPage),
    home: workspace.home(user) ? viewForPage(workspace.home(user) as View) : null,
  }
}

type Seen = { workspace: Workspace; stage: Stage; user: string }

function timeline(seen: Seen, messages: Message[], channel: string, threadTs: string | undefined) {
  const ephemerals = seen.workspace
    .ephemerals(seen.user)
    .filter((one) => one.channel === channel && one.threadTs === threadTs)
  return [...messages.slice(-messagesMax), ...ephemerals]
    .sort((a, b) => Number(a.ts) - Number(b.ts))
    .slice(-messagesMax)
    .map((one) => ('isFromSlack' in one ? ephemeralForPage(seen, one) : messageForPage(seen, one)))
}

function messageForPage(seen: Seen, message: Message) {
  const replies = message.threadTs === undefined ? repliesOf(seen.workspace, message) : []
  const head = message.isBroadcast
    ? seen.workspace.message(message.channel, message.threadTs ?? '')
    : undefined
  return {
    ...contentForPage(seen, message),
    kind: 'message',
    user: message.user,
    parse: message.parse ?? '',
    isEdited: message.edited !== undefined,
    isTombstone: message.isTombstone,
    threadTs: message.threadTs ?? '',
    repliedTo: head ? head.text : '',
    isBroadcast: message.isBroadcast,
    reactions: message.reactions.map(({ name, users }) => ({ name, count: users.length })),
    replies: { count: replies.length, latest: replies.at(-1)?.ts ?? '', users: authorsOf(replies) },
  }
}

function ephemeralForPage(seen: Seen, message: Ephemeral) {
  const { botUserId } = seen.workspace.identity
  return { ...contentForPage(seen, message), kind: 'ephemeral', user: message.isFromSlack ? '' : botUserId }
}

function contentForPage(seen: Seen, message: Message | Ephemeral) {
  return {
    ts: message.ts,
    text: message.text,
    blocks: message.blocks,
    attachments: message.attachments,
    values: seen.stage.messageValues.get(`${seen.user} ${message.channel} ${message.ts}`) ?? {},
  }
}

function repliesOf(workspace: Workspace, message: Message): Message[] {
  return workspace.messages(message.channel, { threadTs: message.ts })
}

function authorsOf(replies: Message[]): string[] {
  return [...new Set(replies.map((one) => one.user))].slice(0, 3)
}

function viewForPage(view: View) {
  const { definition } = view
  return {
    id: view.id,
    hash: view.hash,
    title: definition['title'] ?? null,
    submit: definition['submit'] ?? null,
    close: definition['close'] ?? null,
    blocks: view.blocks,
    values: view.values,
    errors: view.errors,
    trouble: view.trouble ?? '',
  }
}

function personForPage(user: User) {
  const roles = [
    user.isAdmin ? 'admin' : '',
    user.isUltraRestricted ? 'single-channel guest' : user.isRestricted ? 'guest' : '',
    user.isStranger ? 'from another workspace' : '',
    user.isDeleted ? 'deactivated' : '',
    user.isBot ? 'bot' : '',
  ]
  return { id: user.id, name: user.realName, handle: user.name, colour: user.colour, role: roles.join('') }
}
