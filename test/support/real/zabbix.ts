import { type ChildProcess, execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../command.ts'
import { freePort } from '../free-port.ts'
import { type Json, setUp, type Things } from './zabbix-set-up.ts'

/*
 * The real Zabbix of the system: a PostgreSQL of its own, the server, and the frontend in PHP's own web server, all on this
 * machine only and in a folder of their own. It is set up as the README of its kind says.
 */

const MEDIA_TYPE = resolve('src/monitors/zabbix/media-type.yaml')
const FRONTEND = '/usr/share/zabbix'
const SQL = '/usr/share/zabbix-server-pgsql'
/** The database is made from nothing, which takes longer on a busy machine. */
const START_MAX_MS = 90_000

export type RealZabbix = {
  /** For `monitors:` of the configuration. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly host: string
  readonly roleid: string
  readonly tokenid: string
  /** A trigger's item gets a value: it is ill, or well. */
  set(service: string, isIll: boolean, output: string): Promise<void>
  /** The newest problem of a trigger, with what was done to it, newest first. */
  problem(service: string): Promise<Problem>
  /** A person acts in Zabbix: bits of `event.acknowledge`. */
  act(service: string, action: number, more?: object): Promise<void>
  /** Says where and with which key the media type sends. */
  sendTo(url: string, key: string): Promise<void>
  /** Alerts that Zabbix could not send for good, or sent: newest first. */
  alerts(): Promise<readonly Json[]>
  ask(method: string, params: object): Promise<Json>
  stopFrontend(): Promise<void>
  startFrontend(): Promise<void>
  /** What was printed so far. */
  log(): string
  close(): Promise<void>
}

export type Problem = {
  readonly eventid: string
  readonly acknowledged: boolean
  readonly updates: readonly {
    readonly action: number
    readonly message: string
    readonly username: string
  }[]
}

/** @param services names of triggers, all of one host and of severity High */
export async function startZabbix(services: readonly string[]): Promise<RealZabbix> {
  const folder = mkdtempSync(join(tmpdir(), 'ackbridge-zabbix-'))
  chmodSync(folder, 0o755)
  const machine = new Machine(folder)
  try {
    await machine.startDatabase()
    await machine.fillDatabase()
    const trapper = await machine.startServer()
    await machine.startFrontend()
    const things = await setUp((method, params, auth) => machine.ask(method, params, auth), {
      services,
      mediaType: readFileSync(MEDIA_TYPE, 'utf8'),
      frontend: machine.frontend,
    })
    return zabbixOf(machine, things, trapper)
  } catch (error) {
    const log = machine.log()
    await machine.close()
    throw new Error(`Zabbix could not be set up:\n${log.slice(-3_000)}`, { cause: error })
  }
}

function zabbixOf(machine: Machine, things: Things, trapper: number): RealZabbix {
  const ask = (method: string, params: object) => machine.ask(method, params, things.admin)
  const problem = async (service: string): Promise<Problem> => {
    const [event] = await ask('event.get', {
      objectids: [things.triggers.get(service)],
      value: [1],
      output: ['eventid', 'acknowledged'],
      select_acknowledges: ['acknowledgeid', 'action', 'message', 'username', 'clock'],
      sortfield: ['eventid'],
      sortorder: 'DESC',
      limit: 1,
    })
    const updates = event.acknowledges
      .map((one: Json) => ({ ...one, action: Number(one.action) }))
      .toSorted((a: Json, b: Json) => Number(b.acknowledgeid) - Number(a.acknowledgeid))
    return { eventid: event.eventid, acknowledged: event.acknowledged === '1', updates }
  }
  return {
    settings: { kind: 'zabbix', url: machine.frontend, token: things.token },
    host: things.host,
    roleid: things.roleid,
    tokenid: things.tokenid,
    set: (service, isIll, output) =>
      // Until its configuration is read the server does not know the item.
      until(async () => {
        const value = `${isIll ? 'ILL' : 'WELL'} ${output}`
        const key = `trap[${services(things).indexOf(service)}]`
        const args = ['-z', '127.0.0.1', '-p', String(trapper), '-s', things.host, '-k', key, '-o', value]
        const { stdout } = await promisify(execFile)('/usr/bin/zabbix_sender', args).catch((error) => error)
        return /failed: 0;/.test(stdout)
      }, 30_000).then(() => undefined),
    problem,
    act: async (service, action, more = {}) => {
      const { eventid } = await problem(service)
      await machine.ask('event.acknowledge', { eventids: eventid, action, ...more }, things.jane)
    },
    sendTo: async (url, key) => {
      const [macro] = await ask('usermacro.get', { globalmacro: true, filter: { macro: '{$ACKBRIDGE.KEY}' } })
      const given = { value: key, type: 1 }
      if (macro === undefined) await ask('usermacro.createglobal', { macro: '{$ACKBRIDGE.KEY}', ...given })
      else await ask('usermacro.updateglobal', { globalmacroid: macro.globalmacroid, ...given })
      await ask('user.update', {
        userid: things.userid,
        medias: [{ mediatypeid: things.mediatypeid, sendto: url }],
      })
      // The server reads its configuration every second.
      await new Promise((done) => setTimeout(done, 2_500))
    },
    alerts: () =>
      ask('alert.get', {
        output: ['status', 'error', 'subject'],
        sortfield: ['alertid'],
        sortorder: 'DESC',
      }),
    ask,
    stopFrontend: () => machine.stopFrontend(),
    startFrontend: () => machine.startFrontend(),
    log: () => machine.log(),
    close: () => machine.close(),
  }
}

function services({ triggers }: Things): readonly string[] {
  return [...triggers.keys()]
}

type Program = { readonly child: ChildProcess; readonly name: string }

class Machine {
  readonly #folder: string
  readonly #programs: Program[] = []
  #output = ''
  #database = 0
  #frontend = 0
  #web: Program | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  get frontend(): string {
    return `http://127.0.0.1:${this.#frontend}`
  }

  async startDatabase(): Promise<void> {
    const bin = join('/usr/lib/postgresql', readdirSync('/usr/lib/postgresql').toSorted().at(-1) ?? '', 'bin')
    const data = join(this.#folder, 'database')
    this.#database = await freePort()
    mkdirSync(data)
    await promisify(execFile)('chown', ['-R', isRoot() ? 'postgres' : String(process.getuid?.()), data])
    const [initdb, ...made] = as('postgres', join(bin, 'initdb'), '-D', join(data, 'data'), '-U', 'zabbix')
    await promisify(execFile)(initdb, [...made, '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C.UTF-8'], {
      cwd: '/',
    })
    const options = [
      'fsync=off',
      'synchronous_commit=off',
      'full_page_writes=off',
      `unix_socket_directories=${data}`,
    ]
    this.#start(
      'postgres',
      as(
        'postgres',
        join(bin, 'postgres'),
        ...['-D', join(data, 'data'), '-p', String(this.#database), '-h', '127.0.0.1'],
        ...options.flatMap((option) => ['-c', option]),
      ),
    )
    await this.#becomes('postgres', () => this.#psql('postgres', ['-c', 'select 1']))
    await this.#psql('postgres', ['-c', 'create database zabbix'])
  }

  async fillDatabase(): Promise<void> {
    const files = ['schema', 'images', 'data'].map((name) => join(SQL, `${name}.sql.gz`)).join(' ')
    const script = `zcat ${files} | psql -q -v ON_ERROR_STOP=1 -o /dev/null "$@"`
    await promisify(execFile)('/bin/sh', ['-c', script, 'sh', ...this.#connection('zabbix')])
  }

  /** @returns the port at which it takes values */
  async startServer(): Promise<number> {
    const port = await lowPort()
    const home = join(this.#folder, 'server')
    mkdirSync(home)
    const settings = {
      LogType: 'console',
      PidFile: join(home, 'server.pid'),
      SocketDir: home,
      ListenIP: '127.0.0.1',
      ListenPort: port,
      DBHost: '127.0.0.1',
      DBPort: this.#database,
      DBName: 'zabbix',
      DBUser: 'zabbix',
      CacheUpdateFrequency: 1,
      StartTrappers: 2,
      StartAlerters: 2,
      AllowRoot: 1,
      StartPollers: 1,
      StartPingers: 0,
      StartDiscoverers: 0,
      StartHTTPPollers: 0,
    }
    const file = join(home, 'server.conf')
    writeFileSync(
      file,
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    this.#start('zabbix_server', ['/usr/sbin/zabbix_server', '-f', '-c', file])
    await this.#becomes('zabbix_server', async () => this.#output.includes('[trapper #1]'))
    return port
  }

  /** The frontend looks for its configuration at one place only, so a copy is made that looks here. */
  async startFrontend(): Promise<void> {
    const web = join(this.#folder, 'web')
    if (this.#frontend === 0) {
      this.#frontend = await freePort()
      cpSync(FRONTEND, web, {
        recursive: true,
        dereference: true,
        filter: (path) => !/\/(locale|audio)$/.test(path),
      })
      const loader = join(web, 'include/classes/core/CConfigFile.php')
      const file = join(this.#folder, 'zabbix.conf.php')
      writeFileSync(loader, readFileSync(loader, 'utf8').replace('/etc/zabbix/zabbix.conf.php', file))
      const settings = {
        TYPE: 'POSTGRESQL',
        SERVER: '127.0.0.1',
        PORT: this.#database,
        DATABASE: 'zabbix',
        USER: 'zabbix',
      }
      const lines = Object.entries({ ...settings, PASSWORD: '', SCHEMA: '' }).map(
        ([name, value]) => `$DB['${name}'] = '${value}';`,
      )
      writeFileSync(
        file,
        `<?php\n${lines.join('\n')}\n$DB['ENCRYPTION'] = false;\n$DB['DOUBLE_IEEE754'] = true;\n`,
      )
    }
    const options = ['post_max_size=16M', 'max_execution_time=300', 'date.timezone=UTC', 'memory_limit=256M']
    this.#web = this.#start('php', [
      '/usr/bin/php',
      ...options.flatMap((option) => ['-d', option]),
      ...['-S', `127.0.0.1:${this.#frontend}`, '-t', web],
    ])
    await this.#becomes('php', async () => (await this.ask('apiinfo.version', [], null)) !== null)
  }

  async stopFrontend(): Promise<void> {
    const web = this.#web
    this.#web = null
    if (web !== null) await end(web.child, 'SIGTERM')
  }

  async ask(method: string, params: object, auth: string | null): Promise<Json> {
    const response = await fetch(`${this.frontend}/api_jsonrpc.php`, {
      method: 'POST',
      headers: { 'content-type': 'application/json-rpc', connection: 'close' },
      body: JSON.stringify({ jsonrpc: '2.0', method, params, id: 1, ...(auth === null ? {} : { auth }) }),
    })
    const { result, error } = (await response.json()) as Json
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }

  log(): string {
    return this.#output
  }

  async close(): Promise<void> {
    await this.stopFrontend()
    for (const { child, name } of this.#programs.toReversed()) {
      // It waits for whoever is connected unless it is told to be quick.
      await end(child, name === 'postgres' ? 'SIGINT' : 'SIGTERM')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #start(name: string, [program = '', ...args]: readonly string[]): Program {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk
      })
    child.on('error', (error) => {
      this.#output += `${name}: ${error}\n`
    })
    const started = { child, name }
    this.#programs.push(started)
    return started
  }

  async #becomes(name: string, isReady: () => Promise<unknown>): Promise<void> {
    const { child } = this.#programs.findLast((program) => program.name === name) as Program
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${name} did not start`)
      return isReady().catch(() => false)
    }, START_MAX_MS)
  }

  #connection(database: string): readonly string[] {
    return ['-X', '-h', '127.0.0.1', '-p', String(this.#database), '-U', 'zabbix', '-d', database]
  }

  async #psql(database: string, args: readonly string[]): Promise<boolean> {
    await promisify(execFile)('psql', [...this.#connection(database), '-q', ...args])
    return true
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** @returns the command, as somebody else where it would be run by root, which it refuses */
function as(user: string, ...command: readonly string[]): [string, ...string[]] {
  const whole = isRoot()
    ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', ...command]
    : command
  return whole as [string, ...string[]]
}

/** The server takes no port above 32767, which is where the system begins to give them away. */
async function lowPort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); ; port++) {
    const isFree = await new Promise<boolean>((done) => {
      const server = createServer()
      server.once('error', () => done(false))
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
    })
    if (isFree) return port
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((done) => child.once('close', done))
  const kill = setTimeout(() => child.kill('SIGKILL'), 15_000)
  child.kill(signal)
  await ended
  clearTimeout(kill)
}
