import type { ProblemView } from '../../core/problem.ts'
import type { StormView } from '../../core/storm.ts'
import { inert } from './text.ts'

/** A message without anything that Slack could refuse; the empty lists take away what an earlier edit has drawn. */
export type BareMessage = { readonly text: string; readonly blocks: []; readonly attachments: [] }

/**
 * Says in bare words what Slack refuses to show as it was drawn.
 *
 * @param text the short text that goes with what was drawn, escaped
 */
export function bareCard(text: string, { problem }: ProblemView): BareMessage {
  const held = problem.acknowledgement
  if (problem.closed !== null) return bareLine(text)
  const who = held === null ? 'Nobody has it yet.' : `${inert(held.by.name)} has it.`
  const how = 'Slack refuses its card with the buttons; the commands work.'
  return bare(`${withoutMarks(text)}\n${who} ${how}`)
}

/** @param text as `bareCard` */
export function bareStorm(text: string, { open }: StormView): BareMessage {
  if (open === 0) return bareLine(text)
  return bare(`${withoutMarks(text)}\nSlack refuses its card with the buttons; the commands work.`)
}

/** @param text as `bareCard` */
export function bareLine(text: string): BareMessage {
  return bare(withoutMarks(text))
}

function bare(text: string): BareMessage {
  return { text, blocks: [], attachments: [] }
}

/** Beside blocks the text is not shown; alone it is, and what is foreign in it is not to format anything. */
function withoutMarks(escaped: string): string {
  return inert(escaped.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'))
}
