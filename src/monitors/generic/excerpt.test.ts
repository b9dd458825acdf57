import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excerpt } from './excerpt.ts'

const requestOf = (body: string | Buffer) => ({ bytes: Buffer.from(body), header: () => null, now: 0 })

describe('what is kept of a body that was not understood', () => {
  it.each([
    ['{"check":{"ping_url":"https://h/SECRET","n":1}}', '{"check":{"n":1}}'],
    ['{"a":"https://u:SECRET@h.example.com/SECRET?x=SECRET."}', '{"a":"h.example.com/…."}'],
    ['{"url":"redis://:SECRET@cache"}', '{"url":"cache/…"}'],
    ['{"x":"1b9d0386-d07e-44b0-8995-4a9a372de43c"}', '{"x":"…"}'],
    [
      '{"Authorization":"SECRET","api-key":"x","apiKey":"SECRET","a":{"dbPassword":"SECRET"}}',
      '{"api-key":"x","a":{}}',
    ],
    ['not json, see https://u:hunter2@h/x', 'not json, see h/…'],
    ['{"ping_url": "SECRET', '(not kept: it may hold a credential)'],
    ['data=%7B%22response%22%3A%22SECRET', '(not kept: it may hold a credential)'],
    ['%', '%'],
    ['', ''],
  ])('%s', (body, kept) => {
    expect(excerpt(requestOf(body))).toBe(kept)
  })

  it('survives depth and bytes that are no text', () => {
    expect(excerpt(requestOf(`${'['.repeat(400_000)}${']'.repeat(400_000)}`)).length).toBeLessThan(50)
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => typeof excerpt(requestOf(Buffer.from(bytes))) === 'string'),
    )
  })
})
