import { createHmac, timingSafeEqual } from 'node:crypto'

/** Older or newer requests are refused. https://docs.slack.dev/authentication/verifying-requests-from-slack */
const SKEW_MAX_SECONDS = 300
/** Signatures remembered against replay; more requests than this in ten minutes are not people's. */
const REMEMBERED_MAX = 20_000

export type Verify = (
  request: { timestamp: string | undefined; signature: string | undefined; body: Buffer },
  now: number,
) => boolean

/**
 * Checks that a request comes from Slack, is of now, and is not one that was seen before.
 *
 * @param secret the app's signing secret
 */
export function createVerify(secret: string): Verify {
  // In order of arrival, so that the first are the oldest.
  const seen = new Map<string, number>()
  return ({ timestamp, signature, body }, now) => {
    if (timestamp === undefined || signature === undefined || !/^\d{1,12}$/.test(timestamp)) return false
    const seconds = Number(timestamp)
    if (Math.abs(now / 1000 - seconds) > SKEW_MAX_SECONDS) return false
    const expected = Buffer.from(
      `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`,
    )
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false
    if (seen.has(signature)) return false
    for (const [old, until] of seen) {
      if (until > now && seen.size < REMEMBERED_MAX) break
      seen.delete(old)
    }
    seen.set(signature, now + 2 * SKEW_MAX_SECONDS * 1000)
    return true
  }
}
