import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { startPlayground } from '../../src/playground/server.ts'
import { portOf, post, runCommand, type Started, startCommand, until } from '../support/command.ts'
import { NOTIFY_KEY, startWorld, type World } from '../support/world.ts'

/* A copy of the database while the server writes, and back again. */

const DOWN = { state: 'DOWN', output: 'no answer' }

/** What the backup of a world is started with: the world's database, or one of a server in a process of its own. */
function environment(world: World, database = world.database): Record<string, string> {
  return { ...world.environment(), DATABASE_URL: `file:${database}` }
}

const after: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of after.splice(0).reverse()) await close()
})

async function startServer(
  env: Readonly<Record<string, string>>,
  folder: string,
): Promise<{ server: Started; port: number }> {
  const server = startCommand(['start'], env, folder)
  after.push(async () => {
    server.child.kill('SIGKILL')
    await server.ended
  })
  const port = await portOf(server)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
  return { server, port }
}

describe('ackbridge backup', () => {
  it('makes a complete copy that only its owner can read, and says what is in it', async () => {
    const world = await startWorld()
    await world.notify({ host: 'a', ...DOWN })
    await world.notify({ host: 'b', ...DOWN })
    await world.notify({ host: 'b', state: 'UP' })
    const copy = join(world.folder, 'copy.db')

    const { code, stdout, stderr } = await world.command('backup', 'copy.db')

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /copy\.db is complete and checked: \d+ KiB, 2 problems \(1 open\), \d lines of history\./,
    )
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    expect(readdirSync(world.folder).filter((name) => name.includes('copy.db'))).toEqual(['copy.db'])
    const problems = await runCommand(
      ['problems', '--format', 'json'],
      environment(world, copy),
      world.folder,
    )
    expect(JSON.parse(problems.stdout)).toMatchObject([{ host: 'a' }])
  })

  it('never writes over anything', async () => {
    const world = await startWorld()
    const file = join(world.folder, 'letter')
    writeFileSync(file, 'dear Ann')

    const { code, stderr } = await world.command('backup', 'letter')
    const self = await world.command('backup', world.database)

    expect([code, stderr]).toEqual([2, expect.stringContaining(`There is a file ${file} already.`)])
    expect(self.code).toBe(2)
    expect(readFileSync(file, 'utf8')).toBe('dear Ann')
  })

  it.each([
    ['a folder that is not there', 'nowhere/copy.db', 2, /There is no folder .*nowhere\. Make it first\./],
    ['a folder below a file', 'letter/copy.db', 2, /There is no folder .*letter\./],
    ['a folder itself', 'data', 2, /There is a file .*data already/],
    ['a disk that is always full', '/proc/copy.db', 2, /Nothing can be written to \/proc \(E/],
  ])('refuses %s', async (_, target, expected, said) => {
    const world = await startWorld()
    writeFileSync(join(world.folder, 'letter'), 'dear Ann')

    const { code, stderr, stdout } = await world.command('backup', target)

    expect([code, stdout]).toEqual([expected, ''])
    expect(stderr).toMatch(said)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('leaves nothing when the disk gets full, and says that trying again may help', async () => {
    const world = await startWorld()
    const long = 'x'.repeat(7_000)
    for (let n = 0; n < 60; n++)
      await world.post({ host: `h${n}`, state: 'DOWN', output: `${n}`, longOutput: long })
    await world.drain()
    // A limit on the size of files stands for the disk.
    const main = join(process.cwd(), 'src/main.ts')
    const limited = `trap '' XFSZ; ulimit -S -f 100; exec '${process.execPath}' '${main}' backup copy.db`

    const { code, stderr } = await startCommand([limited], environment(world), world.folder, [
      '/bin/sh',
      '-c',
    ]).ended

    expect(code).toBe(1)
    expect(stderr).toMatch(
      /could not be written to .*: the disk is full or reports an error .* No backup was made\./,
    )
    expect(readdirSync(world.folder).filter((name) => name.includes('copy.db'))).toEqual([])
  })

  it('says that there is no database, or none of ours, or a damaged one', async () => {
    const world = await startWorld()
    const other = join(world.folder, 'other.db')
    const run = (database: string) =>
      runCommand(['backup', 'copy.db'], environment(world, database), world.folder)

    expect(await run(join(world.folder, 'none.db'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no database at'),
    })
    new Database(other).exec('CREATE TABLE letters (text TEXT)').close()
    expect(await run(other)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no database of ackbridge'),
    })
    writeFileSync(other, 'this is a letter, not a database'.repeat(100))
    expect(await run(other)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not a SQLite database'),
    })
    expect(existsSync(join(world.folder, 'copy.db'))).toBe(false)
  })

  it('killed in the middle leaves no file of that name, and the next one clears up', async () => {
    const world = await startWorld()
    await world.notify({ host: 'a', ...DOWN })
    const leftover = join(world.folder, '.copy.db.999999999.partial')
    const others = join(world.folder, `.copy.db.${process.pid}.partial`)
    writeFileSync(leftover, 'half')
    writeFileSync(others, 'half')

    for (const wait of [150, 250, 300, 350]) {
      const command = startCommand(['backup', 'copy.db'], environment(world), world.folder)
      setTimeout(() => command.child.kill('SIGKILL'), wait)
      const { code } = await command.ended
      if (code === 0) break
      expect(existsSync(join(world.folder, 'copy.db'))).toBe(false)
    }
    const { code } = await world.command('backup', 'copy2.db')
    expect(code).toBe(0)
    await world.command('backup', 'copy.db')
    expect(existsSync(leftover)).toBe(false)
    expect(existsSync(others)).toBe(true)
  })
})

describe('a restore', () => {
  it('by the steps in docs/operations.md brings back all that was taken, and doubles nothing', {
    timeout: 90_000,
  }, async () => {
    // In real time, on both sides: a lost message is looked for by its time.
    const playground = await startPlayground()
    const folder = mkdtempSync(join(tmpdir(), 'ackbridge-restore-'))
    after.push(async () => {
      await playground.close()
      rmSync(folder, { recursive: true, force: true })
    })
    writeFileSync(join(folder, 'ackbridge.yml'), 'storm: { threshold: 0 }')
    const env = (file: string): Record<string, string> => ({
      SLACK_BOT_TOKEN: playground.botToken,
      SLACK_SIGNING_SECRET: playground.signingSecret,
      SLACK_API_URL: playground.apiUrl,
      SLACK_CHANNEL: playground.channels.alerts,
      ACKBRIDGE_NOTIFY_KEY: NOTIFY_KEY,
      DATABASE_URL: `file:${file}`,
      PORT: '0',
    })
    const database = join(folder, 'first', 'data.db')
    const { server, port } = await startServer(env(database), folder)
    // Slack takes messages and loses the answers: what waits in the backup is there already when it is put back.
    playground.faults.always('chat.postMessage', { kind: 'lost' })
    const taken: string[] = []
    let stop = false
    const load = async (name: string): Promise<void> => {
      for (let n = 0; !stop; n++) {
        const answer = await post(port, { host: `${name}${n % 2}`, ...DOWN, output: `${name} ${n}` }).catch(
          () => null,
        )
        if (answer?.status === 202) taken.push(`${name} ${n}`)
      }
    }
    const loads = ['a', 'b', 'c', 'd'].map(load)
    await until(() => taken.length > 300)
    const before = [...taken]

    const copy = join(folder, 'copy.db')
    const { code, stderr } = await runCommand(['backup', copy], env(database), folder)
    expect([code, stderr]).toEqual([0, ''])
    const during = taken.length - before.length
    playground.faults.clear()
    await until(() => playground.workspace.messages(playground.channels.alerts).length >= 8, 30_000)
    server.child.kill('SIGKILL')
    await server.ended
    stop = true
    await Promise.all(loads)

    const restored = join(folder, 'second', 'data.db')
    mkdirSync(dirname(restored))
    copyFileSync(copy, restored)
    const again = await startServer(env(restored), folder)
    const history = await runCommand(
      ['history', '--limit', '10000', '--format', 'json'],
      env(restored),
      folder,
    )
    const found = new Set((JSON.parse(history.stdout) as { detail: string }[]).map(({ detail }) => detail))
    expect(before.filter((said) => !found.has(said))).toEqual([])
    expect(during).toBeGreaterThan(0)

    await until(async () => {
      const text = await (await fetch(`http://127.0.0.1:${again.port}/metrics`)).text()
      return /ackbridge_outbox_waiting 0$/m.test(text)
    }, 60_000)
    const cards = playground.workspace
      .messages(playground.channels.alerts)
      .map(({ text }) => text.split(':')[0])
    expect(cards.length).toBe(new Set(cards).size)
    expect(cards.length).toBe(8)
    const answer = await post(again.port, { host: 'a0', state: 'UP' })
    expect(((await answer.json()) as { problems: { outcome: string }[] }).problems[0]?.outcome).toBe('closed')
    again.server.child.kill('SIGTERM')
    expect((await again.server.ended).code).toBe(0)
  })

  it.each([
    [
      'a storm shows',
      Array.from({ length: 30 }, (_, n) => ({ host: 'a', service: `S${n}`, state: 'CRITICAL' })),
    ],
    [
      'the card of a host shows',
      [
        { host: 'a', state: 'DOWN' },
        ...['x', 'y'].map((service) => ({ host: 'a', service, state: 'CRITICAL' })),
      ],
    ],
  ])('put back after what %s got a card of its own finds that card', async (_what, problems) => {
    const world = await startWorld()
    await world.notify(problems)
    await world.advance(5_000)
    const copy = join(world.folder, 'copy.db')
    expect((await world.command('backup', copy)).code).toBe(0)
    const goOn = async (): Promise<number> => {
      await world.notify({ host: 'a', state: 'UP' })
      await world.advance(4 * 60_000)
      return world.messages().length
    }
    const before = await goOn()
    expect(before).toBeGreaterThan(2)

    await world.stop()
    for (const end of ['', '-wal', '-shm']) rmSync(`${world.database}${end}`, { force: true })
    copyFileSync(copy, world.database)
    await world.start()

    expect(await goOn()).toBe(before)
  })
})
