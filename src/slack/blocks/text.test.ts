import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateToken, escapeText, inert, inertCut, plain, preformatted, text, unparsed } from './text.ts'

describe('foreign text in mrkdwn', () => {
  it.each([
    ['<!channel>', '&lt;!channel&gt;'],
    ['<http://x|y>', '&lt;http://x|y&gt;'],
    ['&lt;', '&amp;lt;'],
    ['*bold*', '∗bold∗'],
    ['_it_', '＿it＿'],
    ['db_main_1', 'db_main_1'],
    ['größe_é_ü', 'größe_é_ü'],
    ['/var/_tmp', '/var/＿tmp'],
    ['~no~ `code`', '∼no∼ ˋcodeˋ'],
  ])('%s becomes %s', (text, expected) => {
    expect(inert(text)).toBe(expected)
  })

  it('is cut by what Slack counts, and never inside an entity', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('&', '<', 'a', '😀', '*'), maxLength: 400 }),
        fc.integer({ min: 6, max: 300 }),
        (text, max) => {
          const cut = inertCut(text, max)

          expect(cut.length).toBeLessThanOrEqual(max)
          expect(cut.replaceAll(/&(amp|lt|gt);/g, '')).not.toMatch(/[&<>]/)
          if (inert(text).length <= max) expect(cut).toBe(inert(text))
        },
      ),
    )
  })

  it('beside the blocks of a private answer has no name, no address and no host that Slack could find', () => {
    expect(unparsed('@here https://a.example b.example 10:00. Done.')).toBe(
      '@\u200bhere https\u200b://a\u200b.example b\u200b.example 10\u200b:00. Done.',
    )
  })
})

describe('small things', () => {
  it('a moment is each reader’s own, and UTC where it cannot be', () => {
    expect(dateToken(Date.parse('2026-11-21T20:54:31Z'))).toBe(
      '<!date^1795294471^{date_short_pretty} at {time}|2026-11-21 20:54 UTC>',
    )
  })

  it('text that Slack would refuse for being empty is a blank', () => {
    expect(plain('').text).toBe(' ')
    expect(JSON.stringify(preformatted(''))).toContain('"text":" "')
  })

  it('output that is cut says how much is missing', () => {
    expect(JSON.stringify(preformatted('x'.repeat(2_600)))).toContain('(100 more characters)')
  })

  it('marks that turn what follows around are left out, wherever foreign text goes', () => {
    const turning = 'web\u202egnp\u2066x\u2069'
    const all = JSON.stringify([
      escapeText(turning),
      inert(turning),
      plain(turning),
      text(turning),
      preformatted(turning),
    ])
    expect(all).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
    expect(all).toContain('webgnpx')
  })

  it('three characters are escaped, in one go', () => {
    expect(escapeText('a & <b> &amp;')).toBe('a &amp; &lt;b&gt; &amp;amp;')
  })
})
