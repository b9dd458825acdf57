import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  type Answer,
  type Message,
  type Playground,
  startPlayground,
} from '../../../src/playground/server.ts'
import { PROGRAM, portOf, runCommand, type Started, startCommand, until } from '../command.ts'
import { textOf } from '../world.ts'
import { type Nagios, startNagios } from './nagios.ts'
import { documentedNotifyEnv } from './nagios-configuration.ts'

/*
 * A real Nagios, the real program in a process of its own, and the stand-in Slack, set up as the README says, in real time.
 */

export type CircleOptions = {
  readonly services: readonly string[]
  /** Whether `ackbridge notify` keeps what it cannot send. Default: as documented, yes. */
  readonly spool?: boolean
  /** Notification command of a second contact; a shell runs it. */
  readonly otherContact?: string
}

/** A line of the record as `ackbridge history` prints it, as far as tests look. */
type Recorded = {
  readonly kind: string
  readonly type: string | null
  readonly service: string | null
  readonly outcome: string
  readonly actor: { readonly name: string } | null
  readonly comment: string | null
}

const HOST = 'web01'
const POLL_SECONDS = 5
/** What is seen in a moment may take this long on a machine that is busy with other things. */
const PATIENCE_MS = 45_000

export class Circle {
  readonly folder: string
  readonly nagios: Nagios
  readonly playground: Playground
  readonly #key: string
  readonly #spool: boolean
  #app: Started | null = null
  /** What processes that have ended printed. */
  #printed = ''

  constructor(folder: string, nagios: Nagios, playground: Playground, key: string, spool: boolean) {
    this.folder = folder
    this.nagios = nagios
    this.playground = playground
    this.#key = key
    this.#spool = spool
  }

  /** Starts all three. @param close is called with what has to be called in the end, whatever happens before */
  static async start(options: CircleOptions, close: (end: () => Promise<void>) => void): Promise<Circle> {
    const folder = mkdtempSync(join(tmpdir(), 'ack-circle-'))
    close(async () => rmSync(folder, { recursive: true, force: true }))
    const notify = join(folder, 'ackbridge')
    // Stands for /usr/bin/ackbridge; and it writes down how each notification ended.
    writeFileSync(
      notify,
      `#!/bin/sh\nexport ACKBRIDGE_NOTIFY_ENV='${folder}/notify.env'\n${PROGRAM} "$@"\ncode=$?\necho "$code $*" | tr '\\n' ' ' | sed 's/$/\\n/' >> '${folder}/notified'\nexit $code\n`,
      { mode: 0o755 },
    )
    const playground = await startPlayground()
    close(() => playground.close())
    const { services, otherContact } = options
    const nagios = await startNagios({
      notifyCommand: notify,
      hosts: { [HOST]: services },
      ...(otherContact === undefined ? {} : { otherContact: otherContact.replaceAll('FOLDER', folder) }),
    })
    close(() => nagios.close())
    const yaml = nagios.yaml.replace('kind: nagios', `kind: nagios\n    pollSeconds: ${POLL_SECONDS}`)
    writeFileSync(join(folder, 'ackbridge.yml'), `${yaml}\nstorm: { threshold: 0 }\n`)
    const env = environment(folder, playground, nagios)
    const made = await runCommand(['keys', 'add', 'dc1', '--monitor', 'dc1'], env, folder)
    if (made.code !== 0) throw new Error(`keys add: ${made.stderr}`)
    const circle = new Circle(folder, nagios, playground, made.stdout.trim(), options.spool ?? true)
    close(() => circle.close())
    await circle.startApp()
    return circle
  }

  /** Starts the program, as its service would, and tells Slack and the monitor where it is. */
  async startApp(): Promise<void> {
    const { folder, playground, nagios } = this
    const app = startCommand(['start'], environment(folder, playground, nagios), folder)
    this.#app = app
    const url = `http://127.0.0.1:${await portOf(app)}`
    const spool = join(folder, 'spool')
    mkdirSync(spool, { recursive: true, mode: 0o700 })
    const settings = documentedNotifyEnv(url, this.#key, spool)
    writeFileSync(
      join(folder, 'notify.env'),
      this.#spool ? settings : settings.replace(/^ACKBRIDGE_SPOOL=.*$/m, ''),
    )
    playground.connect({ requestUrl: `${url}/slack/events` })
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, PATIENCE_MS)
  }

  /** Ends the program as systemd does. */
  async stopApp(): Promise<void> {
    const app = this.#app
    if (app === null) return
    this.#app = null
    app.child.kill('SIGTERM')
    const { code, stdout, stderr } = await app.ended
    this.#printed += stdout + stderr
    expect(code).toBe(0)
  }

  /** A check finds the service critical, and the card is there. */
  async breaks(service: string, output = 'Connection refused'): Promise<void> {
    this.nagios.set(HOST, service, 2, output)
    await this.until(`a card for ${service}`, () => this.#find(service) !== null)
  }

  card(service: string): Message {
    const found = this.#find(service)
    if (found === null) throw new Error(`there is no card for ${service}`)
    return found
  }

  /** Waits until the card says something. @returns its text */
  async shows(service: string, words: string | RegExp): Promise<string> {
    const is = (text: string): boolean =>
      typeof words === 'string' ? text.includes(words) : words.test(text)
    await this.until(`“${words}” on the card`, () => is(this.text(service)))
    return this.text(service)
  }

  text(service: string): string {
    const card = this.#find(service)
    return card === null ? '' : textOf(card)
  }

  thread(service: string): readonly string[] {
    const { workspace, channels } = this.playground
    return workspace.messages(channels.alerts, { threadTs: this.card(service).ts }).map(textOf)
  }

  /** Ann, Ben or another presses a button of the card. */
  async click(person: string, button: string, service: string): Promise<void> {
    const channel = this.playground.channels.alerts
    const target = { channel, ts: this.card(service).ts }
    answered(await this.playground.as(person).click(target, { text: button }))
  }

  /** Opens the form behind `Acknowledge…`, fills it in, and sends it. */
  async fillIn(person: 'ann' | 'ben', service: string, values: Record<string, unknown>): Promise<void> {
    await this.click(person, 'Acknowledge…', service)
    const { workspace, people } = this.playground
    const form = await until(() => workspace.views(people[person]).at(-1))
    answered(await this.playground.as(person).submit(form.id, values))
  }

  async types(person: string, text: string): Promise<void> {
    answered(await this.playground.as(person).command(text))
  }

  /** Waits until something is so. @throws Error that shows how everything stands */
  async until(what: string, is: () => boolean | Promise<boolean>, maxMs = PATIENCE_MS): Promise<void> {
    try {
      await until(is, maxMs)
    } catch {
      throw new Error(`no ${what} after ${maxMs} ms\n${await this.#standing()}`)
    }
  }

  /** External commands that the monitor took, as its log has them, without times. */
  commands(beginning = ''): readonly string[] {
    return [...this.nagios.log().matchAll(/^\[\d+\] EXTERNAL COMMAND: (.*)$/gm)]
      .map(([, command = '']) => command)
      .filter((command) => command.startsWith(beginning))
  }

  /** Notifications that the monitor handed to our command: exit code and arguments. */
  notified(): readonly string[] {
    return this.read('notified').split('\n').filter(Boolean)
  }

  /** @returns a file of the folder, empty when it is not there */
  read(name: string): string {
    try {
      return readFileSync(join(this.folder, name), 'utf8')
    } catch {
      return ''
    }
  }

  /** @returns the record, oldest first, as `ackbridge history` prints it beside the running program */
  async history(): Promise<readonly Recorded[]> {
    const env = environment(this.folder, this.playground, this.nagios)
    const args = ['history', '--limit', '1000', '--format', 'json']
    const { code, stdout, stderr } = await runCommand(args, env, this.folder)
    if (code !== 0) throw new Error(`history: ${stderr}`)
    return JSON.parse(stdout) as readonly Recorded[]
  }

  /** Ends the program and looks it over: errors in its log, calls that Slack refused, secrets that it told. */
  async close(): Promise<void> {
    await this.stopApp()
    const { calls, alarms } = this.playground.workspace
    const refused = calls.filter(({ ok }) => !ok).map(({ method, error }) => `${method}: ${error}`)
    const errors = this.#printed.split('\n').filter((line) => /^\{"level":[56]0/.test(line))
    expect([...refused, ...errors, ...alarms.map((alarm) => JSON.stringify(alarm))]).toEqual([])
    for (const secret of [...this.nagios.secrets, this.#key]) {
      expect(this.#printed).not.toContain(secret)
      expect(JSON.stringify(calls)).not.toContain(secret)
    }
  }

  #find(service: string): Message | null {
    const { workspace, channels } = this.playground
    const found = workspace
      .messages(channels.alerts)
      .filter(({ text }) => new RegExp(`${HOST} / ${service}\\b`).test(text))
    if (found.length > 1) throw new Error(`${found.length} cards for ${service}`)
    return found[0] ?? null
  }

  async #standing(): Promise<string> {
    const { workspace, channels } = this.playground
    const cards = workspace.messages(channels.alerts).map(textOf)
    const parts = [...cards, ...this.notified(), this.nagios.log(), this.#app?.output() ?? 'not running']
    return parts.join('\n').slice(-12_000)
  }
}

function environment(folder: string, playground: Playground, nagios: Nagios): Record<string, string> {
  return {
    SLACK_BOT_TOKEN: playground.botToken,
    SLACK_SIGNING_SECRET: playground.signingSecret,
    SLACK_API_URL: playground.apiUrl,
    SLACK_CHANNEL: playground.channels.alerts,
    DATABASE_URL: `file:${join(folder, 'data', 'ackbridge.db')}`,
    NAGIOS_PASSWORD: nagios.password,
    HOST: '127.0.0.1',
    PORT: '0',
  }
}

function answered({ status }: Answer): void {
  expect(status).toBe(200)
}
