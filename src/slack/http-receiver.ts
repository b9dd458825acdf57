import type { IncomingMessage, ServerResponse } from 'node:http'
import { HTTPReceiver } from '@slack/bolt'
import type { Clock, Log } from '../core/ports.ts'
import { boltLogger } from './bolt-logger.ts'
import { createVerify } from './verify.ts'

/** Such a request is a few short fields. */
const SSL_CHECK_MAX_BYTES = 1_000

export type SlackHttp = {
  readonly receiver: HTTPReceiver
  /** Handles a request to `/slack/events` whose body was read already. */
  readonly listener: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void
}

/**
 * Takes Slack's requests in HTTP mode. Signatures are checked here and not by Bolt, which lets any future time pass and
 * knows no replay.
 */
export function createHttpReceiver(signingSecret: string, clock: Clock, log: Log): SlackHttp {
  const verify = createVerify(signingSecret)
  const receiver = new HTTPReceiver({
    signingSecret,
    signatureVerification: false,
    logger: boltLogger(log),
    unhandledRequestTimeoutMillis: 2_900,
    processEventErrorHandler: async ({ error, response }) => {
      log.error({ err: error }, 'A request from Slack could not be handled. This is a fault in ackbridge.')
      if (!response.headersSent) response.writeHead(503).end()
      return false
    },
  })
  return {
    receiver,
    listener: (request, response, body) => {
      // Slack tries out a new address with this, unsigned; there is nothing to be done for it.
      if (isSslCheck(body)) {
        response.writeHead(200).end()
        return
      }
      const timestamp = header(request, 'x-slack-request-timestamp')
      const signature = header(request, 'x-slack-signature')
      if (!verify({ timestamp, signature, body }, clock.now())) {
        log.warn(
          {},
          'A request to /slack/events was refused: its signature is missing, wrong, out of date or was used before.',
        )
        response.writeHead(401).end()
        return
      }
      // Bolt compares the whole header, and takes a form with a charset for JSON.
      request.headers['content-type'] = header(request, 'content-type')?.split(';', 1)[0]?.trim() ?? ''
      receiver.requestListener(Object.assign(request, { rawBody: body, url: '/slack/events' }), response)
    },
  }
}

function isSslCheck(body: Buffer): boolean {
  if (body.length > SSL_CHECK_MAX_BYTES) return false
  const fields = new URLSearchParams(body.toString('latin1'))
  return fields.get('ssl_check') === '1' && !fields.has('payload') && !fields.has('command')
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}
