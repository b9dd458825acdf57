import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { portOf, post, type Started, startCommand, until } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { NOTIFY_KEY, startWorld, textOf, type World } from '../support/world.ts'

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Socket timeout' }
const OK = { ...CRITICAL, state: 'OK' }

/** Starts the server as a process of its own, in the world's workspace but on a database of its own. */
function startServer(world: World, env: Record<string, string> = {}): Started {
  const database = `file:${join(world.folder, 'own', 'own.db')}`
  return startCommand(['start'], { ...world.environment(), DATABASE_URL: database, ...env }, world.folder)
}

describe('a restart', () => {
  it('in the middle of things loses nothing and does nothing twice', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    world.expectRefusal('fault: reset')
    world.playground.faults.always('chat.postMessage', { kind: 'reset' })
    for (let n = 0; n < 5; n++) await world.notify({ ...CRITICAL, host: `h${n}` })
    await world.notify({ ...CRITICAL, host: 'h1', state: 'WARNING' })
    await world.notify({ ...OK, host: 'h2' })

    await world.restart()
    world.playground.faults.clear()
    await world.advance(120_000)

    const texts = world.messages().map(({ text }) => text.split(' /')[0])
    expect(texts.sort()).toEqual(['CRITICAL h0', 'CRITICAL h3', 'CRITICAL h4', 'OK h2', 'WARNING h1'])
    expect(world.thread(world.card('h1 '))).toHaveLength(1)
  })

  it('after an answer that got lost finds what was posted', async () => {
    const world = await startWorld()
    world.playground.faults.next('chat.postMessage', { kind: 'lost' })
    await world.notify(CRITICAL)

    await world.restart()
    await world.advance(60_000)

    expect(world.messages()).toHaveLength(1)
    await world.notify(OK)
    expect(world.card().text).toContain('OK web01')
  })

  it('keeps who has what, and an old button still works', async () => {
    const world = await startWorld()
    await world.notify(CRITICAL)
    await world.as('ann').types('/ack web01 HTTP for 1h')

    await world.restart()
    expect(textOf(world.card())).toContain('ann has it')
    await world.as('ann').click('Remove acknowledgement')
    expect(textOf(world.card())).toContain('Nobody has it yet.')
  })

  it('after which time has passed removes what has expired meanwhile', async () => {
    const world = await startWorld()
    await world.notify(CRITICAL)
    await world.as('ann').types('/ack web01 HTTP for 1h')

    await world.stop()
    world.clock.step(2 * 3_600_000)
    await world.start()

    expect(textOf(world.card())).toContain('Nobody has it yet.')
  })

  it('with the token of another workspace is refused, and its database stays as it is', async () => {
    const world = await startWorld()
    await world.notify(CRITICAL)
    await world.stop()
    const { identity } = world.playground.workspace
    const { teamId } = identity

    identity.teamId = 'T0ANOTHER01'
    await expect(world.start()).rejects.toThrow(/belongs to the Slack workspace T0PLAYGRND1.*T0ANOTHER01/)
    await world.stop()
    identity.teamId = teamId
    await world.start()

    expect((await world.notify(OK)).body.problems[0].outcome).toBe('closed')
  })
})

describe('a start', () => {
  it('on a database that another ackbridge uses is refused, and names that process', async () => {
    const world = await startWorld()

    const second = await startServer(world, { DATABASE_URL: `file:${world.database}` }).ended

    expect(second.code).toBe(2)
    expect(second.stderr).toContain(`(process ${process.pid})`)
    expect(second.stderr).not.toMatch(/^\s+at /m)
    expect((await world.notify(CRITICAL)).status).toBe(202)
  })

  it('on a database of a newer version is refused, and changes nothing in it', async () => {
    const world = await startWorld()
    await world.stop()
    const db = new Database(world.database)
    db.pragma('user_version = 999')
    db.close()

    const { code, stderr } = await world.command('start')

    expect(code).toBe(2)
    expect(stderr).toMatch(/schema 999.*newer/)
    const after = new Database(world.database)
    expect(after.pragma('user_version', { simple: true })).toBe(999)
    after.pragma('user_version = 1')
    after.close()
  })

  it('on a port that is in use is refused in a sentence', async () => {
    const world = await startWorld()

    const { code, stderr } = await startServer(world, { PORT: String(world.app.port) }).ended

    expect(code).toBe(2)
    expect(stderr).toContain(`Port ${world.app.port} is in use`)
  })

  it('on a file that is no database takes nothing, and says why in one line', async () => {
    const world = await startWorld()
    mkdirSync(join(world.folder, 'own'))
    writeFileSync(join(world.folder, 'own', 'own.db'), 'this is a letter, not a database'.repeat(100))
    const port = await freePort()
    const server = startServer(world, { PORT: String(port) })

    const refused = await until(() => post(port, CRITICAL).catch(() => null))

    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true])
    server.child.kill('SIGTERM')
    const { code, stderr } = await server.ended
    expect(code).toBe(0)
    expect(stderr).toMatch(/not a SQLite database/)
  })

  it.each([
    [
      'below a file',
      (folder: string) => writeFileSync(join(folder, 'own'), ''),
      (folder: string) => rmSync(join(folder, 'own')),
    ],
    [
      'where a folder has its name',
      (folder: string) => mkdirSync(join(folder, 'own', 'own.db'), { recursive: true }),
      (folder: string) => rmSync(join(folder, 'own', 'own.db'), { recursive: true }),
    ],
  ])(
    'on a database %s answers 503 with one clear log line, and works once that is put right',
    async (_where, spoil, mend) => {
      const world = await startWorld()
      spoil(world.folder)
      const port = await freePort()
      const server = startServer(world, { PORT: String(port) })

      const refused = await until(() => post(port, CRITICAL).catch(() => null))
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503)
      const lines = server
        .output()
        .split('\n')
        .filter((line) => line.includes('"level":50'))
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain('503')

      mend(world.folder)
      await until(async () => (await post(port, CRITICAL)).status === 202, 15_000)
      server.child.kill('SIGTERM')
      const { code, signal } = await server.ended
      expect([code, signal]).toEqual([0, null])
    },
  )
})

describe('SIGTERM', () => {
  it('lets requests in flight end, takes no new ones, and the process ends with 0', async () => {
    const world = await startWorld()
    const server = startServer(world)
    const port = await portOf(server)
    await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
    await (await post(port, CRITICAL)).json()

    // A request of which half has arrived, on a connection that would be kept.
    const half = JSON.stringify({ ...CRITICAL, host: 'inflight' })
    const answered = new Promise<number>((resolve, reject) => {
      const open = request(
        {
          port,
          host: '127.0.0.1',
          path: '/notify',
          method: 'POST',
          headers: { 'x-api-key': NOTIFY_KEY, 'content-length': half.length },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      open.on('error', reject)
      const finish = async (): Promise<void> => {
        // Once this is answered, the server has seen the head of the other.
        await fetch(`http://127.0.0.1:${port}/healthz`)
        server.child.kill('SIGTERM')
        const isRefused = () =>
          post(port, CRITICAL).then(
            () => false,
            () => true,
          )
        await until(isRefused)
        open.end(half.slice(10))
      }
      open.write(half.slice(0, 10), () => finish().catch(reject))
    })

    expect(await answered).toBe(202)
    const began = performance.now()
    const { code, signal } = await server.ended
    expect([code, signal]).toEqual([0, null])
    expect(performance.now() - began).toBeLessThan(2_000)
    const env = { ...world.environment(), DATABASE_URL: `file:${join(world.folder, 'own', 'own.db')}` }
    const kept = await startCommand(['problems', '--host', 'inflight', '--format', 'csv'], env, world.folder)
      .ended
    expect(kept.stdout).toContain('inflight')
  })

  it('ends the process also while its database cannot be opened', async () => {
    const world = await startWorld()
    writeFileSync(join(world.folder, 'own'), '')
    const port = await freePort()
    const server = startServer(world, { PORT: String(port) })
    await until(() => post(port, CRITICAL).catch(() => null))

    server.child.kill('SIGTERM')

    expect((await server.ended).code).toBe(0)
  })

  it('leaves the database to whoever comes next', async () => {
    const world = await startWorld()
    await world.notify(CRITICAL)
    await world.stop()

    chmodSync(world.database, 0o600)
    expect(existsSync(`${world.database}-wal`)).toBe(false)
    expect((await world.command('problems')).stdout).toContain('web01')
  })
})
