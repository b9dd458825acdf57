import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { portOf, post, startCommand, until } from '../support/command.ts'
import { startWorld } from '../support/world.ts'

/*
 * A limit on the size of files stands for the disk: writes beyond it fail. prlimit, which lifts it while the server runs,
 * is part of Debian's util-linux.
 */

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Socket timeout' }

describe('a full disk', () => {
  it('is told as 503 and in the log, loses nothing that was taken, and heals', async () => {
    const world = await startWorld({ yaml: 'storm: { threshold: 0 }' })
    const limited = `trap '' XFSZ; ulimit -S -f 3000; exec '${process.execPath}' '${join(process.cwd(), 'src/main.ts')}' start`
    const env = { ...world.environment(), DATABASE_URL: `file:${join(world.folder, 'own', 'own.db')}` }
    const server = startCommand([limited], env, world.folder, ['/bin/sh', '-c'])
    const port = await portOf(server)
    await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)

    const big = 'x'.repeat(7_000)
    let taken = 0
    let refused: Response | null = null
    for (let n = 0; n < 2_000 && refused === null; n++) {
      const answer = await post(port, { host: `h${n}`, state: 'DOWN', output: `${n} ${big}` })
      if (answer.status === 202) taken++
      else refused = answer
    }
    expect(refused?.status).toBe(503)
    expect(refused?.headers.get('retry-after')).not.toBeNull()
    expect(taken).toBeGreaterThan(5)
    expect(server.output()).toMatch(/disk that holds the database/)
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)

    const raised = spawnSync('prlimit', ['--pid', String(server.child.pid), '--fsize=unlimited:unlimited'])
    expect(raised.status).toBe(0)
    await until(async () => (await post(port, CRITICAL)).status === 202)
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
    const listed = startCommand(['problems', '--limit', '10000', '--format', 'json'], env, world.folder)
    expect(JSON.parse((await listed.ended).stdout)).toHaveLength(taken + 1)
  })
})
