import { describe, expect, it } from 'vitest'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, Target } from '../../core/monitor-api.ts'
import type { Silence } from './alert-answers.ts'
import { endSilences, type Silencer, silence } from './silences.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')
const LASTS = 15 * 60_000
const LABELS = { alertname: 'HTTP', host: 'web01' }
const ANN = markerOf('01938f2e-0000-7000-8000-0000000000aa')
const BEN = markerOf('01938f2e-0000-7000-8000-0000000000bb')
const TARGET: Target = { key: 'f1', host: 'web01', service: 'HTTP', episode: null, labels: LABELS }
const ORDER: AcknowledgeOrder = {
  author: 'ben',
  comment: 'mine now',
  marker: BEN,
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: true,
}

/** A monitor that keeps its silences in a list, and refuses to end those that are stuck. */
function start(comments: readonly string[], stuck: ReadonlySet<string> = new Set()) {
  const all = comments.map(
    (comment, at): Silence => ({
      id: `s${at}`,
      createdBy: 'x',
      comment,
      startsAt: new Date(NOW - 60_000).toISOString(),
      endsAt: new Date(NOW + 60_000).toISOString(),
      matchers: Object.entries(LABELS).map(([name, value]) => ({
        name,
        value,
        isRegex: false,
        isEqual: true,
      })),
    }),
  )
  const kept = new Map(all.map((one) => [one.id, one]))
  const listed = { labels: LABELS, silencedBy: () => [...kept.keys()] }
  const silencer: Silencer = {
    name: 'am',
    alerts: async () => [{ labels: LABELS, silencedBy: listed.silencedBy() }] as never,
    silences: async () => [...kept.values()],
    put: async (order) => {
      const id = order.id ?? `new${kept.size}`
      kept.set(id, { ...order, id })
    },
    expire: async (id) => {
      if (!stuck.has(id)) kept.delete(id)
    },
    find: ([first]) => first ?? null,
  }
  return { silencer, comments: () => [...kept.values()].map(({ comment }) => comment), kept }
}

describe('a silence that takes the place of another', () => {
  it('ends the former one, also later when that failed at first', async () => {
    const stuck = new Set(['s0'])
    const { silencer, comments } = start([`on it ${ANN}`], stuck)
    await silence(silencer, TARGET, ORDER, NOW, LASTS)
    expect(comments()).toEqual([`on it ${ANN}`, `mine now ${BEN}`])

    stuck.clear()
    await silence(silencer, TARGET, ORDER, NOW + 60_000, LASTS)
    expect(comments()).toEqual([`mine now ${BEN}`])
  })

  it('leaves alone what others made', async () => {
    const { silencer, comments } = start(['of jane'])
    await silence(silencer, TARGET, ORDER, NOW, LASTS)
    expect(comments()).toEqual(['of jane', `mine now ${BEN}`])
  })

  it('is not made where it is to take no place and somebody silences it already', async () => {
    const { silencer, comments } = start(['of jane'])
    expect(await silence(silencer, TARGET, { ...ORDER, replace: false }, NOW, LASTS)).toBe('already')
    expect(comments()).toEqual(['of jane'])
  })
})

describe('ending silences', () => {
  it('by a mark ends that one only', async () => {
    const { silencer, comments } = start([`on it ${ANN}`, `mine ${BEN}`, 'of jane'])
    await endSilences(silencer, TARGET, ANN)
    expect(comments()).toEqual([`mine ${BEN}`, 'of jane'])
  })
})
