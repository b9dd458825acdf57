import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receive } from '../../src/core/lifecycle.ts'
import type { Notification } from '../../src/core/notification.ts'
import { notify } from '../../src/monitors/slack-webhook/notify.ts'
import { card } from '../../src/slack/blocks/card.ts'

/*
 * A foreign message was written for Slack, and goes back to Slack: whatever it is made of, what is drawn of it calls nobody,
 * links nothing but its own link, and brings no button, no block and no formatting along.
 */

const NOW = Date.UTC(2026, 10, 22)
const URL = 'https://monitor.example.com/1'

const pieces = fc
  .array(
    fc.constantFrom(
      ...[
        '<',
        '>',
        '|',
        '!channel',
        '!here',
        '@U0ANN',
        '#C1',
        '!subteam^S1',
        'https://evil.example.com',
        '&lt;',
        '&amp;',
        '&gt;',
      ],
      ...[
        '*',
        '_',
        '~',
        '`',
        '```',
        '\n',
        ' ',
        'a',
        ':fire:',
        '[FIRING:1] ',
        '[RESOLVED] ',
        'PROBLEM: ',
        '(',
        ')',
        '@here',
        '\u2028',
      ],
    ),
    { maxLength: 12 },
  )
  .map((all) => all.join(''))
const texts = fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 30 }))
const inline = fc.record({
  type: fc.constantFrom('text', 'link', 'user', 'broadcast', 'usergroup', 'channel'),
  text: texts,
  url: texts,
  user_id: texts,
  range: texts,
})
const block = fc.oneof(
  fc.record({
    type: fc.constantFrom('header', 'section', 'markdown'),
    text: fc.record({ type: fc.constantFrom('mrkdwn', 'plain_text'), text: texts }),
  }),
  fc.record({
    type: fc.constant('section'),
    fields: fc.array(fc.record({ type: fc.constant('mrkdwn'), text: texts }), { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('rich_text'),
    elements: fc.array(
      fc.record({ type: fc.constant('rich_text_section'), elements: fc.array(inline, { maxLength: 3 }) }),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    type: fc.constant('actions'),
    elements: fc.array(
      fc.record({
        type: fc.constant('button'),
        text: fc.record({ type: fc.constant('plain_text'), text: texts }),
        url: texts,
      }),
      { maxLength: 2 },
    ),
  }),
)
const message = fc.record(
  {
    text: texts,
    username: texts,
    blocks: fc.array(block, { maxLength: 3 }),
    attachments: fc.array(
      fc.record(
        {
          title: texts,
          title_link: fc.constantFrom(URL, ''),
          text: texts,
          pretext: texts,
          footer: texts,
          author_name: texts,
          fields: fc.array(fc.record({ title: texts, value: texts }), { maxLength: 3 }),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
)

function drawn(notification: Notification): ReturnType<typeof card> | null {
  const opening: Notification =
    notification.type === 'RECOVERY' ? { ...notification, type: 'PROBLEM', state: 'CRITICAL' } : notification
  const { state } = receive(
    null,
    null,
    { ...opening, time: null },
    { now: NOW, newId: () => 'id', route: () => [] },
  )
  if (state.problem === null) return null
  const ref = { id: 'id', channel: 'C1', ts: null, mention: [], quiet: false }
  return card(ref, { problem: state.problem, check: state.check, tally: state.check.tally }, NOW)
}

/** Looks at every object of what is drawn. */
function inspect(value: unknown, url: string | null): void {
  if (Array.isArray(value)) for (const one of value) inspect(one, url)
  if (typeof value !== 'object' || value === null) return
  const { type, text, ...rest } = value as Readonly<Record<string, unknown>>
  if (type === 'mrkdwn') {
    expect(rest['verbatim']).toBe(true)
    expect(String(text).replaceAll(/<!date\^\d+\^[^<>|]*\|[^<>|]*>/g, '')).not.toMatch(/[<>*_~`]/)
  }
  if (type === 'link') expect(rest['url']).toBe(url)
  expect(['user', 'usergroup', 'broadcast', 'channel', 'image', 'markdown', 'header']).not.toContain(type)
  if (type === 'button') expect(['Acknowledge', 'Acknowledge…']).toContain((text as { text: string }).text)
  if (type === 'button') expect(rest).not.toHaveProperty('url')
  for (const part of Object.values(value)) inspect(part, url)
}

describe('a foreign message on a card', () => {
  it('is words, whatever it was made of', () => {
    let seen = 0
    fc.assert(
      fc.property(message, (value) => {
        for (const notification of notify({ value }, { monitor: 'hooks' }).notifications) {
          const shown = drawn(notification)
          if (shown === null) continue
          seen++
          inspect(shown, notification.url)
          // Escaped, so that no `<` begins anything.
          for (const words of [shown.text, ...shown.attachments.map(({ fallback }) => fallback ?? '')])
            expect(words).not.toMatch(/[<>]/)
          expect(JSON.stringify(shown).length).toBeLessThan(20_000)
        }
      }),
      { numRuns: 1_500 },
    )
    expect(seen).toBeGreaterThan(500)
  })
})
