import type { KnownBlock, MessageAttachment } from '@slack/types'
import type { ChatPostMessageArguments, WebClient } from '@slack/web-api'
import { Failure } from '../core/failure.ts'
import type { CardRef, Chat, Form } from '../core/ports.ts'
import type { ProblemView } from '../core/problem.ts'
import { bareCard, bareLine, bareStorm } from './blocks/bare-words.ts'
import { type CardMessage, card } from './blocks/card.ts'
import { privately, replyMessage } from './blocks/reply.ts'
import { stormCard, stormLine } from './blocks/storm.ts'
import { threadLine } from './blocks/thread-line.ts'
import { platformFailure, slackFailure } from './failures.ts'
import { METADATA_EVENT } from './ids.ts'
import type { AbilitiesOf } from './surface.ts'

/** Slack's clock and ours may differ by this much when we look for a message of ours. */
const CLOCK_SLACK_MS = 60_000
/** Messages looked through for one of ours, and pages of them. */
const SEARCH_PAGE = 100
const SEARCH_PAGES_MAX = 5

/** Nothing in a message is to be parsed, unfurled or linked beyond what the blocks say. */
const INERT = { parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false } as const

type Search = {
  readonly messages?: readonly { ts?: string; metadata?: { event_type?: string; event_payload?: object } }[]
  readonly response_metadata?: { next_cursor?: string }
}

/** Posts and edits cards through Slack's Web API. Every method throws a classified Failure. */
export function createChat(
  client: WebClient,
  respond: (url: string, body: object) => Promise<number>,
  abilities: AbilitiesOf,
): Chat {
  const draw = (ref: CardRef, view: ProblemView, now: number, form: Form) => {
    const drawn = card(ref, view, now, abilities(view.check.monitor))
    return form === 'full' ? drawn : bareCard(drawn.text, view)
  }
  return {
    post: (ref, view, now, form) => say(client, ref.channel, draw(ref, view, now, form), ref.id),
    update: async (ref, view, now, form) => {
      if (ref.ts === null) throw platformFailure('message_not_found')
      const { ts, channel } = ref
      await inChannel(client, channel, () =>
        client.chat.update({ channel, ts, ...draw(ref, view, now, form), parse: 'none', link_names: false }),
      )
    },
    thread: async (ref, view, event, rings, effectId, form) => {
      if (ref.ts === null) throw platformFailure('message_not_found')
      const drawn = threadLine(ref, view, event, rings)
      const message = { thread_ts: ref.ts, ...(form === 'full' ? drawn : bareLine(drawn.text)) }
      return say(client, ref.channel, rings ? { ...message, reply_broadcast: true } : message, effectId)
    },
    storm: async (ref, storm, now, form) => {
      const { channel, ts } = ref
      const drawn = stormCard(ref, storm, now)
      const message = form === 'full' ? drawn : bareStorm(drawn.text, storm)
      if (ts !== null) {
        await inChannel(client, channel, () =>
          client.chat.update({ channel, ts, ...message, parse: 'none', link_names: false }),
        )
        return ts
      }
      return say(client, channel, message, ref.id)
    },
    stormLine: async (ref, reached, rings, effectId, form) => {
      if (ref.ts === null) throw platformFailure('message_not_found')
      const drawn = stormLine(ref, reached, rings)
      const message = { thread_ts: ref.ts, ...(form === 'full' ? drawn : bareLine(drawn.text)) }
      return say(client, ref.channel, rings ? { ...message, reply_broadcast: true } : message, effectId)
    },
    find: (ref, effectId, since) => find(client, ref, effectId, since),
    reply: async (url, reply) => {
      const status = await respond(url, privately(replyMessage(reply))).catch((error: unknown) => {
        throw slackFailure(error)
      })
      if (status === 404 || status === 410) throw platformFailure('expired_url')
      if (status >= 400) throw platformFailure(status === 429 ? 'ratelimited' : 'internal_error')
    },
  }
}

function metadataOf(id: string): { event_type: string; event_payload: { id: string } } {
  return { event_type: METADATA_EVENT, event_payload: { id } }
}

type Said = Pick<CardMessage, 'text'> & {
  readonly blocks: KnownBlock[]
  readonly attachments?: MessageAttachment[]
  readonly thread_ts?: string
}

/** Posts a message with our id in its metadata; where Slack takes no metadata of ours, without. @returns its ts */
async function say(
  client: WebClient,
  channel: string,
  message: Said & { readonly reply_broadcast?: true },
  id: string,
): Promise<string> {
  const post = (more: object) =>
    inChannel(client, channel, () =>
      client.chat.postMessage({ channel, ...message, ...INERT, ...more } as ChatPostMessageArguments),
    )
  try {
    return (await post({ metadata: metadataOf(id) })).ts ?? fail()
  } catch (error) {
    // Then a lost answer cannot be looked up, and the message may appear twice; that is better than never.
    if (!(error instanceof Failure) || !METADATA_REFUSED.has(error.detail ?? '')) throw error
    return (await post({})).ts ?? fail()
  }
}

const METADATA_REFUSED: ReadonlySet<string> = new Set([
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'metadata_too_large',
  'metadata_must_be_sent_from_app',
])

async function call<Answer>(run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run()
  } catch (error) {
    throw slackFailure(error)
  }
}

/** Makes a call that takes a member of the channel; the bot joins where it is none and may. */
async function inChannel<Answer>(
  client: WebClient,
  channel: string,
  run: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await call(run)
  } catch (error) {
    if (!(error instanceof Failure) || error.detail !== 'not_in_channel') throw error
    await join(client, channel, error)
    return call(run)
  }
}

/** Words that say of joining what they would say of our token elsewhere: only joining is not allowed. */
const MAY_NOT_JOIN: ReadonlySet<string> = new Set([
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'access_denied',
])

/**
 * Joins a public channel. https://docs.slack.dev/reference/methods/conversations.join
 *
 * @param refusal thrown where the bot has to be invited
 */
async function join(client: WebClient, channel: string, refusal: Failure): Promise<void> {
  try {
    await call(() => client.conversations.join({ channel }))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const { code, message, detail } = error
    if (detail === 'is_archived') throw error
    if (code === 'rejected' || MAY_NOT_JOIN.has(detail ?? '')) throw refusal
    // Nothing was posted so far, so there is no doubt about that.
    if (error.retry.kind === 'ambiguous')
      throw new Failure(code, { kind: 'later' }, message, detail === null ? {} : { detail })
    throw error
  }
}

function fail(): never {
  throw platformFailure('internal_error')
}

/** Words for: this token may not read there. Anything else may pass, and is waited for. */
const MAY_NOT_LOOK: ReadonlySet<string> = new Set([
  'missing_scope',
  'no_permission',
  'not_in_channel',
  'channel_not_found',
])

/** Looks through the channel, or the card's thread, for a message that carries our id. */
async function find(
  client: WebClient,
  ref: CardRef,
  effectId: string | null,
  since: number,
): Promise<string | null | 'unknown'> {
  const id = effectId ?? ref.id
  const oldest = String(Math.max(0, (since - CLOCK_SLACK_MS) / 1000))
  const { channel } = ref
  let cursor: string | undefined
  for (let page = 0; page < SEARCH_PAGES_MAX; page++) {
    const options = {
      channel,
      oldest,
      limit: SEARCH_PAGE,
      include_all_metadata: true,
      ...(cursor === undefined ? {} : { cursor }),
    }
    let found: Search
    try {
      found = await inChannel(client, channel, () => look(client, options, effectId === null ? null : ref.ts))
    } catch (error) {
      if (error instanceof Failure && MAY_NOT_LOOK.has(error.detail ?? '')) return 'unknown'
      throw error
    }
    const message = (found.messages ?? []).find(
      ({ metadata }) => (metadata?.event_payload as { id?: unknown } | undefined)?.id === id,
    )
    if (message?.ts !== undefined) return message.ts
    cursor = found.response_metadata?.next_cursor || undefined
    if (cursor === undefined) return null
  }
  return 'unknown'
}

function look(
  client: WebClient,
  options: Parameters<WebClient['conversations']['history']>[0] & { readonly channel: string },
  thread: string | null,
): Promise<Search> {
  return (
    thread === null
      ? client.conversations.history(options)
      : client.conversations.replies({ ...options, ts: thread })
  ) as Promise<Search>
}
