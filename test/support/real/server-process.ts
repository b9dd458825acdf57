import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { HistoryRow } from '../../../src/core/history.ts'
import type { HistoryFilter } from '../../../src/core/ports.ts'
import { type Message, type Playground, startPlayground } from '../../../src/playground/server.ts'
import { openStoreBeside } from '../../../src/store/open.ts'
import { type Ended, runCommand, type Started, startCommand, until } from '../command.ts'
import { freePort } from '../free-port.ts'
import { textOf } from '../world.ts'

/** Of one thing that is waited for; on an idle machine each takes a second or two. */
export const SOON_MS = 40_000
/** A server that does not end by itself is ended after this long. */
const STOP_MS = 30_000

/** The real program in a process of its own, in a folder of its own, with the stand-in Slack at its far end, in real time. */
export class ServerProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'ackbridge-circle-'))
  readonly playground: Playground
  readonly port: number
  readonly #secrets: Record<string, string> = {}
  #server: Started | null = null
  /** What servers that have ended have printed. */
  #printed = ''

  private constructor(playground: Playground, port: number) {
    this.playground = playground
    this.port = port
  }

  /** Prepares all but the server. */
  static async prepare(): Promise<ServerProcess> {
    return new ServerProcess(await startPlayground(), await freePort())
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** @param secrets for the environment, which the settings name as `${NAME}` */
  configure(monitors: object, secrets: Readonly<Record<string, string>> = {}): void {
    Object.assign(this.#secrets, secrets)
    writeFileSync(join(this.folder, 'ackbridge.yml'), JSON.stringify({ monitors, storm: { threshold: 0 } }))
  }

  /** @returns a key that speaks for a monitor, as `ackbridge keys add` shows it */
  async addKey(monitor: string): Promise<string> {
    const added = await this.command('keys', 'add', monitor, '--monitor', monitor)
    expect(added).toMatchObject({ code: 0 })
    return added.stdout.trim()
  }

  command(...args: string[]): Promise<Ended> {
    return runCommand(args, this.#environment(), this.folder)
  }

  async start(): Promise<void> {
    const started = startCommand(['start'], this.#environment(), this.folder)
    this.#server = started
    this.playground.connect({ requestUrl: `${this.url}/slack/events` })
    await until(async () => {
      if (started.child.exitCode !== null) throw new Error(`ackbridge did not start:\n${started.output()}`)
      return (await fetch(`${this.url}/readyz`).catch(() => null))?.status === 200
    }, SOON_MS)
  }

  /** Ends it as systemd does. @returns its exit status; null when it did not run */
  async stop(): Promise<number | null> {
    const stopping = this.#server
    this.#server = null
    if (stopping === null) return null
    stopping.child.kill('SIGTERM')
    const kill = setTimeout(() => stopping.child.kill('SIGKILL'), STOP_MS)
    const { code } = await stopping.ended
    clearTimeout(kill)
    this.#printed += stopping.output()
    return code
  }

  /** Everything that was printed so far. */
  output(): string {
    return this.#printed + (this.#server?.output() ?? '')
  }

  /** The end of what was printed, for the sentence of a test that fails. */
  tail(): string {
    return this.output().split('\n').slice(-15).join('\n')
  }

  /** Lines of the log that are errors. */
  errors(): readonly string[] {
    return this.output()
      .split('\n')
      .filter((line) => /"level":"?(50|60|error|fatal)/.test(line))
  }

  messages(): readonly Message[] {
    return this.playground.workspace.messages(this.playground.channels.alerts)
  }

  async click(person: string, button: string, card: Message | null | undefined): Promise<void> {
    const target = { channel: this.playground.channels.alerts, ts: card?.ts ?? '' }
    expect((await this.playground.as(person).click(target, { text: button })).status).toBe(200)
  }

  /** Types a command. @returns what the person is told */
  async types(person: string, text: string): Promise<string> {
    const { status, body } = await this.playground.as(person).command(text)
    expect(status).toBe(200)
    return textOf(body)
  }

  /** The record, oldest first. */
  record(filter: HistoryFilter): readonly HistoryRow[] {
    const store = openStoreBeside(this.#database)
    const { rows } = store.queries.history(filter, 1000)
    store.close()
    return [...rows].reverse()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.playground.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  get #database(): string {
    return `file:${join(this.folder, 'data', 'test.db')}`
  }

  #environment(): Record<string, string> {
    return {
      SLACK_BOT_TOKEN: this.playground.botToken,
      SLACK_SIGNING_SECRET: this.playground.signingSecret,
      SLACK_API_URL: this.playground.apiUrl,
      SLACK_CHANNEL: this.playground.channels.alerts,
      DATABASE_URL: this.#database,
      HOST: '127.0.0.1',
      PORT: String(this.port),
      ...this.#secrets,
    }
  }
}
