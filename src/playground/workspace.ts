import { randomBytes } from 'node:crypto'
import type { Json, JsonObject } from './json.ts'
import { findMentions } from './mentions.ts'
import {
  type Channel,
  createChannels,
  createIdentity,
  createUserGroups,
  createUsers,
  type Identity,
  type User,
  type UserGroup,
} from './seed.ts'
import type { View } from './views.ts'

/** A message as Slack keeps it. `blocks` are as sent, with the ids and defaults that Slack fills in. */
export type Message = {
  ts: string
  channel: string
  /** Who wrote it; the app's bot user for what the app posted. */
  user: string
  botId?: string
  text: string
  blocks: JsonObject[]
  attachments: JsonObject[]
  metadata?: JsonObject
  /** Set on replies only: the ts of the message that heads the thread. */
  threadTs?: string
  /** A reply that is also shown in the channel. */
  isBroadcast: boolean
  /** Deleted, but kept as the head of its thread. */
  isTombstone: boolean
  edited?: { user: string; ts: string }
  parse?: string
  reactions: { name: string; users: string[] }[]
  /** How often chat.update changed it. */
  updates: number
  /** What Slack would ring for: `<!here>`, `<@U…>`, `@channel` … */
  mentions: string[]
  /** What Slack would make clickable. */
  links: string[]
}

/** A message only `user` sees. Its `ts` is its id. */
export type Ephemeral = {
  ts: string
  channel: string
  user: string
  text: string
  blocks: JsonObject[]
  attachments: JsonObject[]
  threadTs?: string
  mentions: string[]
  links: string[]
  /** True for the words of Slack itself, such as a command that timed out. */
  isFromSlack: boolean
}

/** One call of the Web API (or `response_url`), in the order of arrival. `at` in epoch milliseconds. */
export type Call = {
  method: string
  args: JsonObject
  at: number
  ok: boolean
  error?: string
  status?: number
}

/** A post or update that rings somebody. */
export type Alarm = { channel: string; ts: string; mentions: string[]; at: number }

export type NewMessage = Omit<Message, 'ts' | 'isTombstone' | 'reactions' | 'updates' | 'mentions' | 'links'>
export type NewEphemeral = Omit<Ephemeral, 'ts' | 'mentions' | 'links'>

/** What outlives a restart. */
export type Snapshot = {
  identity: Identity
  lastTsMicros: number
  users: User[]
  channels: Channel[]
  userGroups: UserGroup[]
  messages: Message[]
  ephemerals: Ephemeral[]
  homes: View[]
}

/** What the app's manifest asks for. A method beyond it answers `missing_scope`, as it would in a real workspace. */
export const defaultScopes = [
  'chat:write',
  'chat:write.public',
  'commands',
  'users:read',
  'usergroups:read',
  'channels:history',
  'groups:history',
  'channels:join',
]

/** Oldest entries go first; enough for every test, bounded for a playground that runs for weeks. */
const callsMax = 20_000
const messagesPerChannelMax = 5_000
const ephemeralsMax = 1_000

/** State of the stand-in workspace. Everything the app did to it, and everything a test wants to look at. */
export class Workspace {
  identity: Identity
  users = new Map<string, User>()
  channels = new Map<string, Channel>()
  userGroups: UserGroup[]
  /** Scopes the bot token has; a test may change the list. */
  scopes = [...defaultScopes]
  readonly calls: Call[] = []
  readonly alarms: Alarm[] = []
  /** Open modals, the undermost first, by user. */
  readonly stacks = new Map<string, View[]>()
  readonly homes = new Map<string, View>()
  readonly now: () => number
  readonly #messages = new Map<string, Message[]>()
  #ephemerals: Ephemeral[]
  #lastTsMicros: number
  readonly #listeners = new Set<() => void>()

  /**
   * @param now epoch milliseconds
   * @param userZone IANA zone of most people
   * @param snapshot state of an earlier run
   */
  constructor(now: () => number, userZone: string, snapshot?: Snapshot) {
    this.now = now
    this.identity = snapshot?.identity ?? createIdentity()
    this.userGroups = snapshot?.userGroups ?? createUserGroups()
    this.#lastTsMicros = snapshot?.lastTsMicros ?? 0
    this.#ephemerals = snapshot?.ephemerals ?? []
    for (const user of snapshot?.users ?? createUsers(userZone)) this.users.set(user.id, user)
    const created = Math.floor(now() / 1000)
    for (const channel of snapshot?.channels ?? createChannels(created))
      this.channels.set(channel.id, channel)
    for (const message of snapshot?.messages ?? []) this.#list(message.channel).push(message)
    for (const home of snapshot?.homes ?? []) this.homes.set(home.user, home)
  }

  /**
   * Messages of a channel, oldest first. Without `threadTs` what the channel shows: no replies but broadcast ones.
   * With it, the replies of that thread, without its head.
   */
  messages(channel: string, options: { threadTs?: string } = {}): Message[] {
    const all = this.#messages.get(channel) ?? []
    if (options.threadTs !== undefined) return all.filter((one) => one.threadTs === options.threadTs)
    return all.filter((one) => one.threadTs === undefined || one.isBroadcast)
  }

  message(channel: string, ts: string): Message | undefined {
    const all = this.#messages.get(channel) ?? []
    return all.findLast((one) => one.ts === ts)
  }

  /** Messages that only this user sees, oldest first, in all channels. */
  ephemerals(user: string): Ephemeral[] {
    return this.#ephemerals.filter((one) => one.user === user)
  }

  ephemeral(ts: string): Ephemeral | undefined {
    return this.#ephemerals.find((one) => one.ts === ts)
  }

  /** The user's open modals, the undermost first. */
  views(user: string): View[] {
    return [...(this.stacks.get(user) ?? [])]
  }

  /** The user's published Home tab. */
  home(user: string): View | undefined {
    return this.homes.get(user)
  }

  /** A ts later than every ts before it, `seconds.micros`. */
  nextTs(): string {
    const micros = Math.max(Math.floor(this.now()) * 1000, this.#lastTsMicros + 1)
    this.#lastTsMicros = micros
    return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`
  }

  post(message: NewMessage): Message {
    const stored: Message = {
      ...message,
      ts: this.nextTs(),
      isTombstone: false,
      reactions: [],
      updates: 0,
      ...findMentions(message),
    }
    const list = this.#list(message.channel)
    list.push(stored)
    if (list.length > messagesPerChannelMax) list.shift()
    this.#recordAlarm(stored)
    this.changed()
    return stored
  }

  /** Replaces a message's content and looks again at what it rings. */
  update(message: Message, change: Partial<NewMessage>): void {
    Object.assign(message, change)
    message.updates++
    Object.assign(message, findMentions(message))
    this.#recordAlarm(message)
    this.changed()
  }

  /** Removes a message; one with replies stays as the tombstone that heads its thread. False: there is none. */
  deleteMessage(channel: string, ts: string): boolean {
    const list = this.#list(channel)
    const message = list.find((one) => one.ts === ts)
    if (!message || message.isTombstone) return false
    if (list.some((one) => one.threadTs === ts)) {
      Object.assign(message, { isTombstone: true, text: 'This message was deleted.', user: 'USLACKBOT' })
      Object.assign(message, { blocks: [], attachments: [], mentions: [], links: [] })
      delete message.metadata
      delete message.botId
    } else list.splice(list.indexOf(message), 1)
    this.changed()
    return true
  }

  /** Removes a channel with all that was said in it. */
  deleteChannel(channel: string): void {
    this.channels.delete(channel)
    this.#messages.delete(channel)
    this.changed()
  }

  postEphemeral(message: NewEphemeral): Ephemeral {
    const stored: Ephemeral = { ...message, ts: this.nextTs(), ...findMentions(message) }
    this.#ephemerals.push(stored)
    if (this.#ephemerals.length > ephemeralsMax) this.#ephemerals.shift()
    this.changed()
    return stored
  }

  updateEphemeral(message: Ephemeral, change: Partial<NewEphemeral>): void {
    Object.assign(message, change)
    Object.assign(message, findMentions(message))
    this.changed()
  }

  deleteEphemeral(ts: string): void {
    this.#ephemerals = this.#ephemerals.filter((one) => one.ts !== ts)
    this.changed()
  }

  /** The direct message channel of the app and a user, made when it is first needed. */
  openIm(user: string): Channel {
    const known = [...this.channels.values()].find((one) => one.imUser === user)
    if (known) return known
    const channel: Channel = {
      id: `D${user.slice(1)}`,
      name: user,
      isPrivate: true,
      isArchived: false,
      isIm: true,
      imUser: user,
      members: [user, this.identity.botUserId],
      topic: '',
      created: Math.floor(this.now() / 1000),
    }
    this.channels.set(channel.id, channel)
    this.changed()
    return channel
  }

  record(call: Call): void {
    this.calls.push(call)
    if (this.calls.length > callsMax) this.calls.shift()
  }

  /** @returns a function that ends the subscription */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  snapshot(): Snapshot {
    return {
      identity: this.identity,
      lastTsMicros: this.#lastTsMicros,
      users: [...this.users.values()],
      channels: [...this.channels.values()],
      userGroups: this.userGroups,
      messages: [...this.#messages.values()].flat(),
      ephemerals: this.#ephemerals,
      homes: [...this.homes.values()],
    }
  }

  #list(channel: string): Message[] {
    const known = this.#messages.get(channel)
    if (known) return known
    const list: Message[] = []
    this.#messages.set(channel, list)
    return list
  }

  #recordAlarm(message: Message): void {
    if (message.mentions.length === 0) return
    this.alarms.push({
      channel: message.channel,
      ts: message.ts,
      mentions: message.mentions,
      at: this.now(),
    })
    if (this.alarms.length > callsMax) this.alarms.shift()
  }
}

/** A name in Slack's style, such as V0A1B2C3D4E. */
export function newId(prefix: string): string {
  return `${prefix}0${randomBytes(5).toString('hex').toUpperCase().slice(0, 9)}`
}

/** Copies a JSON value, so that what is stored cannot be changed from outside. */
export function copyOf<T extends Json>(value: T): T {
  return structuredClone(value)
}
