import type { WebClient } from '@slack/web-api'
import type { CardRef, Chat } from '../core/ports.ts'
import type { ProblemView } from '../core/problem.ts'
import { card } from './blocks/card.ts'
import { privately, replyMessage } from './blocks/reply.ts'
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
  const draw = (ref: CardRef, view: ProblemView, now: number) =>
    card(ref, view, now, abilities(view.check.monitor))
  return {
    post: async (ref, view, now) => {
      const posted = await call(() =>
        client.chat.postMessage({
          channel: ref.channel,
          ...draw(ref, view, now),
          ...INERT,
          metadata: metadataOf(ref.id),
        }),
      )
      return posted.ts ?? fail()
    },
    update: async (ref, view, now) => {
      if (ref.ts === null) throw platformFailure('message_not_found')
      const { ts, channel } = ref
      await call(() =>
        client.chat.update({ channel, ts, ...draw(ref, view, now), parse: 'none', link_names: false }),
      )
    },
    thread: async (ref, view, event, rings, effectId) => {
      if (ref.ts === null) throw platformFailure('message_not_found')
      const message = {
        channel: ref.channel,
        thread_ts: ref.ts,
        ...threadLine(ref, view, event, rings),
        ...INERT,
        metadata: metadataOf(effectId),
      }
      const posted = await call(() =>
        client.chat.postMessage(rings ? { ...message, reply_broadcast: true } : message),
      )
      return posted.ts ?? fail()
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

async function call<Answer>(run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run()
  } catch (error) {
    throw slackFailure(error)
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
      found = (
        effectId === null || ref.ts === null
          ? await client.conversations.history(options)
          : await client.conversations.replies({ ...options, ts: ref.ts })
      ) as Search
    } catch (error) {
      const failure = slackFailure(error)
      if (MAY_NOT_LOOK.has(failure.detail ?? '')) return 'unknown'
      throw failure
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
