import { findChecks, nameOfFound } from '../../core/find.ts'
import type { HistoryFilter } from '../../core/ports.ts'
import { HISTORY_SHOWN, historyList } from '../blocks/history-list.ts'
import { said } from '../blocks/reply.ts'
import { type CommandAnswer, type CommandInput, refused } from './ack.ts'

/** `/history [MONITOR/]HOST [SERVICE]`. */
export async function history({ parts, acting, text }: CommandInput): Promise<CommandAnswer> {
  if (text === '') return { message: said('Name a host: `/history HOST [SERVICE]`.'), outcome: 'usage' }
  const looked = await parts.lookUp(acting, 'command', (queries, visible) => {
    const found = findChecks(queries, text, parts.monitors)
    if (found.kind === 'nothing') return found
    const [first] = found.states
    if (first === undefined || !visible({ check: first.check, state: first.problem?.state ?? null }))
      return null
    const service = found.named === 'service' ? (first.check.service ?? undefined) : undefined
    const filter: HistoryFilter = { host: first.check.host, service, monitor: first.check.monitor }
    return { kind: 'checks' as const, name: nameOfFound(found), page: queries.history(filter, HISTORY_SHOWN) }
  })
  if (looked.kind === 'refused') return refused(looked.refusal)
  const found = looked.answer
  if (found === null) return refused({ why: 'nothing-matches', asked: text, suggestions: [] })
  if (found.kind === 'nothing')
    return refused({ why: 'nothing-matches', asked: found.asked, suggestions: found.suggestions })
  return { message: historyList(found.name, found.page.rows, found.page.cursor !== null), outcome: 'seen' }
}
