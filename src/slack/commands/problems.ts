import { statesOfWord } from '../../core/filters.ts'
import type { ProblemCounts, ProblemFilter } from '../../core/ports.ts'
import type { ProblemView } from '../../core/problem.ts'
import { LIST_MAX, problemList } from '../blocks/problem-list.ts'
import { type CommandAnswer, type CommandInput, refused } from './ack.ts'

/** Problems looked through for somebody who may not see all of them. */
const LOOKED_THROUGH_MAX = 1_000

/** `/problems [HOST] [unacked|critical|warning|down|mine|acked]`, which `/status` is too. */
export async function problems({ parts, acting, text }: CommandInput): Promise<CommandAnswer> {
  const { filter, host } = parseFilter(text, acting.person.id)
  const looked = await parts.lookUp(acting, 'command', (queries, visible) => {
    const exact = { ...filter, host }
    // A host that is not known by that name may be meant by its beginning.
    const known = host === undefined || /[*?]/.test(host) || queries.problems(exact, 1).rows.length > 0
    const asked = known ? exact : { ...filter, host: `${host}*` }
    const isSeen = ({ check, problem }: ProblemView): boolean => visible({ check, state: problem.state })
    const worst = queries.problems(asked, LIST_MAX).rows
    if (worst.every(isSeen)) return { counts: queries.counts(asked), views: worst }
    const views = queries.problems(asked, LOOKED_THROUGH_MAX).rows.filter(isSeen)
    return { counts: countsOf(views), views }
  })
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const { counts, views } = looked.answer
  return { message: problemList(counts, views, text === '' ? null : text), outcome: 'seen' }
}

/** Counts of what one person sees. */
function countsOf(views: readonly ProblemView[]): ProblemCounts {
  const states = [...new Set(views.map(({ problem }) => problem.state))]
  const untaken = (some: readonly ProblemView[]) =>
    some.filter(({ problem }) => problem.acknowledgement === null).length
  return {
    open: views.length,
    untaken: untaken(views),
    byState: states.map((state) => {
      const those = views.filter(({ problem }) => problem.state === state)
      return { state, open: those.length, untaken: untaken(those) }
    }),
  }
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
