/*
 * A stand-in for Slack: Web API, signed interactions, Socket Mode and a page that shows the channel. It is what a
 * newcomer sees without a Slack token, and what the whole-app tests run against; so it is as strict as Slack.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFaults, type Faults } from './faults.ts'
import { Hooks } from './hooks.ts'
import type { Stage } from './interactions/block-actions.ts'
import { type EventDelivery, sendEvent } from './interactions/event.ts'
import { type Answer, PostOffice } from './interactions/post-office.ts'
import { handleResponseUrl } from './interactions/response-url.ts'
import type { JsonObject } from './json.ts'
import { type Command, PageDesk } from './page-desk.ts'
import { createPerson, type Person } from './person.ts'
import { createRates } from './rates.ts'
import { channels, type PersonName, people, type User } from './seed.ts'
import type { Site } from './site.ts'
import { SocketDesk, type SocketMode } from './socket-mode.ts'
import { readState, StateWriter } from './state-file.ts'
import { type ApiDesk, handleCall } from './web-api/handle-call.ts'
import { Workspace } from './workspace.ts'

export type { Fault, Faults } from './faults.ts'
export type { Answer } from './interactions/post-office.ts'
export type { Person } from './person.ts'
export type { Alarm, Call, Ephemeral, Message, Workspace } from './workspace.ts'
export type { Command }

export type PlaygroundOptions = {
  /** Default 0, any free port. The address is always 127.0.0.1. */
  port?: number
  /** Epoch milliseconds; default Date.now. For ts, signatures, triggers and rates, not for the three seconds. */
  now?: () => number
  /** Keeps the workspace across restarts; written atomically, soon after changes and at close. */
  stateFile?: string
  /** `slack` limits as Slack does, with 429 and Retry-After. Default off. */
  rates?: 'off' | 'slack'
  /** IANA zone of the person at the page; default the host's. */
  userZone?: string
  /** What the composer offers when one types `/`. */
  commands?: Command[]
}

/** Where the app listens. For Socket Mode `requestUrl` may be empty. */
export type AppAddress = { requestUrl: string; notifyUrl?: string; notifyKey?: string }

export type Playground = {
  /** The page, such as http://127.0.0.1:40123/ */
  url: string
  /** Web API base, ending in /api/ */
  apiUrl: string
  botToken: string
  signingSecret: string
  appToken: string
  teamId: string
  botUserId: string
  botId: string
  appId: string
  /** Ids. The app is a member of alerts and database, not of random (public) and secret (private). */
  channels: { alerts: string; database: string; random: string; secret: string }
  people: Record<PersonName, string>
  workspace: Workspace
  faults: Faults
  socketMode: SocketMode
  /** Tells where interactions go, and where the page's alerts go. */
  connect(app: AppAddress): void
  /** Posts a native notification to the app's notifyUrl with its key. Throws before `connect` named one. */
  notify(notification: JsonObject): Promise<{ status: number; body: string }>
  /** Acts as a person, by name or user id. Throws when there is no such person. */
  as(person: string): Person
  sendEvent(event: JsonObject, delivery?: EventDelivery): Promise<Answer>
  setUser(id: string, patch: Partial<User>): void
  deleteMessage(channel: string, ts: string): void
  archive(channel: string): void
  unarchive(channel: string): void
  /** Its messages go with it; for the app it never was. */
  deleteChannel(channel: string): void
  renameChannel(channel: string, name: string): void
  removeBot(channel: string): void
  addBot(channel: string): void
  /** Runs `then` after `ms` unless the playground is closed before. */
  later(ms: number, then: () => void): void
  /** Resolves when no interaction is unanswered. */
  settled(): Promise<void>
  close(): Promise<void>
}

/**
 * Starts the playground.
 *
 * @throws Error when the port is taken or the state file's folder cannot be made
 */
export async function startPlayground(options: PlaygroundOptions = {}): Promise<Playground> {
  const now = options.now ?? Date.now
  const zone = options.userZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const workspace = new Workspace(now, zone, options.stateFile ? readState(options.stateFile) : undefined)
  const writer = options.stateFile ? new StateWriter(options.stateFile, workspace) : undefined
  const server = createServer()
  const origin = await listen(server, options.port ?? 0)
  const sockets = new SocketDesk(workspace.identity.appId)
  const hooks = new Hooks(now)
  const site: Site = { workspace, hooks, origin, newSocketUrl: () => sockets.newUrl(origin) }
  const office = new PostOffice(workspace, sockets)
  const faults = createFaults(now)
  const timers = new Timers()
  const rates = options.rates === 'slack' ? createRates(now) : undefined
  const api: ApiDesk = { site, faults, rates, later: (ms, then) => timers.later(ms, then) }
  const stage: Stage = { site, office, messageValues: new Map() }
  const playground: Playground = {
    ...addresses(workspace, origin),
    ...controls(stage),
    faults,
    socketMode: sockets,
    connect(app) {
      if (app.requestUrl) new URL(app.requestUrl)
      office.connect(app.requestUrl)
      page.connect(app)
    },
    notify: (notification) => page.notify(notification),
    later: (ms, then) => timers.later(ms, then),
    settled: () => office.settled(),
    async close() {
      timers.close()
      page.close()
      office.close()
      sockets.close()
      await closeServer(server)
      writer?.close()
    },
  }
  const page = new PageDesk(stage, playground, options.commands ?? [])
  server.on('request', (request, response) => void route(api, page, request, response))
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head))
  server.on('clientError', (_error, socket) => socket.destroy())
  return playground
}

async function route(
  api: ApiDesk,
  page: PageDesk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A client that goes away while it is answered is no fault of ours.
  response.on('error', () => response.destroy())
  try {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (path.startsWith('/api/')) await handleCall(api, path.slice('/api/'.length), request, response)
    else if (path.startsWith('/hooks/')) await handleResponseUrl(api, path, request, response)
    else await page.handle(path, request, response)
  } catch {
    response.destroy()
  }
}

function addresses(workspace: Workspace, origin: string) {
  const { botToken, signingSecret, appToken, teamId, botUserId, botId, appId } = workspace.identity
  const ids = { botToken, signingSecret, appToken, teamId, botUserId, botId, appId }
  return {
    url: `${origin}/`,
    apiUrl: `${origin}/api/`,
    ...ids,
    channels: { ...channels },
    people: { ...people },
  }
}

/** What a test does to the workspace behind the app's back. */
function controls(stage: Stage) {
  const { workspace } = stage.site
  const channelOf = (id: string) => {
    const channel = workspace.channels.get(id)
    if (!channel) throw new Error(`no such channel: ${id}`)
    return channel
  }
  return {
    workspace,
    as(person: string): Person {
      const id = Object.entries(people).find(([name]) => name === person)?.[1] ?? person
      if (!workspace.users.has(id)) throw new Error(`no such person: ${person}`)
      return createPerson(stage, id)
    },
    sendEvent: (event: JsonObject, delivery?: EventDelivery) => sendEvent(stage, event, delivery),
    setUser(id: string, patch: Partial<User>): void {
      const user = workspace.users.get(id)
      if (!user) throw new Error(`no such person: ${id}`)
      Object.assign(user, patch)
      workspace.changed()
    },
    deleteMessage(channel: string, ts: string): void {
      if (!workspace.deleteMessage(channel, ts)) throw new Error(`no message ${ts} in ${channel}`)
    },
    archive(channel: string): void {
      channelOf(channel).isArchived = true
      workspace.changed()
    },
    unarchive(channel: string): void {
      channelOf(channel).isArchived = false
      workspace.changed()
    },
    deleteChannel(channel: string): void {
      workspace.deleteChannel(channelOf(channel).id)
    },
    renameChannel(channel: string, name: string): void {
      channelOf(channel).name = name
      workspace.changed()
    },
    addBot(channel: string): void {
      channelOf(channel).members.push(workspace.identity.botUserId)
      workspace.changed()
    },
    removeBot(channel: string): void {
      const one = channelOf(channel)
      one.members = one.members.filter((member) => member !== workspace.identity.botUserId)
      workspace.changed()
    },
  }
}

class Timers {
  readonly #running = new Set<NodeJS.Timeout>()
  #isClosed = false

  later(ms: number, then: () => void): void {
    if (this.#isClosed) return
    const timer = setTimeout(() => {
      this.#running.delete(timer)
      then()
    }, ms)
    this.#running.add(timer)
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#running) clearTimeout(timer)
    this.#running.clear()
  }
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address() as AddressInfo
      resolve(`http://127.0.0.1:${address.port}`)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
