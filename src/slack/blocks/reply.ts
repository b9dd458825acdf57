import type { KnownBlock } from '@slack/types'
import type { LeftOver, NotTaken, Reply } from '../../core/effect.ts'
import { ACTION, encodeMany } from '../ids.ts'
import { onlyThese, refusalSentence } from '../words.ts'
import { button } from './card.ts'
import { dateToken, inert, inertCut, mrkdwn, number, unparsed } from './text.ts'

export type ReplyMessage = { readonly text: string; readonly blocks: KnownBlock[] }

/** @returns a message as it goes to one person alone, below what was pressed */
export function privately(message: ReplyMessage) {
  return {
    response_type: 'ephemeral',
    replace_original: false,
    ...message,
    text: unparsed(message.text),
  } as const
}

/** Draws a private answer. */
export function replyMessage(reply: Reply): ReplyMessage {
  switch (reply.what) {
    case 'refused':
      return said(refusalSentence(reply.refusal))
    case 'taken':
      return said(takenWords(reply))
    case 'held':
      return heldMessage(reply)
    case 'taken-of-storm':
      return said(takenOfStormWords(reply))
  }
}

/** @returns a message of one paragraph of mrkdwn */
export function said(sentence: string): ReplyMessage {
  return { text: sentence, blocks: [{ type: 'section', text: mrkdwn(sentence) }] }
}

/** @returns what is said of a problem that somebody else has, in mrkdwn */
export function heldSentence({
  name,
  by,
  since,
  comment,
  until,
}: Omit<Extract<Reply, { what: 'held' }>, 'what' | 'problem' | 'asked'>): string {
  const end = until === null ? '' : `, until ${dateToken(until)}`
  const words = comment === null ? '' : `: “${inertCut(comment, 500)}”`
  return `${inert(by.name)} has ${inert(name)} since ${dateToken(since)}${end}${words}`
}

function heldMessage(reply: Extract<Reply, { what: 'held' }>): ReplyMessage {
  const sentence = heldSentence(reply)
  const { problem, asked } = reply
  const said = asked.comment !== null || asked.until !== null
  const value = (said ? encodeMany({ problems: [problem], ...asked }) : null) ?? problem
  return {
    text: sentence,
    blocks: [
      { type: 'section', text: mrkdwn(sentence) },
      { type: 'actions', elements: [button(ACTION.takeOver, 'Take over', value)] },
    ],
  }
}

/** Names, and reasons, that are told one by one. */
const TOLD_MAX = 5
/** Characters of one name among several. */
const NAME_MAX_CHARS = 80

function takenWords({ names, until, not, told, untold }: Extract<Reply, { what: 'taken' }>): string {
  const end = until === null ? '' : `, until ${dateToken(until)}`
  const shown = names.slice(0, TOLD_MAX).map(inert)
  if (names.length > TOLD_MAX) shown.push(`${names.length - TOLD_MAX} more`)
  const have = names.length === 0 ? [] : [`You have ${listed(shown)}${end}. ${toldWords(told, untold)}`]
  const more = not.length > TOLD_MAX ? [`${not.length - TOLD_MAX} more are not yours either.`] : []
  return [...have, ...not.slice(0, TOLD_MAX).map(notTakenWords), ...more].join('\n')
}

/** @returns what is said of where an acknowledgement goes */
export function toldWords(told: readonly string[], untold: readonly string[]): string {
  const names = (monitors: readonly string[]): string => listed(monitors.map(inert))
  const sending = told.length === 0 ? '' : `Sending to ${names(told)} …; the card says when it is confirmed.`
  const kept =
    untold.length === 0
      ? ''
      : `Kept here only: ${names(untold)} ${untold.length === 1 ? 'is' : 'are'} not told.`
  return [sending, kept].filter((part) => part !== '').join(' ')
}

function notTakenWords(one: NotTaken): string {
  if ('heldBy' in one) return `${inert(one.heldBy.name)} has ${inert(one.name)} already.`
  return `${inert(one.name)}: ${refusalSentence(one.refusal)}`
}

/** First what is still nobody's: that is what has to be done. */
function takenOfStormWords({
  asked,
  taken,
  ended,
  left,
}: Extract<Reply, { what: 'taken-of-storm' }>): string {
  const open = [...left.filter(({ why }) => why !== 'held'), ...left.filter(({ why }) => why === 'held')]
  const told = open.slice(0, TOLD_MAX).map(leftOverWords)
  const others = open.slice(TOLD_MAX).reduce((sum, { count }) => sum + count, 0)
  return [
    `You have *${number(taken)} of ${number(asked)}*.`,
    ...told,
    ...(others > 0 ? [`${number(others)} more are not yours, for other reasons.`] : []),
    ...(ended > 0 ? [`${number(ended)} ended before you had ${ended === 1 ? 'it' : 'them'}.`] : []),
  ].join('\n')
}

function leftOverWords(one: LeftOver): string {
  const { count, names } = one
  const shown = names.map((name) => inertCut(name, NAME_MAX_CHARS))
  if (count > names.length) shown.push(`${number(count - names.length)} more`)
  // Of what a person may not see there is a number, and no name.
  const which = names.length === 0 ? '' : `: ${listed(shown)}`
  switch (one.why) {
    case 'held':
      return `${inert(one.by.name)} has *${number(count)}*${which}.`
    case 'given-back':
      return `Nobody has *${number(count)}*, because somebody gave ${count === 1 ? 'it' : 'them'} back${which}.`
    case 'refused':
      return `Nobody has *${number(count)}*${which}. ${
        one.refusal.why === 'not-in-group'
          ? `${onlyThese(one.refusal.groups)} take ${count === 1 ? 'it' : 'them'}.`
          : refusalSentence(one.refusal)
      }`
  }
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}
