import { describe, expect, it } from 'vitest'
import { readBody } from './read-body.ts'

const requestOf = (body: string | Buffer, headers: Record<string, string>) => ({
  bytes: Buffer.from(body),
  header: (name: string) => headers[name.toLowerCase()] ?? null,
  now: 0,
})

describe('a body in several parts', () => {
  it.each([
    ['', 'multipart/form-data; boundary=x'],
    ['--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"a"', 'multipart/form-data; boundary=x'],
    ['--x', 'multipart/form-data'],
    ['\u0000\u0001', 'multipart/form-data; boundary='],
  ])('that is cut off is refused: %j', async (body, type) => {
    expect(await readBody(requestOf(body, { 'content-type': type }))).toEqual({
      fault: 'is no form of the type multipart/form-data',
    })
  })

  it('of a megabyte of small parts takes no long time', async () => {
    const part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    const body = `${part.repeat(Math.floor(1_000_000 / part.length))}--x--\r\n`
    const begin = performance.now()
    expect(await readBody(requestOf(body, { 'content-type': 'multipart/form-data; boundary=x' }))).toEqual({
      value: { a: '1' },
    })
    expect(performance.now() - begin).toBeLessThan(5_000)
  })

  it('is left to everybody where it is compressed, JSON, or a plain form', async () => {
    for (const headers of [
      { 'content-type': 'multipart/form-data; boundary=x', 'content-encoding': 'gzip' },
      { 'content-type': 'application/json' },
      { 'content-type': 'application/cloudevents+json', 'ce-id': '1' },
      {},
    ])
      expect(await readBody(requestOf('{}', headers as Record<string, string>))).toBeNull()
  })
})

describe('a CloudEvent in binary mode', () => {
  it('is read from headers', async () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/%E2%82%AC',
      'ce-type': '%',
      'content-type': 'application/json',
    }
    expect(await readBody(requestOf('{"message":"m"}', headers))).toEqual({
      value: {
        specversion: '1.0',
        id: '1',
        source: '/€',
        type: '%',
        datacontenttype: 'application/json',
        data: { message: 'm' },
      },
    })
    expect(await readBody(requestOf('{"mess', headers))).toEqual({ fault: 'is not JSON' })
    expect(await readBody(requestOf('', headers))).toMatchObject({ value: { id: '1' } })
    expect(
      await readBody(requestOf('x', { ...headers, 'content-type': 'application/octet-stream' })),
    ).toMatchObject({
      value: expect.not.objectContaining({ data: expect.anything() }),
    })
  })
})
