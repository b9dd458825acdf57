import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textOfHtml } from './html-text.ts'

describe('a comment that comes as HTML', () => {
  it.each([
    ['on it [ackbridge:0123456789]', 'on it [ackbridge:0123456789]'],
    ['J&uuml;rgen &amp; &Eacute;ric &ndash; 5&nbsp;&euro;&hellip;', 'Jürgen & Éric – 5\u00a0€…'],
    ['it&#039;s &quot;&lt;b&gt;&quot; &#x41;', 'it\'s "<b>" A'],
    ['a<br />\nb<br>c<BR/>d', 'a\nb\nc\nd'],
    ['<strong>bold</strong> <img src="https://evil.example/x" />', 'bold '],
    ['&amp;lt;', '&lt;'],
    ['&nosuch; &#0; &#99999999; &; & x', '&nosuch; &#0; &#99999999; &; & x'],
    ['&alpha;&Omega;&yuml;&hearts;&nbsp;', 'αΩÿ♥\u00a0'],
  ])('%j reads %j', (html, text) => {
    expect(textOfHtml(html)).toBe(text)
  })

  it('is always text, whatever it is', () => {
    const piece = fc.constantFrom(
      '&',
      '#',
      'x',
      '1',
      'amp',
      ';',
      '<',
      '>',
      'br',
      '/',
      '\n',
      '\ud800',
      '&#55296;',
    )
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: piece })), (html) => {
        expect(textOfHtml(html).isWellFormed()).toBe(true)
      }),
    )
  })
})
