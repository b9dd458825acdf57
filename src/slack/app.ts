import type { IncomingMessage, ServerResponse } from 'node:http'
import { App } from '@slack/bolt'
import { fetch as undiciFetch } from 'undici'
import type { Chat, Clock, Log } from '../core/ports.ts'
import { registerActions } from './actions/register.ts'
import { boltLogger } from './bolt-logger.ts'
import { createChat } from './chat.ts'
import { clientOptions, createClient, proxyAgent, type SlackConnection } from './client.ts'
import { registerCommands } from './commands/register.ts'
import { platformFailure, slackFailure } from './failures.ts'
import { createHttpReceiver } from './http-receiver.ts'
import { createPeople, type People } from './people.ts'
import { SocketReceiver } from './socket-receiver.ts'
import type { AbilitiesOf, SurfaceParts } from './surface.ts'
import { registerViews } from './views/register.ts'

/** Who may be asked about while a request waits, and for how long. */
const IN_REQUEST_TIMEOUT_MS = 1_500
const RESPOND_TIMEOUT_MS = 10_000

export type SlackOptions = {
  readonly botToken: string
  /** Set: Socket Mode. Null: HTTP mode, with the signing secret. */
  readonly appToken: string | null
  readonly signingSecret: string
  readonly connection: SlackConnection
  /** What a card offers, by the name of its monitor. */
  readonly abilities: AbilitiesOf
  readonly clock: Clock
  readonly log: Log
}

/** Who we are in Slack. */
export type SlackIdentity = {
  readonly team: string
  readonly teamName: string
  /** Where the workspace is, with a slash at its end. */
  readonly url: string | null
  readonly botUser: string
  readonly scopes: readonly string[]
}

export type Slack = {
  readonly chat: Chat
  readonly people: People
  /** Asks Slack who we are. @throws Failure */
  identify(): Promise<SlackIdentity>
  /** Says which workspace we belong to, so that people of others are known as such. */
  belongTo(team: string): void
  /** Starts listening to people. */
  serve(parts: Omit<SurfaceParts, 'people'>): Promise<void>
  /** Null in Socket Mode. */
  readonly listener: ((request: IncomingMessage, response: ServerResponse, body: Buffer) => void) | null
  /** `connected`, `not connected` (Socket Mode) or `http`. */
  transport(): string
  /** Takes no more of what people do. */
  stopListening(): Promise<void>
  /** Lets connections go; nothing can be sent any more. */
  close(): Promise<void>
}

/** Builds everything that speaks with Slack. Nothing is sent before it is asked for. */
export function createSlack({
  botToken,
  appToken,
  signingSecret,
  connection,
  abilities,
  clock,
  log,
}: SlackOptions): Slack {
  const agent = proxyAgent(connection)
  const client = createClient(botToken, connection, agent)
  let team: string | null = null
  const people = createPeople(
    createClient(botToken, connection, agent, IN_REQUEST_TIMEOUT_MS),
    () => team,
    clock,
  )
  const http = appToken === null ? createHttpReceiver(signingSecret, clock, log) : null
  const socket = appToken === null ? null : new SocketReceiver(appToken, connection, agent, clock, log)
  const receiver = http?.receiver ?? socket
  const respond = createRespond(connection, agent)
  if (receiver === null) throw new Error('There is neither a signing secret nor an app token.')

  return {
    chat: createChat(client, respond, abilities),
    people,
    identify: async () => {
      try {
        const { team_id, team: teamName, url, user_id, response_metadata } = await client.auth.test()
        if (team_id === undefined || user_id === undefined) throw platformFailure('internal_error')
        return {
          team: team_id,
          teamName: teamName ?? team_id,
          url: url ?? null,
          botUser: user_id,
          scopes: response_metadata?.scopes ?? [],
        }
      } catch (error) {
        throw slackFailure(error)
      }
    },
    belongTo: (id) => {
      team = id
    },
    serve: async (parts) => {
      const app = new App({
        receiver,
        convoStore: false,
        logger: boltLogger(log),
        authorize: async () => ({ botToken }),
        clientOptions: clientOptions(connection, agent, IN_REQUEST_TIMEOUT_MS),
      })
      const all: SurfaceParts = { ...parts, people }
      registerCommands(app, all)
      registerActions(app, all, async (url, message) => {
        await respond(url, message).catch(() => undefined)
      })
      registerViews(app, all)
      await socket?.start()
    },
    listener: http?.listener ?? null,
    transport: () => (socket === null ? 'http' : socket.connected ? 'connected' : 'not connected'),
    stopListening: async () => {
      await socket?.stop()
    },
    close: async () => {
      await agent?.close()
    },
  }
}

/** Sends an answer to the address that Slack gave with a person's action. @returns the status */
function createRespond({ apiUrl }: SlackConnection, agent: ReturnType<typeof proxyAgent>) {
  const { origin } = new URL(apiUrl)
  return async (url: string, body: object): Promise<number> => {
    const target = new URL(url)
    if (
      target.origin !== origin &&
      !(target.protocol === 'https:' && target.hostname.endsWith('.slack.com'))
    ) {
      throw platformFailure('expired_url')
    }
    const answer = await undiciFetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(RESPOND_TIMEOUT_MS),
      ...(agent === undefined ? {} : { dispatcher: agent }),
    })
    await answer.arrayBuffer()
    return answer.status
  }
}
