import { statesOfWord } from '../../core/filters.ts'
import { type Found, findNamed } from '../../core/find.ts'
import type { ProblemCounts, ProblemFilter, Queries } from '../../core/ports.ts'
import type { ProblemView } from '../../core/problem.ts'
import { LIST_MAX, problemList, withTrouble } from '../blocks/problem-list.ts'
import { type CommandAnswer, type CommandInput, onlyVisible, refused, worstFirst } from './ack.ts'

/** Problems looked through for somebody who may not see all of them. */
const LOOKED_THROUGH_MAX = 1_000

/** `/problems [HOST] [unacked|critical|warning|down|mine|acked]`, which `/status` is too. */
export async function problems({ parts, acting, text }: CommandInput): Promise<CommandAnswer> {
  const { filter, name } = parseFilter(text, acting.person.id)
  const looked = await parts.lookUp(acting, 'command', (queries, visible) => {
    const asked =
      name === null ? { kind: 'filter' as const, filter } : named(queries, name, filter, parts.monitors)
    const isSeen = ({ check, problem }: ProblemView): boolean => visible({ check, state: problem.state })
    if (asked.kind === 'nothing') return onlyVisible(asked, queries, visible, parts.monitors)
    if (asked.kind === 'views') {
      const views = asked.views.filter(isSeen)
      return { kind: 'seen' as const, counts: countsOf(views), views }
    }
    const worst = queries.problems(asked.filter, LIST_MAX).rows
    if (worst.every(isSeen))
      return { kind: 'seen' as const, counts: queries.counts(asked.filter), views: worst }
    const views = queries.problems(asked.filter, LOOKED_THROUGH_MAX).rows.filter(isSeen)
    return { kind: 'seen' as const, counts: countsOf(views), views }
  })
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const { answer } = looked
  if (answer.kind === 'nothing') {
    return refused(parts, { why: 'not-known', asked: answer.asked, suggestions: answer.suggestions })
  }
  const list = problemList(answer.counts, answer.views, text === '' ? null : text)
  return { message: withTrouble(list, parts.troubled()), outcome: 'seen' }
}

type Named =
  | { readonly kind: 'filter'; readonly filter: ProblemFilter }
  | { readonly kind: 'views'; readonly views: readonly ProblemView[] }
  | Extract<Found, { kind: 'nothing' }>

/** A name may be a pattern, a host and a service as in `/ack`, or the beginning of a host's. One nobody knows is not fine. */
function named(queries: Queries, name: string, filter: ProblemFilter, monitors: readonly string[]): Named {
  if (/[*?]/.test(name)) return { kind: 'filter', filter: { ...filter, host: name } }
  const found = findNamed(queries, name, monitors)
  if (found.kind === 'nothing') {
    const begins = { ...filter, host: `${name}*` }
    return queries.problems(begins, 1).rows.length > 0 ? { kind: 'filter', filter: begins } : found
  }
  const ids = found.states.flatMap(({ problem }) => (problem === null ? [] : [problem.id]))
  const views = ids.map((id) => queries.problem(id)).filter((view) => view !== null)
  return { kind: 'views', views: views.filter((view) => fits(view, filter)).sort(worstFirst) }
}

function fits({ problem }: ProblemView, { states, taken, takenBy }: ProblemFilter): boolean {
  const held = problem.acknowledgement
  if (states !== undefined && (problem.state === null || !states.includes(problem.state))) return false
  if (taken !== undefined && (taken === 'yes') !== (held !== null)) return false
  return takenBy === undefined || held?.by.id === takenBy
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

function parseFilter(text: string, person: string): { filter: ProblemFilter; name: string | null } {
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
  return { filter, name: names.length === 0 ? null : names.join(' ') }
}
