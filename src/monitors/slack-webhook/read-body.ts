import type { Body, RawRequest, Unreadable } from '../monitor.ts'

const NO_JSON: Unreadable = { fault: 'is not JSON' }
const NO_FORM: Unreadable = { fault: 'is neither JSON nor a form with JSON in its field payload' }

/**
 * Reads what Slack's incoming webhooks read: JSON, or a form whose field `payload` holds it. What it is decides, not what its
 * Content-Type says: `curl -d` calls JSON a form.
 *
 * @returns null for a compressed body, which nobody reads
 */
export function readBody({ bytes, header }: RawRequest): Body | Unreadable | null {
  const encoding = header('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') return null
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  if (!/^\s*payload\s*=/.test(text) && !isForm(header('content-type'), text)) return parse(text) ?? NO_JSON
  const payload = new URLSearchParams(text).get('payload')
  if (payload === null) return NO_FORM
  // A script that encodes nothing loses what follows the first `&`; what it meant is still there.
  return parse(payload) ?? parse(text.slice(text.indexOf('=') + 1)) ?? NO_JSON
}

function isForm(type: string | null, text: string): boolean {
  return /^\s*application\/x-www-form-urlencoded/i.test(type ?? '') && !/^\s*[[{"]/.test(text)
}

function parse(text: string): Body | null {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return null
  }
}
