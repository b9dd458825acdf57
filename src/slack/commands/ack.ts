import type { WebClient } from '@slack/web-api'
import { findChecks, findNamed, nameOfFound, openProblemsOf } from '../../core/find.ts'
import type { Queries } from '../../core/ports.ts'
import { type Check, checkName, type ProblemView } from '../../core/problem.ts'
import type { Refusal } from '../../core/refusal.ts'
import { type State, severityOf } from '../../core/state.ts'
import type { AcknowledgeResult, Acting } from '../../flows/acknowledge-problem.ts'
import type { Visible } from '../../flows/look-up.ts'
import { whichList } from '../blocks/problem-list.ts'
import { type ReplyMessage, replyMessage, said, toldWords } from '../blocks/reply.ts'
import { dateToken, inert } from '../blocks/text.ts'
import type { SurfaceParts } from '../surface.ts'
import { pickForm } from '../views/acknowledge.ts'
import { ASSUMED_UTC, refusalSentence } from '../words.ts'
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
  const looked = await parts.lookUp(
    acting,
    'command',
    (queries, visible, whyHidden) => {
      const found = findChecks(queries, text, parts.monitors)
      if (found.kind === 'nothing') return onlyVisible(found, queries, visible, parts.monitors)
      // A service that was named outright is not hidden from who named it: the permission says whether they may take it.
      const shown = (check: Check, state: State | null): boolean =>
        found.named === 'service' || visible({ check, state })
      const named = openProblemsOf(found)
      const open = named.flatMap(({ problem, check }) =>
        problem !== null && shown(check, problem.state) ? [queries.problem(problem.id)] : [],
      )
      const [first] = named
      const hidden =
        open.length > 0 || first === undefined
          ? null
          : whyHidden({ check: first.check, state: first.problem?.state ?? null })
      if (hidden !== null) return { kind: 'hidden' as const, refusal: hidden }
      return { ...found, open: open.filter((view) => view !== null).sort(worstFirst) }
    },
    ACKNOWLEDGING,
  )
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const found = looked.answer
  if (found.kind === 'hidden') return refused(parts, found.refusal)
  if (found.kind === 'nothing')
    return refused(parts, { why: 'nothing-matches', asked: found.asked, suggestions: found.suggestions })
  const when = await parseWhen(found.rest, acting.person.zone, parts.clock.now())
  if (when.kind === 'unclear') return refused(parts, { why: 'when-unclear', text: when.text })
  const asked = {
    comment: when.rest === '' ? null : when.rest,
    until: when.kind === 'until' ? when.at : null,
    note: when.kind === 'until' && when.assumedUtc ? ` ${ASSUMED_UTC}` : '',
  }
  const [first, second] = found.open
  if (first === undefined) return refused(parts, { why: 'fine', name: nameOfFound(found) })
  if (second !== undefined) {
    return {
      message: whichList(found.open, found.open.length, found.asked, asked),
      outcome: 'asked',
    }
  }
  return acknowledgeOne(input, first, asked)
}

/** Orders problems as every list does. */
export function worstFirst({ problem: a }: ProblemView, { problem: b }: ProblemView): number {
  return severityOf(b.state) - severityOf(a.state) || a.opened - b.opened
}

const ACKNOWLEDGING = { action: 'acknowledge', problem: null } as const

/** What was said along with it. `note`: how the time was read, with a blank in front. */
type Asked = { readonly comment: string | null; readonly until: number | null; readonly note: string }

async function acknowledgeOne(input: CommandInput, view: ProblemView, asked: Asked): Promise<CommandAnswer> {
  const { parts, acting, interaction } = input
  const result = await parts.acknowledge({
    ...acting,
    problem: view.problem.id,
    through: 'command',
    interaction,
    comment: asked.comment,
    until: asked.until,
    sticky: true,
    persistent: false,
    notify: false,
    takeOver: false,
    replyTo: null,
  })
  return { message: resultMessage(result, view, asked), outcome: result.kind }
}

function resultMessage(result: AcknowledgeResult, view: ProblemView, asked: Asked): ReplyMessage {
  const name = inert(checkName(view.check))
  switch (result.kind) {
    case 'acknowledged': {
      const until = result.problem.acknowledgement?.until ?? null
      const end = until === null ? '' : `, until ${dateToken(until)}`
      const { monitor } = view.check
      const kept = result.problem.acknowledgement?.handOver === 'not_supported'
      const where = kept ? toldWords([], [monitor]) : toldWords([monitor], [])
      return said(`You have ${name}${end}. ${where}${asked.note}`)
    }
    case 'commented':
      return said(`You have ${name} already. Your comment is added and sent to ${inert(view.check.monitor)}.`)
    case 'yours-already':
      return said(`You have ${name} already. Nothing was changed.`)
    case 'held': {
      const { by, at, comment, until } = result.acknowledgement
      const reply = {
        what: 'held',
        problem: view.problem.id,
        name: checkName(view.check),
        by,
        since: at,
        comment,
        until,
        asked: { comment: asked.comment, until: asked.until },
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
  const looked = await parts.lookUp(
    acting,
    'command',
    (queries, visible) => {
      const { rows } = queries.problems({ taken: 'no' }, OPEN_MAX)
      return {
        views: rows.filter(({ check, problem }) => visible({ check, state: problem.state })),
        total: queries.counts({ taken: 'no' }).open,
      }
    },
    ACKNOWLEDGING,
  )
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const { views, total } = looked.answer
  if (views.length === 0) return { message: said('Nothing is open that nobody has. 🟢'), outcome: 'nothing' }
  try {
    await client.views.open({ trigger_id: triggerId, view: pickForm(views, total) })
    return { message: null, outcome: 'form' }
  } catch {
    // The form could not be opened in time; a list does the same work.
    return {
      message: whichList(views, total, null, { comment: null, until: null, note: '' }),
      outcome: 'asked',
    }
  }
}

/** @returns what was not found, without the names of what the person may not see */
export function onlyVisible<Nothing extends { readonly suggestions: readonly string[] }>(
  nothing: Nothing,
  queries: Queries,
  visible: Visible,
  monitors: readonly string[],
): Nothing {
  const suggestions = nothing.suggestions.filter((name) => {
    const found = findNamed(queries, name, monitors)
    if (found.kind === 'nothing') return false
    return found.states.some(({ check, problem }) => visible({ check, state: problem?.state ?? null }))
  })
  return { ...nothing, suggestions }
}

/** @returns the private answer to a refusal */
export function refused({ commandPrefix }: SurfaceParts, refusal: Refusal): CommandAnswer {
  return { message: said(refusalSentence(refusal, commandPrefix)), outcome: 'refused' }
}
