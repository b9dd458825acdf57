import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markerOf } from '../../core/marker.ts'
import type { AcknowledgeOrder, DowntimeOrder } from '../../core/monitor-api.ts'
import {
  acknowledgeLine,
  commentLine,
  downtimeLine,
  LINE_MAX_BYTES,
  removeDowntimeByIdLine,
  removeDowntimeByWordsLine,
  removeLine,
  type Writing,
} from './command-line.ts'
import { harmless, harmlessAuthor, type Spelling } from './harmless-words.ts'

const NOW = Date.parse('2026-11-21T20:00:00.900Z')
const AT = 1795291200
const marker = markerOf('019ac000-0000-7000-8000-00a1b2c3d4e5')
const web = { host: 'web01', service: 'HTTP' }
const host = { host: 'web01', service: null }
const utf8: Writing = { now: NOW, spelling: 'utf8' }
const order: AcknowledgeOrder = {
  author: 'Ann',
  comment: 'on it',
  marker,
  sticky: true,
  persistent: false,
  notify: false,
  until: null,
  replace: false,
}
const downtime: DowntimeOrder = { author: 'Ann', comment: 'move', marker, from: NOW, until: NOW + 60_000 }

describe('a line for the monitor', () => {
  it.each([
    [
      acknowledgeLine(web, order, utf8, false),
      `ACKNOWLEDGE_SVC_PROBLEM;web01;HTTP;2;0;0;Ann;on it ${marker}`,
    ],
    [acknowledgeLine(host, order, utf8, false), `ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;0;Ann;on it ${marker}`],
    [
      acknowledgeLine(web, { ...order, sticky: false, notify: true, persistent: true }, utf8, false),
      `ACKNOWLEDGE_SVC_PROBLEM;web01;HTTP;0;1;1;Ann;on it ${marker}`,
    ],
    [
      acknowledgeLine(web, { ...order, until: NOW }, utf8, true),
      `ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web01;HTTP;2;0;0;${AT + 1};Ann;on it ${marker}`,
    ],
    [
      acknowledgeLine(host, { ...order, until: NOW }, utf8, true),
      `ACKNOWLEDGE_HOST_PROBLEM_EXPIRE;web01;2;0;0;${AT + 1};Ann;on it ${marker}`,
    ],
    [
      acknowledgeLine(host, { ...order, until: NOW }, utf8, false),
      `ACKNOWLEDGE_HOST_PROBLEM;web01;2;0;0;Ann;on it ${marker}`,
    ],
    [removeLine(web, utf8), 'REMOVE_SVC_ACKNOWLEDGEMENT;web01;HTTP'],
    [removeLine(host, utf8), 'REMOVE_HOST_ACKNOWLEDGEMENT;web01'],
    [commentLine(web, order, utf8), `ADD_SVC_COMMENT;web01;HTTP;1;Ann;on it ${marker}`],
    [commentLine(host, order, utf8), `ADD_HOST_COMMENT;web01;1;Ann;on it ${marker}`],
    [
      downtimeLine(web, downtime, utf8),
      `SCHEDULE_SVC_DOWNTIME;web01;HTTP;${AT};${AT + 61};1;0;61;Ann;move ${marker}`,
    ],
    [
      downtimeLine(host, downtime, utf8),
      `SCHEDULE_HOST_DOWNTIME;web01;${AT};${AT + 61};1;0;61;Ann;move ${marker}`,
    ],
    [removeDowntimeByIdLine(web, '7', utf8), 'DEL_SVC_DOWNTIME;7'],
    [removeDowntimeByIdLine(host, '7', utf8), 'DEL_HOST_DOWNTIME;7'],
    [
      removeDowntimeByWordsLine(web, downtime, utf8),
      `DEL_DOWNTIME_BY_HOST_NAME;web01;HTTP;${AT};move ${marker}`,
    ],
    [
      removeDowntimeByWordsLine(host, downtime, utf8),
      `DEL_DOWNTIME_BY_HOST_NAME;web01;;${AT};move ${marker}`,
    ],
  ])('is %j', (line, expected) => {
    expect(line).toBe(`[${AT}] ${expected}\n`)
  })

  it('is cut in its comment to what a pipe takes at once, never in its mark', () => {
    for (const comment of ['x'.repeat(9_000), 'é'.repeat(4_000), '😀'.repeat(3_000)]) {
      for (const spelling of ['utf8', 'ascii'] as const) {
        const line = acknowledgeLine(web, { ...order, comment }, { now: NOW, spelling }, false)
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_MAX_BYTES)
        expect(line.endsWith(`${marker}\n`)).toBe(true)
        expect(line.isWellFormed()).toBe(true)
        if (spelling === 'ascii') expect(line).toMatch(/^[\u0020-\u007e]+\n$/)
      }
    }
  })

  it('is refused when the names leave no room for the mark', () => {
    const names = { host: 'h'.repeat(4_060), service: null }
    for (const line of [
      () => acknowledgeLine(names, order, utf8, false),
      () => removeLine({ ...names, service: 's'.repeat(100) }, utf8),
      () => removeDowntimeByWordsLine(names, downtime, utf8),
    ])
      expect(line).toThrow(expect.objectContaining({ code: 'invalid', retry: { kind: 'never' } }))
  })

  it('removes a downtime by the very words that it was scheduled with, however they were cut', () => {
    const long = { ...downtime, comment: 'é;x'.repeat(3_000), author: '李雷' }
    const scheduled = downtimeLine(web, long, utf8).trimEnd().split(';').at(-1)
    const later = { ...utf8, now: NOW + 86_400_000 }
    expect(removeDowntimeByWordsLine(web, long, later).trimEnd().split(';').at(-1)).toBe(scheduled)
  })
})

const TRAPS = [
  '\n',
  '\r',
  '\r\n',
  '\0',
  '\u0085',
  '\u2028',
  '\u2029',
  '\u000b',
  '\u001b',
  ';',
  '；',
  '\u037e',
  '\\n',
  '\\',
  '\ud800',
]
const SHELL = ['`id`', '~', '$(id)', '&', '|', "'", '"', '<', '>', '\\']
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...TRAPS, ...SHELL, marker, '[ackbridge:', '0123456789]', '[1] SHUTDOWN_PROGRAM'),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

/** Every line that carries words, and how many fields it has. */
function linesOf(author: string, comment: string, spelling: Spelling): [line: string, fields: number][] {
  const writing = { now: NOW, spelling }
  const words = { author, comment, marker }
  return [
    [acknowledgeLine(web, { ...order, ...words }, writing, false), 8],
    [acknowledgeLine(web, { ...order, ...words, until: NOW }, writing, true), 9],
    [commentLine(host, words, writing), 5],
    [downtimeLine(web, { ...downtime, ...words }, writing), 10],
    [removeDowntimeByWordsLine(host, { ...downtime, ...words }, writing), 5],
  ]
}

describe('what people write', () => {
  it('can neither end a line, nor shift a field, nor reach a shell, nor forge a mark', () => {
    fc.assert(
      fc.property(
        hostile,
        hostile,
        fc.constantFrom<Spelling>('utf8', 'ascii'),
        (author, comment, spelling) => {
          for (const [line, fields] of linesOf(author, comment, spelling)) {
            expect(line.indexOf('\n')).toBe(line.length - 1)
            expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029`~$&|'"<>\\]/)
            expect(line.split(';')).toHaveLength(fields)
            // DEL_DOWNTIME_BY_HOST_NAME of a host has an empty service; no other field may be empty.
            if (!line.includes(' DEL_')) expect(line.split(';')).not.toContain('')
            expect(line.endsWith(`${marker}\n`)).toBe(true)
            expect(line.match(/\[ackbridge:[0-9a-f]{10}\]/g)).toHaveLength(1)
            expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LINE_MAX_BYTES)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it.each(TRAPS)('loses %j', (trap) => {
    for (const spelling of ['utf8', 'ascii'] as const) {
      for (const [line, fields] of linesOf(`A${trap}nn`, `one${trap}two`, spelling)) {
        expect(line.split('\n')).toHaveLength(2)
        expect(line.split(';')).toHaveLength(fields)
        expect(line).not.toContain('\\')
      }
    }
  })

  it.each([
    ['one\ntwo', 'one two'],
    ['one\u2028two', 'one two'],
    ['done; now you', 'done, now you'],
    ['"quoted" $(rm -rf /) `x`', 'quoted (rm -rf /) x'],
    ['C:\\new', 'C:new'],
    ['[ackbridge:[ackbridge:0123456789]0123456789]', ''],
    ['  a   b ', 'a b'],
  ])('reads %j as %j', (text, expected) => {
    expect(harmless(text, 'utf8')).toBe(expected)
    expect(harmless(text, 'ascii')).toBe(expected)
  })

  it('stays as it is where it can be read back', () => {
    expect(harmless('Žluťoučký – naïve 😀', 'utf8')).toBe('Žluťoučký – naïve 😀')
    expect(harmlessAuthor('José Łukasz', 'utf8')).toBe('José Łukasz')
  })

  it('is written without accents for a reader that knows ASCII only', () => {
    expect(harmlessAuthor('José Łukasz Sørensen Müller Weiß', 'ascii')).toBe(
      'Jose Lukasz Sorensen Muller Weiss',
    )
    expect(harmless('naïve – 3 × 5 € … 👍 ok', 'ascii')).toBe('naive - 3 x 5 EUR ... ok')
  })

  it('names a person in their own letters when nothing of the name is ASCII, and never with nothing', () => {
    expect(harmlessAuthor('李雷', 'ascii')).toBe('李雷')
    expect(harmlessAuthor('\n;', 'ascii')).toBe(',')
    expect(harmlessAuthor('"\n"', 'ascii')).toBe('ackbridge')
    expect(harmlessAuthor('', 'utf8')).toBe('ackbridge')
    expect(Buffer.byteLength(harmlessAuthor('😀'.repeat(500), 'utf8'))).toBeLessThanOrEqual(200)
  })
})
