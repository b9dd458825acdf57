import type { IncomingMessage } from 'node:http'
import type { Clock } from '../core/ports.ts'
import type { RawRequest } from '../monitors/monitor.ts'

/** @returns the request as the kinds of monitors see it */
export function rawRequest(request: IncomingMessage, bytes: Buffer, clock: Clock): RawRequest {
  const header = (name: string): string | null => {
    const value = request.headers[name.toLowerCase()]
    return typeof value === 'string' ? value : null
  }
  return { bytes, header, now: clock.now() }
}
