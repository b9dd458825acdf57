import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/*
 * 2xx means on disk. Whether a write was flushed cannot be seen from inside SQLite, so the kernel is asked: strace counts
 * the calls of fdatasync that the running server makes.
 */

let folder: string
let server: ChildProcess
let url: string
let key: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ackbridge-durable-'))
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(SLACK_|ACKBRIDGE_|VITEST|NODE_OPTIONS)/.test(name)),
  )
  const trace = ['-f', '-qq', '-e', 'trace=fdatasync,fsync', '-o', join(folder, 'trace')]
  server = spawn('strace', [...trace, process.execPath, resolve('src/main.ts'), 'start'], {
    cwd: folder,
    env: { ...env, PORT: '0' },
  })
  url = await new Promise((found, failed) => {
    let said = ''
    server.stdout?.on('data', (chunk: Buffer) => {
      said += chunk
      const port = /on port (\d+)/.exec(said)?.[1]
      if (port !== undefined && said.includes('Ctrl-C')) found(`http://127.0.0.1:${port}`)
    })
    server.once('exit', (code) => failed(new Error(`start ended with ${code}: ${said}`)))
  })
  key = readFileSync(join(folder, 'data', 'notify.key'), 'utf8').trim()
})

afterAll(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  // strace itself waits for what it watches, so the signal goes to that.
  const [child] = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').split(' ')
  process.kill(Number(child), 'SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
})

async function post(host: string): Promise<void> {
  const response = await fetch(`${url}/notify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ host, state: 'DOWN', output: 'no answer' }),
  })
  expect(response.status).toBe(202)
}

const flushes = (): number =>
  readFileSync(join(folder, 'trace'), 'utf8')
    .split('\n')
    .filter((line) => /f(data)?sync\(/.test(line)).length

describe('an answer of 202', () => {
  it('comes after a flush of its own when it is alone', async () => {
    for (let i = 0; i < 20; i++) {
      const before = flushes()
      await post(`alone-${i}`)

      expect(flushes()).toBeGreaterThan(before)
    }
  })

  it('shares a flush when many come together', async () => {
    const before = flushes()

    const batch = Array.from({ length: 200 }, (_, i) => post(`together-${i % 50}`))
    await Promise.all(batch)

    const needed = flushes() - before
    expect(needed).toBeGreaterThan(0)
    expect(needed).toBeLessThan(100)
  })
})
