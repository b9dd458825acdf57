import { describe, expect, it } from 'vitest'
import { readBody } from './read-body.ts'

const MESSAGE = { text: 'a & b + 100% ü' }
const JSON_TEXT = JSON.stringify(MESSAGE)
const FORM = 'application/x-www-form-urlencoded'

function read(body: string | Buffer, type: string | null = null, encoding: string | null = null) {
  const headers: Readonly<Record<string, string | null>> = {
    'content-type': type,
    'content-encoding': encoding,
  }
  return readBody({ bytes: Buffer.from(body), header: (name) => headers[name] ?? null, now: 0 })
}

describe('a body', () => {
  it.each([
    ['JSON', JSON_TEXT, 'application/json'],
    ['JSON without a type', JSON_TEXT, null],
    ['JSON that is called text', JSON_TEXT, 'text/plain'],
    ['JSON that curl calls a form', ` ${JSON_TEXT}`, FORM],
    ['JSON of Windows', `\ufeff${JSON_TEXT}`, 'application/json; charset=utf-8'],
    ['a form', `payload=${encodeURIComponent(JSON_TEXT)}`, FORM],
    ['a form with more in it', `x=1&payload=${encodeURIComponent(JSON_TEXT)}&y=2`, `${FORM}; charset=UTF-8`],
    ['a form that is called something else', `payload=${encodeURIComponent(JSON_TEXT)}`, 'text/plain'],
    ['a form that is not encoded', `payload=${JSON_TEXT}`, FORM],
  ])('is understood: %s', (_, body, type) => {
    expect(read(body, type)).toEqual({ value: MESSAGE })
  })

  it.each([
    ['nothing', '', 'application/json'],
    ['half of one', JSON_TEXT.slice(0, -2), 'application/json'],
    ['half of a form', `payload=${encodeURIComponent(JSON_TEXT).slice(0, -6)}`, FORM],
    ['a form without it', 'text=hello', FORM],
    ['words', 'hello', 'text/plain'],
    [
      'a form in parts',
      '--x\r\nContent-Disposition: form-data; name="payload"\r\n\r\n{}\r\n--x--',
      'multipart/form-data; boundary=x',
    ],
  ])('is not: %s', (_, body, type) => {
    expect(read(body, type)).toEqual({ fault: expect.stringContaining('JSON') })
  })

  it('that is compressed is nobody’s', () => {
    expect(read(JSON_TEXT, 'application/json', 'gzip')).toBeNull()
    expect(read(JSON_TEXT, 'application/json', 'identity')).toEqual({ value: MESSAGE })
  })
})
