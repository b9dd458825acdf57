import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { type RunningApp, startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { HistoryRow } from '../../src/core/history.ts'
import type { HistoryFilter } from '../../src/core/ports.ts'
import { CONFIG_SCHEMAS } from '../../src/monitors/registry.ts'
import {
  type Answer,
  type Message,
  type Person,
  type Playground,
  startPlayground,
} from '../../src/playground/server.ts'
import { openStoreBeside } from '../../src/store/open.ts'
import { systemClock } from '../../src/system/clock.ts'
import { newIntakeKey } from '../../src/system/new-intake-key.ts'
import { type Ended, runCommand } from './command.ts'
import { NOTIFY_KEY } from './notify-key.ts'
import { miscounted } from './storm-counts.ts'
import { TestClock } from './test-clock.ts'
import { TestLog } from './test-log.ts'
import { textOf } from './text-of.ts'

/*
 * The whole app as a person meets it: real HTTP, a real SQLite file, real signatures, the stand-in Slack at the far end,
 * and a clock that the test moves. When a test ends, everything is stopped and looked over: errors nobody announced,
 * calls that Slack refused, people who were rung, timers and handles left behind.
 */

export { NOTIFY_KEY, textOf }

export type WorldOptions = {
  readonly transport?: 'http' | 'socket'
  readonly env?: Readonly<Record<string, string>>
  /** Text of ackbridge.yml. */
  readonly yaml?: string | ((playground: Playground) => string)
  readonly rates?: 'off' | 'slack'
  /** When it begins, epoch ms. */
  readonly now?: number
}

export type Posted = { readonly status: number; readonly body: Json; readonly headers: Headers }
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, which fail where they are not what is expected
export type Json = any

const worlds: World[] = []

/** Builds a world and starts the app in it. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const world = new World(options)
  worlds.push(world)
  await world.open()
  return world
}

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

export class World {
  readonly clock: TestClock
  readonly log = new TestLog()
  readonly folder = mkdtempSync(join(tmpdir(), 'ackbridge-test-'))
  readonly fatal: string[] = []
  readonly #options: WorldOptions
  readonly #refusalsExpected = new Set<string>()
  readonly #alarmsExpected: RegExp[] = []
  #playground: Playground | null = null
  #app: RunningApp | null = null

  constructor(options: WorldOptions) {
    this.#options = options
    this.clock = new TestClock(options.now)
  }

  get playground(): Playground {
    return this.#playground ?? fail('the playground is not open')
  }

  get app(): RunningApp {
    return this.#app ?? fail('the app is not running')
  }

  get url(): string {
    return `http://127.0.0.1:${this.app.port}`
  }

  get database(): string {
    return join(this.folder, 'data', 'test.db')
  }

  async open(): Promise<void> {
    this.#playground = await startPlayground({ now: this.clock.now, rates: this.#options.rates ?? 'off' })
    const { yaml } = this.#options
    if (yaml !== undefined) {
      writeFileSync(
        join(this.folder, 'ackbridge.yml'),
        typeof yaml === 'string' ? yaml : yaml(this.playground),
      )
    }
    await this.start()
  }

  /** Starts the app, on the database it had before. */
  async start(): Promise<void> {
    const { playground } = this
    const socket = this.#options.transport === 'socket'
    const config = loadConfig(this.environment(), this.folder, CONFIG_SCHEMAS)
    const { slack } = config
    if (slack === null) throw new Error('The playground is not what is tested here.')
    const around = {
      clock: this.clock,
      system: systemClock,
      log: this.log,
      pid: process.pid,
      onFatal: (sentence: string) => this.fatal.push(sentence),
    }
    this.#app = await startApp({ ...config, slack }, around)
    await this.#app.ready
    playground.connect({
      requestUrl: socket ? '' : `${this.url}/slack/events`,
      notifyUrl: `${this.url}/notify`,
      notifyKey: NOTIFY_KEY,
    })
    await this.drain()
  }

  /** What the app is started with; commands beside it get the same. */
  environment(): Record<string, string> {
    const { playground } = this
    return {
      SLACK_BOT_TOKEN: playground.botToken,
      ...(this.#options.transport === 'socket'
        ? { SLACK_APP_TOKEN: playground.appToken }
        : { SLACK_SIGNING_SECRET: playground.signingSecret }),
      SLACK_API_URL: playground.apiUrl,
      SLACK_CHANNEL: playground.channels.alerts,
      ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
      DATABASE_URL: `file:${this.database}`,
      PORT: '0',
      ...this.#options.env,
    }
  }

  /** Runs `ackbridge ARGS` as an operator would, in a process of its own beside the app. */
  command(...args: string[]): Promise<Ended> {
    return runCommand(args, this.environment(), this.folder)
  }

  /** The sum of a metric over all its labels that contain `labels`. */
  async metric(name: string, labels = ''): Promise<number> {
    const { body } = await this.get('/metrics')
    return String(body)
      .split('\n')
      .filter(
        (line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)) && line.includes(labels),
      )
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  async stop(): Promise<void> {
    await this.#app?.stop()
    this.#app = null
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Posts a native notification, or any body to any route, and waits until what follows from it is delivered. */
  async notify(
    body: object | string,
    options: { path?: string; headers?: Record<string, string>; key?: string | null } = {},
  ): Promise<Posted> {
    const posted = await this.post(body, options)
    await this.drain()
    return posted
  }

  /** Posts without waiting for what follows. */
  async post(
    body: object | string,
    {
      path = '/notify',
      headers = {},
      key = NOTIFY_KEY,
    }: { path?: string; headers?: Record<string, string>; key?: string | null } = {},
  ): Promise<Posted> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return toPosted(response)
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Posted> {
    return toPosted(await fetch(`${this.url}${path}`, { headers }))
  }

  /** Resolves when everything that is due has gone out and every interaction is answered. */
  async drain(): Promise<void> {
    await this.#playground?.settled()
    await this.#app?.drain()
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms, () => this.drain())
  }

  as(person: string): Acting {
    return new Acting(this, this.playground.as(person))
  }

  /** Messages that the channel shows, oldest first. */
  messages(channel: string = this.playground.channels.alerts): readonly Message[] {
    return this.playground.workspace.messages(channel)
  }

  /** The one card of the channel, or the one whose text contains `text`. */
  card(text = '', channel: string = this.playground.channels.alerts): Message {
    const found = this.messages(channel).filter((message) => JSON.stringify(message).includes(text))
    if (found.length !== 1)
      throw new Error(`${found.length} messages contain “${text}”: ${found.map((m) => m.text).join(' | ')}`)
    return found[0] ?? fail('no card')
  }

  /** Lines of a card's thread, as text. */
  thread(card: Message = this.card(), channel: string = this.playground.channels.alerts): readonly string[] {
    return this.playground.workspace.messages(channel, { threadTs: card.ts }).map(textOf)
  }

  /** What a person was told privately, newest last. */
  told(person: string): readonly string[] {
    const id = (this.playground.people as Record<string, string>)[person] ?? person
    return this.playground.workspace.ephemerals(id).map(textOf)
  }

  /** History, oldest first, read through the command's own query. */
  async history(query = ''): Promise<Json[]> {
    const { body } = await this.get(`/api/history?limit=1000${query}`, {
      authorization: `Bearer ${await this.readKey()}`,
    })
    return body.history.reverse()
  }

  /** The record, oldest first, read from the file beside the running app. */
  async record(filter: HistoryFilter = {}): Promise<readonly HistoryRow[]> {
    const store = openStoreBeside(`file:${this.database}`)
    const { rows } = store.queries.history(filter, 1000)
    store.close()
    return [...rows].reverse()
  }

  /** A key that may read, made by the command line's own means. */
  async readKey(): Promise<string> {
    const store = openStoreBeside(`file:${this.database}`)
    const { key, id, digest } = newIntakeKey()
    store.keys.add({
      id,
      name: `read-${id}`,
      digest,
      monitors: [],
      mayRead: true,
      channel: null,
      created: this.clock.now(),
    })
    store.close()
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    return key
  }

  /** Says that Slack may refuse calls with this word in this test. */
  expectRefusal(...errors: string[]): void {
    for (const error of errors) this.#refusalsExpected.add(error)
  }

  /** Says that messages that match may call people in this test. */
  expectMention(text: RegExp): void {
    this.#alarmsExpected.push(text)
  }

  async close(): Promise<void> {
    await this.stop()
    const calls = this.playground.workspace.calls.filter(
      ({ ok, error }) => !ok && !this.#refusalsExpected.has(String(error)),
    )
    const alarms = this.playground.workspace.alarms.filter(
      (alarm) => !this.#alarmsExpected.some((known) => known.test(JSON.stringify(alarm))),
    )
    await this.playground.close()
    const counts = existsSync(this.database) ? miscounted(this.database) : []
    rmSync(this.folder, { recursive: true, force: true })
    const faults = [
      ...this.log.faults(),
      ...calls.map(
        ({ method, error, args }) =>
          `Slack refused ${method}: ${error} ${JSON.stringify(args).slice(0, 300)}`,
      ),
      ...alarms.map((alarm) => `a message calls people: ${JSON.stringify(alarm).slice(0, 300)}`),
      ...(this.clock.pending > 0 ? [`${this.clock.pending} timers are left`] : []),
      ...counts,
      ...this.fatal.map((sentence) => `fatal: ${sentence}`),
    ]
    expect(faults).toEqual([])
  }
}

/** A person, whose every action is waited for until all that follows from it is delivered. */
export class Acting {
  readonly #world: World
  readonly #person: Person

  constructor(world: World, person: Person) {
    this.#world = world
    this.#person = person
  }

  async click(
    button: string,
    card: Message = this.#world.card(),
    channel: string = this.#world.playground.channels.alerts,
  ): Promise<Answer> {
    return this.#then(await this.#person.click({ channel, ts: card.ts }, { text: button }))
  }

  /** Types a command. @returns what the person is told, as text */
  async types(text: string, channel?: string): Promise<string> {
    const answer = await this.#then(await this.#person.command(text, channel))
    return answer.status === 200 ? textOf(answer.body) : `status ${answer.status}`
  }

  /** Presses a button in the newest private message. */
  async clickPrivate(button: string | { index: number }, id: string): Promise<Answer> {
    return this.#then(
      await this.#person.click(
        { ephemeral: id },
        typeof button === 'string' ? { text: button } : { index: button.index },
      ),
    )
  }

  async submit(viewId: string, values: Record<string, unknown>): Promise<Answer> {
    return this.#then(await this.#person.submit(viewId, values))
  }

  get raw(): Person {
    return this.#person
  }

  async #then(answer: Answer): Promise<Answer> {
    await this.#world.drain()
    return answer
  }
}

async function toPosted(response: Response): Promise<Posted> {
  const text = await response.text()
  let body: Json = text
  try {
    body = JSON.parse(text)
  } catch {
    // Not every answer is JSON.
  }
  return { status: response.status, body, headers: response.headers }
}

function fail(sentence: string): never {
  throw new Error(sentence)
}
