import type { WebClient } from '@slack/web-api'
import type { Failure } from '../core/failure.ts'
import type { Observation } from '../flows/examine.ts'
import { createClient, proxyAgent, type SlackConnection } from './client.ts'
import { platformFailure, slackFailure } from './failures.ts'

/** A trial has to end well before doctor's own deadline, also where one call follows another. */
const CALL_TIMEOUT_MS = 5_000
/** Slack takes about 50 such calls a minute. https://docs.slack.dev/reference/methods/conversations.info */
const CHANNELS_MAX = 30
const CHANNELS_AT_ONCE = 10

/** What is lost without a scope. */
const COSTS: Readonly<Record<string, string>> = {
  'chat:write': 'Nothing can be posted.',
  'chat:write.public': 'Cards go only to channels that the bot was invited to.',
  commands: 'The slash commands do not work.',
  'users:read': 'Nobody is known to be a member, so whatever people do is refused.',
  'usergroups:read': 'Who is in a user group is not known, so permissions that name groups refuse everybody.',
  'channels:history':
    'After a lost answer of Slack nobody can look whether the card is there, so it may appear twice in a public channel.',
  'channels:join':
    'The bot joins no channel by itself; it has to be invited to each that it may not post to.',
  'groups:history':
    'After a lost answer of Slack nobody can look whether the card is there, so it may appear twice in a private channel.',
}
/** Without these the bridge does not do what it is for. */
const ESSENTIAL: ReadonlySet<string> = new Set(['chat:write', 'users:read'])

export type SlackExamination = {
  readonly botToken: string
  /** Null: not to be tried. */
  readonly appToken: string | null
  readonly connection: SlackConnection
  /** Ids of all channels that anything is posted to. */
  readonly channels: readonly string[]
  /** What the app's manifest asks for. */
  readonly scopes: readonly string[]
}

type Us = { readonly bot: string; readonly granted: ReadonlySet<string> | null }
type Trouble = Pick<Observation, 'what' | 'found' | 'advice'> &
  Partial<Pick<Observation, 'mayPass' | 'isGrave'>>

/** Tries whether Slack can be reached, knows our tokens, lets us do what we have to, and has our channels. Posts nothing. */
export async function examineSlack(given: SlackExamination): Promise<readonly Observation[]> {
  const agent = proxyAgent(given.connection)
  const clientOf = (token: string): WebClient => createClient(token, given.connection, agent, CALL_TIMEOUT_MS)
  try {
    const client = clientOf(given.botToken)
    const { us, found } = await examineToken(client, given)
    if (us === null) return found
    const { appToken } = given
    const [socket, channels] = await Promise.all([
      appToken === null ? [] : examineAppToken(clientOf(appToken)),
      examineChannels(client, given.channels, us),
    ])
    return [...found, ...examineScopes(given.scopes, us), ...socket, ...channels]
  } finally {
    // A call that hangs keeps its connection; nobody waits for that.
    agent?.destroy().catch(() => undefined)
  }
}

async function examineToken(
  client: WebClient,
  { connection }: SlackExamination,
): Promise<{ us: Us | null; found: readonly Observation[] }> {
  const { host } = new URL(connection.apiUrl)
  try {
    const { team, team_id, user, user_id, response_metadata } = await client.auth.test()
    if (team_id === undefined || user_id === undefined) throw platformFailure('no answer of Slack')
    const granted = response_metadata?.scopes
    return {
      us: { bot: user ?? 'ackbridge', granted: granted === undefined ? null : new Set(granted) },
      found: [
        well('reach', `Slack answers (${host}).`),
        well('bot token', `It is of the workspace ${team} (${team_id}), where we are @${user} (${user_id}).`),
      ],
    }
  } catch (error) {
    const failure = slackFailure(error)
    if (!mayPass(failure)) {
      const advice =
        'Put the Bot User OAuth Token of the installed app (OAuth & Permissions, xoxb-…) into SLACK_BOT_TOKEN and restart.'
      return { us: null, found: [bad({ what: 'bot token', found: failure.message, advice, isGrave: true })] }
    }
    const advice = `Check that this machine reaches ${host}: the network, HTTPS_PROXY, SLACK_API_URL.`
    return {
      us: null,
      found: [bad({ what: 'reach', found: withDetail(failure), advice, isGrave: true, mayPass: true })],
    }
  }
}

function examineScopes(wanted: readonly string[], { granted }: Us): readonly Observation[] {
  if (granted === null)
    return [well('scopes', 'Slack does not say which scopes the token has, so they could not be compared.')]
  const missing = wanted.filter((scope) => !granted.has(scope))
  if (missing.length === 0)
    return [well('scopes', `The token has all ${wanted.length} scopes of the manifest.`)]
  return missing.map((scope) =>
    bad({
      what: 'scopes',
      found: `The token lacks ${scope}. ${COSTS[scope] ?? 'The manifest asks for it.'}`,
      advice: 'Add it at https://api.slack.com/apps under OAuth & Permissions and install the app again.',
      isGrave: ESSENTIAL.has(scope),
    }),
  )
}

/** Asks for the address of a websocket, and opens none: an address that nobody uses ends by itself. */
async function examineAppToken(client: WebClient): Promise<readonly Observation[]> {
  try {
    await client.apps.connections.open({})
    return [well('app token', 'Socket Mode can be opened.')]
  } catch (error) {
    const failure = slackFailure(error)
    const advice =
      'Switch Socket Mode on in the app, and put an app-level token with connections:write (Basic Information, xapp-…) into SLACK_APP_TOKEN.'
    return [
      mayPass(failure)
        ? bad({
            what: 'app token',
            found: withDetail(failure),
            advice: 'Try again in a minute.',
            mayPass: true,
          })
        : bad({ what: 'app token', found: failure.message, advice, isGrave: true }),
    ]
  }
}

async function examineChannels(
  client: WebClient,
  channels: readonly string[],
  us: Us,
): Promise<readonly Observation[]> {
  const looked = channels.slice(0, CHANNELS_MAX)
  const found: Observation[] = []
  for (let from = 0; from < looked.length; from += CHANNELS_AT_ONCE) {
    const some = looked.slice(from, from + CHANNELS_AT_ONCE)
    found.push(...(await Promise.all(some.map((channel) => examineChannel(client, channel, us)))))
  }
  const left = channels.length - looked.length
  if (left > 0) found.push(well('channels', `${left} more channels were not looked at.`))
  return found
}

async function examineChannel(client: WebClient, id: string, us: Us): Promise<Observation> {
  const what = `channel ${id}`
  const invite = `Invite it there: /invite @${us.bot}`
  const { granted } = us
  if (granted !== null && !granted.has('channels:read') && !granted.has('groups:read'))
    return peekIntoChannel(client, id, what, invite, us)
  try {
    const { channel } = await client.conversations.info({ channel: id })
    const name = channel?.name === undefined ? '' : `#${channel.name}: `
    if (channel?.is_archived === true) {
      const advice = 'Unarchive it, or name another channel.'
      return bad({ what, found: `${name}It is archived.`, advice, isGrave: true })
    }
    if (channel?.is_member === true || channel?.is_im === true)
      return well(what, `${name}The bot is a member.`)
    return outside(what, name, invite, us)
  } catch (error) {
    const failure = slackFailure(error)
    if (failure.detail === 'missing_scope') return peekIntoChannel(client, id, what, invite, us)
    return noChannel(what, failure, invite)
  }
}

/** Without channels:read a channel's history tells whether it is there and whether the bot is in it. */
async function peekIntoChannel(
  client: WebClient,
  id: string,
  what: string,
  invite: string,
  us: Us,
): Promise<Observation> {
  try {
    await client.conversations.history({ channel: id, limit: 1 })
    return well(
      what,
      'The bot is a member. Whether it is archived can be told only with channels:read, groups:read.',
    )
  } catch (error) {
    const failure = slackFailure(error)
    if (failure.detail === 'not_in_channel') return outside(what, '', invite, us)
    if (failure.detail === 'missing_scope') {
      return bad({
        what,
        found: 'It could not be looked at: the token lacks the scopes for that.',
        advice:
          'Add channels:read and groups:read, or channels:history and groups:history, and install the app again.',
      })
    }
    return noChannel(what, failure, invite)
  }
}

function outside(what: string, name: string, invite: string, { granted }: Us): Observation {
  const mayJoin = granted?.has('channels:join') === true
  if (granted !== null && !granted.has('chat:write.public')) {
    if (mayJoin) {
      const found = `${name}The bot is no member; it joins when there is something to post.`
      return { ...well(what, found), advice: invite }
    }
    return bad({
      what,
      found: `${name}The bot is no member and may not post.`,
      advice: invite,
      isGrave: true,
    })
  }
  const later = mayJoin
    ? '; it joins when it has to look for a card after a lost answer.'
    : ', so after a lost answer a card may appear twice.'
  return { ...well(what, `${name}The bot may post but is no member${later}`), advice: invite }
}

function noChannel(what: string, failure: Failure, invite: string): Observation {
  if (failure.detail !== 'channel_not_found') {
    const advice = mayPass(failure) ? 'Try again in a minute.' : invite
    return bad({ what, found: withDetail(failure), advice, mayPass: mayPass(failure) })
  }
  const found = 'There is no such channel, or it is private and the bot is no member.'
  return bad({ what, found, advice: `Check the id. ${invite}`, isGrave: true })
}

function mayPass({ code }: Failure): boolean {
  return code === 'unavailable' || code === 'timeout' || code === 'rate_limited'
}

/** With the system's word for what happened, which stands deep below what the SDK throws. */
function withDetail(failure: Failure): string {
  let cause: unknown = failure.cause
  for (let depth = 0; depth < 5 && cause instanceof Error; depth++) {
    const { code } = cause as NodeJS.ErrnoException
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return `${failure.message} (${code})`
    cause = cause.cause
  }
  return failure.message
}

function well(what: string, found: string): Observation {
  return { part: 'slack', what, ok: true, found, advice: null, mayPass: false, isGrave: false }
}

function bad(trouble: Trouble): Observation {
  return { part: 'slack', ok: false, mayPass: false, isGrave: false, ...trouble }
}
