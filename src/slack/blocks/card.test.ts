import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Acknowledgement } from '../../core/acknowledgement.ts'
import type { ThreadEvent } from '../../core/effect.ts'
import type { CardRef } from '../../core/ports.ts'
import type { Check, Problem, ProblemView } from '../../core/problem.ts'
import { card, FALLBACK_MAX_CHARS } from './card.ts'
import { threadLine } from './thread-line.ts'

const NOW = Date.parse('2026-11-21T20:54:00Z')
const HOUR = 3_600_000
const REF: CardRef = { id: 'c1', channel: 'C1', ts: '1.1', mention: ['S1', 'U1'], quiet: false }

const HELD: Acknowledgement = {
  id: '01938f2e-0000-7000-8000-0000000000aa',
  by: { id: 'U1', name: 'Ann' },
  at: NOW - HOUR,
  through: 'button',
  comment: 'vendor comes',
  sticky: true,
  persistent: false,
  notify: false,
  until: NOW + HOUR,
  handOver: 'confirmed',
  handedAt: NOW - HOUR,
  reason: null,
  retrying: false,
  replaces: null,
  theirs: null,
  ending: null,
  foreign: false,
}

describe('the card of an event', () => {
  const facts = (alike: CardRef['alike'], given: Partial<Problem> = {}): string =>
    JSON.stringify(
      card({ ...REF, ...(alike && { alike }) }, viewOf({ problem: { isEvent: true, ...given } }), NOW),
    )

  it('shows that there are more of its sort, and on how many hosts', () => {
    expect(facts({ events: 14, hosts: 3 })).toContain('1 of 14 alike, on 3 hosts')
    expect(facts({ events: 2, hosts: 1 })).toContain('1 of 2 alike, on 1 host ')
  })

  it('says nothing of it while it is alone, or over', () => {
    expect(facts({ events: 1, hosts: 1 })).not.toContain('alike')
    expect(facts(undefined)).not.toContain('alike')
    expect(facts({ events: 9, hosts: 9 }, { closed: NOW })).not.toContain('alike')
  })
})

function viewOf(
  given: { problem?: Partial<Problem>; check?: Partial<Check>; output?: string } = {},
): ProblemView {
  const tally = {
    count: 3,
    lastSeen: NOW,
    output: given.output ?? 'Connection refused\nsecond line',
    longOutput: null,
    rang: null,
  }
  return {
    tally,
    check: {
      row: 1,
      monitor: 'dc1',
      key: 'k',
      host: 'web01',
      service: 'HTTP',
      hostDisplayName: null,
      serviceDisplayName: null,
      address: '10.0.0.1',
      url: null,
      labels: { team: 'web' },
      fields: null,
      inDowntime: false,
      isFlapping: false,
      lastStateTime: null,
      last: null,
      tally,
      downtime: null,
      ...given.check,
    },
    problem: {
      row: 1,
      id: 'p1',
      state: 'CRITICAL',
      isEvent: false,
      episode: null,
      opened: NOW - 2 * HOUR,
      changed: NOW,
      closed: null,
      closedBecause: null,
      acknowledgement: null,
      released: null,
      firstTaken: null,
      ...given.problem,
    },
  }
}

/** All `text` in it, one after the other. */
function words(value: unknown): string {
  if (Array.isArray(value)) return value.map(words).join('')
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([key, part]) => (key === 'text' && typeof part === 'string' ? part : words(part)))
    .join('')
}
const draw = (view: ProblemView, ref = REF) => card(ref, view, NOW)
const said = (view: ProblemView): string => words(draw(view).blocks) + words(draw(view).attachments)
const buttons = (view: ProblemView): string[] =>
  [...JSON.stringify(draw(view)).matchAll(/"type":"button".*?"text":"([^"]+)"/g)].map(
    ([, text]) => text ?? '',
  )

describe('a card', () => {
  it('says the worst first on a lock screen', () => {
    expect(draw(viewOf()).text).toBe('CRITICAL web01 / HTTP: Connection refused (dc1)')
  })

  it.each<[string, Partial<Problem>, string, string[]]>([
    ['nobody has', {}, 'Nobody has it yet.', ['Acknowledge', 'Acknowledge…']],
    ['somebody has', { acknowledgement: HELD }, 'Ann has it since', ['Remove acknowledgement']],
    ['is confirmed', { acknowledgement: HELD }, 'Confirmed by dc1.', ['Remove acknowledgement']],
    [
      'is on its way',
      { acknowledgement: { ...HELD, handOver: 'requested' } },
      'Sending to dc1 …',
      ['Remove acknowledgement'],
    ],
    [
      'failed',
      { acknowledgement: { ...HELD, handOver: 'failed' } },
      'FAILED: dc1 did not take it.',
      ['Retry', 'Remove acknowledgement'],
    ],
    [
      'is kept here',
      { acknowledgement: { ...HELD, handOver: 'not_supported' } },
      'Kept here only: dc1 is not told.',
      ['Remove acknowledgement'],
    ],
    [
      'is the monitor’s own',
      { acknowledgement: { ...HELD, foreign: true } },
      'Acknowledged in dc1.',
      ['Remove acknowledgement'],
    ],
    [
      'is over',
      { closed: NOW, closedBecause: 'recovery', firstTaken: { by: 'Ann', at: NOW - HOUR } },
      'Recovered after 2 h. Ann had it after 1 h.',
      [],
    ],
    ['ended by itself', { closed: NOW, closedBecause: 'recovery' }, 'Nobody took it.', []],
    [
      'was an event',
      { state: null, isEvent: true, closed: NOW, closedBecause: 'acknowledgement' },
      'Done after',
      [],
    ],
    [
      'went on as another',
      { closed: NOW, closedBecause: 'episode' },
      'dc1 reports a new problem instead.',
      [],
    ],
  ])('of a problem that %s: %s', (_case, problem, sentence, expected) => {
    const view = viewOf({ problem })

    expect(said(view)).toContain(sentence)
    expect(buttons(view)).toEqual(expected)
  })

  it.each<[Problem['state'], string | null, string, string]>([
    ['CRITICAL', 'HTTP', '#e01e5a', 'CRITICAL'],
    ['WARNING', 'HTTP', '#ecb22e', 'WARNING'],
    ['UNKNOWN', 'HTTP', '#9c5fb5', 'UNKNOWN'],
    ['DOWN', null, '#e01e5a', 'DOWN'],
    ['UNREACHABLE', null, '#9c5fb5', 'UNREACHABLE'],
    [null, 'HTTP', '#e8743b', 'EVENT'],
  ])('in state %s of %s has a colour and, beside it, the word', (state, service, colour, word) => {
    const view = viewOf({ problem: { state }, check: { service } })

    expect(draw(view).attachments[0]?.color).toBe(colour)
    expect(words(draw(view).blocks)).toContain(word)
  })

  it('that is over is green and says what it became', () => {
    const service = draw(viewOf({ problem: { closed: NOW, closedBecause: 'recovery' } }))
    const host = draw(
      viewOf({ problem: { closed: NOW, closedBecause: 'recovery' }, check: { service: null } }),
    )

    expect(service.attachments[0]?.color).toBe('#2eb67d')
    expect([service.text.split(' ')[0], host.text.split(' ')[0]]).toEqual(['OK', 'UP'])
  })

  it('calls people while nobody has it, and not after', () => {
    const calls = (view: ProblemView) => /"user"|"usergroup"/.test(JSON.stringify(draw(view)))

    expect(calls(viewOf())).toBe(true)
    expect(calls(viewOf({ problem: { acknowledgement: HELD } }))).toBe(false)
    expect(calls(viewOf({ problem: { closed: NOW } }))).toBe(false)
  })

  it('that comes late says how late', () => {
    const fresh = { ...REF, ts: null }
    const hour = 3_600_000
    const drawn = (changed: number, waitsSince?: number) =>
      words(
        draw(viewOf({ problem: { changed } }), waitsSince === undefined ? fresh : { ...fresh, waitsSince }),
      )
    // The sender kept it, or Slack did.
    expect(drawn(NOW - 2 * hour, NOW)).toContain('delivered 2 h late')
    expect(drawn(NOW, NOW - 2 * hour)).toContain('delivered 2 h late')
    // It began long ago and was told at once, or was posted before.
    expect(drawn(NOW, NOW)).not.toContain('late')
    expect(drawn(NOW - 2 * hour)).not.toContain('late')
    expect(said(viewOf())).not.toContain('late')
  })

  it('that stands in for another says where that should be, and why it is not', () => {
    const said = words(draw(viewOf(), { ...REF, meantFor: [{ channel: 'C0OLD', why: 'is_archived' }] }))

    expect(said).toContain('meant for <#C0OLD> (C0OLD), which is archived')
  })

  it('has one sign for what was cut of the output', () => {
    expect(said(viewOf({ output: 'x'.repeat(400) })).match(/…(?! |$)/g)).toHaveLength(1)
    expect(said(viewOf({ output: 'a\nb\nc\nd' }))).toContain('a\nb\nc\n…')
  })
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '<!channel>',
    '@here',
    '<http://x|y>',
    '```',
    '\u202e',
    '&'.repeat(300),
    '\n'.repeat(50),
    ' ',
  ),
)

/** Every object in it that has a type. */
function parts(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(parts)
  if (typeof value !== 'object' || value === null) return []
  const own = 'type' in value ? [value as Record<string, unknown>] : []
  return [...own, ...Object.values(value).flatMap(parts)]
}

describe('whatever a monitor says,', () => {
  const view = fc
    .tuple(hostile, hostile, hostile, hostile, fc.boolean())
    .map(([name, output, comment, label, taken]) =>
      viewOf({
        output,
        check: {
          host: name || 'h',
          service: label || null,
          address: name,
          labels: { [label]: name },
          monitor: 'dc1',
        },
        problem: taken ? { acknowledgement: { ...HELD, comment, by: { id: 'U1', name: name || 'x' } } } : {},
      }),
    )

  it('a card stays within Slack’s limits, and only our own tokens mean anything', () => {
    fc.assert(
      fc.property(view, (given) => {
        const drawn = draw(given)
        const blocks = [...drawn.blocks, ...(drawn.attachments[0]?.blocks ?? [])]

        expect(blocks.filter(({ type }) => type !== 'actions').length).toBeLessThanOrEqual(5)
        expect(drawn.text.replaceAll(/&(amp|lt|gt);/g, '.').length).toBeLessThanOrEqual(FALLBACK_MAX_CHARS)
        expect(drawn.text).not.toMatch(/[<>]/)
        for (const part of parts(blocks)) {
          if (typeof part['text'] === 'string') expect(part['text'].length).toBeGreaterThan(0)
          if (part['type'] !== 'mrkdwn') continue
          expect(part['verbatim']).toBe(true)
          expect(String(part['text']).replaceAll(/<!date\^[^<>]*>/g, '')).not.toMatch(/[<>]/)
        }
      }),
    )
  })

  it('a line of the thread does too', () => {
    const event = fc.tuple(hostile, hostile).map(
      ([output, author]): ThreadEvent => ({
        what: 'said',
        at: NOW,
        type: 'CUSTOM',
        author: author || null,
        comment: output,
        output,
      }),
    )
    fc.assert(
      fc.property(view, event, fc.boolean(), (given, told, rings) => {
        const { text, blocks } = threadLine(REF, given, told, rings)

        expect(text).not.toMatch(/[<>]/)
        for (const part of parts(blocks))
          if (typeof part['text'] === 'string') expect(part['text'].length).toBeGreaterThan(0)
        expect(/"user"|"usergroup"/.test(JSON.stringify(blocks))).toBe(rings)
      }),
    )
  })
})
