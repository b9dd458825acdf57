import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createVerify } from './verify.ts'

// The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
const SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
const EXAMPLE = {
  timestamp: '1531420618',
  signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  body: Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
      '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
      '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  ),
}
const THEN = 1_531_420_618_000

function signed(seconds: number, text: string) {
  const timestamp = String(seconds)
  const hash = createHmac('sha256', SECRET).update(`v0:${timestamp}:${text}`).digest('hex')
  return { timestamp, signature: `v0=${hash}`, body: Buffer.from(text) }
}

describe('a request', () => {
  it('of Slack’s own example is taken', () => {
    expect(createVerify(SECRET)(EXAMPLE, THEN)).toBe(true)
  })

  it.each<[string, number, boolean]>([
    ['five minutes old', 300_000, true],
    ['older', 301_000, false],
    ['five minutes ahead', -300_000, true],
    ['further ahead', -301_000, false],
  ])('that is %s is taken: %#', (_case, ms, expected) => {
    expect(createVerify(SECRET)(EXAMPLE, THEN + ms)).toBe(expected)
  })

  it.each<[string, object]>([
    ['with another signature', { signature: `v0=${'0'.repeat(64)}` }],
    ['with a shorter signature', { signature: 'v0=a2' }],
    ['with a longer signature', { signature: `${EXAMPLE.signature}0` }],
    ['with a signature of as many characters and more bytes', { signature: `v0=${'ü'.repeat(64)}` }],
    ['without a signature', { signature: undefined }],
    ['without a time', { timestamp: undefined }],
    ['with a time that is none', { timestamp: 'NaN' }],
    ['with a negative time', { timestamp: '-1531420618' }],
    ['with a time in milliseconds', { timestamp: '1531420618000' }],
    ['with another time', { timestamp: '1531420619' }],
    ['with one byte changed', { body: Buffer.from(`${EXAMPLE.body} `) }],
    ['without a body', { body: Buffer.alloc(0) }],
  ])('%s is refused', (_case, given) => {
    expect(createVerify(SECRET)({ ...EXAMPLE, ...given }, THEN)).toBe(false)
  })

  it('signed with another secret is refused', () => {
    expect(createVerify('another')(EXAMPLE, THEN)).toBe(false)
  })

  it('that was seen before is refused, also by the end of its time', () => {
    const verify = createVerify(SECRET)
    const request = signed(THEN / 1000 + 299, 'a')
    expect(verify(request, THEN)).toBe(true)

    for (let second = 1; second < 598; second += 60)
      verify(signed(THEN / 1000 + second, `b${second}`), THEN + second * 1000)

    expect(verify(request, THEN + 598_000)).toBe(false)
  })

  it('that was refused does not spoil the right one', () => {
    const verify = createVerify(SECRET)
    verify({ ...EXAMPLE, body: Buffer.from('x') }, THEN)

    expect(verify(EXAMPLE, THEN)).toBe(true)
  })
})
