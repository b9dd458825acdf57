import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  cgiConfig,
  documentedObjects,
  documentedYaml,
  mainConfig,
  objectsOf,
} from './nagios-configuration.ts'

/*
 * Debian's Nagios, started for one test: on a configuration in a folder of its own, as whoever runs the test. What the
 * README tells people to paste is taken out of the README, so that what is documented is what is tested. Its
 * statusjson.cgi is served by a small web server that runs it as Apache would.
 *
 * Packages: nagios4-core nagios4-cgi monitoring-plugins-basic.
 */

const PROGRAM = '/usr/sbin/nagios4'
const CGI = '/usr/lib/cgi-bin/nagios4/statusjson.cgi'
const USER = 'ackbridge'
const PASSWORD = 'cgi-secret-7d1f'

export type NagiosOptions = {
  /** Takes the place of `/usr/bin/ackbridge` in the documented commands; a shell runs it. */
  readonly notifyCommand: string
  /** For the notification commands. */
  readonly env?: Readonly<Record<string, string>>
  /** Hosts and their services. Default: `web01` with `HTTP` and `Disk /`. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>
  /** Seconds between two writings of status.dat. Default: 1. */
  readonly statusSeconds?: number
  /** Notification command of a second contact, as people have one beside ours; a shell runs it. */
  readonly otherContact?: string
}

export type RealAcknowledgement = {
  readonly author: string
  readonly comment: string
  readonly sticky: boolean
  readonly persistent: boolean
}

/** A block of status.dat, such as `servicecomment`, with its fields as text. */
type Block = { readonly kind: string; readonly fields: Readonly<Record<string, string>> }

/** @returns true when the packages are there */
export function haveNagios(): boolean {
  return existsSync(PROGRAM) && existsSync(CGI)
}

/** Starts a Nagios and waits until it takes commands and has written its status. */
export async function startNagios(options: NagiosOptions): Promise<Nagios> {
  const nagios = new Nagios(options)
  await nagios.open()
  return nagios
}

export class Nagios {
  readonly folder = mkdtempSync(join(tmpdir(), 'ack-nagios-'))
  readonly commandFile = join(this.folder, 'rw', 'nagios.cmd')
  /** Everything the web server was asked, path and query. */
  readonly asked: string[] = []
  readonly secrets: readonly string[] = [PASSWORD]
  readonly #hosts: Readonly<Record<string, readonly string[]>>
  readonly #options: NagiosOptions
  readonly #web = createServer((request, response) => this.#answer(request, response))
  #process: ChildProcess | null = null

  constructor(options: NagiosOptions) {
    this.#options = options
    this.#hosts = options.hosts ?? { web01: ['HTTP', 'Disk /'] }
  }

  /** For `monitors:` of the configuration. */
  get settings(): {
    readonly kind: 'nagios'
    readonly commandFile: string
    readonly statusJson: { readonly url: string; readonly user: string; readonly password: string }
  } {
    return {
      kind: 'nagios',
      commandFile: this.commandFile,
      statusJson: { url: `${this.url}/nagios4/cgi-bin/statusjson.cgi`, user: USER, password: PASSWORD },
    }
  }

  /** The documented `monitors:` of ackbridge.yml, where this one is `dc1`; its password is ${NAGIOS_PASSWORD}. */
  get yaml(): string {
    return documentedYaml(this.commandFile, this.settings.statusJson.url)
  }

  get password(): string {
    return PASSWORD
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#web.address() as AddressInfo).port}`
  }

  async open(): Promise<void> {
    for (const name of ['rw', 'checkresults', 'objects']) mkdirSync(join(this.folder, name))
    writeFileSync(
      join(this.folder, 'nagios.cfg'),
      mainConfig(this.folder, this.commandFile, this.#options.statusSeconds ?? 1),
    )
    writeFileSync(
      join(this.folder, 'objects', 'checks.cfg'),
      objectsOf(this.#hosts, this.#options.otherContact ?? null),
    )
    writeFileSync(
      join(this.folder, 'objects', 'ackbridge.cfg'),
      documentedObjects(this.#options.notifyCommand),
    )
    writeFileSync(join(this.folder, 'cgi.cfg'), cgiConfig(this.folder))
    await new Promise<void>((done) => this.#web.listen(0, '127.0.0.1', done))
    await this.start()
  }

  /** Starts it again after `stop`, with what it remembers. */
  async start(): Promise<void> {
    const child = spawn(PROGRAM, [join(this.folder, 'nagios.cfg')], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], ...this.#options.env },
      stdio: 'ignore',
    })
    this.#process = child
    rmSync(this.#file('status.dat'), { force: true })
    await this.until(
      () => existsSync(this.commandFile) && this.blocks('programstatus').length > 0 && this.#listens(),
      () => (child.exitCode === null ? 'Nagios does not start' : `Nagios ended (${child.exitCode})`),
    )
  }

  /** Ends it as its init script does. The command file stays behind. */
  async stop(): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((done) => child.on('exit', () => done()))
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(kill)
  }

  /**
   * Ends all of it at once, as a crash does: what is in memory only is lost, status.dat and the command file stay.
   *
   * @param secondsAgo when it is to look as if it had happened
   */
  async crash(secondsAgo = 0): Promise<void> {
    const child = this.#process
    if (child === null) return
    this.#process = null
    const ended = new Promise<void>((done) => child.on('exit', () => done()))
    for (const pid of this.#family(child)) process.kill(pid, 'SIGKILL')
    await ended
    const written = statSync(this.#file('status.dat')).mtimeMs / 1000 - secondsAgo
    utimesSync(this.#file('status.dat'), written, written)
  }

  /** Has it write down what it would remember after `stop`. */
  async remember(): Promise<void> {
    rmSync(this.#file('retention.dat'), { force: true })
    this.command('SAVE_STATE_INFORMATION')
    await this.until(() => existsSync(this.#file('retention.dat')))
  }

  /** Holds all of it, as a debugger or an overloaded machine would, until `resume`. */
  pause(): void {
    for (const pid of this.#family()) process.kill(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of this.#family()) process.kill(pid, 'SIGCONT')
  }

  async close(): Promise<void> {
    this.resume()
    await this.stop()
    this.#web.closeAllConnections()
    await new Promise((done) => this.#web.close(done))
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Gives it a check's result, as a passive check does. @param state by Nagios' own numbers */
  set(host: string, service: string | null, state: number, output: string): void {
    this.command(
      service === null
        ? `PROCESS_HOST_CHECK_RESULT;${host};${state};${output}`
        : `PROCESS_SERVICE_CHECK_RESULT;${host};${service};${state};${output}`,
    )
  }

  /** Somebody acknowledges there, without the app. */
  acknowledge(
    host: string,
    service: string | null,
    by: { author: string; comment: string; sticky?: boolean; notify?: boolean; persistent?: boolean },
  ): void {
    const flags = [
      by.sticky === false ? 0 : 2,
      by.notify === true ? 1 : 0,
      by.persistent === true ? 1 : 0,
    ].join(';')
    const words = `${flags};${by.author};${by.comment}`
    this.command(
      service === null
        ? `ACKNOWLEDGE_HOST_PROBLEM;${host};${words}`
        : `ACKNOWLEDGE_SVC_PROBLEM;${host};${service};${words}`,
    )
  }

  /** Somebody takes the acknowledgement away there. */
  unacknowledge(host: string, service: string | null): void {
    this.command(
      service === null
        ? `REMOVE_HOST_ACKNOWLEDGEMENT;${host}`
        : `REMOVE_SVC_ACKNOWLEDGEMENT;${host};${service}`,
    )
  }

  /** Somebody schedules a downtime there, from now. */
  downtime(host: string, service: string | null, seconds = 3600): void {
    const now = Math.floor(Date.now() / 1000)
    const words = `${now};${now + seconds};1;0;${seconds};operator;by hand`
    this.command(
      service === null
        ? `SCHEDULE_HOST_DOWNTIME;${host};${words}`
        : `SCHEDULE_SVC_DOWNTIME;${host};${service};${words}`,
    )
  }

  /** Writes an external command, without its time. */
  command(text: string): void {
    writeFileSync(this.commandFile, `[${Math.floor(Date.now() / 1000)}] ${text}\n`, { flag: 'r+' })
  }

  /** @returns the newest acknowledgement as status.dat has it, null when it has none */
  acknowledgement(host: string, service: string | null): RealAcknowledgement | null {
    const status = this.status(host, service)
    if (status?.['problem_has_been_acknowledged'] !== '1') return null
    const comment = this.comments(host, service)
      .filter(({ entry_type: type }) => type === '4')
      .at(-1)
    return {
      author: comment?.['author'] ?? '',
      comment: comment?.['comment_data'] ?? '',
      sticky: status['acknowledgement_type'] === '2',
      persistent: comment?.['persistent'] === '1',
    }
  }

  /** @returns the fields of an object in status.dat */
  status(host: string, service: string | null): Readonly<Record<string, string>> | undefined {
    return this.#of(service === null ? 'hoststatus' : 'servicestatus', host, service)[0]
  }

  comments(host: string, service: string | null): readonly Readonly<Record<string, string>>[] {
    return this.#of(service === null ? 'hostcomment' : 'servicecomment', host, service)
  }

  downtimes(host: string, service: string | null): readonly Readonly<Record<string, string>>[] {
    return this.#of(service === null ? 'hostdowntime' : 'servicedowntime', host, service)
  }

  /** @returns blocks of status.dat of one kind, in their order */
  blocks(kind: string): readonly Block[] {
    if (!existsSync(this.#file('status.dat'))) return []
    const text = readFileSync(this.#file('status.dat'), 'utf8')
    return [...text.matchAll(/^(\w+) \{\n([\s\S]*?)^\t?\}/gm)]
      .filter(([, name]) => name === kind)
      .map(([, name = '', body = '']) => ({
        kind: name,
        fields: Object.fromEntries(
          body
            .split('\n')
            .filter((line) => line.includes('='))
            .map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)]),
        ),
      }))
  }

  /** @returns nagios.log */
  log(): string {
    return existsSync(this.#file('nagios.log')) ? readFileSync(this.#file('nagios.log'), 'utf8') : ''
  }

  /** Waits until something is so, at most 15 s. @throws Error with what `why` says */
  async until(is: () => boolean, why: () => string = () => 'It did not come to it'): Promise<void> {
    const end = Date.now() + 15_000
    while (!is()) {
      if (Date.now() > end || this.#process?.exitCode != null) throw new Error(`${why()}:\n${this.log()}`)
      await sleep(25)
    }
  }

  #of(kind: string, host: string, service: string | null): Readonly<Record<string, string>>[] {
    return this.blocks(kind)
      .map(({ fields }) => fields)
      .filter(
        ({ host_name: name, service_description: description }) =>
          name === host && description === (service ?? undefined),
      )
  }

  #file(name: string): string {
    return join(this.folder, name)
  }

  /** The fifo is there before anybody reads it, and an order then waits in it; a reader is what is waited for. */
  #listens(): boolean {
    try {
      writeFileSync(this.commandFile, '', { flag: 'r+' })
      return this.log().includes('Successfully launched command file worker')
    } catch {
      return false
    }
  }

  #family(child: ChildProcess | null = this.#process): number[] {
    const pid = child?.pid
    if (pid === undefined) return []
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return [pid, ...children.split(' ').filter(Boolean).map(Number)]
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, search } = new URL(request.url ?? '/', 'http://localhost')
    this.asked.push(pathname + search)
    const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ')
    const [user, password] = Buffer.from(encoded, 'base64').toString().split(':')
    if (scheme !== 'Basic' || password !== PASSWORD) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="Nagios"' }).end('Unauthorized')
      return
    }
    if (!pathname.endsWith('/statusjson.cgi')) {
      response.writeHead(404).end('Not Found')
      return
    }
    const cgi = spawn(CGI, [], {
      env: {
        NAGIOS_CGI_CONFIG: join(this.folder, 'cgi.cfg'),
        REQUEST_METHOD: request.method ?? 'GET',
        QUERY_STRING: search.slice(1),
        SCRIPT_NAME: pathname,
        REMOTE_USER: user ?? '',
        AUTH_TYPE: 'Basic',
        SERVER_PROTOCOL: 'HTTP/1.1',
        GATEWAY_INTERFACE: 'CGI/1.1',
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const parts: Buffer[] = []
    cgi.stdout.on('data', (part: Buffer) => parts.push(part))
    cgi.on('close', () => {
      const all = Buffer.concat(parts)
      const end = all.indexOf('\r\n\r\n')
      if (end < 0) {
        // As Apache answers when a program ends without a word, which this one does while there is no status.dat.
        response.writeHead(500).end('Internal Server Error')
        return
      }
      const type = /^content-type: *(.+)$/im.exec(all.subarray(0, end).toString())?.[1]?.trim()
      response.writeHead(200, { 'content-type': type ?? 'text/plain' }).end(all.subarray(end + 4))
    })
  }
}
