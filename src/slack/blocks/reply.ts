import type { KnownBlock } from '@slack/types'
import type { Reply } from '../../core/effect.ts'
import { ACTION } from '../ids.ts'
import { refusalSentence } from '../words.ts'
import { button } from './card.ts'
import { dateToken, escapeText, mrkdwn } from './text.ts'

export type ReplyMessage = { readonly text: string; readonly blocks: KnownBlock[] }

/** Draws a private answer. */
export function replyMessage(reply: Reply): ReplyMessage {
  switch (reply.what) {
    case 'refused':
      return said(refusalSentence(reply.refusal))
    case 'done':
      return said(reply.sentence)
    case 'held':
      return heldMessage(reply)
  }
}

/** @returns a message of one paragraph of mrkdwn */
export function said(sentence: string): ReplyMessage {
  return { text: sentence, blocks: [{ type: 'section', text: mrkdwn(sentence) }] }
}

/** @returns what is said of a problem that somebody else has, in mrkdwn */
export function heldSentence({ name, by, since, comment, until }: Extract<Reply, { what: 'held' }>): string {
  const end = until === null ? '' : `, until ${dateToken(until)}`
  const words = comment === null ? '' : `: “${escapeText(comment)}”`
  return `${escapeText(by.name)} has ${escapeText(name)} since ${dateToken(since)}${end}${words}`
}

function heldMessage(reply: Extract<Reply, { what: 'held' }>): ReplyMessage {
  const sentence = heldSentence(reply)
  return {
    text: sentence,
    blocks: [
      { type: 'section', text: mrkdwn(sentence) },
      { type: 'actions', elements: [button(ACTION.takeOver, 'Take over', reply.problem)] },
    ],
  }
}
