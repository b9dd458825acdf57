import type { WebClient } from '@slack/web-api'
import { findChecks, nameOfFound, openProblemsOf } from '../../core/find.ts'
import type { ProblemView } from '../../core/problem.ts'
import { checkName } from '../../core/problem.ts'
import type { Refusal } from '../../core/refusal.ts'
import type { AcknowledgeResult, Acting } from '../../flows/acknowledge-problem.ts'
import { whichList } from '../blocks/problem-list.ts'
import { type ReplyMessage, replyMessage, said } from '../blocks/reply.ts'
import { dateToken, escapeText } from '../blocks/text.ts'
import type { SurfaceParts } from '../surface.ts'
import { pickForm } from '../views/acknowledge.ts'
import { refusalSentence } from '../words.ts'
import { parseWhen } from './when.ts'

/** What a command answers, privately; null when it opened a form instead. */
export type CommandAnswer = { readonly message: ReplyMessage | null; readonly outcome: string }

export type CommandInput = {
  readonly parts: SurfaceParts
  readonly acting: Acting
  readonly text: string
  readonly interaction: string
  readonly triggerId: string
  readonly client: WebClient
}

/** Problems looked at when somebody names none. */
const OPEN_MAX = 100

/** `/ack [MONITOR/]HOST [SERVICE] [until|for WHEN] [comment]`; alone, a form to choose in. */
export async function ack(input: CommandInput): Promise<CommandAnswer> {
  const { parts, acting, text } = input
  if (text === '') return choose(input)
  const looked = await parts.lookUp(acting, 'command', (queries, visible) => {
    const found = findChecks(queries, text, parts.monitors)
    if (found.kind === 'nothing') return found
    const open = openProblemsOf(found).flatMap(({ problem, check }) =>
      problem !== null && visible({ check, state: problem.state }) ? [queries.problem(problem.id)] : [],
    )
    return { ...found, open: open.filter((view) => view !== null) }
  })
  if (looked.kind === 'refused') return refused(looked.refusal)
  const found = looked.answer
  if (found.kind === 'nothing')
    return refused({ why: 'nothing-matches', asked: found.asked, suggestions: found.suggestions })
  const when = await parseWhen(found.rest, acting.person.zone, parts.clock.now())
  if (when.kind === 'unclear') return refused({ why: 'when-unclear', text: when.text })
  const until = when.kind === 'until' ? when.at : null
  const comment = when.rest === '' ? null : when.rest
  const [first, second] = found.open
  if (first === undefined) return refused({ why: 'fine', name: nameOfFound(found) })
  if (second !== undefined) {
    return {
      message: whichList(found.open, found.open.length, found.asked, { comment, until }),
      outcome: 'asked',
    }
  }
  return acknowledgeOne(input, first, comment, until)
}

async function acknowledgeOne(
  input: CommandInput,
  view: ProblemView,
  comment: string | null,
  until: number | null,
): Promise<CommandAnswer> {
  const { parts, acting, interaction } = input
  const result = await parts.acknowledge({
    ...acting,
    problem: view.problem.id,
    through: 'command',
    interaction,
    comment,
    until,
    sticky: true,
    persistent: false,
    notify: false,
    takeOver: false,
    replyTo: null,
  })
  const zoneNote =
    until !== null && acting.person.zone === null
      ? ' (your time zone is not known, so it was read as UTC)'
      : ''
  return { message: resultMessage(result, view, until, zoneNote), outcome: result.kind }
}

function resultMessage(
  result: AcknowledgeResult,
  view: ProblemView,
  until: number | null,
  zoneNote: string,
): ReplyMessage {
  const name = escapeText(checkName(view.check))
  switch (result.kind) {
    case 'acknowledged': {
      const end = until === null ? '' : `, until ${dateToken(until)}${zoneNote}`
      return said(`You have ${name}${end}. Kept here only: ${escapeText(view.check.monitor)} is not told.`)
    }
    case 'yours-already':
      return said(`You have ${name} already. Nothing was changed.`)
    case 'held': {
      const { by, at, comment, until: end } = result.acknowledgement
      const reply = {
        what: 'held',
        problem: view.problem.id,
        name: checkName(view.check),
        by,
        since: at,
        comment,
        until: end,
      } as const
      return replyMessage(reply)
    }
    case 'refused':
      return said(refusalSentence(result.refusal))
    case 'repeated':
      return said('This was done already.')
  }
}

async function choose({ parts, acting, client, triggerId }: CommandInput): Promise<CommandAnswer> {
  const looked = await parts.lookUp(acting, 'command', (queries, visible) => {
    const { rows } = queries.problems({ taken: 'no' }, OPEN_MAX)
    return {
      views: rows.filter(({ check, problem }) => visible({ check, state: problem.state })),
      total: queries.counts({ taken: 'no' }).open,
    }
  })
  if (looked.kind === 'refused') return refused(looked.refusal)
  const { views, total } = looked.answer
  if (views.length === 0) return { message: said('Nothing is open that nobody has. 🟢'), outcome: 'nothing' }
  try {
    await client.views.open({ trigger_id: triggerId, view: pickForm(views, total) })
    return { message: null, outcome: 'form' }
  } catch {
    // The form could not be opened in time; a list does the same work.
    return { message: whichList(views, total, '/ack', { comment: null, until: null }), outcome: 'asked' }
  }
}

/** @returns the private answer to a refusal */
export function refused(refusal: Refusal): CommandAnswer {
  return { message: said(refusalSentence(refusal)), outcome: 'refused' }
}
