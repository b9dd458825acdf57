import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import {
  type FakeServer,
  type Implementation,
  node,
  run,
  shell,
  spooled,
  start,
  startServer,
  temporaryFolder,
  until,
} from '../support/notify-command.ts'

const key = 'ak_test.0123456789abcdef"\\x'

let folder: { path: string; remove(): void }
let spool: string
let server: FakeServer

beforeEach(async () => {
  folder = temporaryFolder()
  spool = `${folder.path}/spool`
  server = await startServer()
})
afterEach(async () => {
  await server.close()
  folder.remove()
})

function spoolEnv(url = server.url): Record<string, string> {
  return { ACKBRIDGE_URL: url, ACKBRIDGE_SPOOL: spool, ACKBRIDGE_NOTIFY_KEY: key }
}

function received(): Record<string, unknown>[] {
  return server.received.map(({ body }) => {
    const { cli, time, id, ...rest } = body
    expect(cli).toBe(1)
    expect(time).toMatch(/^\d{10}\.\d{3}$/)
    expect(id).toMatch(/^.{2,128}$/)
    return rest
  })
}

const everyFile = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)

/** The command lines openITCOCKPIT installs, its program replaced. */
const vendorHost =
  'cake SlackModule.SlackNotification --type Host --notificationtype $NOTIFICATIONTYPE$ --hostname "$HOSTNAME$" --hostaddress "$HOSTADDRESS$" --hoststate "$HOSTSTATEID$" --output "$HOSTOUTPUT$"'
const vendorService =
  'cake SlackModule.SlackNotification --type Service --notificationtype $NOTIFICATIONTYPE$ --hostname "$HOSTNAME$" --hostaddress "$HOSTADDRESS$" --hoststate "$HOSTSTATEID$" --servicedesc "$SERVICEDESC$" --servicestate "$SERVICESTATEID$" --output "$SERVICEOUTPUT$"'

function throughShell(
  implementation: Implementation,
  line: string,
  macros: Record<string, string>,
): string[] {
  const program = implementation.command.map((word) => `'${word}'`).join(' ')
  const expanded = line.replace(/\$([A-Z]+)\$/g, (literal, name: string) => macros[name] ?? literal)
  return ['/bin/sh', '-c', expanded.replace(/^cake/, () => program)]
}

const macros = {
  NOTIFICATIONTYPE: 'PROBLEM',
  HOSTNAME: 'c36b8048-93ce-4385-ac19-ab5c90574b77',
  HOSTADDRESS: '10.0.0.1',
  HOSTSTATEID: '1',
  HOSTOUTPUT: 'PING CRITICAL - Packet loss = 100%',
  SERVICEDESC: '74fd8f59-1348-4e16-85f0-4a5c57c7dd62',
  SERVICESTATEID: '2',
  SERVICEOUTPUT: 'Disk / at 99% (ü)',
}

describe.each([node, shell])('notify ($name): what is sent', (implementation) => {
  const notify = (args: string[], env: Record<string, string> = {}) =>
    run([...implementation.command, ...args], { ...spoolEnv(), ...env })

  test("takes openITCOCKPIT's own command lines", async () => {
    const host = await run(throughShell(implementation, vendorHost, macros), spoolEnv())
    const service = await run(throughShell(implementation, vendorService, macros), spoolEnv())

    expect([host, service].map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ])
    expect(server.received.map(({ path }) => path)).toEqual([
      '/notify/openitcockpit',
      '/notify/openitcockpit',
    ])
    expect(received()).toEqual([
      {
        type: 'Host',
        notificationtype: 'PROBLEM',
        hostname: macros.HOSTNAME,
        hostaddress: '10.0.0.1',
        hoststate: '1',
        output: macros.HOSTOUTPUT,
      },
      {
        type: 'Service',
        notificationtype: 'PROBLEM',
        hostname: macros.HOSTNAME,
        hostaddress: '10.0.0.1',
        hoststate: '1',
        servicedesc: macros.SERVICEDESC,
        servicestate: '2',
        output: macros.SERVICEOUTPUT,
      },
    ])
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${key}`)
    expect(server.received[0]?.headers['content-type']).toBe('application/json')
  })

  test("takes the sister modules' flags, states as words, unknown flags and the = form", async () => {
    await notify([
      'MattermostModule.mattermost_notification',
      '-q',
      '--no-emoji',
      ...['--type', 'Host', '--hostuuid', 'u-1', '--state', 'UNREACHABLE', '--jira-project=OPS=1'],
      ...['--monitor', 'dc 1/ü', '--Comment', '--hostname', '--hostname', 'web01', '--flagged'],
    ])

    expect(server.received[0]?.path).toBe('/notify/dc%201%2F%C3%BC')
    expect(received()).toEqual([
      {
        'no-emoji': '1',
        type: 'Host',
        hostuuid: 'u-1',
        state: 'UNREACHABLE',
        'jira-project': 'OPS=1',
        comment: '--hostname',
        hostname: 'web01',
        flagged: '1',
      },
    ])
  })

  test('leaves out empty values and macros the monitor did not know', async () => {
    const args = [
      '--hostname',
      'a',
      '--hostaddress',
      '',
      '--output',
      '$LONGHOSTOUTPUT$',
      '--link',
      '$X:a:b c$',
    ]
    const result = await notify([...args, '--comment', 'costs $5$ or $ 6 $', '--state', '--type', 'Host'])

    expect(result.code).toBe(0)
    expect(received()).toEqual([{ hostname: 'a', comment: 'costs $5$ or $ 6 $', type: 'Host' }])
  })

  test('passes hostile values through unharmed', async () => {
    const values = {
      output: `--- x "double" 'single' \\back\\ $(touch ${folder.path}/x) \`touch ${folder.path}/x\` $HOME %s \\n {"a":1}`,
      longoutput: 'line 1\nline 2\r\n\ttab \u0001\u001f\u007f\u0085\u2028 end\n',
      comment: '-1 degrees ; & | > ✓ 😀 Ünïcödé \ufeff',
      author: '*',
      hostname: "O'Brien & Söhne/*",
    }
    const result = await notify(Object.entries(values).flatMap(([flag, value]) => [`--${flag}`, value]))

    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(received()).toEqual([values])
    expect(existsSync(`${folder.path}/x`)).toBe(false)
  })

  test('cuts a long value between two characters, and reads broken UTF-8', async () => {
    await notify(['--hostname', 'a', '--output', 'ä'.repeat(50_001), '--comment', `x${'😀'.repeat(20_000)}`])
    const program = implementation.command.map((word) => `'${word}'`).join(' ')
    await run(
      ['/bin/sh', '-c', `${program} --hostname a --output "$(printf 'a\\377b\\303(c\\360\\237')"`],
      spoolEnv(),
    )

    const [long, broken] = received()
    expect(String(long?.['output'])).toBe('ä'.repeat(32_768))
    expect(String(long?.['comment'])).toBe(`x${'😀'.repeat(16_383)}`)
    expect(broken?.['output']).toBe('a\ufffdb\ufffd(c\ufffd')
  })

  test('keeps the body below what the server takes', async () => {
    const control = '\u0001'.repeat(60_000)
    const flags = ['output', 'longoutput', 'comment', 'ackcomment', 'author']
    const result = await notify(['--hostname', 'a', ...flags.flatMap((flag) => [`--${flag}`, control])])

    expect(result.code).toBe(0)
    expect(server.received[0]?.text.length).toBeLessThan(1_000_001)
    expect(received()[0]).toMatchObject({ hostname: 'a' })
    expect(Object.keys(received()[0] ?? {})).toEqual(['hostname', ...flags])
  })

  test('gives flags back that a trailing backslash has glued onto the output', async () => {
    const line =
      'cake --type Service --hostname a --output "$SERVICEOUTPUT$" --servicestate "2" --servicedesc "d" --longoutput "$LONG$"'
    await run(
      throughShell(implementation, line, { SERVICEOUTPUT: 'C:\\temp\\', LONG: 'in D:\\' }),
      spoolEnv(),
    )
    await notify(['--hostname', 'a', '--output', 'text --servicestate 2'])
    await notify(['--hostname', 'a', '--output', 'usage: x --hostname H --servicestate STATE'])

    expect(received()).toEqual([
      {
        type: 'Service',
        hostname: 'a',
        output: 'C:\\temp\\',
        servicestate: '2',
        servicedesc: 'd',
        longoutput: 'in D:\\',
      },
      { hostname: 'a', output: 'text', servicestate: '2' },
      { hostname: 'a', output: 'usage: x --hostname H --servicestate STATE' },
    ])
  })

  test('numbers the runs for several contacts alike, others not', async () => {
    for (const number of ['77', '77', '0', '']) await notify(['--hostname', 'a', '--notificationid', number])

    const ids = server.received.map(({ body }) => body['id'])
    expect(ids.slice(0, 2)).toEqual(['n77', 'n77'])
    expect(ids[2]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(3)
  })

  test('sends the variables of a prefix, and never the key', async () => {
    const env = {
      NOTIFY_HOSTNAME: 'heute',
      NOTIFY_LONGOUTPUT: '<script>\nNOTIFY_FAKE=1\\n"',
      NOTIFY_EMPTY: '',
      NOTIFY_MACRO: '$X$',
      NOTIFY_MICROTIME: '1553097106779348',
      NOTIFY_PARAMETER_1: `key ${key}`,
      OTHER: 'x',
    }
    const result = await notify(
      ['--from-env', 'NOTIFY_', '--from-env', 'ACKBRIDGE_', '--contact', 'ann'],
      env,
    )
    const refused = await notify(['--from-env', ''], env)

    expect(result.code).toBe(0)
    expect(received()).toEqual([
      {
        NOTIFY_HOSTNAME: 'heute',
        NOTIFY_LONGOUTPUT: '<script>\nNOTIFY_FAKE=1\\n"',
        NOTIFY_MICROTIME: '1553097106779348',
        contact: 'ann',
      },
    ])
    expect(server.received[0]?.body['id']).toBe('m1553097106779348')
    expect(refused.code).toBe(2)
  })

  test('reads flag before environment before settings file', async () => {
    const settings = `${folder.path}/notify.env`
    writeFileSync(
      settings,
      `# ours\nACKBRIDGE_MONITOR=filed\nexport ACKBRIDGE_NOTIFY_KEY="k1"\nACKBRIDGE_URL=${server.url}/base/\n`,
    )
    const keyFile = `${folder.path}/key`
    writeFileSync(keyFile, 'k2\n')
    const env = { ACKBRIDGE_NOTIFY_ENV: settings }
    const command = [...implementation.command, '--hostname', 'a']
    await run(command, env)
    await run(command, { ...env, ACKBRIDGE_MONITOR: 'set', ACKBRIDGE_NOTIFY_KEY_FILE: keyFile })
    await run([...command, '--monitor', 'flag', '--url', server.url], { ...env, ACKBRIDGE_MONITOR: 'set' })

    expect(server.received.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/base/notify/filed', 'Bearer k1'],
      ['/base/notify/set', 'Bearer k2'],
      ['/notify/flag', 'Bearer k1'],
    ])
  })
})

describe.each([node, shell])('notify ($name): what becomes of it', (implementation) => {
  const notify = (args: string[], env: Record<string, string> = spoolEnv()) =>
    run([...implementation.command, ...args], env)

  test.each([
    { status: 200, spooledCode: 0, directCode: 0, place: 'sent' },
    { status: 202, spooledCode: 0, directCode: 0, place: 'sent' },
    { status: 302, spooledCode: 2, directCode: 2, place: 'kept' },
    { status: 401, spooledCode: 2, directCode: 2, place: 'kept' },
    { status: 403, spooledCode: 2, directCode: 2, place: 'kept' },
    { status: 404, spooledCode: 2, directCode: 2, place: 'kept' },
    { status: 405, spooledCode: 2, directCode: 2, place: 'kept' },
    { status: 400, spooledCode: 2, directCode: 2, place: 'rejected' },
    { status: 413, spooledCode: 2, directCode: 2, place: 'rejected' },
    { status: 415, spooledCode: 2, directCode: 2, place: 'rejected' },
    { status: 429, spooledCode: 0, directCode: 1, place: 'kept' },
    { status: 500, spooledCode: 0, directCode: 1, place: 'kept' },
    { status: 503, spooledCode: 0, directCode: 1, place: 'kept' },
  ])('answer $status: exit $spooledCode with a spool, $directCode without', async (row) => {
    server.answer = () => row.status
    const args = ['--hostname', 'a', '--output', 'x']
    const withSpool = await notify(args)
    const direct = await notify(args, { ACKBRIDGE_URL: server.url, ACKBRIDGE_NOTIFY_KEY: key })

    expect([withSpool.code, direct.code]).toEqual([row.spooledCode, row.directCode])
    expect(server.received).toHaveLength(2)
    expect(spooled(spool)).toHaveLength(row.place === 'kept' ? 1 : 0)
    expect(spooled(`${spool}/rejected`)).toHaveLength(row.place === 'rejected' ? 1 : 0)
    expect(withSpool.stderr === '').toBe(row.place === 'sent')
    expect(withSpool.stderr + direct.stderr).not.toContain('ak_test')
    for (const file of everyFile(spool)) {
      expect(readFileSync(file, 'utf8')).not.toContain('ak_test')
      expect(statSync(file).mode & 0o777).toBe(0o600)
    }
    expect(statSync(spool).mode & 0o777).toBe(0o700)
  })

  test('keeps what cannot be sent, and sends it later in order with the same ids', async () => {
    const port = await freePort()
    const env = spoolEnv(`http://127.0.0.1:${port}`)
    for (const host of ['a', 'b', 'c']) {
      const result = await notify(['--hostname', host, '--monitor', `m.${host}`], env)
      expect(result.code).toBe(0)
      expect(result.stderr).toContain('cannot be reached')
    }
    const ids = spooled(spool).map((name) => JSON.parse(readFileSync(`${spool}/${name}`, 'utf8')).id)
    const stillAway = await notify(['--flush'], env)
    const back = await startServer(202, port)
    const flushed = await notify(['--flush'], env)
    await back.close()

    expect([stillAway.code, flushed.code, flushed.stderr]).toEqual([0, 0, ''])
    expect(back.received.map(({ path, body }) => [path, body['id']])).toEqual([
      ['/notify/m%2Ea', ids[0]],
      ['/notify/m%2Eb', ids[1]],
      ['/notify/m%2Ec', ids[2]],
    ])
    expect(spooled(spool)).toEqual([])
    expect((await notify(['--flush'], env)).code).toBe(0)
  })

  test("one monitor's refusal does not hold up another's notifications", async () => {
    server.answer = ({ path }) => (path.endsWith('/gone') ? 404 : 202)
    const gone = await notify(['--monitor', 'gone', '--hostname', 'a'])
    const fine = await notify(['--monitor', 'fine', '--hostname', 'b'])
    const flush = await notify(['--flush'])

    expect([gone.code, fine.code, flush.code]).toEqual([2, 0, 2])
    expect(spooled(spool)).toHaveLength(1)
    expect(gone.stderr).toContain('"gone" (404)')
  })

  test('sends each once when several run at a time', async () => {
    const hosts = ['a', 'b', 'c', 'd', 'e', 'f']
    const results = await Promise.all(hosts.map((host) => notify(['--hostname', host])))
    await notify(['--flush'])

    expect(results.map(({ code }) => code)).toEqual(hosts.map(() => 0))
    expect(
      received()
        .map(({ hostname }) => hostname)
        .sort(),
    ).toEqual(hosts)
    expect(spooled(spool)).toEqual([])
  })

  test('goes on after a kill -9 of the process that held the lock', async () => {
    server.answer = () => undefined
    const first = start([...implementation.command, '--hostname', 'a'], spoolEnv())
    await until(() => server.received.length === 1)
    const meanwhile = await notify(['--hostname', 'b'])
    await first.kill()
    server.answer = () => 202
    const next = await notify(['--hostname', 'c'])

    expect([meanwhile.code, next.code]).toEqual([0, 0])
    expect(received().map(({ hostname }) => hostname)).toEqual(['a', 'a', 'b', 'c'])
    expect(server.received[0]?.body['id']).toBe(server.received[1]?.body['id'])
    expect(spooled(spool)).toEqual([])
  })

  test('takes over a lock whose process id is now somebody else', async () => {
    mkdirSync(`${spool}/lock`, { recursive: true, mode: 0o700 })
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    writeFileSync(`${spool}/lock/7`, `${process.pid} 1 ${boot}\n`)

    expect((await notify(['--hostname', 'a'])).code).toBe(0)
    expect(received()).toEqual([{ hostname: 'a' }])
    expect(readdirSync(`${spool}/lock`)).toEqual(['8'])
  })

  test('leaves the spool to the living holder of the lock', async () => {
    mkdirSync(`${spool}/lock`, { recursive: true, mode: 0o700 })
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFileSync(`${spool}/lock/7`, `${process.pid} ${began} ${boot}\n`)

    const result = await notify(['--hostname', 'a'])
    const flush = await notify(['--flush'])

    expect([result.code, flush.code, server.received.length]).toEqual([0, 0, 0])
    expect(spooled(spool)).toHaveLength(1)
  })

  test('takes whole files of killed writers along and removes halves', async () => {
    mkdirSync(spool, { mode: 0o700 })
    const name = (digit: number) => `${spool}/.tmp-178000000000${digit}.0000001.abcdef.nagios.json`
    for (const [digit, text] of ['{"cli":1,"id":"x"}', '{"cli":1,"id'].entries()) {
      writeFileSync(name(digit), text)
      utimesSync(name(digit), 1e9, 1e9)
    }
    await notify(['--hostname', 'b'])

    expect(server.received.map(({ body }) => body['id']).includes('x')).toBe(true)
    expect(server.received).toHaveLength(2)
    expect(readdirSync(spool)).toEqual(['lock'])
  })

  test('refuses a folder that others may enter, and a link', async () => {
    mkdirSync(spool)
    chmodSync(spool, 0o755)
    const open = await notify(['--hostname', 'a'])
    mkdirSync(`${folder.path}/real`, { mode: 0o700 })
    symlinkSync(`${folder.path}/real`, `${folder.path}/link`)
    const linked = await notify(['--hostname', 'a', '--spool', `${folder.path}/link`])

    expect([open.code, linked.code]).toEqual([2, 2])
    expect(open.stderr).toContain('chmod 700')
    expect(server.received).toEqual([])
  })

  test('refuses the notification that exceeds the limit, and keeps the older ones', async () => {
    mkdirSync(spool, { mode: 0o700 })
    for (let index = 0; index < 10_000; index++) {
      writeFileSync(`${spool}/178${String(index).padStart(10, '0')}.0000001.abcdef.nagios.json`, '')
    }
    const result = await notify(['--hostname', 'a'])

    expect(result.code).toBe(1)
    expect(result.stderr).toContain('10000')
    expect(spooled(spool)).toHaveLength(10_000)
    expect(server.received).toEqual([])
  })

  test('keeps the notification when the key file or the url is no good', async () => {
    const missing = await notify(['--hostname', 'a', '--key-file', `${folder.path}/none`])
    writeFileSync(`${folder.path}/key`, 'two\nlines\n')
    const broken = await notify(['--hostname', 'b', '--key-file', `${folder.path}/key`])
    const address = await notify(['--hostname', 'c', '--url', 'ftp://x'])
    const nothing = await notify(['--hostname', '$HOSTNAME$'])

    expect([missing.code, broken.code, address.code, nothing.code]).toEqual([2, 2, 2, 2])
    expect(missing.stderr).toContain(`${folder.path}/none`)
    expect(broken.stderr).not.toContain('lines\n')
    expect(spooled(spool)).toHaveLength(3)
    expect(server.received).toEqual([])
  })

  test('ends in time when the server never answers', async () => {
    server.answer = () => undefined
    const [kept, direct] = await Promise.all([
      notify(['--hostname', 'a']),
      notify(['--hostname', 'b'], { ACKBRIDGE_URL: server.url }),
    ])

    expect([kept.code, direct.code]).toEqual([0, 1])
    expect(Math.max(kept.ms, direct.ms)).toBeLessThan(6000)
    expect(spooled(spool)).toHaveLength(1)
  })

  test('one process in the background keeps trying, and ends', async () => {
    const port = await freePort()
    const env = { ...spoolEnv(`http://127.0.0.1:${port}`), ACKBRIDGE_FLUSH_SECONDS: '15' }
    const lockText = () =>
      existsSync(`${spool}/lock`)
        ? readdirSync(`${spool}/lock`)
            .filter((name) => !name.startsWith('.'))
            .map((name) => readFileSync(`${spool}/lock/${name}`, 'utf8'))
            .join('')
        : ''
    await notify(['--hostname', 'a'], env)
    await until(() => lockText() !== '')
    const flusher = lockText().split(' ')[0] ?? ''
    const commandLine = readFileSync(`/proc/${flusher}/cmdline`, 'utf8')
    const second = await notify(['--hostname', 'b'], env)
    const back = await startServer(202, port)
    await until(() => back.received.length === 2)
    await until(() => lockText() === '' && !existsSync(`/proc/${flusher}`))
    await back.close()

    expect(commandLine).toContain('--flush')
    expect(commandLine).not.toContain('ak_test')
    expect([second.code, second.stderr]).toEqual([0, ''])
    expect(back.received.map(({ body, headers }) => [body['hostname'], headers.authorization])).toEqual([
      ['a', `Bearer ${key}`],
      ['b', `Bearer ${key}`],
    ])
    expect(spooled(spool)).toEqual([])
  })
})

describe('notify: both programs on one spool', () => {
  test('each sends what the other has kept', async () => {
    for (const [first, second] of [
      [node, shell],
      [shell, node],
    ] as const) {
      server.answer = () => 503
      await run([...first.command, '--hostname', first.name, '--output', 'é😀'], spoolEnv())
      server.answer = () => 202
      expect((await run([...second.command, '--flush'], spoolEnv())).code).toBe(0)
    }

    expect(received().map(({ hostname, output }) => [hostname, output])).toEqual(
      ['node', 'node', 'sh', 'sh'].map((name) => [name, 'é😀']),
    )
    expect(spooled(spool)).toEqual([])
  })

  test('each sees that the other holds the lock', async () => {
    for (const [first, second] of [
      [node, shell],
      [shell, node],
    ] as const) {
      server.answer = () => undefined
      const before = server.received.length
      const holder = start([...first.command, '--hostname', 'a'], spoolEnv())
      await until(() => server.received.length === before + 1)
      const other = await run([...second.command, '--flush'], spoolEnv())
      await holder.kill()

      expect([other.code, server.received.length]).toEqual([0, before + 1])
    }
  })
})

/*
 * Checkmk runs a script with everything in the environment, or in bulk mode with `--bulk` and everything on stdin.
 */

const checkmkVariables = {
  WHAT: 'SERVICE',
  NOTIFICATIONTYPE: 'PROBLEM',
  HOSTNAME: 'sw-core-2',
  HOSTSTATEID: '0',
  SERVICEDESC: "it's $(id) `x` 100%",
  SERVICESTATEID: '2',
  SERVICEOUTPUT: '<script>alert("x")</script> (!!)',
  LONGSERVICEOUTPUT: 'line 2\nline 3 \\n=',
  MICROTIME: '1795291200123456',
  EMPTY: '',
}

const withPrefix = (variables: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`NOTIFY_${name}`, value]))

const bulkText = (...blocks: Record<string, string>[]): string =>
  [{ PARAMETER_1: `key ${key}`, PARAMETER_PASSWORD: 'hunter2' }, ...blocks]
    .map((block) =>
      Object.entries(block)
        .map(([name, value]) => `${name}=${value.replaceAll('\n', '\u0001')}\n`)
        .join(''),
    )
    .join('\n')

/** Runs a program that reads stdin. */
function runWithInput(
  command: readonly string[],
  env: Record<string, string>,
  input: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    env: {
      PATH: process.env['PATH'],
      ACKBRIDGE_NOTIFY_ENV: '/nonexistent',
      ACKBRIDGE_FLUSH_SECONDS: '0',
      ...env,
    },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) => done({ code, stdout, stderr }))
  })
}

/** The notification script as its README shows it, in a folder with the program that it calls. */
function readmeScript(): { path: string; env: Record<string, string> } {
  const readme = readFileSync('src/monitors/checkmk/README.md', 'utf8')
  const block = /^ *```sh\n( *#!\/bin\/sh\n[\s\S]*?)^ *```$/m.exec(readme)?.[1] ?? ''
  const indent = /^ */.exec(block)?.[0] ?? ''
  const path = `${folder.path}/notification-script`
  writeFileSync(path, block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''), { mode: 0o755 })
  mkdirSync(`${folder.path}/bin`)
  const program = `#!/bin/sh\nexec '${process.execPath}' '${resolve('src/main.ts')}' "$@"\n`
  writeFileSync(`${folder.path}/bin/ackbridge`, program, { mode: 0o755 })
  return { path, env: { PATH: `${folder.path}/bin:${process.env['PATH']}` } }
}

/** The script that ships for hosts without Node. */
const shippedScript = (): { path: string; env: Record<string, string> } => ({
  path: resolve('contrib/ackbridge-checkmk'),
  env: { ACKBRIDGE_PROGRAM: resolve('contrib/ackbridge-notify') },
})

const flat = (): Record<string, unknown>[] =>
  server.received.flatMap(({ body }) => (Array.isArray(body) ? (body as Record<string, unknown>[]) : [body]))

describe.each([
  { name: 'of the README', script: readmeScript },
  { name: 'in contrib', script: shippedScript },
])('a notification script of Checkmk, $name', ({ script }) => {
  test('begins as Checkmk wants it', () => {
    const lines = readFileSync(script().path, 'utf8').split('\n')

    expect(lines.slice(0, 3)).toEqual(['#!/bin/sh', '# Slack (ackbridge)', '# Bulk: yes'])
  })

  test('sends one notification, and no parameter or secret', async () => {
    const { path, env } = script()
    const variables = {
      ...checkmkVariables,
      PARAMETER_1: 'hunter2',
      HOST_SNMP_COMMUNITY: 'hunter2',
      HOST_ILO_PASSWORD: 'hunter2',
      SERVICE_API_KEY: 'hunter2',
    }
    const { code, stdout, stderr } = await runWithInput(
      [path],
      { ...env, ...spoolEnv(), ...withPrefix(variables) },
      '',
    )

    expect([code, stdout, stderr]).toEqual([0, '', ''])
    const { EMPTY: _, ...present } = checkmkVariables
    expect(flat()).toEqual([expect.objectContaining(withPrefix(present))])
    expect(flat()[0]?.['id']).toBe('m1795291200123456')
    expect(server.received[0]?.text).not.toContain('hunter2')
    expect(spooled(spool)).toEqual([])
  })

  test('sends each notification of a bulk as if it came alone', async () => {
    const { path, env } = script()
    const others = Array.from({ length: 5 }, (_, at) => ({
      ...checkmkVariables,
      HOSTNAME: `host-${at}`,
      MICROTIME: `179529120012345${at}`,
    }))
    const { code, stdout, stderr } = await runWithInput(
      [path, '--bulk'],
      { ...env, ...spoolEnv() },
      bulkText(checkmkVariables, ...others),
    )

    expect([code, stdout, stderr]).toEqual([0, '', ''])
    const { EMPTY: _, ...present } = checkmkVariables
    expect(flat()).toHaveLength(6)
    expect(flat()[0]).toMatchObject({ ...withPrefix(present), cli: 1, id: 'm1795291200123456' })
    expect(flat().map((body) => body['NOTIFY_HOSTNAME'])).toEqual([
      'sw-core-2',
      'host-0',
      'host-1',
      'host-2',
      'host-3',
      'host-4',
    ])
    for (const { text } of server.received) expect(text).not.toMatch(/hunter2|PARAMETER/)
  })

  test.each([
    { status: 202, code: 0 },
    { status: 400, code: 2 },
    { status: 401, code: 2 },
    { status: 404, code: 2 },
    { status: 429, code: 1 },
    { status: 503, code: 1 },
    { status: null, code: 1 },
  ])('ends with $code without a spool when the server answers $status', async ({ status, code }) => {
    const { path, env } = script()
    const url = status === null ? `http://127.0.0.1:${await freePort()}` : server.url
    server.answer = () => status ?? 500
    const direct = { ...env, ACKBRIDGE_URL: url, ACKBRIDGE_NOTIFY_KEY: key }
    const one = await runWithInput([path], { ...direct, ...withPrefix(checkmkVariables) }, '')
    const bulk = await runWithInput([path, '--bulk'], direct, bulkText(checkmkVariables))

    expect([one.code, bulk.code]).toEqual([code, code])
    expect(one.stdout + bulk.stdout).toBe('')
    expect(one.stderr + bulk.stderr).not.toContain('ak_test')
  })

  test('keeps a whole bulk while the server is away, and sends it later', async () => {
    const { path, env } = script()
    const port = await freePort()
    const away = { ...env, ...spoolEnv(`http://127.0.0.1:${port}`) }
    const second = { ...checkmkVariables, HOSTNAME: 'second' }
    const kept = await runWithInput([path, '--bulk'], away, bulkText(checkmkVariables, second))
    const single = await runWithInput([path], { ...away, ...withPrefix(checkmkVariables) }, '')
    const back = await startServer(202, port)
    const flushed = await run([...node.command, '--flush'], spoolEnv(`http://127.0.0.1:${port}`))
    await back.close()

    expect([kept.code, single.code, flushed.code]).toEqual([0, 0, 0])
    expect(back.received.flatMap(({ body }) => body)).toHaveLength(3)
    expect(spooled(spool)).toEqual([])
  })
})

describe('notify --bulk', () => {
  test('refuses a bulk without a notification, and survives one of nonsense', async () => {
    for (const input of ['', '\n\n', 'PARAMETER_1=x\n', '\u0000\u0001=\n\n\u00ff', 'x'.repeat(300_000)]) {
      const { code, stderr } = await runWithInput([...node.command, '--bulk'], spoolEnv(), input)
      expect(code).toBe(2)
      expect(stderr).toContain('nothing to send')
    }
    expect(server.received).toEqual([])
  })

  test('sends hundreds in few requests, and the refusal of one body is its exit code', async () => {
    const many = Array.from({ length: 450 }, (_, at) => ({ ...checkmkVariables, HOSTNAME: `host-${at}` }))
    server.answer = ({ body }) => (JSON.stringify(body).includes('"host-7"') ? 400 : 202)
    const { code } = await runWithInput([...node.command, '--bulk'], spoolEnv(), bulkText(...many))

    expect(code).toBe(2)
    expect(server.received.length).toBeLessThan(5)
    expect(flat()).toHaveLength(450)
    expect(spooled(`${spool}/rejected`)).toHaveLength(1)
  })
})
