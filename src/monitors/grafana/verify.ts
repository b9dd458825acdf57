import { createHmac, timingSafeEqual } from 'node:crypto'
import type { RawRequest } from '../monitor.ts'
import type { Config } from './config.ts'

/**
 * Where Grafana puts the signature when its contact point names no header: releases and their manual do not agree
 * (grafana/alerting:http/hmac.go; grafana/grafana:docs/sources/alerting, webhook notifier).
 */
const HEADERS = ['X-Grafana-Alerting-Signature', 'X-Grafana-Alert-Signature']
/** A signed time that is further away is refused: what was overheard is of no use for long. */
const AGE_MAX_MS = 5 * 60_000

/**
 * Checks the signature that Grafana puts on what it sends: the HMAC of the body, or of a time and the body, in hex.
 *
 * @returns why the request is refused; null when it is signed, or when no signature is asked for
 */
export function verify(
  { bytes, header, now }: RawRequest,
  { hmacSecret, hmacHeader, hmacTimestampHeader }: Config,
): string | null {
  if (hmacSecret === undefined) return null
  const names = hmacHeader === undefined ? HEADERS : [hmacHeader]
  const given = names.map((name) => header(name)).find((value) => value !== null)
  if (given === undefined)
    return `It carries no signature (header ${names[0]}). Set the HMAC secret in the contact point.`
  const time = hmacTimestampHeader === undefined ? null : header(hmacTimestampHeader)
  if (hmacTimestampHeader !== undefined && (time === null || !/^\d{1,11}$/.test(time)))
    return `It carries no time that is signed (header ${hmacTimestampHeader}). Set the timestamp header in the contact point.`
  if (!isSignature(given, hmacSecret, time, bytes))
    return 'Its signature is not right. Compare secret and timestamp header of the contact point with hmacSecret and hmacTimestampHeader.'
  if (time !== null && Math.abs(now - Number(time) * 1000) > AGE_MAX_MS)
    return 'The time that it is signed with is more than 5 minutes away from now. Compare the clocks of both machines.'
  return null
}

function isSignature(given: string, secret: string, time: string | null, bytes: Buffer): boolean {
  const hmac = createHmac('sha256', secret)
  if (time !== null) hmac.update(`${time}:`)
  const right = hmac.update(bytes).digest()
  const isHex = /^[0-9a-f]{64}$/i.test(given)
  return timingSafeEqual(right, isHex ? Buffer.from(given, 'hex') : Buffer.alloc(right.length)) && isHex
}
