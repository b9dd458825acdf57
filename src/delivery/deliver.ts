import { Failure } from '../core/failure.ts'
import type { Chat, Claimed, Clock, Form, MessageWork, Settlement } from '../core/ports.ts'
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
        return say((form) => chat.post(work.card, work.view, clock.now(), form))
      }
      // What was posted then may be old news by now.
      const card = { ...work.card, ts: found }
      return say((form) => chat.update(card, work.view, clock.now(), form).then(() => found))
    }
    case 'update':
      return say((form) => chat.update(work.card, work.view, clock.now(), form).then(() => work.card.ts))
    case 'thread': {
      const found = ambiguousSince === null ? null : await chat.find(work.card, claimed.id, ambiguousSince)
      if (found !== null && found !== 'unknown') return { kind: 'done', ts: found }
      const rings = work.rings && !work.card.quiet && pace.mayRing(claimed.lane, clock.monotonic())
      const done = await say((form) => chat.thread(work.card, work.view, work.event, rings, claimed.id, form))
      if (rings) pace.rang(claimed.lane, clock.monotonic())
      return done
    }
    case 'storm': {
      const found =
        ambiguousSince === null || work.card.ts !== null
          ? null
          : await chat.find(work.card, null, ambiguousSince)
      const known = found === 'unknown' ? null : found
      const card = { ...work.card, ts: work.card.ts ?? known }
      const done = await say((form) => chat.storm(card, work.storm, clock.now(), form))
      return known === null ? done : { ...done, found: true }
    }
    case 'storm-line': {
      if (work.reached.count === 0) return { kind: 'drop', error: 'nobody to call' }
      const found = ambiguousSince === null ? null : await chat.find(work.card, claimed.id, ambiguousSince)
      if (found !== null && found !== 'unknown') return { kind: 'done', ts: found, found: true }
      const rings = pace.mayRing(claimed.lane, clock.monotonic())
      const done = await say((form) => chat.stormLine(work.card, work.reached, rings, claimed.id, form))
      if (rings) pace.rang(claimed.lane, clock.monotonic())
      return done
    }
    case 'reply':
      if (clock.now() - claimed.created > REPLY_MAX_AGE_MS)
        return { kind: 'drop', error: 'too late to answer' }
      await chat.reply(work.url, work.reply)
      return { kind: 'done', ts: null }
  }
}

/** What Slack refuses for how it is drawn is said in bare words instead: a problem has to be seen, however plain. */
async function say(
  send: (form: Form) => Promise<string | null>,
): Promise<Extract<Settlement, { kind: 'done' }>> {
  try {
    return { kind: 'done', ts: await send('full') }
  } catch (error) {
    if (!(error instanceof Failure) || error.retry.kind !== 'plainer') throw error
    return { kind: 'done', ts: await send('plain'), plainly: error.detail ?? error.code }
  }
}
