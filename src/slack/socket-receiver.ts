import type { App, Receiver, ReceiverEvent } from '@slack/bolt'
import { SocketModeClient } from '@slack/socket-mode'
import type { EnvHttpProxyAgent } from 'undici'
import type { Clock, Log } from '../core/ports.ts'
import { boltLogger } from './bolt-logger.ts'
import { clientOptions, type SlackConnection } from './client.ts'
import { slackFailure } from './failures.ts'

/*
 * Socket Mode. Slack closes each connection every few hours and says so first. The SDK reconnects only after its ping
 * timeout, five seconds in which clicks fail, and a failed attempt ends the process. Here each connection has a client of
 * its own that never reconnects: the next one is opened before the old one is let go, and failures are waited out.
 */

const BACKOFF_FIRST_MS = 500
const BACKOFF_MAX_MS = 30_000
/** The SDK waits this long for a pong before it takes a connection for dead. */
const PING_TIMEOUT_MS = 5_000
/** A connection that Slack has not greeted after this long is given up. */
const HELLO_TIMEOUT_MS = 15_000

type SlackEvent = {
  readonly ack: (response?: object) => Promise<void>
  readonly body: ReceiverEvent['body']
  readonly retry_num?: number
  readonly retry_reason?: string
}

export class SocketReceiver implements Receiver {
  readonly #appToken: string
  readonly #connection: SlackConnection
  readonly #agent: EnvHttpProxyAgent | undefined
  readonly #clock: Clock
  readonly #log: Log
  #app: App | null = null
  #open = new Set<SocketModeClient>()
  #current: SocketModeClient | null = null
  #failures = 0
  #stopped = true
  #cancel: (() => void) | null = null

  constructor(
    appToken: string,
    connection: SlackConnection,
    agent: EnvHttpProxyAgent | undefined,
    clock: Clock,
    log: Log,
  ) {
    this.#appToken = appToken
    this.#connection = connection
    this.#agent = agent
    this.#clock = clock
    this.#log = log
  }

  init(app: App): void {
    this.#app = app
  }

  /** Connects, and keeps connected until `stop`. Resolves after the first attempt, whether it worked or not. */
  async start(): Promise<void> {
    this.#stopped = false
    await this.#connect()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await Promise.all([...this.#open].map((client) => client.disconnect()))
  }

  /** @returns true while Slack can reach us */
  get connected(): boolean {
    return this.#current !== null
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return
    const client = new SocketModeClient({
      appToken: this.#appToken,
      autoReconnectEnabled: false,
      clientPingTimeout: PING_TIMEOUT_MS,
      logger: boltLogger(this.#log),
      clientOptions: clientOptions(this.#connection, this.#agent),
      ...(this.#agent === undefined ? {} : { dispatcher: this.#agent }),
    })
    client.on('slack_event', (event: SlackEvent) => this.#handle(event))
    // Slack announces the end of a connection; the next one is opened while this one still works.
    client.on('ws_message', (data: unknown) => {
      if (isDisconnect(data) && this.#current === client) this.#replace()
    })
    client.on('disconnected', () => {
      this.#open.delete(client)
      if (this.#current === client) {
        this.#current = null
        if (!this.#stopped) this.#later('The connection to Slack was lost.')
      }
    })
    const late = this.#clock.timer(HELLO_TIMEOUT_MS, () => void client.disconnect())
    try {
      this.#open.add(client)
      await client.start()
      const former = this.#current
      this.#current = client
      if (this.#failures > 0) this.#log.info({}, 'Connected to Slack again.')
      this.#failures = 0
      if (former !== null) await former.disconnect()
    } catch (error) {
      this.#open.delete(client)
      if (!this.#stopped && this.#current === null) this.#later(slackFailure(error).message)
    } finally {
      late()
    }
  }

  #replace(): void {
    this.#current = null
    this.#connect().catch((error: unknown) =>
      this.#log.error({ err: error }, 'The next connection to Slack failed.'),
    )
  }

  #later(reason: string): void {
    const ms = Math.min(BACKOFF_FIRST_MS * 2 ** this.#failures++, BACKOFF_MAX_MS)
    if (this.#failures === 2)
      this.#log.error(
        { reason },
        'Slack cannot be reached; clicks and commands fail until it can. It is tried again.',
      )
    else this.#log.warn({ reason }, 'Slack cannot be reached. It is tried again.')
    this.#cancel?.()
    this.#cancel = this.#clock.timer(ms, () => this.#replace())
  }

  async #handle({ ack, body, retry_num, retry_reason }: SlackEvent): Promise<void> {
    try {
      await this.#app?.processEvent({
        body,
        ack: async (response?: unknown) => {
          await ack(typeof response === 'string' ? { text: response } : ((response ?? {}) as object))
        },
        ...(retry_num === undefined ? {} : { retryNum: retry_num }),
        ...(retry_reason === undefined ? {} : { retryReason: retry_reason }),
      })
    } catch (error) {
      this.#log.error(
        { err: error },
        'An event from Slack could not be handled. This is a fault in ackbridge.',
      )
    }
  }
}

function isDisconnect(data: unknown): boolean {
  const text =
    typeof data === 'string'
      ? data
      : data instanceof Uint8Array || data instanceof ArrayBuffer
        ? new TextDecoder().decode(data)
        : ''
  if (!text.includes('"disconnect"')) return false
  try {
    return (JSON.parse(text) as { type?: unknown }).type === 'disconnect'
  } catch {
    return false
  }
}
