import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { until } from '../support/command.ts'
import { NOTIFY_KEY, startWorld, type World } from '../support/world.ts'

const CRITICAL = { host: 'web01', service: 'HTTP', state: 'CRITICAL', output: 'Socket timeout' }
const MACROS = { NOTIFICATIONTYPE: 'PROBLEM', HOSTNAME: 'web01', HOSTSTATE: 'DOWN' }

/** Makes a key with the command and waits until the running server knows it. */
async function addKey(world: World, ...args: string[]): Promise<string> {
  const { code, stdout } = await world.command('keys', 'add', ...args)
  expect(code).toBe(0)
  const key = stdout.trim()
  await until(async () => (await status(world, key)) !== 401, 2_500)
  return key
}

async function status(world: World, key: string, path = '/notify/constructor'): Promise<number> {
  return (await world.post(MACROS, { path, key })).status
}

describe('keys', () => {
  it('are made and revoked beside a running server, which knows within about a second', async () => {
    const world = await startWorld()

    const key = await addKey(world, 'script', '--monitor', '*')
    expect(await status(world, key, '/notify/nagios')).toBe(202)

    expect((await world.command('keys', 'revoke', 'script')).code).toBe(0)
    await until(async () => (await status(world, key)) === 401, 2_500)
    expect((await world.command('keys', 'revoke', 'script')).code).toBe(2)
  })

  it('are shown once, and listed without what they are', async () => {
    const world = await startWorld()

    const made = await world.command('keys', 'add', 'script', '--monitor', 'nagios', 'native', '--read')
    const listed = await world.command('keys', 'list')

    expect(made.stdout).toMatch(/^ab_[a-z0-9]{8}_[A-Za-z0-9_-]{32}\n$/)
    const id = made.stdout.split('_')[1] ?? ''
    expect(listed.stdout).toMatch(new RegExp(`^script +${id} +nagios, native +yes`, 'm'))
    expect(listed.stdout).not.toContain(made.stdout.trim().slice(12))
    const again = await world.command('keys', 'add', 'script', '--read')
    expect([again.code, again.stdout]).toEqual([2, ''])
    expect(again.stderr).toContain('already')
  })

  it('speak for the monitors they are bound to, and for no other', async () => {
    const world = await startWorld({ yaml: 'monitors: { dc1: { kind: nagios } }' })
    const key = await addKey(world, 'dc1', '--monitor', 'dc1', '--monitor', 'native')

    expect(await status(world, key, '/notify/dc1')).toBe(202)
    expect(await status(world, key, '/notify/nagios')).toBe(202)
    const refused = await world.post(MACROS, { key, path: '/notify/openitcockpit' })
    expect([refused.status, refused.body.error]).toEqual([403, 'forbidden'])
    expect(refused.body.message).toContain('openitcockpit')
    expect((await world.post(CRITICAL, { key })).status).toBe(202)
    expect((await world.post({ ...CRITICAL, monitor: 'openitcockpit' }, { key })).status).toBe(403)
    expect((await world.post([CRITICAL, { ...CRITICAL, monitor: 'openitcockpit' }], { key })).status).toBe(
      403,
    )
    expect((await world.post({ ...CRITICAL, monitor: 'dc1' }, { key })).status).toBe(202)
  })

  it('read only if they were made for it', async () => {
    const world = await startWorld()
    const sends = await addKey(world, 'sender', '--monitor', '*')
    const reads = await addKey(world, 'reader', '--read')
    const ask = async (key?: string) =>
      (await world.get('/api/problems', key === undefined ? {} : { 'x-api-key': key })).status

    expect([
      await ask(),
      await ask('wrong'),
      await ask(sends),
      await ask(NOTIFY_KEY),
      await ask(reads),
    ]).toEqual([401, 401, 403, 403, 200])
    for (const path of ['/api/history', '/api/report'])
      expect((await world.get(path, { 'x-api-key': NOTIFY_KEY })).status).toBe(403)
  })

  it('are found in no log, metric, answer, list, history or file, wherever they stood in a request', async () => {
    const world = await startWorld()
    const key = await addKey(world, 'secret', '--read')
    const wrong = 'ab_aaaaaaaa_wrong-key-wrong-key-wrong-key-wr'
    const seen: string[] = []
    for (const secret of [key, wrong]) {
      for (const path of [
        `/notify/nagios/${secret}`,
        `/notify/nagios/${secret}/x`,
        `/notify/nobody/${secret}`,
        `/notify/${secret}`,
        `/nowhere/${secret}`,
      ]) {
        for (const body of [MACROS, '{', 'x'.repeat(1_100_000), [1]])
          seen.push(JSON.stringify((await world.post(body, { path, key: null })).body))
        seen.push(await (await fetch(`${world.url}${path}`, { method: 'PUT' })).text())
      }
      await world.post(CRITICAL, { key: secret })
    }
    await world.drain()

    seen.push(world.log.text(), JSON.stringify(await world.history()), (await world.get('/metrics')).body)
    seen.push(JSON.stringify(world.playground.workspace.calls))
    seen.push(
      (await world.command('keys', 'list')).stdout,
      (await world.command('history', '--since', '2000-01-01')).stdout,
    )
    await world.stop()
    for (const end of ['', '-wal', '.lock']) {
      try {
        seen.push(readFileSync(`${world.database}${end}`, 'latin1'))
      } catch {
        // Not every one of them is left behind by a clean stop.
      }
    }
    const text = seen.join('\n')
    expect(text.length).toBeGreaterThan(50_000)
    for (const secret of [key, wrong, NOTIFY_KEY]) expect(text).not.toContain(secret.slice(-20))
  })

  it('are never left out: without one a key is made, for its owner only, and asked for', async () => {
    const world = await startWorld({ env: { ACKBRIDGE_NOTIFY_KEY: '' } })
    const file = join(world.folder, 'data', 'notify.key')
    const key = readFileSync(file, 'utf8').trim()

    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(world.folder, 'data')).mode & 0o077).toBe(0)
    expect((await world.post(CRITICAL, { key: null })).status).toBe(401)
    expect((await world.post(CRITICAL, { key: '' })).status).toBe(401)
    expect((await world.post(CRITICAL, { key: 'undefined' })).status).toBe(401)
    expect((await world.post(CRITICAL, { key })).status).toBe(202)
    expect((await world.get('/api/problems', { 'x-api-key': key })).status).toBe(403)

    await world.restart()
    expect(readFileSync(file, 'utf8').trim()).toBe(key)
    expect((await world.post(CRITICAL, { key })).status).toBe(202)
  })
})
