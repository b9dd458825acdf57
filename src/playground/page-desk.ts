/* The page and its own small API. Only this machine's browser, on this very address, may use them. */
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Stage, Target } from './interactions/block-actions.ts'
import { NotEntered } from './interactions/entered-value.ts'
import { isObject, type JsonObject, objectAt, parseJson, stringAt } from './json.ts'
import { pageState } from './page-state.ts'
import type { Person } from './person.ts'
import { readBody } from './read-body.ts'
import { runScenario, type ScenarioPlayground } from './scenario.ts'

/** A slash command as the composer offers it. */
export type Command = { command: string; description: string; usageHint: string }

type NotifyAddress = { notifyUrl?: string; notifyKey?: string }
type Acting = ScenarioPlayground & { as(person: string): Person; url: string }

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

const notifyLimitMs = 10_000

export class PageDesk {
  readonly #stage: Stage
  readonly #playground: Acting
  readonly #commands: Command[]
  readonly #listeners = new Set<ServerResponse>()
  readonly #unsubscribe: () => void
  readonly #closing = new AbortController()
  #app: NotifyAddress = {}
  #isAnnounced = false

  constructor(stage: Stage, playground: Acting, commands: Command[]) {
    this.#stage = stage
    this.#playground = playground
    this.#commands = commands
    this.#unsubscribe = stage.site.workspace.onChange(() => this.#announce())
  }

  connect(app: NotifyAddress): void {
    this.#app = app
    this.#announce()
  }

  /** Posts a native notification to the app, with its key. Rejects when the app cannot be reached. */
  async notify(notification: JsonObject): Promise<{ status: number; body: string }> {
    const { notifyUrl, notifyKey } = this.#app
    if (!notifyUrl) throw new Error('no notifyUrl: the app is not connected')
    const response = await fetch(notifyUrl, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        connection: 'close',
        ...(notifyKey ? { authorization: `Bearer ${notifyKey}` } : {}),
      },
      body: JSON.stringify(notification),
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(notifyLimitMs)]),
    })
    return { status: response.status, body: await response.text() }
  }

  close(): void {
    this.#unsubscribe()
    this.#closing.abort()
    for (const listener of this.#listeners) listener.destroy()
  }

  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isOurs(request)) return sendJson(response, 403, { error: 'forbidden' })
    if (path === '/page-api/changes') return this.#listen(response)
    if (path === '/page-api/state') return this.#sendState(request, response)
    if (path.startsWith('/page-api/')) return this.#act(path.slice('/page-api/'.length), request, response)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendJson(response, 405, { error: 'method' })
    return sendFile(path === '/' || path.startsWith('/archives/') ? 'index.html' : path.slice(1), response)
  }

  /** A page of another site, or a name that was pointed at 127.0.0.1, must not act here. */
  #isOurs(request: IncomingMessage): boolean {
    const port = new URL(this.#playground.url).port
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
    const { host, origin } = request.headers
    if (host === undefined || !hosts.includes(host)) return false
    return origin === undefined || origin === `http://${host}`
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream' })
    response.write('data: hello\n\n')
    this.#listeners.add(response)
    response.on('close', () => this.#listeners.delete(response))
  }

  /** Many changes in one turn are one message to the page. */
  #announce(): void {
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    setImmediate(() => {
      this.#isAnnounced = false
      for (const listener of this.#listeners) listener.write('data: changed\n\n')
    })
  }

  #sendState(request: IncomingMessage, response: ServerResponse): void {
    const query = new URL(request.url ?? '/', this.#playground.url).searchParams
    const state = pageState(this.#stage, {
      user: query.get('as') ?? '',
      channel: query.get('channel') ?? '',
      thread: query.get('thread') ?? '',
    })
    const canSendAlerts = this.#app.notifyUrl !== undefined
    sendJson(response, 200, { ...state, commands: this.#commands, canSendAlerts })
  }

  async #act(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isJson = (request.headers['content-type'] ?? '').startsWith('application/json')
    const body = parseJson((await readBody(request)) ?? '')
    if (request.method !== 'POST' || !isJson || !isObject(body))
      return sendJson(response, 400, { error: 'invalid' })
    try {
      sendJson(response, 200, await this.#perform(name, body))
    } catch (error) {
      if (error instanceof NotEntered) {
        return sendJson(response, 422, { errors: { [error.blockId]: error.message } })
      }
      sendJson(response, 422, { error: error instanceof Error ? error.message : String(error) })
    }
  }

  async #perform(name: string, body: JsonObject): Promise<JsonObject> {
    if (name === 'notify') return this.notify(objectAt(body, 'notification') ?? {})
    if (name === 'scenario') {
      await runScenario(this.#playground)
      return {}
    }
    const person = this.#playground.as(stringAt(body, 'as') ?? '')
    const target = targetOf(body)
    const viewId = stringAt(body, 'viewId') ?? ''
    const actionId = stringAt(body, 'actionId') ?? ''
    switch (name) {
      case 'click':
        return answerForPage(await person.click(target, { actionId }))
      case 'select':
        return answerForPage(await person.select(target, actionId, body['value']))
      case 'submit':
        return answerForPage(await person.submit(viewId, objectAt(body, 'values') ?? {}))
      case 'close':
        return answerForPage(await person.closeView(viewId))
      case 'home':
        return answerForPage(await person.openHome())
      case 'say':
        return this.#say(person, body)
      default:
        throw new Error(`unknown: ${name}`)
    }
  }

  /** What is typed into the composer: a command goes to the app, anything else is a message of the person. */
  async #say(person: Person, body: JsonObject): Promise<JsonObject> {
    const text = stringAt(body, 'text')?.trim() ?? ''
    const channel = stringAt(body, 'channel') ?? ''
    const threadTs = stringAt(body, 'thread')
    const place = this.#stage.site.workspace.channels.get(channel)
    if (!place || text === '') throw new Error('nothing to say')
    if (place.isArchived) throw new Error(`#${place.name} is archived`)
    if (text.startsWith('/')) return this.#command(person, text, channel, threadTs)
    const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    this.#stage.site.workspace.post({
      channel,
      user: person.id,
      text: escaped.slice(0, 12_000),
      blocks: [],
      attachments: [],
      isBroadcast: false,
      ...(threadTs === undefined ? {} : { threadTs }),
    })
    return {}
  }

  async #command(
    person: Person,
    text: string,
    channel: string,
    threadTs: string | undefined,
  ): Promise<JsonObject> {
    const word = text.split(/\s/u)[0] ?? ''
    const isKnown = this.#commands.length === 0 || this.#commands.some((one) => one.command === word)
    if (isKnown && threadTs === undefined) return answerForPage(await person.command(text, channel))
    const sentence = isKnown
      ? `${word} is not supported in threads. Sorry!`
      : `${word} is not a valid command. Type / to see the commands of this workspace.`
    this.#stage.site.workspace.postEphemeral({
      channel,
      user: person.id,
      text: sentence,
      blocks: [],
      attachments: [],
      isFromSlack: true,
      ...(threadTs === undefined ? {} : { threadTs }),
    })
    return {}
  }
}

function targetOf(body: JsonObject): Target {
  const viewId = stringAt(body, 'viewId')
  const ephemeral = stringAt(body, 'ephemeral')
  if (viewId !== undefined) return { viewId }
  if (ephemeral !== undefined) return { ephemeral }
  return { channel: stringAt(body, 'channel') ?? '', ts: stringAt(body, 'ts') ?? '' }
}

function answerForPage(answer: { status: number; error?: string }): JsonObject {
  return answer.error === undefined
    ? { status: answer.status }
    : { status: answer.status, error: answer.error }
}

async function sendFile(name: string, response: ServerResponse): Promise<void> {
  const type = types[name.split('.').at(-1) ?? '']
  if (!/^[a-z0-9-]+\.[a-z]+$/u.test(name) || !type) return sendJson(response, 404, { error: 'not_found' })
  try {
    const content = await readFile(new URL(`./page/${name}`, import.meta.url))
    response.writeHead(200, { ...securityHeaders, 'content-type': type })
    response.end(content)
  } catch {
    sendJson(response, 404, { error: 'not_found' })
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...securityHeaders, 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}
