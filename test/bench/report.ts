import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Figure, figuresOf, holds, type Results } from './figures.ts'
import type { Spread } from './statistics.ts'
import { SUBJECT_NAMES } from './subjects.ts'

const DOCUMENT = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
const START = '<!-- bench:start -->'
const END = '<!-- bench:end -->'

/** @returns the summary as Markdown, aligned so that it also reads well in a terminal */
export function summary(results: Results): string {
  const { machine, rounds, seconds, rows, startUp } = results
  const notes = [
    `${results.date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, SQLite ${machine.sqlite}.`,
    `${rounds} rounds, ${seconds} s a turn. ${machine.pinned ? 'Servers on core 0, everything else on core 1.' : 'Not pinned to cores.'} A flush to this disk takes ${machine.flushMicros.toFixed(0)} us (median).`,
    ...(machine.onDisk
      ? []
      : ['The databases lay in memory: flushes cost nothing, so nothing durable can be quoted.']),
  ]
  const measured = table(
    ['server', 'notifications/s', '(min-max)', 'CPU us', '(min-max)', 'memory MiB'],
    [...SUBJECT_NAMES.map((name) => rows[name]), results.scale.small, results.scale.large].flatMap((row) => {
      if (row === undefined) return []
      const { title, perSecond, cpuMicros, residentMiB } = row
      return [
        [
          title,
          number(perSecond.median, 0),
          range(perSecond, 0),
          number(cpuMicros?.median ?? null, 1),
          range(cpuMicros, 1),
          number(residentMiB, 0),
        ],
      ]
    }),
  )
  const figures = table(['figure', 'measured', 'gate', 'goal', ''], figuresOf(results).map(figureRow))
  const starts = [
    `Start: \`node -e 0\` ${range(startUp.node, 0)} ms, median ${number(startUp.node.median, 0)}`,
    `ready from source ${number(startUp.readyFromSource.median, 0)}`,
    `ready built ${number(startUp.readyBuilt?.median ?? null, 0)}`,
    `\`ackbridge notify\` ${number(startUp.notify?.median ?? null, 0)}.`,
  ].join(', ')
  return [notes.join('\n'), measured, figures, starts].join('\n\n')
}

/** Puts the summary between the marks of the document. */
export function writeIntoDocument(text: string): void {
  const document = readFileSync(DOCUMENT, 'utf8')
  const [from, to] = [document.indexOf(START), document.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md lacks ${START} … ${END}.`)
  writeFileSync(DOCUMENT, `${document.slice(0, from + START.length)}\n${text}\n${document.slice(to)}`)
}

function figureRow(figure: Figure): string[] {
  const { what, value, gate, goal, unit } = figure
  const verdict = holds(figure)
  return [
    what,
    value === null ? 'not measured' : inUnit(value, unit),
    gate === null ? '' : 'least' in gate ? `≥ ${gate.least}` : `≤ ${gate.most}`,
    goal === null ? '' : String(Number(goal.toPrecision(3))),
    verdict === null ? '' : verdict ? 'holds' : 'MISSED',
  ]
}

function inUnit(value: number, unit: Figure['unit']): string {
  switch (unit) {
    case 'ratio':
      return value.toFixed(2)
    case 'times':
      return `${value.toFixed(value < 10 ? 2 : 1)} ×`
    case 'count':
      return value.toFixed(3)
    case 'ms':
      return `${value.toFixed(value < 1 ? 3 : 1)} ms`
  }
}

function number(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits)
}

function range(spread: Spread | null, digits: number): string {
  return spread === null ? '-' : `${spread.min.toFixed(digits)}-${spread.max.toFixed(digits)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
