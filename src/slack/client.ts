import { WebClient, type WebClientOptions } from '@slack/web-api'
import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici'
import type { Log } from '../core/ports.ts'
import { boltLogger } from './bolt-logger.ts'

/** A call of Slack's Web API that takes longer is given up. */
const CALL_TIMEOUT_MS = 10_000

export type SlackConnection = {
  readonly apiUrl: string
  /** Null: no proxy. */
  readonly proxy: { readonly https: string; readonly no: string } | null
  readonly log: Log
}

/** The agent that carries calls and the websocket through a proxy; undefined without one. */
export function proxyAgent({ proxy }: SlackConnection): EnvHttpProxyAgent | undefined {
  if (proxy === null) return undefined
  return new EnvHttpProxyAgent({ httpProxy: proxy.https, httpsProxy: proxy.https, noProxy: proxy.no })
}

/**
 * Options of a client that tries once and says what happened: retries, waiting and looking before posting again are
 * delivery's business. Each call gives a fresh object, because the SDK writes into the one it gets.
 */
export function clientOptions(
  connection: SlackConnection,
  agent: EnvHttpProxyAgent | undefined,
  timeout = CALL_TIMEOUT_MS,
): WebClientOptions {
  return {
    slackApiUrl: connection.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout,
    logger: boltLogger(connection.log),
    ...(agent === undefined
      ? {}
      : {
          fetch: ((url: string, init: object) =>
            undiciFetch(url, { ...init, dispatcher: agent })) as unknown as NonNullable<
            WebClientOptions['fetch']
          >,
        }),
  }
}

export function createClient(
  token: string,
  connection: SlackConnection,
  agent: EnvHttpProxyAgent | undefined,
  timeout?: number,
): WebClient {
  return new WebClient(token, clientOptions(connection, agent, timeout))
}
