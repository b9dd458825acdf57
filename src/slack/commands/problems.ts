import { statesOfWord } from '../../core/filters.ts'
import type { ProblemFilter } from '../../core/ports.ts'
import { LIST_MAX, problemList } from '../blocks/problem-list.ts'
import { type CommandAnswer, type CommandInput, refused } from './ack.ts'

/** `/problems [HOST] [unacked|critical|warning|down|mine|acked]`, which `/status` is too. */
export async function problems({ parts, acting, text }: CommandInput): Promise<CommandAnswer> {
  const { filter, host } = parseFilter(text, acting.person.id)
  const looked = await parts.lookUp(acting, 'command', (queries, visible) => {
    const exact = { ...filter, host }
    // A host that is not known by that name may be meant by its beginning.
    const known = host === undefined || /[*?]/.test(host) || queries.problems(exact, 1).rows.length > 0
    const asked = known ? exact : { ...filter, host: `${host}*` }
    return {
      counts: queries.counts(asked),
      views: queries
        .problems(asked, LIST_MAX)
        .rows.filter(({ check, problem }) => visible({ check, state: problem.state })),
    }
  })
  if (looked.kind === 'refused') return refused(looked.refusal)
  const { counts, views } = looked.answer
  return { message: problemList(counts, views, text === '' ? null : text), outcome: 'seen' }
}

function parseFilter(text: string, person: string): { filter: ProblemFilter; host: string | undefined } {
  let filter: ProblemFilter = {}
  const names: string[] = []
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const states = statesOfWord(word)
    if (states !== null) filter = { ...filter, states: [...(filter.states ?? []), ...states] }
    else if (/^(unacked|unacknowledged)$/i.test(word)) filter = { ...filter, taken: 'no' }
    else if (/^(acked|acknowledged)$/i.test(word)) filter = { ...filter, taken: 'yes' }
    else if (/^mine$/i.test(word)) filter = { ...filter, takenBy: person }
    else names.push(word)
  }
  return { filter, host: names.length === 0 ? undefined : names.join(' ').replaceAll(/["“”]/g, '') }
}
