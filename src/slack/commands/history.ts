import { findNamed, nameOfFound } from '../../core/find.ts'
import type { HistoryFilter } from '../../core/ports.ts'
import { HISTORY_SHOWN, historyList } from '../blocks/history-list.ts'
import { said } from '../blocks/reply.ts'
import { type CommandAnswer, type CommandInput, onlyVisible, refused } from './ack.ts'

/** `/history [MONITOR/]HOST [SERVICE]`. */
export async function history({ parts, acting, text }: CommandInput): Promise<CommandAnswer> {
  const looked = await parts.lookUp(acting, 'command', (queries, visible, whyHidden) => {
    if (text === '') return { kind: 'usage' as const }
    const found = findNamed(queries, text, parts.monitors)
    if (found.kind === 'nothing') return onlyVisible(found, queries, visible, parts.monitors)
    const seen = found.states.filter(({ check, problem }) =>
      visible({ check, state: problem?.state ?? null }),
    )
    const [first] = seen
    if (new Set(seen.map(({ check }) => check.host)).size > 1) return { kind: 'usage' as const }
    // The record is read by host; where a part of the host may not be seen, all of it stays unseen.
    if (first === undefined || (found.named !== 'service' && seen.length < found.states.length)) {
      const hidden = found.states.map(({ check, problem }) =>
        whyHidden({ check, state: problem?.state ?? null }),
      )
      return { kind: 'hidden' as const, refusal: hidden.find((refusal) => refusal !== null) ?? null }
    }
    const { host, monitor, service } = first.check
    const filter: HistoryFilter = {
      host,
      service: found.named === 'service' ? (service ?? undefined) : undefined,
      monitor: seen.every(({ check }) => check.monitor === monitor) ? monitor : undefined,
    }
    const { rows, cursor } = queries.history(filter, HISTORY_SHOWN)
    const ofOneService = found.named === 'service'
    return { kind: 'checks' as const, name: nameOfFound(found), rows, more: cursor !== null, ofOneService }
  })
  if (looked.kind === 'refused') return refused(parts, looked.refusal)
  const found = looked.answer
  if (found.kind === 'usage')
    return {
      message: said(`Name one host: \`/${parts.commandPrefix}history HOST [SERVICE]\`.`),
      outcome: 'usage',
    }
  if (found.kind === 'hidden') {
    return refused(parts, found.refusal ?? { why: 'not-known', asked: text, suggestions: [] })
  }
  if (found.kind === 'nothing')
    return refused(parts, { why: 'not-known', asked: found.asked, suggestions: found.suggestions })
  return { message: historyList(found), outcome: 'seen' }
}
