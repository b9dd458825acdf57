import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Playground, startPlayground } from '../../src/playground/server.ts'
import { type Ended, runCommand } from '../support/command.ts'
import { NOTIFY_KEY, startWorld } from '../support/world.ts'

/** Promised is an end within this. */
const DEADLINE_MS = 15_000

let playground: Playground
let folder: string
const servers: (Server | TcpServer)[] = []

beforeEach(async () => {
  playground = await startPlayground({ rates: 'off' })
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-doctor-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await playground.close()
  rmSync(folder, { recursive: true })
})

function environment(): Record<string, string> {
  return {
    SLACK_BOT_TOKEN: playground.botToken,
    SLACK_SIGNING_SECRET: playground.signingSecret,
    SLACK_API_URL: playground.apiUrl,
    SLACK_CHANNEL: playground.channels.alerts,
    ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
    PORT: '0',
  }
}

/** Runs doctor on what is set, with these settings changed. */
async function doctor(env: Record<string, string> = {}, ...args: string[]): Promise<Ended> {
  const ended = await runCommand(['doctor', ...args], { ...environment(), ...env }, folder)
  const { stdout, stderr } = ended
  expect(stderr).not.toMatch(/^\s+at /m)
  for (const secret of [
    playground.botToken,
    playground.appToken,
    playground.signingSecret,
    NOTIFY_KEY,
    'hunter2hunter2',
  ])
    expect(stdout + stderr).not.toContain(secret)
  return ended
}

/** The lines that say that something is not well, with single blanks. */
function failures({ stdout }: Ended): readonly string[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('FAILED'))
    .map((line) =>
      line
        .replace(/^FAILED/, '')
        .replaceAll(/ +/g, ' ')
        .trim(),
    )
}

function configure(config: object): void {
  writeFileSync(join(folder, 'ackbridge.yml'), JSON.stringify(config))
}

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  server.on('connection', (socket) => server.on('close', () => socket.destroy()))
  return listen(server)
}

/** A server that says this of itself. */
function serveHealth(health: object, status = 200): Promise<number> {
  return serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify(health))
  })
}

const READY = {
  status: 'ready',
  store: 'writable',
  slack: 'http',
  monitors: {},
  oldestUndeliveredSeconds: null,
  parked: 0,
}

/** Takes connections and never says a word. */
async function serveSilence(): Promise<number> {
  const sockets = new Set<{ destroy(): void }>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  const close = server.close.bind(server)
  server.close = (done) => {
    for (const socket of sockets) socket.destroy()
    return close(done)
  }
  return listen(server)
}

describe('ackbridge doctor', () => {
  it.each(['http', 'socket'])('says that all is well, and changes nothing (%s)', async (transport) => {
    const ended = await doctor(transport === 'socket' ? { SLACK_APP_TOKEN: playground.appToken } : {})

    expect([ended.code, ended.stderr]).toEqual([0, ''])
    expect(ended.stdout).toContain('All is well.')
    for (const line of ended.stdout.trim().split('\n').slice(0, -2))
      expect(line).toMatch(/^ok {6}\w+ +\S.* {2}\S.*\.$/)
    expect(ended.stdout).toMatch(
      /bot token +It is of the workspace Playground \(T.*\), where we are @ackbridge/,
    )
    expect(ended.stdout.includes('Socket Mode can be opened')).toBe(transport === 'socket')
    expect(playground.workspace.messages(playground.channels.alerts)).toEqual([])
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  it('says so where nothing is set for Slack, and has nothing to complain of', async () => {
    const { code, stdout } = await runCommand(['doctor'], {}, folder)
    expect([code, stdout]).toEqual([0, expect.stringContaining('playground')])
  })

  it('ends with 2 and all faults where the configuration cannot be used', async () => {
    configure({ strom: {} })
    const { code, stdout, stderr } = await doctor({ PORT: 'x' })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toHaveLength(2)
  })
})

describe('doctor of Slack', () => {
  it.each([
    [
      'a token that is wrong',
      { SLACK_BOT_TOKEN: 'xoxb-hunter2hunter2' },
      'slack bot token Slack refuses our token. (invalid_auth) → Put',
    ],
    [
      'an app token that is wrong',
      { SLACK_APP_TOKEN: 'xapp-hunter2hunter2' },
      'slack app token Slack refuses our token. (invalid_auth) → Switch Socket Mode on',
    ],
    [
      'no channel',
      { SLACK_CHANNEL: '' },
      'slack channels No channel is set: problems are kept, but shown nowhere. → Set SLACK_CHANNEL.',
    ],
    [
      'a channel that is not there',
      { SLACK_CHANNEL: 'C0NOTHERE01' },
      'slack channel C0NOTHERE01 There is no such channel, or it is private and the bot is no member. → Check the id. Invite it there: /invite @ackbridge',
    ],
  ])('names %s and ends with 2', async (_what, env, said) => {
    const ended = await doctor(env)
    expect(ended.code).toBe(2)
    expect(failures(ended)).toEqual([expect.stringContaining(said)])
  })

  it('names each scope that is missing, and what that costs', async () => {
    playground.workspace.scopes = ['chat:write', 'chat:write.public', 'users:read', 'usergroups:read']

    const ended = await doctor()

    expect(ended.code).toBe(2)
    const said = failures(ended)
    expect(said.filter((line) => line.startsWith('slack scopes'))).toEqual([
      expect.stringContaining('lacks commands. The slash commands do not work. → Add it'),
      expect.stringContaining('lacks channels:history. After a lost answer'),
      expect.stringContaining('lacks groups:history. After a lost answer'),
      expect.stringContaining('lacks channels:join. The bot joins no channel by itself'),
    ])
    expect(said.at(-1)).toContain('could not be looked at')
  })

  it.each([true, false])(
    'looks at every channel of the configuration (channels:read: %s)',
    async (mayRead) => {
      const { alerts, random, secret, database } = playground.channels
      if (mayRead) playground.workspace.scopes.push('channels:read', 'groups:read')
      const archived = playground.workspace.channels.get(database)
      if (archived !== undefined) archived.isArchived = true
      configure({
        routes: [
          { match: { host: 'a*' }, channels: [random, secret] },
          { match: { host: 'b*' }, channels: [database, alerts] },
        ],
      })

      const ended = await doctor()

      expect(ended.code).toBe(2)
      expect(failures(ended).map((line) => line.split(' ').slice(0, 6).join(' '))).toEqual([
        `slack channel ${secret} There is no`,
        ...(mayRead ? [`slack channel ${database} #database: It is`] : []),
      ])
      expect(ended.stdout).toMatch(
        /^ok .*C0PGRANDM03 .*may post but is no member.*→ Invite it there: \/invite @ackbridge$/m,
      )
      expect(ended.stdout.match(/channel C0PGALERTS1/g)).toHaveLength(1)
    },
  )

  it('joins where it was not invited, or without the scope for that may not post', async () => {
    const { workspace, channels } = playground
    workspace.scopes = workspace.scopes.filter((scope) => scope !== 'chat:write.public')
    const joining = await doctor({ SLACK_CHANNEL: channels.random })
    expect(failures(joining)).toEqual([expect.stringContaining('lacks chat:write.public')])
    expect(joining.stdout).toContain('The bot is no member; it joins when there is something to post.')

    workspace.scopes = workspace.scopes.filter((scope) => scope !== 'channels:join')
    const ended = await doctor({ SLACK_CHANNEL: channels.random })
    expect(failures(ended)).toEqual([
      expect.stringContaining('lacks chat:write.public'),
      expect.stringContaining('lacks channels:join'),
      expect.stringContaining('The bot is no member and may not post. → Invite it there: /invite @ackbridge'),
    ])
  })

  it.each([
    ['nothing listens', null],
    ['it hangs', { kind: 'hang' }],
    ['the connection breaks', { kind: 'reset' }],
    ['a proxy answers', { kind: 'html' }],
    ['it asks to slow down', { kind: 'status', status: 429, retryAfterSeconds: 30 }],
    ['it fails', { kind: 'status', status: 503 }],
  ] as const)('takes it for passing when %s, and ends with 1 in time', async (_what, fault) => {
    if (fault !== null) playground.faults.always('auth.test', fault)
    const began = performance.now()
    const ended = await doctor(fault === null ? { SLACK_API_URL: 'http://127.0.0.1:9/api/' } : {})

    expect(ended.code).toBe(1)
    expect(failures(ended)).toEqual([
      expect.stringMatching(/^slack reach .* → Check that this machine reaches 127/),
    ])
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
  })
})

describe('doctor of what takes itself for Slack', () => {
  it.each([
    ['says nothing of us', '{"ok":true}'],
    ['is a page', '<html></html>'],
  ])('does not believe an answer that %s', async (_what, body) => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(body)
    })
    const ended = await doctor({ SLACK_API_URL: `http://127.0.0.1:${port}/api/` })
    expect([ended.code, failures(ended)]).toEqual([1, [expect.stringMatching(/^slack reach /)]])
  })

  it('lets nothing through that a terminal or a monitor would act on', async () => {
    const team = '\u001b[2J| a=1\nACKBRIDGE OK'
    const port = await serve((_request, response) => {
      const answer = { ok: true, team, team_id: 'T1', user: playground.botToken, user_id: 'U1' }
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' })
      response.end(JSON.stringify(answer))
    })
    const { stdout } = await doctor({ SLACK_API_URL: `http://127.0.0.1:${port}/api/`, PORT: '9' }, '--plugin')
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f|]/)
    expect(stdout.match(/^ACKBRIDGE/gm)).toHaveLength(1)
    expect(stdout).toContain('@***')
  })
})

describe('doctor of monitors', () => {
  it('tries each side by side, as far as there is a way to talk to it', async () => {
    const silent = await serveSilence()
    const refusing = await serve((_request, response) =>
      response.writeHead(401).end('{"error":401,"status":"hunter2hunter2"}'),
    )
    const icinga2 = { kind: 'icinga2', user: 'ackbridge', password: 'hunter2hunter2' }
    configure({
      monitors: {
        plain: { kind: 'native' },
        silent: { ...icinga2, url: `http://127.0.0.1:${silent}` },
        away: { ...icinga2, url: 'http://127.0.0.1:9' },
        refusing: { ...icinga2, url: `http://127.0.0.1:${refusing}` },
        unread: { ...icinga2, url: 'https://127.0.0.1:9', ca: '/nonexistent' },
      },
    })
    const began = performance.now()
    const ended = await doctor()

    expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
    expect(ended.code).toBe(2)
    expect(ended.stdout).toMatch(/^ok +plain .*kept here only\.$/m)
    const said = failures(ended)
    expect(said.find((line) => line.startsWith('silent'))).toMatch(/in time|seconds/)
    expect(said.find((line) => line.startsWith('away'))).toMatch(/^away reach .*→/)
    expect(said.find((line) => line.startsWith('refusing'))).toMatch(/^refusing credentials .*→/)
    expect(said.find((line) => line.startsWith('unread'))).toMatch(
      /^unread settings .*\/nonexistent.*ENOENT.*→/,
    )
  })

  it('ends with 1 where all that is wrong may pass', async () => {
    const url = 'http://127.0.0.1:9'
    configure({ monitors: { shop: { kind: 'icinga2', url, user: 'ackbridge', password: 'hunter2hunter2' } } })
    const ended = await doctor()
    expect([ended.code, failures(ended)]).toEqual([1, [expect.stringMatching(/^shop reach /)]])
  })
})

describe('doctor of the database and the server', () => {
  it('does no harm to a server that runs, and asks it', async () => {
    const world = await startWorld()
    await world.notify({ host: 'web01', state: 'DOWN' })
    const env = { ...world.environment(), PORT: String(world.app.port) }

    const { code, stdout } = await runCommand(['doctor'], env, world.folder)

    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok +database +open +.*test\.db can be read and written; 1 open problems\.$/m)
    expect(stdout).toMatch(/^ok +server +ready +The server on 127\.0\.0\.1:\d+ takes notifications\.$/m)
    expect(await world.notify({ host: 'web01', state: 'UP' })).toMatchObject({ status: 202 })
  })

  it('names a file that is no database, and leaves it alone', async () => {
    mkdirSync(join(folder, 'data'))
    const file = join(folder, 'data', 'ackbridge.db')
    writeFileSync(file, 'this is a letter'.repeat(300))
    const ended = await doctor()
    expect([ended.code, failures(ended)]).toEqual([
      2,
      [expect.stringMatching(/^database open .*not a SQLite database/)],
    ])
    expect(readFileSync(file, 'utf8')).toBe('this is a letter'.repeat(300))
  })

  it('names somebody else on our port', async () => {
    const port = await serve((_request, response) => response.end('hello'))
    const ended = await doctor({ PORT: String(port) })
    expect([ended.code, failures(ended)]).toEqual([
      2,
      [expect.stringMatching(/^server port What answers .* is not ackbridge/)],
    ])
  })

  it('says that the port is free when nothing runs', async () => {
    const { code, stdout } = await doctor({ PORT: '9' })
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('No server runs on 127.0.0.1:9; the port is free.'),
    ])
  })
})

describe('ackbridge doctor --plugin', () => {
  /** Its first line, and whether the rest is there and holds no figures. */
  function firstLine({ stdout }: Ended): string {
    const [first = '', ...rest] = stdout.trim().split('\n')
    expect(stdout).not.toContain('|')
    expect(first.length).toBeLessThan(500)
    for (const line of rest) expect(line).not.toMatch(/^ACKBRIDGE/)
    return first
  }

  it('is OK while the server runs and all is well', async () => {
    const world = await startWorld({ transport: 'socket' })
    const env = { ...world.environment(), PORT: String(world.app.port) }
    const ended = await runCommand(['doctor', '--plugin'], env, world.folder)

    expect([ended.code, firstLine(ended)]).toEqual([
      0,
      expect.stringMatching(/^ACKBRIDGE OK - \d+ trials, all well$/),
    ])
    expect(ended.stdout).toContain('The server is connected to Slack (Socket Mode).')

    await world.stop()
    const stopped = await runCommand(['doctor', '--plugin'], env, world.folder)
    expect([stopped.code, firstLine(stopped)]).toEqual([
      2,
      expect.stringMatching(
        /^ACKBRIDGE CRITICAL - server: No server answers on 127\.0\.0\.1:\d+ \(ECONNREFUSED\)\./,
      ),
    ])
  })

  it.each([
    ['well', READY, 200, 0, 'OK - '],
    ['starting', { error: 'unavailable', message: 'later' }, 503, 2, 'CRITICAL - server: The server on'],
    ['without a store', { ...READY, status: 'not ready' }, 503, 2, 'CRITICAL - server: The server on'],
    [
      'with parked messages',
      { ...READY, parked: 3 },
      200,
      1,
      'WARNING - server: 3 messages could not be delivered',
    ],
    ['late', { ...READY, oldestUndeliveredSeconds: 600 }, 200, 1, 'WARNING - server: What waits longest'],
    [
      'too late',
      { ...READY, oldestUndeliveredSeconds: 6000 },
      200,
      2,
      'CRITICAL - server: What waits longest',
    ],
    [
      'not connected',
      { ...READY, slack: 'not connected' },
      200,
      2,
      'CRITICAL - server: The server has no connection',
    ],
    [
      'refused by Slack',
      { ...READY, slack: 'token_revoked' },
      200,
      2,
      'CRITICAL - server: Slack refuses what the server sends (token_revoked)',
    ],
    [
      'with a monitor in trouble',
      { ...READY, monitors: { dc1: 'silent|since 10:00\nx', dc2: 'ok', dc3: 'nagios' } },
      200,
      1,
      'WARNING - server: The server says of dc1: silent/since 10:00 x.',
    ],
    ['something else', { hello: 1 }, 200, 2, 'CRITICAL - server: What answers on'],
    ['strange', [], 200, 2, 'CRITICAL - server: What answers on'],
    ['older or newer', { status: 'ready', slack: 5, monitors: [], parked: 'x' }, 200, 0, 'OK - '],
  ])('tells a server that is %s', async (_what, health, status, code, said) => {
    const port = await serveHealth(health, status)
    const ended = await doctor({ PORT: String(port) }, '--plugin')
    expect([ended.code, firstLine(ended)]).toEqual([code, expect.stringContaining(`ACKBRIDGE ${said}`)])
  })

  it('is CRITICAL when the server hangs, in time', async () => {
    const port = await serveSilence()
    const began = performance.now()
    const ended = await doctor({ PORT: String(port) }, '--plugin')
    expect([ended.code, firstLine(ended)]).toEqual([2, expect.stringContaining('does not answer')])
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
  })

  it('is WARNING where one monitor cannot be reached, and CRITICAL where it refuses us', async () => {
    const port = await serveHealth(READY)
    const refusing = await serve((_request, response) => response.writeHead(401).end('{}'))
    const shop = { kind: 'icinga2', url: 'http://127.0.0.1:9', user: 'ackbridge', password: 'hunter2hunter2' }
    configure({ monitors: { shop } })
    const away = await doctor({ PORT: String(port) }, '--plugin')
    expect([away.code, firstLine(away)]).toEqual([1, expect.stringMatching(/^ACKBRIDGE WARNING - shop: /)])

    configure({ monitors: { shop: { ...shop, url: `http://127.0.0.1:${refusing}` } } })
    const refused = await doctor({ PORT: String(port) }, '--plugin')
    expect([refused.code, firstLine(refused)]).toEqual([
      2,
      expect.stringMatching(/^ACKBRIDGE CRITICAL - shop: /),
    ])
  })

  it('is UNKNOWN where the configuration cannot be used', async () => {
    configure({ strom: {} })
    const ended = await doctor({}, '--plugin')
    expect([ended.code, firstLine(ended)]).toEqual([
      3,
      'ACKBRIDGE UNKNOWN - The configuration cannot be used. ackbridge.yml:1: strom is not known. Did you mean storm?',
    ])
    expect(ended.stderr).toBe('')
  })

  it('is OK where nothing is set', async () => {
    const ended = await runCommand(['doctor', '--plugin'], {}, folder)
    expect([ended.code, firstLine(ended)]).toEqual([0, expect.stringMatching(/^ACKBRIDGE OK - .*playground/)])
  })
})
