import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import type { State } from '../../../src/core/state.ts'
import { until } from '../command.ts'
import { freePort } from '../free-port.ts'

/*
 * The real Icinga 2 of the system, set up with the configuration that stands in the README of its kind: only the path of
 * the command, the address and the secrets are replaced. Its checks are passive, so a test says what they are.
 */

const README = resolve('src/monitors/icinga2/README.md')
const ICINGA2 = '/usr/sbin/icinga2'
const ROOT = 'root-of-tests'
/** Keys are made, which takes longer on a busy machine. */
const START_MAX_MS = 60_000

export type RealIcinga = {
  /** For `monitors:` of the configuration, as the README has it. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly port: number
  /** A host that is UP, with services that are OK: `http`, `Disk /`, and one of many quotes. */
  readonly host: string
  readonly services: readonly string[]
  /** A check has a result; the first of a check starts it. */
  set(host: string, service: string | null, state: State, output?: string): Promise<void>
  acknowledgement(
    host: string,
    service: string | null,
  ): Promise<{ author: string; comment: string; sticky: boolean; expires: number } | null>
  acknowledge(
    host: string,
    service: string | null,
    author: string,
    comment: string,
    more?: object,
  ): Promise<void>
  unacknowledge(host: string, service: string | null): Promise<void>
  /** Sets a downtime from now for an hour; or ends all of the object's. */
  downtime(host: string, service: string | null, on: boolean): Promise<void>
  /** Comments that stand at its downtimes. */
  downtimes(host: string, service: string | null): Promise<readonly string[]>
  /** Asks the API as its administrator. */
  ask(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; body: Json }>
  stop(): Promise<void>
  /** Starts it again where it was: same port, same state. */
  start(): Promise<void>
  /** What it has logged so far. */
  log(): string
  /** Stops it for good and removes its files. */
  close(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, which fail where they are not what is expected
type Json = any

export type IcingaOptions = {
  /** Path of the program that stands for /usr/bin/ackbridge. */
  readonly notifyCommand: string
  /** For the daemon, which hands it on to its commands. */
  readonly env?: Readonly<Record<string, string>>
  /** More objects, in Icinga's own language. */
  readonly objects?: string
}

/** Starts Icinga 2 as the current user, on this machine only. */
export async function startIcinga(options: IcingaOptions): Promise<RealIcinga> {
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-icinga-'))
  const port = await freePort()
  const password = `secret-${port}`
  const constants = constantsOf(folder)
  writeConfiguration(folder, port, password, options)
  await makeCertificates(folder, constants)
  const daemon = new Daemon(folder, port, constants, options.env ?? {})
  try {
    await daemon.start()
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const settings = {
    ...(parse(blocksOf('yaml').join('\n')) as Json).monitors.icinga2,
    url: `https://localhost:${port}`,
    password,
    ca: join(folder, 'data/certs/ca.crt'),
  }
  return {
    settings,
    port,
    host: 'web1',
    services: SERVICES,
    ...actionsOf(daemon),
    ask: (method, path, body) => daemon.ask(method, path, body),
    stop: () => daemon.stop(),
    start: () => daemon.start(),
    log: () => daemon.log(),
    close: async () => {
      await daemon.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @returns the fenced blocks of the README in a language */
function blocksOf(language: string): readonly string[] {
  const fences = readFileSync(README, 'utf8').matchAll(
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'),
  )
  return [...fences].map(([, block]) => block ?? '')
}

const SERVICES = ['http', 'Disk /', `a "b" 'c' \`d\` $e$ <f> ü`]

function constantsOf(folder: string): readonly string[] {
  const { username } = userInfo()
  const paths = { DataDir: 'data', InitRunDir: 'run', LogDir: 'log', CacheDir: 'cache', SpoolDir: 'spool' }
  const names: Record<string, string> = { ConfigDir: folder, RunAsUser: username, RunAsGroup: username }
  for (const [name, path] of Object.entries(paths)) names[name] = join(folder, path)
  return Object.entries(names).map(([name, value]) => `-D${name}=${value}`)
}

function writeConfiguration(folder: string, port: number, password: string, options: IcingaOptions): void {
  for (const path of ['data/certs', 'data/ca', 'run/icinga2', 'log', 'cache', 'spool'])
    mkdirSync(join(folder, path), { recursive: true })
  const readme = blocksOf('icinga2')
    .join('\n')
    .replaceAll('"/usr/bin/ackbridge"', JSON.stringify(options.notifyCommand))
    .replaceAll('"change-me"', JSON.stringify(password))
  writeFileSync(
    join(folder, 'icinga2.conf'),
    `include <itl>
const NodeName = "localhost"
const ZoneName = NodeName
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
object ApiListener "api" {
  bind_host = "127.0.0.1"
  bind_port = ${port}
}
object ApiUser "root" {
  password = "${ROOT}"
  permissions = [ "*" ]
}
object FileLogger "main" {
  severity = "information"
  path = LogDir + "/icinga2.log"
}
object NotificationComponent "notification" { }
object CheckerComponent "checker" { }
template Host "passive" {
  check_command = "passive"
  enable_active_checks = false
  max_check_attempts = 1
}
template Service "passive" {
  check_command = "passive"
  enable_active_checks = false
  max_check_attempts = 1
}
object Host "web1" {
  import "passive"
  display_name = "Web server 1"
  address = "192.0.2.1"
}
object Host "web2" {
  import "passive"
}
${SERVICES.map((name) => `object Service ${quoted(name)} {\n  import "passive"\n  host_name = "web1"\n}`).join('\n')}
${readme}
${options.objects ?? ''}
`,
  )
}

/** @returns a text of Icinga's language; a dollar sign stands for itself there */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

async function makeCertificates(folder: string, constants: readonly string[]): Promise<void> {
  const run = (args: readonly string[]) => promisify(execFile)(ICINGA2, [...args, ...constants])
  const at = (name: string) => join(folder, 'data/certs', name)
  const [key, csr] = [at('localhost.key'), at('localhost.csr')]
  await run(['pki', 'new-ca'])
  await run(['pki', 'new-cert', '--cn', 'localhost', '--key', key, '--csr', csr])
  await run(['pki', 'sign-csr', '--csr', csr, '--cert', at('localhost.crt')])
  writeFileSync(at('ca.crt'), readFileSync(join(folder, 'data/ca/ca.crt')))
}

class Daemon {
  readonly #folder: string
  readonly #port: number
  readonly #constants: readonly string[]
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | null = null
  #output = ''

  constructor(
    folder: string,
    port: number,
    constants: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.#folder = folder
    this.#port = port
    this.#constants = constants
    this.#env = env
  }

  async start(): Promise<void> {
    // The program of the package is a script that ends by becoming the daemon, which forks its workers into its group.
    const child = spawn(ICINGA2, ['daemon', '-c', join(this.#folder, 'icinga2.conf'), ...this.#constants], {
      env: { PATH: process.env['PATH'], ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk
      })
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`Icinga 2 did not start:\n${this.#output}`)
      try {
        return (await this.ask('GET', '/v1')).status === 200
      } catch {
        return false
      }
    }, START_MAX_MS)
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child?.pid === undefined || child.exitCode !== null) return
    const ended = new Promise((done) => child.once('close', done))
    const kill = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 15_000)
    child.kill('SIGTERM')
    await ended
    clearTimeout(kill)
  }

  log(): string {
    return this.#output
  }

  ask(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; body: Json }> {
    return new Promise((done, fail) => {
      const call = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          method: body === undefined ? method : 'POST',
          path,
          auth: `root:${ROOT}`,
          rejectUnauthorized: false,
          agent: false,
          headers: { accept: 'application/json', 'x-http-method-override': method },
          timeout: 10_000,
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk
          })
          response.on('error', fail)
          response.on('end', () => done({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
        },
      )
      call.on('error', fail)
      call.on('timeout', () => call.destroy(new Error('no answer')))
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}

const EXIT_STATUS: Readonly<Record<State, number>> = {
  OK: 0,
  WARNING: 1,
  CRITICAL: 2,
  UNKNOWN: 3,
  UP: 0,
  DOWN: 1,
  UNREACHABLE: 1,
}

function actionsOf(
  daemon: Daemon,
): Pick<RealIcinga, 'set' | 'acknowledgement' | 'acknowledge' | 'unacknowledge' | 'downtime' | 'downtimes'> {
  const named = (host: string, service: string | null) =>
    service === null ? { host } : { service: `${host}!${service}` }

  async function act(action: string, host: string, service: string | null, words: object): Promise<void> {
    const { status, body } = await daemon.ask('POST', `/v1/actions/${action}`, {
      ...words,
      ...named(host, service),
    })
    if (status !== 200) throw new Error(`${action}: ${status} ${JSON.stringify(body)}`)
  }

  async function all(type: string, host: string, service: string | null): Promise<readonly Json[]> {
    const { body } = await daemon.ask('GET', `/v1/objects/${type}`)
    return body.results
      .map(({ attrs }: Json) => attrs)
      .filter((attrs: Json) => attrs.host_name === host && attrs.service_name === (service ?? ''))
  }

  return {
    set: (host, service, state, output = `${state} - as the test says`) =>
      act('process-check-result', host, service, {
        exit_status: EXIT_STATUS[state],
        plugin_output: output,
      }),
    acknowledgement: async (host, service) => {
      const type = service === null ? 'hosts' : 'services'
      const { body } = await daemon.ask('GET', `/v1/objects/${type}`, named(host, service))
      const { acknowledgement, acknowledgement_expiry: expires } = body.results[0].attrs
      if (acknowledgement === 0) return null
      const [comment] = (await all('comments', host, service))
        .filter(({ entry_type }) => entry_type === 4)
        .sort((a, b) => b.entry_time - a.entry_time)
      return { author: comment.author, comment: comment.text, sticky: acknowledgement === 2, expires }
    },
    acknowledge: (host, service, author, comment, more = {}) =>
      act('acknowledge-problem', host, service, { author, comment, ...more }),
    unacknowledge: (host, service) => act('remove-acknowledgement', host, service, {}),
    downtime: async (host, service, on) => {
      const now = Math.floor(Date.now() / 1000)
      const words = {
        author: 'Icinga',
        comment: 'maintenance',
        start_time: now,
        end_time: now + 3600,
        fixed: true,
      }
      if (on) await act('schedule-downtime', host, service, words)
      else await act('remove-downtime', host, service, {})
    },
    downtimes: async (host, service) => (await all('downtimes', host, service)).map(({ comment }) => comment),
  }
}
