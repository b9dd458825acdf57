import { describe, expect, it } from 'vitest'
import { historyCsv, problemsCsv } from './export.ts'
import type { HistoryRow } from './history.ts'
import type { ProblemView } from './problem.ts'

const NOW = Date.parse('2026-11-21T20:00:00Z')

const ROW: HistoryRow = {
  id: '1',
  time: NOW,
  recorded: NOW,
  kind: 'comment',
  problem: null,
  monitor: 'dc1',
  host: 'web01',
  service: null,
  type: null,
  state: null,
  actor: null,
  through: null,
  comment: null,
  outcome: 'ok',
  detail: null,
}

/** Reads one line of RFC 4180. */
function cells(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, -1)
    .map(([, cell = '']) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell))
}

describe('CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("http://x","y")'])(
    'makes no formula of %j',
    (comment) => {
      const [, line = ''] = historyCsv([{ ...ROW, comment }]).split(/\r\n(?=1,|$)/)

      expect(cells(`${line},`)[13]).toBe(`'${comment}`)
    },
  )

  it('keeps commas, quotes and line breaks inside their cell', () => {
    const csv = historyCsv([{ ...ROW, comment: 'a,"b"\nc', detail: 'd' }])

    expect(csv).toContain(',"a,""b""\nc",ok,d\r\n')
    expect(csv.startsWith('id,time,recorded,kind,')).toBe(true)
  })

  it('is inert for every field of a problem that is foreign', () => {
    const tally = { count: 1, lastSeen: NOW, output: '=cmd|x', longOutput: null, rang: null }
    const check = {
      monitor: 'dc1',
      host: '@web',
      hostDisplayName: null,
      service: '-http',
      serviceDisplayName: null,
    }
    const by = { id: null, name: '+ann' }
    const problem = {
      id: 'p',
      state: null,
      opened: NOW,
      acknowledgement: { by, at: NOW, until: null, comment: '=x' },
    }

    const [, line = ''] = problemsCsv([{ tally, check, problem } as unknown as ProblemView]).split('\r\n')

    for (const cell of cells(`${line},`)) expect(cell).not.toMatch(/^[=+\-@\t\r]/)
    expect(line).toContain("'@web,'-http,EVENT")
  })
})
