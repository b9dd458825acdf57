import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendRefusal } from './answer.ts'
import { type Authenticate, mayNotify } from './auth.ts'
import {
  forbidden,
  givenKey,
  type NotifyRouteOptions,
  type NotifyTarget,
  UNAUTHORIZED,
} from './notify-route.ts'
import { createResolver } from './resolve-monitor.ts'

/*
 * A sender of CloudEvents asks whether it may send before it does; who has a key may. It is never called back.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
 */

export type HandshakeRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  target: NotifyTarget,
) => void

/** The name of a sender: that of a host, or `*`. */
const NOT_IN_ORIGIN = /[^A-Za-z0-9.:/*_-]+/g
const ORIGIN_MAX_CHARS = 255

/** @returns true for a request that asks so; any other OPTIONS is none of ours */
export function isHandshake(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && originOf(request) !== ''
}

export function createHandshakeRoute({
  authenticate,
  ...monitors
}: Pick<NotifyRouteOptions, 'kinds' | 'monitors'> & { readonly authenticate: Authenticate }): HandshakeRoute {
  const resolve = createResolver(monitors)
  return (request, response, target) => {
    request.resume()
    const grant = authenticate(givenKey(request, target))
    if (grant === null) return sendRefusal(response, UNAUTHORIZED)
    const monitor = target.monitor === null ? null : resolve(target.monitor)
    if (monitor !== null && 'status' in monitor) return sendRefusal(response, monitor)
    if (monitor !== null && !mayNotify(grant, monitor.name))
      return sendRefusal(response, forbidden(monitor.name))
    response.writeHead(200, {
      'WebHook-Allowed-Origin': originOf(request),
      'WebHook-Allowed-Rate': '*',
      Allow: 'POST',
      'Content-Length': 0,
    })
    response.end()
  }
}

function originOf(request: IncomingMessage): string {
  const given = request.headers['webhook-request-origin']
  return typeof given === 'string' ? given.replaceAll(NOT_IN_ORIGIN, '').slice(0, ORIGIN_MAX_CHARS) : ''
}
