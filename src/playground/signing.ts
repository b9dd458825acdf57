import { createHmac } from 'node:crypto'

/**
 * Slack's v0 request signature: HMAC-SHA256 over `v0:TIMESTAMP:BODY`.
 *
 * @param timestampSeconds what goes into x-slack-request-timestamp
 * @param body the raw body, byte for byte as sent
 * @returns the value of x-slack-signature, `v0=` and 64 hex digits
 */
export function signRequest(signingSecret: string, timestampSeconds: number, body: string): string {
  const digest = createHmac('sha256', signingSecret).update(`v0:${timestampSeconds}:${body}`).digest('hex')
  return `v0=${digest}`
}
