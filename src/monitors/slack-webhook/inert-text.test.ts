import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstLink, inertText, plainText } from './inert-text.ts'

describe('text written for Slack', () => {
  it.each([
    ['<https://x.example.com|the page>', 'the page (https://x.example.com)'],
    ['<https://x.example.com>', 'https://x.example.com'],
    ['<https://x.example.com|x.example.com>', 'https://x.example.com'],
    ['<https://x.example.com/?a=1&amp;b=2|a &amp; b>', 'a & b (https://x.example.com/?a=1&b=2)'],
    ['<mailto:ann@example.com|ann@example.com>', 'ann@example.com'],
    ['<!channel> <!here|here> <!everyone>', '[channel] [here] [everyone]'],
    ['<@U0ANN> <@U0ANN|ann> <@W1>', '[U0ANN] [ann] [W1]'],
    ['<!subteam^S1|@ops> <!subteam^S1>', '[ops] [S1]'],
    ['<#C1|alerts> <#C1>', '#alerts #C1'],
    ['<!date^1795291200^{date}|yesterday>', 'yesterday'],
    ['&lt;!channel&gt; &amp;lt;', '<!channel> &lt;'],
    ['a < b > c & d', 'a < b > c & d'],
    ['<nonsense>', '<nonsense>'],
    ['<javascript:alert(1)|x>', '<javascript:alert(1)|x>'],
    ['*Severity:* _high_, ~low~ `code` **twice**', 'Severity: high, low code twice'],
    ['*<https://x.example.com|bold>*', 'bold (https://x.example.com)'],
    ['```\nroot@db1\n```', '\nroot@db1\n'],
    [
      'snake_case_name __init__.py 2*3*4 *.log and *.txt ~/x ~/y',
      'snake_case_name init.py 2*3*4 *.log and *.txt ~/x ~/y',
    ],
    ['https://x.example.com/_a_/*b*', 'https://x.example.com/_a_/*b*'],
    ['a\r\nb\u0007\u001b[2J', 'a\nb[2J'],
  ])('%j reads %j', (given, reads) => {
    expect(inertText(given)).toBe(reads)
  })

  it('keeps its marks where they mean nothing', () => {
    expect(plainText('*not bold* &lt;x&gt; <@U1>')).toBe('*not bold* <x> [U1]')
  })

  it('is read in bounded time, whatever it is made of', () => {
    for (const part of ['<', '*a', '_', '`', '<a', '&lt;', 'http://', 'http://).', '* *', '<!', '|']) {
      const began = performance.now()
      const text = part.repeat(300_000)
      expect(inertText(text).length).toBeLessThan(40_000)
      firstLink(text)
      expect(performance.now() - began).toBeLessThan(300)
    }
  })

  it('never throws and never keeps a mention that Slack would follow', () => {
    const parts = fc.constantFrom(
      '<',
      '>',
      '!',
      '@U1',
      'channel',
      '|',
      '&lt;',
      '&amp;',
      '*',
      '_',
      'https://x',
      ' ',
      '\n',
      '`',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (all) => {
        const given = all.join('')
        const text = inertText(given)
        expect(text.isWellFormed()).toBe(true)
        // Taken away, a mark may leave characters together that were none; the card escapes them like all others.
        if (!/[&*_`]/.test(given)) expect(text).not.toMatch(/<(!channel|@U1)(\|[^<>\n]*)?>/)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the first link', () => {
  it.each([
    [
      'see <https://a.example.com/?x=1&amp;y=2|it> and <https://b.example.com>',
      'https://a.example.com/?x=1&y=2',
    ],
    ['<@U1> then https://a.example.com/b.', 'https://a.example.com/b'],
    ['(https://a.example.com/b)', 'https://a.example.com/b'],
    ['nothing', null],
    ['<mailto:a@b.example.com>', null],
  ])('of %j is %j', (text, link) => {
    expect(firstLink(text)).toBe(link)
  })
})
