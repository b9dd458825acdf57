import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RawRequest } from '../monitor.ts'
import { config } from './config.ts'
import { verify } from './verify.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const SECRET = 'kM2-secret-of-the-contact-point'
const BODY = Buffer.from('{"version":"1","title":"Überlast 🔥 \\u2028"}')
const SETTINGS = config.parse({ kind: 'grafana', hmacSecret: SECRET })
const TIMED = config.parse({ kind: 'grafana', hmacSecret: SECRET, hmacTimestampHeader: 'X-Signed-At' })

function signed(body: Buffer, secret = SECRET, time: string | null = null): string {
  const hmac = createHmac('sha256', secret)
  if (time !== null) hmac.update(`${time}:`)
  return hmac.update(body).digest('hex')
}

function request(headers: Readonly<Record<string, string>>, bytes: Buffer = BODY): RawRequest {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { bytes, header: (name) => all.get(name.toLowerCase()) ?? null, now: NOW }
}

function timed(seconds: number, bytes = BODY): RawRequest {
  const time = String(seconds)
  return request({ 'X-Grafana-Alerting-Signature': signed(bytes, SECRET, time), 'X-Signed-At': time }, bytes)
}

describe('the signature of Grafana', () => {
  it('is not asked for where no secret is set', () => {
    expect(verify(request({}), config.parse({ kind: 'grafana' }))).toBeNull()
  })

  it('is taken from the header of either default, or from the one that is set', () => {
    const set = config.parse({ kind: 'grafana', hmacSecret: SECRET, hmacHeader: 'X-Mine' })
    for (const name of ['X-Grafana-Alerting-Signature', 'x-grafana-alert-signature'])
      expect(verify(request({ [name]: signed(BODY) }), SETTINGS)).toBeNull()
    expect(verify(request({ 'X-Mine': signed(BODY) }), set)).toBeNull()
    expect(verify(request({ 'X-Grafana-Alerting-Signature': signed(BODY) }), set)).toMatch(/X-Mine/)
  })

  it('may be written in capitals', () => {
    const header = signed(BODY).toUpperCase()
    expect(verify(request({ 'X-Grafana-Alerting-Signature': header }), SETTINGS)).toBeNull()
  })

  it.each([
    ['missing', {}],
    ['empty', { 'X-Grafana-Alerting-Signature': '' }],
    ['of another secret', { 'X-Grafana-Alerting-Signature': signed(BODY, 'another') }],
    ['of another body', { 'X-Grafana-Alerting-Signature': signed(Buffer.from('{}')) }],
    ['cut', { 'X-Grafana-Alerting-Signature': signed(BODY).slice(0, -1) }],
    ['too long', { 'X-Grafana-Alerting-Signature': `${signed(BODY)}00` }],
    ['given twice', { 'X-Grafana-Alerting-Signature': `${signed(BODY)}, ${signed(BODY)}` }],
    ['with a prefix', { 'X-Grafana-Alerting-Signature': `sha256=${signed(BODY)}` }],
    ['no hex', { 'X-Grafana-Alerting-Signature': 'z'.repeat(64) }],
    ['zeros', { 'X-Grafana-Alerting-Signature': '0'.repeat(64) }],
    [
      'of a time that is not set here',
      { 'X-Grafana-Alerting-Signature': signed(BODY, SECRET, '1795348800'), 'X-Signed-At': '1795348800' },
    ],
  ])('that is %s is refused, in a sentence without the secret', (_, headers) => {
    const why = verify(request(headers), SETTINGS)
    expect(why).toMatch(/^[A-Z].{20,}\.$/)
    expect(why).not.toContain(SECRET)
  })

  it('does not hold for a body of which one bit is another', () => {
    const header = signed(BODY)
    fc.assert(
      fc.property(fc.nat(BODY.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(BODY)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        expect(verify(request({ 'X-Grafana-Alerting-Signature': header }, changed), SETTINGS)).not.toBeNull()
      }),
    )
  })

  it('holds for any bytes, also such as are no text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (any) => {
        const body = Buffer.from(any)
        expect(verify(request({ 'X-Grafana-Alerting-Signature': signed(body) }, body), SETTINGS)).toBeNull()
      }),
    )
  })

  it('never throws, and holds for nothing that was not signed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.string()), (header, time) => {
        const headers = {
          'X-Grafana-Alerting-Signature': header,
          ...(time === null ? {} : { 'X-Signed-At': time }),
        }
        for (const settings of [SETTINGS, TIMED]) expect(verify(request(headers), settings)).not.toBeNull()
      }),
    )
  })
})

describe('the time in the signature', () => {
  const seconds = NOW / 1000

  it('may be up to 5 minutes away, as clocks are', () => {
    for (const away of [0, 299, 300, -300]) expect(verify(timed(seconds + away), TIMED)).toBeNull()
    for (const away of [301, -301, -86_400, 1e9])
      expect(verify(timed(seconds + away), TIMED)).toMatch(/5 minutes/)
  })

  it('cannot be taken away, nor changed', () => {
    const { 'X-Signed-At': _, ...without } = {
      'X-Grafana-Alerting-Signature': signed(BODY),
      'X-Signed-At': '',
    }
    expect(verify(request(without), TIMED)).toMatch(/X-Signed-At/)
    const old = String(seconds - 3600)
    const replayed = {
      'X-Grafana-Alerting-Signature': signed(BODY, SECRET, old),
      'X-Signed-At': String(seconds),
    }
    expect(verify(request(replayed), TIMED)).toMatch(/not right/)
  })

  it.each(['', '-1', '1e9', ' 1795348800', '0x6b', '1795348800.0', '9'.repeat(12), 'NaN'])(
    'that is written as "%s" is none',
    (time) => {
      const headers = {
        'X-Grafana-Alerting-Signature': signed(BODY, SECRET, time),
        'X-Signed-At': time,
      }
      expect(verify(request(headers), TIMED)).toMatch(/no time/)
    },
  )

  it('cannot be moved into the body', () => {
    const time = String(seconds)
    const header = signed(BODY, SECRET, time)
    const moved = Buffer.concat([Buffer.from(`${time}:`), BODY])
    expect(verify(request({ 'X-Grafana-Alerting-Signature': header }, moved), TIMED)).not.toBeNull()
  })
})
