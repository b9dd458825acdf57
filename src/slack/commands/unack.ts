import { findNamed, nameOfFound, openProblemsOf } from '../../core/find.ts'
import { checkName, type ProblemView } from '../../core/problem.ts'
import type { RemoveResult } from '../../flows/remove-acknowledgement.ts'
import { button } from '../blocks/card.ts'
import { LIST_MAX } from '../blocks/problem-list.ts'
import { type ReplyMessage, said } from '../blocks/reply.ts'
import { inert, inertCut, mrkdwn } from '../blocks/text.ts'
import { ACTION } from '../ids.ts'
import { refusalSentence } from '../words.ts'
import { type CommandAnswer, type CommandInput, onlyVisible, refused } from './ack.ts'

/** `/unack [MONITOR/]HOST [SERVICE]`; alone, the list of what one has. */
export async function unack(input: CommandInput): Promise<CommandAnswer> {
  const { parts, acting, text, interaction } = input
  const looked = await parts.lookUp(
    acting,
    'command',
    (queries, visible) => {
      if (text === '') {
        const { rows } = queries.problems({ takenBy: acting.person.id }, LIST_MAX)
        return { kind: 'checks' as const, taken: rows, name: null }
      }
      const found = findNamed(queries, text, parts.monitors)
      if (found.kind === 'nothing') return onlyVisible(found, queries, visible, parts.monitors)
      const open = openProblemsOf(found).flatMap(({ problem }) =>
        problem === null ? [] : [queries.problem(problem.id)],
      )
      const taken = open
        .filter((view) => view !== null)
        .filter(
          ({ check, problem }) =>
            problem.acknowledgement !== null &&
            (found.named === 'service' || visible({ check, state: problem.state })),
        )
      return { kind: 'checks' as const, taken, name: nameOfFound(found) }
    },
    REMOVING,
  )
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const found = looked.answer
  if (found.kind === 'nothing')
    return refused(parts, { why: 'nothing-matches', asked: found.asked, suggestions: found.suggestions })
  const { taken, name } = found
  const [first, second] = taken
  if (first === undefined) {
    return name === null
      ? { message: said('You have no problem at the moment.'), outcome: 'nothing' }
      : refused(parts, { why: 'not-acknowledged', name })
  }
  if (second !== undefined || name === null) return { message: whichOf(taken), outcome: 'asked' }
  const result = await parts.remove({
    ...acting,
    problem: first.problem.id,
    through: 'command',
    interaction,
    replyTo: null,
  })
  return { message: resultMessage(result, first), outcome: result.kind }
}

const REMOVING = { action: 'remove', problem: null } as const

function resultMessage(result: RemoveResult, view: ProblemView): ReplyMessage {
  switch (result.kind) {
    case 'removed': {
      const name = inert(checkName(view.check))
      const whose = `it ${result.handOver === 'requested' ? 'is' : 'was'} ${inert(result.was.by.name)}’s`
      if (result.handOver !== 'requested')
        return said(`The acknowledgement of ${name} is removed (${whose}).`)
      const { monitor } = view.check
      return said(
        `Removing the acknowledgement of ${name} (${whose}). Sending to ${inert(monitor)} …; the card says when it is done.`,
      )
    }
    case 'refused':
      return said(refusalSentence(result.refusal))
    case 'repeated':
      return said('This was done already.')
  }
}

function whichOf(views: readonly ProblemView[]): ReplyMessage {
  const sentence = 'Which acknowledgement is to be removed?'
  return {
    text: sentence,
    blocks: [
      { type: 'section', text: mrkdwn(sentence) },
      ...views.slice(0, LIST_MAX).map(({ problem, check }) => ({
        type: 'section' as const,
        text: mrkdwn(`${inertCut(checkName(check), 160)} (${inert(problem.acknowledgement?.by.name ?? '')})`),
        accessory: button(ACTION.remove, 'Remove acknowledgement', problem.id),
      })),
    ],
  }
}
