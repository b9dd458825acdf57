import type { Chat, Claimed, Clock, MessageWork, Settlement } from '../core/ports.ts'
import { REPLY_MAX_AGE_MS } from './limits.ts'
import type { Pace } from './pace.ts'

/**
 * Carries out one effect towards Slack.
 *
 * @returns how to settle it; throws the adapter's Failure
 */
export async function deliver(
  claimed: Claimed<MessageWork>,
  chat: Chat,
  pace: Pace,
  clock: Clock,
): Promise<Settlement> {
  const { work, ambiguousSince } = claimed
  switch (work.kind) {
    case 'post': {
      const found = ambiguousSince === null ? null : await chat.find(work.card, null, ambiguousSince)
      // Where we may not look, a card twice is better than a card never.
      if (found === null || found === 'unknown') {
        return { kind: 'done', ts: await chat.post(work.card, work.view, clock.now()) }
      }
      // What was posted then may be old news by now.
      await chat.update({ ...work.card, ts: found }, work.view, clock.now())
      return { kind: 'done', ts: found }
    }
    case 'update':
      await chat.update(work.card, work.view, clock.now())
      return { kind: 'done', ts: work.card.ts }
    case 'thread': {
      const found = ambiguousSince === null ? null : await chat.find(work.card, claimed.id, ambiguousSince)
      if (found !== null && found !== 'unknown') return { kind: 'done', ts: found }
      const rings = work.rings && !work.card.quiet && pace.mayRing(claimed.lane, clock.monotonic())
      const ts = await chat.thread(work.card, work.view, work.event, rings, claimed.id)
      if (rings) pace.rang(claimed.lane, clock.monotonic())
      return { kind: 'done', ts }
    }
    case 'reply':
      if (clock.now() - claimed.created > REPLY_MAX_AGE_MS)
        return { kind: 'drop', error: 'too late to answer' }
      await chat.reply(work.url, work.reply)
      return { kind: 'done', ts: null }
  }
}
