import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { follow, parsePath } from './path.ts'
import { parseText } from './text.ts'

const BODY = {
  a: { b: [{ 'odd name': 1 }, 'x'], 'c.d': 'dots', '0': 'zero', 'it"s': 'quote' },
  none: null,
}

function at(text: string, item: unknown = BODY, top: unknown = BODY): unknown {
  const path = parsePath(text)
  if (path === null) throw new Error(`${text} is no path`)
  const found = follow(path, { item, top, at: '' })
  return found.is === 'there' ? found.value : `${found.at}: ${found.instead}`
}

describe('a path', () => {
  it.each([
    ['a.b[1]', 'x'],
    ['a.b.1', 'x'],
    ['a.b[0]."odd name"', 1],
    ["a.b[0]['odd name']", 1],
    ['a."c.d"', 'dots'],
    ['a["c.d"]', 'dots'],
    [`a.'it"s'`, 'quote'],
    ['a.0', 'zero'],
    ['"a".b[1]', 'x'],
    ['$.a.b[1]', 'x'],
    ['$', BODY],
    ['@', BODY],
    ['@.a.b[1]', 'x'],
  ])('%s finds what stands there', (text, value) => {
    expect(at(text)).toEqual(value)
  })

  it('begins at the element, and with $ at the top', () => {
    expect(at('x', { x: 'below' }, { x: 'top' })).toBe('below')
    expect(at('$.x', { x: 'below' }, { x: 'top' })).toBe('top')
    expect(at('$[1]', 'one', ['zero', 'one'])).toBe('one')
    expect(at('@', 'one', ['one'])).toBe('one')
  })

  it.each([
    ['a.x', 'a.x: a holds 0, b, c.d, it"s'],
    ['a.b[7].x', 'a.b[7]: a.b is a list of 2'],
    ['a.b[1].x', 'a.b[1].x: a.b[1] is a text'],
    ['none', 'none: it is null'],
    ['none.x', 'none: it is null'],
    ['q', 'q: the body holds a, none'],
    ['a.b.length', 'a.b.length: a.b is a list of 2'],
    ['a.b[1].length', 'a.b[1].length: a.b[1] is a text'],
    ['constructor', 'constructor: the body holds a, none'],
    ['__proto__', '__proto__: the body holds a, none'],
    ['a.toString', 'a.toString: a holds 0, b, c.d, it"s'],
  ])('%s stops where nothing is, and says what is there instead', (text, said) => {
    expect(at(text)).toBe(said)
  })

  it('finds __proto__ and constructor where a sender wrote them', () => {
    const body = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}')
    expect([at('__proto__.x', body), at('constructor', body)]).toEqual([1, 2])
  })

  it('says of a long or hostile section only a few clean names', () => {
    const names = Array.from({ length: 20 }, (_, n) => [`${n}\u0000\n<!channel>${'x'.repeat(100)}`, 1])
    const said = String(at('q', Object.fromEntries(names)))
    expect(said).toMatch(/ and 12 more$/)
    expect(said.length).toBeLessThan(400)
    expect(said).not.toMatch(/[\u0000-\u001f]/)
  })

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    'a[',
    'a[x]',
    'a[-1]',
    'a]',
    '"a',
    'a"b"',
    '{a}',
    '$a',
    '$.',
    'a.$',
    '@a',
    'a.*',
    'x'.repeat(257),
    Array.from({ length: 21 }, () => 'a').join('.'),
  ])('%j is none', (text) => {
    // A star is a name like any other: there are no wildcards.
    expect(parsePath(text) === null).toBe(text !== 'a.*')
  })

  it('never throws, finds only what is there, and never what every object has', () => {
    const step = fc.oneof(
      fc.constantFrom(
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        'length',
        'a',
        '0',
        '[0]',
        '["a"]',
        '.',
        '$',
        '@',
      ),
      fc.string({ maxLength: 5 }),
    )
    const texts = fc.array(step, { maxLength: 6 }).map((steps) => steps.join('.'))
    const reachable = (value: unknown, seen: Set<unknown>): Set<unknown> => {
      seen.add(value)
      if (typeof value === 'object' && value !== null)
        for (const one of Object.values(value)) reachable(one, seen)
      return seen
    }
    fc.assert(
      fc.property(texts, fc.jsonValue(), (text, body) => {
        const path = parsePath(text)
        parseText(text)
        if (path === null) return
        const found = follow(path, { item: body, top: body, at: '' })
        if (found.is === 'there') expect(reachable(body, new Set()).has(found.value)).toBe(true)
        else expect(found.at.length + found.instead.length).toBeLessThan(2_000)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('a text with values in it', () => {
  it('is made of texts and paths', () => {
    const parts = parseText('{a.b}: {{x}} { c }!')?.map((part) =>
      typeof part === 'string' ? part : part.steps,
    )
    expect(parts).toEqual([['a', 'b'], ': ', '{', 'x', '}', ' ', ['c'], '!'])
    expect(parseText('plain')).toEqual(['plain'])
  })

  it.each(['{', '}', '{}', '{a', 'a}', '{a b}', '{{a}', '{a{b}}', 'x'.repeat(1_025), '{a}'.repeat(21)])(
    '%j is none',
    (text) => {
      expect(parseText(text)).toBeNull()
    },
  )
})
