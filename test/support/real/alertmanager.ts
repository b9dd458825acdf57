import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { until } from '../command.ts'
import { freePort } from '../free-port.ts'

/*
 * The real Alertmanager of the system, set up with the receiver that stands in the README of its kind, or with the one for
 * Slack in that of `slack-webhook`: only the address, the file of the key and the times are replaced. Alerts come from the test, as they would from Prometheus.
 */

const README = resolve('src/monitors/alertmanager/README.md')
const SLACK_README = resolve('src/monitors/slack-webhook/README.md')
const ALERTMANAGER = '/usr/bin/prometheus-alertmanager'
const START_MAX_MS = 30_000
const USER = 'ackbridge'
const PASSWORD = 'secret-of-tests'
/** Of that password, by bcrypt. */
const PASSWORD_HASH = '$2b$04$abcdefghijklmnopqrstuuCrW5kKW/8jRvN/doHKUAcVT7zHBgz4i'

export type Labels = Readonly<Record<string, string>>

export type RealSilence = {
  readonly id: string
  readonly status: { readonly state: 'active' | 'pending' | 'expired' }
  readonly matchers: readonly { name: string; value: string; isRegex: boolean; isEqual: boolean }[]
  readonly startsAt: string
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

export type RealAlert = {
  readonly fingerprint: string
  readonly labels: Labels
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] }
}

export type RealAlertmanager = {
  /** For `monitors:` of the configuration, as the README has it. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly secrets: readonly string[]
  readonly port: number
  fire(labels: Labels, annotations?: Labels): Promise<void>
  resolve(labels: Labels): Promise<void>
  silence(matchers: readonly object[], createdBy: string, comment: string): Promise<string>
  expire(id: string): Promise<void>
  /** Those that are not over, oldest first. */
  silences(): Promise<readonly RealSilence[]>
  /** Every one, over or not. */
  allSilences(): Promise<readonly RealSilence[]>
  alerts(): Promise<readonly RealAlert[]>
  stop(): Promise<void>
  /** Starts it again where it was; alerts are not kept. */
  start(): Promise<void>
  log(): string
  close(): Promise<void>
}

export type AlertmanagerOptions = {
  /** Where ackbridge listens. */
  readonly ackbridge: string
  /** Key of ackbridge. */
  readonly key: string
  /** Asks for user and password. */
  readonly guarded?: boolean
  /** Tells by its receiver for Slack, whose address holds the key: in its configuration, or in a file. */
  readonly slack?: 'api_url' | 'api_url_file'
  /** Ports at which members of a cluster talk: its own, and another's that it joins. Absent: it runs alone. */
  readonly cluster?: { readonly own: number; readonly peer?: number }
}

// biome-ignore lint/suspicious/noExplicitAny: a configuration is looked into as it is written
type Yaml = any

/** Starts Alertmanager on this machine only. */
export async function startRealAlertmanager(options: AlertmanagerOptions): Promise<RealAlertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-alertmanager-'))
  const port = await freePort()
  const readme = options.slack === undefined ? README : SLACK_README
  const [bridge, receiver] = blocksOf(readme, 'yaml').map((block) => parse(block) as Yaml)
  const guarded = options.guarded === true
  mkdirSync(join(folder, 'data'))
  if (options.slack === undefined) fillWebhook(folder, receiver, options)
  else fillSlack(folder, receiver, options)
  writeConfiguration(folder, receiver, options)
  const daemon = new Daemon(folder, port, guarded, clusterOf(options))
  try {
    await daemon.start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const credentials = guarded ? { user: USER, password: PASSWORD } : {}
  return {
    settings:
      options.slack === undefined
        ? { ...bridge.monitors.alertmanager, urls: [`http://127.0.0.1:${port}`], ...credentials }
        : bridge.monitors.hooks,
    secrets: [options.key, ...(guarded ? [PASSWORD] : [])],
    port,
    ...actionsOf(daemon),
    stop: () => daemon.stop(),
    start: () => daemon.start(),
    log: () => daemon.output,
    close: async () => {
      await daemon.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @returns the fenced blocks of a README in a language, without the indent of the list they stand in */
function blocksOf(readme: string, language: string): readonly string[] {
  const fences = readFileSync(readme, 'utf8').matchAll(
    new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'),
  )
  return [...fences].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

function fillWebhook(folder: string, receiver: Yaml, { ackbridge, key }: AlertmanagerOptions): void {
  const [webhook] = receiver.receivers[0].webhook_configs
  webhook.url = webhook.url.replace('https://ackbridge.example.com', ackbridge)
  webhook.http_config.authorization.credentials_file = join(folder, 'ackbridge.key')
  // As `ackbridge keys add` prints it, with the end of its line.
  writeFileSync(join(folder, 'ackbridge.key'), `${key}\n`, { mode: 0o600 })
}

function fillSlack(folder: string, receiver: Yaml, { ackbridge, key, slack }: AlertmanagerOptions): void {
  const [hook] = receiver.receivers[0].slack_configs
  hook.api_url = hook.api_url.replace('https://ackbridge.example.com', ackbridge).replace(/KEY$/, key)
  if (slack !== 'api_url_file') return
  const file = join(folder, 'ackbridge.url')
  writeFileSync(file, `${hook.api_url}\n`, { mode: 0o600 })
  hook.api_url = undefined
  hook.api_url_file = file
}

function writeConfiguration(folder: string, receiver: Yaml, { guarded }: AlertmanagerOptions): void {
  Object.assign(receiver.route, { group_wait: '200ms', group_interval: '1s' })
  writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(receiver))
  if (guarded === true)
    writeFileSync(join(folder, 'web.yml'), JSON.stringify({ basic_auth_users: { [USER]: PASSWORD_HASH } }))
}

function clusterOf({ cluster }: AlertmanagerOptions): readonly string[] {
  if (cluster === undefined) return ['--cluster.listen-address=']
  const at = `127.0.0.1:${cluster.own}`
  return [
    `--cluster.listen-address=${at}`,
    `--cluster.advertise-address=${at}`,
    '--cluster.settle-timeout=1s',
    '--cluster.gossip-interval=50ms',
    ...(cluster.peer === undefined ? [] : [`--cluster.peer=127.0.0.1:${cluster.peer}`]),
  ]
}

class Daemon {
  readonly #folder: string
  readonly #port: number
  readonly #guarded: boolean
  readonly #cluster: readonly string[]
  #child: ChildProcess | null = null
  output = ''

  constructor(folder: string, port: number, guarded: boolean, cluster: readonly string[]) {
    this.#folder = folder
    this.#port = port
    this.#guarded = guarded
    this.#cluster = cluster
  }

  async start(): Promise<void> {
    const at = (name: string): string => join(this.#folder, name)
    const child = spawn(
      ALERTMANAGER,
      [
        `--config.file=${at('alertmanager.yml')}`,
        `--storage.path=${at('data')}`,
        `--web.listen-address=127.0.0.1:${this.#port}`,
        ...this.#cluster,
        ...(this.#guarded ? [`--web.config.file=${at('web.yml')}`] : []),
      ],
      { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk
      })
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`Alertmanager did not start:\n${this.output}`)
      return (
        await fetch(`http://127.0.0.1:${this.#port}/api/v2/status`, { headers: this.#headers }).catch(
          () => null,
        )
      )?.ok
    }, START_MAX_MS)
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null) return
    const ended = new Promise((done) => child.once('close', done))
    const kill = setTimeout(() => child.kill('SIGKILL'), 15_000)
    child.kill('SIGTERM')
    await ended
    clearTimeout(kill)
  }

  async ask(method: string, path: string, body?: unknown): Promise<Yaml> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/api/v2${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...this.#headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }

  get #headers(): Record<string, string> {
    if (!this.#guarded) return {}
    return { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` }
  }
}

const HOUR_MS = 3_600_000

function actionsOf(
  daemon: Daemon,
): Pick<RealAlertmanager, 'fire' | 'resolve' | 'silence' | 'expire' | 'silences' | 'allSilences' | 'alerts'> {
  const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString()
  const allSilences = async (): Promise<readonly RealSilence[]> => {
    const all: readonly RealSilence[] = await daemon.ask('GET', '/silences')
    return all.toSorted((a, b) => a.startsAt.localeCompare(b.startsAt))
  }
  return {
    fire: async (labels, annotations = {}) => {
      await daemon.ask('POST', '/alerts', [
        { labels, annotations, generatorURL: 'http://prometheus.example.com/graph' },
      ])
    },
    resolve: async (labels) => {
      await daemon.ask('POST', '/alerts', [{ labels, endsAt: fromNow(0) }])
    },
    silence: async (matchers, createdBy, comment) => {
      const times = { startsAt: fromNow(0), endsAt: fromNow(HOUR_MS) }
      return (await daemon.ask('POST', '/silences', { matchers, createdBy, comment, ...times })).silenceID
    },
    expire: async (id) => {
      await daemon.ask('DELETE', `/silence/${id}`)
    },
    allSilences,
    silences: async () => (await allSilences()).filter(({ status }) => status.state !== 'expired'),
    alerts: () => daemon.ask('GET', '/alerts'),
  }
}
